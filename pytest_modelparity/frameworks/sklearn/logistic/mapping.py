"""Fits scikit-learn's LogisticRegression, as the reference or as the candidate of a check."""

from __future__ import annotations

from typing import Any

from sklearn.linear_model import LogisticRegression, LogisticRegressionCV

from pytest_modelparity.frameworks.sklearn.fit import refuse_cross_validation, trained
from pytest_modelparity.frameworks.sklearn.logistic import remedies as sklearn_remedies
from pytest_modelparity.frameworks.sklearn.logistic import rows as sklearn_rows
from pytest_modelparity.frameworks.sklearn.logistic.settings import read_settings
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import FittedModel, Remedy
from pytest_modelparity.sides.mapping import MappingRow


class LogisticRegressionMapping:
    """Knows `sklearn.linear_model.LogisticRegression`, and subclasses that train and predict so."""

    name = "sklearn.linear_model.LogisticRegression"

    def knows(self, estimator: Any) -> bool:
        """Whether ``estimator`` is one, or the LogisticRegressionCV that `read` refuses."""
        return isinstance(estimator, LogisticRegressionCV) or trains_as_logistic_regression(
            estimator
        )

    def read(self, estimator: Any, data: Dataset) -> ModelSettings:
        """Return the settings by meaning; refuses before anything is fitted."""
        refuse_cross_validation(estimator)
        return read_settings(estimator, data)

    def fit(self, estimator: Any, data: Dataset) -> FittedModel:
        """Fit a clone as its user configured it, or take a fitted estimator as it is."""
        return trained(estimator, data, side="reference")

    def as_candidate(self, estimator: Any, data: Dataset) -> FittedModel:
        """Return the same as `fit`, for the candidate's side."""
        return as_candidate(estimator, data)

    def remedies(
        self, estimator: Any, data: Dataset, *, fitted: FittedModel | None = None
    ) -> tuple[Remedy, ...]:
        """Return changed trainings of the same objective, the cheapest first."""
        return sklearn_remedies.remedies(estimator, data, fitted=fitted)

    def candidate_remedies(
        self, estimator: Any, data: Dataset, *, fitted: FittedModel
    ) -> tuple[Remedy, ...]:
        """Return the same as `remedies`, for the candidate's side."""
        return sklearn_remedies.remedies(estimator, data, fitted=fitted, side="candidate")

    def inert_settings(self, estimator: Any, data: Dataset) -> tuple[str, ...]:
        """Return a sentence for each parameter that was changed and has no effect."""
        return inert_settings(estimator, data)

    def mapping_rows(self, estimator: Any, data: Dataset | None = None) -> tuple[MappingRow, ...]:
        """Return one row for each constructor parameter of the installed version."""
        return mapping_rows(estimator, data)


def trains_as_logistic_regression(estimator: Any) -> bool:
    """Whether it is a LogisticRegression, or a subclass that trains and predicts as it does."""
    kind = type(estimator)
    return isinstance(estimator, LogisticRegression) and all(
        getattr(kind, name) is getattr(LogisticRegression, name)
        for name in ("fit", "predict_proba", "decision_function")
    )


def as_candidate(estimator: Any, data: Dataset) -> FittedModel:
    """Return a LogisticRegression as the candidate: as it is if fitted, else a fitted clone.

    Raises
    ------
    ModelParityError
        As `LogisticRegressionMapping.fit` does.
    """
    return trained(estimator, data, side="candidate")


def inert_settings(estimator: Any, data: Dataset) -> tuple[str, ...]:
    """Return a sentence for each parameter that was changed and has no effect."""
    return sklearn_rows.inert_settings(estimator, data)


def mapping_rows(estimator: Any, data: Dataset | None = None) -> tuple[MappingRow, ...]:
    """Return one row for each constructor parameter of the installed version.

    Parameters
    ----------
    estimator : LogisticRegression
        Settings that are refused appear as ``unsupported`` rows.
    data : Dataset, optional
        Makes the strengths numbers; without it they are formulas.
    """
    refuse_cross_validation(estimator)
    return sklearn_rows.mapping_rows(estimator, data)
