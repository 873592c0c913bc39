"""Fits scikit-learn's LogisticRegression and reads what it became."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegressionCV

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.sklearn.logistic.parameters import is_fitted
from pytest_modelparity.frameworks.sklearn.logistic.settings import read_settings
from pytest_modelparity.report.parts import RecordedWarning
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.recording import as_records, recorded_warnings
from pytest_modelparity.theory.blas import one_blas_thread


def refuse_cross_validation(estimator: Any) -> None:
    """Refuse a search over C, which has no objective of its own."""
    if isinstance(estimator, LogisticRegressionCV):
        raise ModelParityError(
            "the reference must be one LogisticRegression, got LogisticRegressionCV, which "
            "chooses C by cross-validation; fit it as cv and pass "
            "LogisticRegression(C=cv.C_[0]), with the same other parameters"
        )


def trained(estimator: Any, data: Dataset, *, side: str) -> FittedModel:
    """Return the estimator as one side of the check."""
    refuse_cross_validation(estimator)
    read_settings(estimator, data)
    if is_fitted(estimator):
        _check_fits_data(estimator, data)
        return _as_fitted(estimator, data, (), started=None)
    return fit_clone(estimator, data, {}, side=side)


def fit_clone(estimator: Any, data: Dataset, changes: dict[str, Any], *, side: str) -> FittedModel:
    """Fit a clone with some parameters changed, keeping its warnings."""
    model = clone(estimator).set_params(**changes)
    began = time.perf_counter()
    # The solvers that draw take numpy's global state where random_state is None.
    with recorded_warnings() as raised, _global_random_state_kept(), one_blas_thread():
        try:
            if data.sample_weight is None:
                model.fit(data.X_given, data.y_given)
            else:
                model.fit(data.X_given, data.y_given, sample_weight=data.sample_weight)
        except Exception as error:
            raise ModelParityError(
                f"the {side} could not be fitted: {type(error).__name__}: {error}"
            ) from error
    return replace(
        _as_fitted(model, data, as_records(raised, side), started="zeros"),
        raised=tuple(raised),
        seconds=time.perf_counter() - began,
    )


@contextmanager
def _global_random_state_kept() -> Iterator[None]:
    """Restore numpy's global random state afterwards."""
    state = np.random.get_state()
    try:
        yield
    finally:
        np.random.set_state(state)


def _check_fits_data(estimator: Any, data: Dataset) -> None:
    """Refuse a fitted estimator that has seen other features or classes."""
    seen = int(np.shape(estimator.coef_)[1])
    if seen != data.n_features:
        raise ModelParityError(
            f"a fitted estimator must have been fitted on the features of X, got one fitted on "
            f"{seen} features and X with {data.n_features}; pass the same columns, or an "
            f"unfitted estimator"
        )
    known, given = np.asarray(estimator.classes_).tolist(), data.classes.tolist()
    if known != given:
        raise ModelParityError(
            f"a fitted estimator must have been fitted on the classes of y, got one with "
            f"classes {known} and y with {given}; pass the same labels, or an unfitted estimator"
        )


def _as_fitted(
    model: Any, data: Dataset, recorded: tuple[RecordedWarning, ...], *, started: str | None
) -> FittedModel:
    """Return a fitted estimator free of scikit-learn."""
    settings = read_settings(model, data, started=started)
    held: Any = model.coef_
    coef = np.array(held.toarray() if hasattr(held, "toarray") else held, dtype=np.float64)
    intercept = np.zeros(len(coef))
    intercept += np.asarray(model.intercept_, dtype=np.float64).reshape(-1)
    assert settings.objective is not None
    if settings.objective.output_head == "softmax" and len(coef) == 1:
        # scikit-learn <= 1.7 keeps the second of two symmetric outputs.
        coef, intercept = np.vstack([-coef, coef]), np.concatenate([-intercept, intercept])
    run, limit = settings.training.iterations_run, settings.training.iterations
    warned = any(warning.category == "ConvergenceWarning" for warning in recorded)
    stopped = run is not None and limit is not None and run >= limit
    return FittedModel(
        settings=settings,
        predict_proba=_predictor(model),
        coef=coef,
        intercept=intercept,
        sample_weight=data.sample_weight,
        warnings=recorded,
        converged=None if run is None and not warned else not (warned or stopped),
    )


def _predictor(model: Any) -> Callable[[Any], np.ndarray]:
    """Return the estimator's predict_proba in float64, its columns in the order of the classes."""

    def predict_proba(X: Any) -> np.ndarray:
        with warnings.catch_warnings():
            # X may come as a DataFrame on one side and as an array on the other.
            warnings.filterwarnings("ignore", message="X (has|does not have valid) feature names")
            try:
                return np.asarray(model.predict_proba(X), dtype=np.float64)
            except ValueError as error:
                raise ModelParityError(
                    f"the estimator could not predict these rows: {error}"
                ) from error

    return predict_proba
