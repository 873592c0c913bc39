"""Fits scikit-learn's LogisticRegression, as the reference or as the candidate of a check."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks import sklearn_rows
from pytest_modelparity.frameworks.dataset import Dataset
from pytest_modelparity.frameworks.fitted import FittedModel, Remedy
from pytest_modelparity.frameworks.mapping import MappingRow
from pytest_modelparity.frameworks.recording import as_records, recorded_warnings
from pytest_modelparity.frameworks.sklearn_parameters import (
    is_fitted,
    parameters,
    read_penalty,
    spelled,
)
from pytest_modelparity.frameworks.sklearn_refusals import refusals
from pytest_modelparity.frameworks.sklearn_settings import read_settings
from pytest_modelparity.result import Change, RecordedWarning
from pytest_modelparity.settings import LogisticSettings
from pytest_modelparity.theory.blas import one_blas_thread

#: Work that a remedy may cost: iterations x stored values of X x outputs.
REMEDY_WORK = 1e10

#: Newton's method factorises a square matrix of this many coefficients at most.
NEWTON_COEFFICIENTS = 2000


class LogisticRegressionMapping:
    """Knows `sklearn.linear_model.LogisticRegression`, and subclasses that train and predict so."""

    name = "sklearn.linear_model.LogisticRegression"

    def knows(self, estimator: Any) -> bool:
        """Whether ``estimator`` is one, or the LogisticRegressionCV that `read` refuses."""
        return isinstance(estimator, LogisticRegressionCV) or trains_as_logistic_regression(
            estimator
        )

    def read(self, estimator: Any, data: Dataset) -> LogisticSettings:
        """Return the settings by meaning; refuses before anything is fitted."""
        _refuse_cross_validation(estimator)
        return read_settings(estimator, data)

    def fit(self, estimator: Any, data: Dataset) -> FittedModel:
        """Fit a clone as its user configured it, or take a fitted estimator as it is."""
        return _trained(estimator, data, side="reference")

    def as_candidate(self, estimator: Any, data: Dataset) -> FittedModel:
        """Return the same as `fit`, for the candidate's side."""
        return as_candidate(estimator, data)

    def remedies(
        self, estimator: Any, data: Dataset, *, fitted: FittedModel | None = None
    ) -> tuple[Remedy, ...]:
        """Return changed trainings of the same objective, the cheapest first."""
        return remedies(estimator, data, fitted=fitted)

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
    return _trained(estimator, data, side="candidate")


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
    _refuse_cross_validation(estimator)
    return sklearn_rows.mapping_rows(estimator, data)


def _refuse_cross_validation(estimator: Any) -> None:
    """Refuse a search over C, which has no objective of its own."""
    if isinstance(estimator, LogisticRegressionCV):
        raise ModelParityError(
            "the reference must be one LogisticRegression, got LogisticRegressionCV, which "
            "chooses C by cross-validation; fit it as cv and pass "
            "LogisticRegression(C=cv.C_[0]), with the same other parameters"
        )


def _trained(estimator: Any, data: Dataset, *, side: str) -> FittedModel:
    """Return the estimator as one side of the check."""
    _refuse_cross_validation(estimator)
    read_settings(estimator, data)
    if is_fitted(estimator):
        _check_fits_data(estimator, data)
        return _as_fitted(estimator, data, (), started=None)
    return _fit_clone(estimator, data, {}, side=side)


def _fit_clone(estimator: Any, data: Dataset, changes: dict[str, Any], *, side: str) -> FittedModel:
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


