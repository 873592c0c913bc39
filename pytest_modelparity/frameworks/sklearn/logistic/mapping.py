"""What the check knows of scikit-learn's LogisticRegression."""

from __future__ import annotations

from typing import Any

from sklearn.linear_model import LogisticRegression

from pytest_modelparity.frameworks.sklearn.logistic import recipes, remedies, rows
from pytest_modelparity.frameworks.sklearn.logistic.settings import read_settings
from pytest_modelparity.frameworks.sklearn.logistic.source import program
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.mapping import MappingRow
from pytest_modelparity.sides.training import Remedy


class LogisticRegressionMapping:
    """Knows `sklearn.linear_model.LogisticRegression`, and subclasses that train and predict so.

    An `EstimatorMapping`. The recipes of its remedies are an `EstimatorRecipe` and `Standardised`.
    """

    name = "sklearn.linear_model.LogisticRegression"

    def knows(self, estimator: Any) -> bool:
        """Whether ``estimator`` is one, or a subclass that trains and predicts as it does."""
        return trains_as_logistic_regression(estimator)

    def read(self, estimator: Any, data: Dataset) -> ModelSettings:
        """Return the settings by meaning; refuses before anything is fitted."""
        return read_settings(recipes.estimator_of(estimator), data)

    def fit(self, estimator: Any, data: Dataset, *, side: str = "reference") -> FittedModel:
        """Fit a clone as its user configured it, or take a fitted estimator as it is."""
        return recipes.fit(estimator, data, side=side)

    def remedies(
        self, estimator: Any, data: Dataset, *, fitted: FittedModel, side: str = "reference"
    ) -> tuple[Remedy, ...]:
        """Return changed trainings of the same objective, the cheapest first."""
        return remedies.remedies(estimator, data, fitted=fitted, side=side)

    def source(self, estimator: Any, data: Dataset, *, side: str = "reference") -> str:
        """Return a program that fits an estimator, or a recipe."""
        return program(estimator, data, side)

    def mapping_rows(self, estimator: Any, data: Dataset | None = None) -> tuple[MappingRow, ...]:
        """Return one row for each constructor parameter of the installed version.

        Settings that are refused appear as ``unsupported`` rows. Without ``data`` the strengths
        are formulas.
        """
        return rows.mapping_rows(estimator, data)

    def inert_settings(self, estimator: Any, data: Dataset) -> tuple[str, ...]:
        """Return a sentence for each parameter that was changed and has no effect."""
        return rows.inert_settings(estimator, data)


def trains_as_logistic_regression(estimator: Any) -> bool:
    """Whether it is a LogisticRegression, or a subclass that trains and predicts as it does."""
    # By methods, not by type: a subclass may fit differently. scikit-learn-intelex 2026.2 has one
    # with the same parameters, whose lbfgs ends 3.4e-6 from the optimum where scikit-learn's ends
    # 3.7e-3.
    kind = type(estimator)
    return isinstance(estimator, LogisticRegression) and all(
        getattr(kind, name) is getattr(LogisticRegression, name)
        for name in ("fit", "predict_proba", "decision_function")
    )
