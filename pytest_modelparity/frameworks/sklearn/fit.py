"""Fits a scikit-learn estimator without touching it, and predicts with it."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone

from pytest_modelparity.errors import InvalidDataError, ModelParityError
from pytest_modelparity.frameworks.sklearn.repeatable import what_decides
from pytest_modelparity.rows.blas import one_blas_thread
from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import Predict
from pytest_modelparity.sides.memory import remembered
from pytest_modelparity.sides.random_state import global_state_kept
from pytest_modelparity.sides.recording import recorded_warnings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EstimatorFit:
    """An estimator that was fitted, or came so.

    Parameters
    ----------
    estimator : object
        The fitted clone, or the estimator as it came.
    raised : tuple of Warning
        What its fit warned of.
    seconds : float, optional
        How long that took; ``None`` where it came fitted.
    """

    estimator: Any
    raised: tuple[Warning, ...] = ()
    seconds: float | None = None


def fit_clone(
    estimator: Any, data: Dataset, *, side: str, weights: str = "sample_weight"
) -> EstimatorFit:
    """Fit a clone, keeping its warnings; ``weights`` is the name of its fit's weights of rows.

    A reference that was fitted before to the same data, and whose second fit could only repeat
    the first, is remembered with its warnings; a candidate is what is tested, and always fitted.

    Raises
    ------
    InvalidDataError
        If scikit-learn refuses the data or a parameter.
    ModelParityError
        If it cannot be fitted for another reason; ``side`` says whose fit failed.
    """
    # The user's estimator stays unfitted: the same object may be checked with other data next, and
    # a fitted one would then be taken as it is.
    model = clone(estimator)
    decides = what_decides(model, data) if side == "reference" else None
    return remembered(
        None if decides is None else ("fit", *decides), lambda: _fitted(model, data, side, weights)
    )


def _fitted(model: Any, data: Dataset, side: str, weights: str) -> EstimatorFit:
    """Fit an estimator in place."""
    if isinstance(data.X_given, RowMatrix):
        data.X_given.refuse_whole(
            f"the {side} came unfitted (one that is fitted is taken as it is), and to fit it"
        )
    began = time.perf_counter()
    # The solvers that draw take numpy's global state where random_state is None.
    with recorded_warnings() as raised, global_state_kept(), one_blas_thread():
        try:
            # X and y as they came: most solvers compute in float32 where X is float32, and the
            # check's own float64 rows would train another model. One BLAS thread, since two on a
            # busy machine took 10.0 s for lbfgs on digits where one took 0.18 s (measured).
            if data.sample_weight is None:
                model.fit(data.X_given, data.y_given)
            else:
                model.fit(data.X_given, data.y_given, **{weights: data.sample_weight})
        # Whatever it is, it kept the two sides from being compared: no verdict.
        except Exception as error:
            of_data = isinstance(error, (ValueError, TypeError))
            raise (InvalidDataError if of_data else ModelParityError)(
                f"the {side} could not be fitted: {type(error).__name__}: {error}"
            ) from error
    # The list of warnings is complete only here, behind its block.
    return EstimatorFit(estimator=model, raised=tuple(raised), seconds=time.perf_counter() - began)


def refuse_other_data(estimator: Any, data: Dataset) -> None:
    """Refuse a fitted linear classifier that has seen other features or classes."""
    seen = int(np.shape(estimator.coef_)[1])
    if seen != data.n_features:
        raise InvalidDataError(
            f"a fitted estimator must have been fitted on the features of X, got one fitted on "
            f"{seen} features and X with {data.n_features}; pass the same columns, or an "
            f"unfitted estimator"
        )
    known, given = np.asarray(estimator.classes_).tolist(), data.classes.tolist()
    # scikit-learn checks the columns when it predicts, but cannot check this: the probabilities of
    # other classes would be compared column by column.
    if known != given:
        raise InvalidDataError(
            f"a fitted estimator must have been fitted on the classes of y, got one with "
            f"classes {known} and y with {given}; pass the same labels, or an unfitted estimator"
        )


def refuse_other_numbers(estimator: Any, data: Dataset) -> None:
    """Refuse a fitted regressor that has seen other features or several targets."""
    shape = np.shape(estimator.coef_)
    if int(np.prod(shape)) != data.n_features or shape[-1] != data.n_features:
        raise ModelParityError(
            f"a fitted estimator must have been fitted on the features of X and one target, got "
            f"coefficients of shape {shape} and X with {data.n_features} features; pass the same "
            f"columns, or an unfitted estimator"
        )


def linear_parameters(model: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the coefficients and the intercept of a linear model, both in float64."""
    # `sparsify()` leaves a sparse matrix.
    held: Any = model.coef_
    coef = np.array(held.toarray() if hasattr(held, "toarray") else held, dtype=np.float64)
    # Of one number a vector.
    coef = np.atleast_2d(coef)
    # Without an intercept liblinear leaves the number 0.0 where others leave an array (scikit-learn
    # 1.9, svm/_base.py).
    intercept = np.zeros(len(coef))
    intercept += np.asarray(model.intercept_, dtype=np.float64).reshape(-1)
    return coef, intercept


def predictor(model: Any) -> Predict:
    """Return the estimator's predict_proba in float64, its columns in the order of the classes."""

    def predict(X: Any) -> np.ndarray:
        with warnings.catch_warnings():
            # X may come as a DataFrame on one side and as an array on the other.
            warnings.filterwarnings("ignore", message="X (has|does not have valid) feature names")
            try:
                # predict_proba has the dtype of X @ coef, and 1.9 keeps float32 coefficients.
                return np.asarray(model.predict_proba(X), dtype=np.float64)
            except ValueError as error:
                raise InvalidDataError(
                    f"the estimator could not predict these rows: {error}"
                ) from error

    return predict


def number_predictor(model: Any) -> Predict:
    """Return the estimator's predict in float64, as one column."""

    def predict(X: Any) -> np.ndarray:
        with warnings.catch_warnings():
            # X may come as a DataFrame on one side and as an array on the other.
            warnings.filterwarnings("ignore", message="X (has|does not have valid) feature names")
            try:
                # A float32 fit predicts float32 (Ridge, Lasso).
                return np.asarray(model.predict(X), dtype=np.float64).reshape(-1, 1)
            except ValueError as error:
                raise ModelParityError(
                    f"the estimator could not predict these rows: {error}"
                ) from error

    return predict