def remedies(
    estimator: Any, data: Dataset, *, fitted: FittedModel | None = None, side: str = "reference"
) -> tuple[Remedy, ...]:
    """Return changed trainings that may bring the estimator to the optimum of its own objective.

    Each changes one training setting and leaves the objective as it is. A search that stopped at
    ``max_iter`` first gets more iterations; one that stopped by itself first a smaller ``tol``.

    Parameters
    ----------
    estimator : LogisticRegression
        As its user configured it; never touched.
    data : Dataset
        What it is fitted on.
    fitted : FittedModel, optional
        What `LogisticRegressionMapping.fit` returned; without it a clone is fitted to see where
        it stops.
    side : str
        Whose remedies these are.
    """
    if fitted is None:
        fitted = _trained(estimator, data, side=side)
    params = parameters(estimator)
    run = fitted.settings.training.iterations_run
    at_limit = run is not None and run >= params["max_iter"]
    by_iterations = _more_iterations(params, data) if at_limit else []
    by_tol, by_solver = _smaller_tol(params, data), _other_solver(params, data)
    # A search that is out of iterations needs more of them for a smaller tol too: the last resort.
    order = by_iterations + (by_solver or by_tol) if at_limit else by_tol + by_solver
    return tuple(
        _remedy(estimator, data, setting, changes, side)
        for setting, changes in order
        if not refusals({**params, **changes}, data.classes)
    )


def _remedy(
    estimator: Any, data: Dataset, setting: str, changes: dict[str, Any], side: str
) -> Remedy:
    """Return the training of a clone with these parameters changed."""
    text = ", ".join(f"{name}={spelled(value)}" for name, value in changes.items())
    return Remedy(
        setting=setting,
        changes=(Change(side=side, setting=setting, text=text),),
        train=lambda: _fit_clone(estimator, data, changes, side=side),
        iterations=changes.get("max_iter"),
    )


def _affordable_iterations(data: Dataset) -> int:
    """Return how many passes over the data a remedy may make."""
    stored = int(data.X.nnz) if hasattr(data.X, "nnz") else int(data.X.size)
    outputs = 1 if data.n_classes == 2 else data.n_classes
    return int(REMEDY_WORK / max(stored * outputs, 1))


def _more_iterations(params: dict[str, Any], data: Dataset) -> list[tuple[str, dict[str, Any]]]:
    """Return 10, 100 and 1000 times the limit, as far as that is affordable."""
    limit, most = max(int(params["max_iter"]), 1), _affordable_iterations(data)
    levels = sorted({min(limit * factor, most) for factor in (10, 100, 1000)})
    return [("iterations", {"max_iter": level}) for level in levels if level > limit]


def _smaller_tol(params: dict[str, Any], data: Dataset) -> list[tuple[str, dict[str, Any]]]:
    """Return a tolerance of 1e-10, with iterations enough to reach it."""
    if params["tol"] <= 1e-10:
        return []
    limit = int(params["max_iter"])
    enough = max(limit, min(max(100 * limit, 10_000), _affordable_iterations(data)))
    return [("tol", {"tol": 1e-10} | ({"max_iter": enough} if enough > limit else {}))]


def _other_solver(params: dict[str, Any], data: Dataset) -> list[tuple[str, dict[str, Any]]]:
    """Return a more exact solver of the same objective, where there is one.

    liblinear's objective differs from the others' wherever there is an intercept.
    """
    solver, penalty = params["solver"], read_penalty(params)
    if solver == "liblinear" and params["fit_intercept"]:
        return []
    straight: dict[str, Any] = {"dual": False} if params.get("dual") else {}
    if penalty.kind in ("l2", "none"):
        wanted = [name for name in _newton_solvers(data) if name != solver]
        if solver == "newton-cholesky":
            return []
        usable = [
            {"solver": name} | straight
            for name in wanted
            if not refusals({**params, **straight, "solver": name}, data.classes)
        ]
        return [("solver", usable[0])] if usable else []
    if penalty.kind == "l1" and not params["fit_intercept"]:
        return [("solver", {"solver": "liblinear" if solver == "saga" else "saga"})]
    return []


def _newton_solvers(data: Dataset) -> list[str]:
    """Return Newton's methods, the one that suits the size of the data first."""
    coefficients = data.n_features * (1 if data.n_classes == 2 else data.n_classes)
    dense = not scipy.sparse.issparse(data.X)
    factorised = dense and coefficients <= NEWTON_COEFFICIENTS
    return ["newton-cholesky", "newton-cg"] if factorised else ["newton-cg"]
