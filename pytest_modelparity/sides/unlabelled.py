"""The data of a check without y: rows to compare two models on that come trained."""

from __future__ import annotations

from typing import Any

import numpy as np

from pytest_modelparity.errors import InvalidDataError, ModelParityError
from pytest_modelparity.sides.dataset import Dataset, feature_names_of
from pytest_modelparity.sides.finite import as_matrix
from pytest_modelparity.sides.signature import is_function, takes


def has_labels(data: Dataset) -> bool:
    """Whether labels were given."""
    return len(data.y_given) > 0


def read_unlabelled(X: Any, *models: Any) -> Dataset:
    """Validate rows without labels; the classes are those that the models know.

    Parameters
    ----------
    X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
        Finite numbers.
    *models : object
        As given; the first that tells its classes is believed.

    Raises
    ------
    ModelParityError
        If X is no such matrix, or no model tells its classes.
    """
    matrix = as_matrix(X, "X")
    if not matrix.shape[0]:
        raise InvalidDataError("X must have at least one row, got none")
    classes = _classes(X, models)
    return Dataset(
        X=matrix,
        X_given=X,
        # They stand in: what a framework's loss is, it is read by, and for that any will do.
        y=np.arange(matrix.shape[0]) % len(classes),
        y_given=classes[:0],
        classes=classes,
        sample_weight=None,
        X_eval=matrix,
        X_eval_given=X,
        y_eval=None,
        feature_names=feature_names_of(X, matrix.shape[1]),
        column_labels=False,
    )


def is_regressor(model: Any) -> bool:
    """Whether a model says, as scikit-learn's estimators do, that it predicts numbers."""
    # A tag from 1.6 on, an attribute before; asked by name, as this folder needs no framework.
    tags = getattr(type(model), "__sklearn_tags__", None)
    try:
        kind = model._estimator_type if tags is None else tags(model).estimator_type
    # A wrapper may ask what it does not hold yet.
    except Exception:
        return False
    return bool(kind == "regressor")


def read_unlabelled_numbers(X: Any, regressor: Any) -> Dataset:
    """Validate rows without numbers; what a regressor predicts stands in for these.

    Parameters
    ----------
    X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
        Finite numbers.
    regressor : object
        Trained: the spread of its predictions is what the default tolerance is a part of.

    Raises
    ------
    ModelParityError
        If X is no such matrix, or it predicts no numbers of it.
    """
    matrix, name = as_matrix(X, "X"), type(regressor).__name__
    if not matrix.shape[0]:
        raise InvalidDataError("X must have at least one row, got none")
    try:
        predicted = np.asarray(regressor.predict(X), dtype=np.float64)
    except Exception as error:
        raise ModelParityError(
            f"without y (y=None) both sides are as given, and {name}.predict raised "
            f"{type(error).__name__}: {error}; pass it trained, or pass y"
        ) from error
    if predicted.size != matrix.shape[0] or not np.isfinite(predicted).all():
        raise ModelParityError(
            f"without y (y=None) a regressor must predict one finite number for each of the "
            f"{matrix.shape[0]} rows, got predictions of shape {predicted.shape} from {name}"
        )
    numbers = predicted.reshape(-1)
    if not np.ptp(numbers) > 0:
        raise InvalidDataError(
            f"{name} predicts {float(numbers[0])!r} of every row of X; pass rows that it tells "
            f"apart"
        )
    return Dataset(
        X=matrix,
        X_given=X,
        y=numbers,
        y_given=numbers[:0],
        classes=np.zeros(0),
        sample_weight=None,
        X_eval=matrix,
        X_eval_given=X,
        y_eval=None,
        feature_names=feature_names_of(X, matrix.shape[1]),
        column_labels=False,
    )


def _classes(X: Any, models: tuple[Any, ...]) -> np.ndarray:
    """Return the sorted classes."""
    for model in models:
        known = getattr(model, "classes_", None)
        if known is not None:
            return np.unique(np.asarray(known))
    for model in models:
        names = [str(name) for name in getattr(model, "columns", ())]
        if len(names) > 1 and names != [str(place) for place in range(len(names))]:
            return np.unique(names)
    for model in models:
        width = _width(model, X)
        if width:
            return np.arange(max(2, width))
    raise ModelParityError(
        "without labels (y=None) one of the two models must tell how many classes there are; pass "
        "one with classes_ or predict_proba, a function of X, or an array of predictions"
    )


def _width(model: Any, X: Any) -> int:
    """Return how many columns of predictions a model has; 0 where that is not known."""
    shape = getattr(model, "output_shape", None)
    if not isinstance(shape, tuple):
        predict = getattr(model, "predict_proba", None)
        if predict is None and is_function(model) and takes(model, 1):
            predict = model
        try:
            predicted = model if predict is None else predict(X)
        # It is asked again as what it is, and then it is said what is wrong.
        except Exception:
            return 0
        shape = np.shape(predicted) if hasattr(predicted, "shape") else ()
    return int(shape[1]) if len(shape) == 2 else len(shape)
