"""The data of a check of regressors: numbers in place of labels, and the unit they have."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pytest_modelparity.errors import InvalidDataError
from pytest_modelparity.report.quantity import Quantity
from pytest_modelparity.sides.dataset import (
    Dataset,
    Features,
    evaluation_rows,
    feature_matrix,
    feature_names_of,
    memory_of,
)
from pytest_modelparity.sides.passed import PassedRows
from pytest_modelparity.sides.weights import read_weights

#: Spread of y, relative to its size, below which all of it is rounding.
CONSTANT = 1e-13


def read_numbers(
    X: Any,
    y: Any,
    *,
    sample_weight: Any = None,
    X_eval: Any = None,
    y_eval: Any = None,
    features: Features | None = None,
) -> Dataset:
    """Validate what the user gave for a regressor; the result has no classes.

    Parameters
    ----------
    X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
        Finite numbers.
    y : array-like of shape (n_samples,) or (n_samples, 1)
        Finite numbers, not all the same.
    sample_weight : array-like of shape (n_samples,), optional
        Finite, >= 0; one row at least has a weight > 0.
    X_eval, y_eval : optional
        Rows and numbers for the comparison; default X and y.
    features : callable, optional
        As `Dataset` has it.

    Raises
    ------
    InvalidDataError
        If any of these does not hold.
    """
    matrix = feature_matrix(X, "X", features)
    numbers, given, column = _numbers(y, "y")
    _check_rows("X and y", int(matrix.shape[0]), len(numbers))
    weights = read_weights(sample_weight, len(numbers))
    _check_spread(numbers, weights)
    compared = evaluation_rows(X, matrix, X_eval, y_eval, features)
    numbers_eval = numbers if compared.sampled is None else numbers[compared.sampled]
    return Dataset(
        X=matrix,
        X_given=X.given if isinstance(X, PassedRows) else X,
        y=numbers,
        y_given=given,
        classes=np.zeros(0),
        sample_weight=weights,
        X_eval=compared.X,
        X_eval_given=compared.given,
        sampled=compared.sampled,
        y_eval=numbers_eval if X_eval is None else numbers_of(y_eval, int(compared.X.shape[0])),
        feature_names=feature_names_of(X, matrix.shape[1]),
        column_labels=column,
        target_name=_name_of(y),
        features=features,
        memory=memory_of(X),
    )


def quantity_of(data: Dataset) -> Quantity:
    """Return what is predicted on these data: probabilities, or numbers with their unit."""
    if data.n_classes:
        return Quantity()
    return Quantity(name="prediction", unit=f"units of {data.target_name or 'y'}")


def spread_of(data: Dataset) -> float:
    """Return the standard deviation of the training y, rows weighted by ``sample_weight``.

    A row of weight two counts as two rows, as it does in the objective. 1 for classes, whose
    probabilities have no unit.
    """
    if data.n_classes:
        return 1.0
    return _deviation(data.y, data.sample_weight)


def _deviation(numbers: np.ndarray, weights: np.ndarray | None) -> float:
    """Return the weighted standard deviation."""
    mean = np.average(numbers, weights=weights)
    return math.sqrt(float(np.average((numbers - mean) ** 2, weights=weights)))


def numbers_of(y: Any, n_rows: int, *, suffix: str = "_eval") -> np.ndarray | None:
    """Return the numbers of rows where they were given; by default of the evaluation rows.

    Parameters
    ----------
    suffix : str
        What the names of rows and numbers end with.
    """
    if y is None:
        return None
    numbers, _, _ = _numbers(y, f"y{suffix}")
    _check_rows(f"X{suffix} and y{suffix}", n_rows, len(numbers))
    return numbers


def _numbers(y: Any, name: str) -> tuple[np.ndarray, np.ndarray, bool]:
    """Return y as float64, as it came, both flat; and whether it came as one column."""
    if y is None:
        raise InvalidDataError(
            f"a regressor requires {name} to be passed, but the target {name} is None; pass one "
            f"number for each row"
        )
    given = np.asarray(y)
    column = given.ndim == 2 and given.shape[1] == 1
    if given.ndim != 1 and not column:
        raise InvalidDataError(
            f"{name} must have shape (n,) or (n, 1), got {given.shape}; one number a row is "
            f"compared, so check each target by itself"
        )
    flat = given.reshape(-1)
    # numpy reads True as 1.0 and "2.5" as 2.5: labels that nobody meant as numbers.
    looked_at = [] if flat.dtype.kind in "fiu" else flat.tolist()
    strange = next((item for item in looked_at if isinstance(item, (bool, str, bytes))), None)
    try:
        if strange is not None:
            raise TypeError
        numbers = flat.astype(np.float64)
    except (TypeError, ValueError):
        got = f"{strange!r}" if strange is not None else f"values of type {flat.dtype}"
        raise InvalidDataError(
            f"{name} must hold numbers for a regressor, got {got}; convert them to float, or pass "
            f"a classifier as the reference"
        ) from None
    if not np.isfinite(numbers).all():
        raise InvalidDataError(
            f"{name} must be finite, got {numbers[~np.isfinite(numbers)][0]!r} at row "
            f"{int(np.argmin(np.isfinite(numbers)))}; drop these rows first"
        )
    return numbers, flat, column


def _check_rows(names: str, n_rows: int, n_numbers: int) -> None:
    """Refuse another number of targets than of rows, or none."""
    if n_rows != n_numbers:
        raise InvalidDataError(
            f"{names} must have the same number of rows, got {n_rows} and {n_numbers}; pass one "
            f"number for each row"
        )
    if not n_rows:
        raise InvalidDataError(f"{names} must have at least one row, got none")


def _check_spread(numbers: np.ndarray, weights: np.ndarray | None) -> None:
    """Refuse numbers that are all the same."""
    if not _deviation(numbers, weights) > CONSTANT * float(np.abs(numbers).max()):
        raise InvalidDataError(
            f"y must hold different numbers, got {float(numbers[0])!r} in every row with weight "
            f"(n_samples = {len(numbers)}); a regressor cannot be compared on a constant"
        )


def _name_of(y: Any) -> str:
    """Return the name of a Series, or of the one column of a DataFrame."""
    columns = getattr(y, "columns", None)
    name = columns[0] if columns is not None and len(columns) == 1 else getattr(y, "name", None)
    return name if isinstance(name, str) else ""
