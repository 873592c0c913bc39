"""Predictions of whatever kind as one column of probabilities for each class, or one sentence."""

from __future__ import annotations

from typing import Any

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.sides.dataset import Dataset

#: How far rounding may take a probability out of [0, 1].
BEYOND = 1e-6


def as_numbers(given: Any) -> np.ndarray:
    """Return predictions as an array of the floating type that they came in.

    Raises
    ------
    ModelParityError
        If they hold anything but numbers.
    """
    values = np.asarray(given)
    if values.dtype.kind == "f":
        return values
    if given is None:
        raise ModelParityError("the candidate must predict numbers, got None; return probabilities")
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ModelParityError(
            f"the candidate must predict numbers, got {type(given).__name__} that cannot be read "
            f"as float: {error}; pass what predicts probabilities, not labels"
        ) from error


def refuse_labels(given: Any, data: Dataset) -> None:
    """Refuse labels where probabilities are compared.

    Raises
    ------
    ModelParityError
        If they are whole numbers or booleans, or the labels of y themselves.
    """
    if not data.n_classes or given is None:
        return
    values = np.asarray(given)
    is_whole = values.dtype.kind in "iub"
    # Floats may be probabilities that are all 0 or 1.
    if is_whole or (not _are_shares(values) and _are_labels(values, data.classes)):
        raise ModelParityError(
            f"the candidate must predict probabilities, got labels such as "
            f"{values.reshape(-1)[:1].tolist()[0]!r}; return predict_proba(X) in place of "
            f"predict(X), or the numbers before argmax"
        )


def _are_labels(values: np.ndarray, classes: np.ndarray) -> bool:
    """Whether all are classes, in one column."""
    return values.ndim == 1 and bool(values.size) and _spelled(values) <= _spelled(classes)


def _spelled(labels: np.ndarray) -> set[str]:
    """Return the different labels of an array, as text."""
    return set(map(str, labels.tolist()))


def _are_shares(values: np.ndarray) -> bool:
    """Whether all are numbers in [0, 1]."""
    return values.dtype.kind == "f" and bool(((values >= 0) & (values <= 1)).all())


def as_class_columns(
    values: np.ndarray, n_rows: int, data: Dataset, advice: str = ""
) -> np.ndarray:
    """Return predictions as float64: probabilities, one column for each class, or numbers.

    Parameters
    ----------
    values : ndarray
        Of shape (n_rows, n_classes); for two classes the probabilities of the second, of shape
        (n_rows,) or (n_rows, 1), will do.
    n_rows : int
        How many rows were predicted.
    data : Dataset
        With the classes.
    advice : str, optional
        What to do about numbers that are no probabilities; default: what holds for any model.

    Raises
    ------
    ModelParityError
        If the shape is another one, or a number is no probability. NaN is no error: it diverges.
    """
    p = values.astype(np.float64)
    if not data.n_classes:
        return _as_column(p, n_rows)
    if data.n_classes == 2 and p.shape in ((n_rows,), (n_rows, 1)):
        p = np.column_stack([1 - p.reshape(-1), p.reshape(-1)])
    if p.shape != (n_rows, data.n_classes):
        raise ModelParityError(
            f"the candidate must predict probabilities of shape ({n_rows}, {data.n_classes}), one "
            f"column for each class, got {values.shape}"
        )
    outside = (p < -BEYOND) | (p > 1 + BEYOND)
    if outside.any():
        row = int(np.argmax(outside.any(axis=1)))
        worst = float(p[row][outside[row]][0])
        raise ModelParityError(
            f"the candidate must predict probabilities in [0, 1], got {worst:.6g} at row {row}; "
            f"{advice or 'apply the sigmoid or softmax that belongs to its outputs'}"
        )
    return p


def _as_column(numbers: np.ndarray, n_rows: int) -> np.ndarray:
    """Return the predictions of a regressor as one column."""
    if numbers.shape not in ((n_rows,), (n_rows, 1)):
        raise ModelParityError(
            f"the candidate must predict one number for each of the {n_rows} rows, got predictions "
            f"of shape {numbers.shape}"
        )
    return numbers.reshape(-1, 1)
