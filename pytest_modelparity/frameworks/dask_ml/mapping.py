"""What the check knows of dask-ml's generalized linear models."""

from __future__ import annotations

from typing import Any

from pytest_modelparity.frameworks.dask_ml import fit, rows
from pytest_modelparity.frameworks.dask_ml.families import FAMILIES, Family, family_of
from pytest_modelparity.frameworks.dask_ml.settings import read_settings
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.estimator import built
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.mapping import EstimatorMapping, MappingRow
from pytest_modelparity.sides.training import Remedy


class DaskModelMapping:
    """Knows one class of dask-ml's linear models, and subclasses that train and predict so.

    An `EstimatorMapping`. The recipes of its remedies are an `EstimatorRecipe`. Of rows that are
    passed over it is fitted on the collection as given.

    Parameters
    ----------
    family : Family
        The class.
    """

    def __init__(self, family: Family) -> None:
        self._family = family
        self.name, self.predicts = family.name, family.predicts

    def knows(self, estimator: Any) -> bool:
        """Whether ``estimator`` is one."""
        return family_of(estimator) is self._family

    def read(self, estimator: Any, data: Dataset) -> ModelSettings:
        """Return the settings by meaning; refuses before anything is fitted."""
        return read_settings(self._family, built(estimator), data)

    def fit(self, estimator: Any, data: Dataset, *, side: str = "reference") -> FittedModel:
        """Fit a clone as its user configured it, or take a fitted estimator as it is."""
        return fit.fit(self._family, estimator, data, side)

    def remedies(
        self, estimator: Any, data: Dataset, *, fitted: FittedModel, side: str = "reference"
    ) -> tuple[Remedy, ...]:
        """Return changed trainings of the same objective, the cheapest first."""
        return fit.remedies(estimator, side)

    def source(self, estimator: Any, data: Dataset, *, side: str = "reference") -> str:
        """Return a program that fits an estimator, or a recipe."""
        return fit.program(self._family, estimator, side)

    def mapping_rows(self, estimator: Any, data: Dataset | None = None) -> tuple[MappingRow, ...]:
        """Return one row for each constructor parameter; without ``data`` with formulas."""
        return rows.mapping_rows(self._family, estimator, data)

    def inert_settings(self, estimator: Any, data: Dataset) -> tuple[str, ...]:
        """Return a sentence for each parameter that was changed and has no effect."""
        return rows.inert_settings(estimator)


def mappings() -> tuple[EstimatorMapping, ...]:
    """Return one for each class; nothing of dask is imported for that."""
    return tuple(map(DaskModelMapping, FAMILIES))
