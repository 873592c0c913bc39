"""What the check knows of scikit-learn's linear regressors."""

from __future__ import annotations

from typing import Any

from pytest_modelparity.frameworks.sklearn.linear import recipes, rows
from pytest_modelparity.frameworks.sklearn.linear.families import Family, family_of
from pytest_modelparity.frameworks.sklearn.linear.remedies import remedies
from pytest_modelparity.frameworks.sklearn.linear.settings import read_settings
from pytest_modelparity.frameworks.sklearn.linear.source import program
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.estimator import built
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.mapping import MappingRow
from pytest_modelparity.sides.training import Remedy


class RegressorMapping:
    """Knows one class of linear regressors, and subclasses that train and predict so.

    An `EstimatorMapping` of numbers. The recipes of its remedies are an `EstimatorRecipe`.

    Parameters
    ----------
    family : Family
        The class.
    """

    predicts = "prediction"

    def __init__(self, family: Family) -> None:
        self._family = family
        self.name = family.name

    def knows(self, estimator: Any) -> bool:
        """Whether ``estimator`` is one."""
        return family_of(estimator) is self._family

    def read(self, estimator: Any, data: Dataset) -> ModelSettings:
        """Return the settings by meaning; refuses before anything is fitted."""
        return read_settings(self._family, built(estimator), data)

    def fit(self, estimator: Any, data: Dataset, *, side: str = "reference") -> FittedModel:
        """Fit a clone as its user configured it, or take a fitted estimator as it is."""
        return recipes.fit(self._family, estimator, data, side)

    def remedies(
        self, estimator: Any, data: Dataset, *, fitted: FittedModel, side: str = "reference"
    ) -> tuple[Remedy, ...]:
        """Return changed trainings of the same objective, the cheapest first."""
        return remedies(self._family, estimator, fitted=fitted, side=side)

    def source(self, estimator: Any, data: Dataset, *, side: str = "reference") -> str:
        """Return a program that fits an estimator, or a recipe."""
        return program(self._family, estimator, data, side)

    def mapping_rows(self, estimator: Any, data: Dataset | None = None) -> tuple[MappingRow, ...]:
        """Return one row for each constructor parameter of the installed version.

        Settings that are refused appear as ``unsupported`` rows. Without ``data`` the strengths
        are formulas.
        """
        return rows.mapping_rows(self._family, estimator, data)

    def inert_settings(self, estimator: Any, data: Dataset) -> tuple[str, ...]:
        """Return a sentence for each parameter that was changed and has no effect."""
        return rows.inert_settings(self._family, estimator)
