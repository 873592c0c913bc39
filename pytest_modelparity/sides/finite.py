"""Rows as finite float64, or why they are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse

from pytest_modelparity.errors import InvalidDataError

Matrix = Any  # ndarray of float64, scipy.sparse CSR or RowMatrix (n_samples, n_features)


def as_matrix(X: Any, name: str) -> Matrix:
    """Return X as finite float64, dense or CSR, without a copy where none is needed."""
    matrix: Matrix
    _refuse_complex(X, name)
    if scipy.sparse.issparse(X):
        # Dense it may not fit into memory; rows are what batches take. An array, of which ``*`` and
        # the means are those of numpy's.
        matrix = scipy.sparse.csr_array(X)  # type: ignore[call-overload]
        if matrix.dtype != np.float64:
            matrix = matrix.astype(np.float64)
        values = matrix.data
    else:
        matrix = values = _dense(X, name)
    if matrix.ndim != 2:
        raise InvalidDataError(
            f"{name} must have two dimensions (rows, features), got shape {matrix.shape}; "
            f"Reshape your data, a single feature with {name}.reshape(-1, 1)"
        )
    if matrix.shape[1] == 0:
        raise InvalidDataError(
            f"{name} must have at least one feature, got 0 feature(s) (shape={matrix.shape}) "
            f"while a minimum of 1 is required; pass one column at least"
        )
    if not np.isfinite(values).all():
        where = "" if scipy.sparse.issparse(matrix) else _first_bad(values)
        raise InvalidDataError(
            f"{name} must be finite: Input {name} contains NaN or infinity{where}; "
            f"impute or drop these rows first"
        )
    return matrix


def _dense(X: Any, name: str) -> np.ndarray:
    """Return X as float64, what is missing in it as NaN."""
    if isinstance(X, (str, Path)):
        # Files are read of X alone, before it comes here.
        paths = "the path of a .npy or .parquet file, or of a folder of parquet files"
        other = f", or {paths} that is there" if name == "X" else ""
        raise InvalidDataError(
            f"{name} must hold numbers, got the path {str(X)!r}; pass its rows{other}"
        )
    try:
        try:
            return np.asarray(X, dtype=np.float64)
        except TypeError:
            if not hasattr(X, "to_numpy"):
                raise
            # A nullable column beside another is an object, whose NA is no number.
            return np.asarray(X.to_numpy(dtype=np.float64, na_value=np.nan))
    except (TypeError, ValueError) as error:
        raise InvalidDataError(
            f"{name} must hold numbers, got {type(X).__name__} that cannot be read as float: "
            f"{error}; encode categories and drop text columns first"
        ) from error


def _refuse_complex(X: Any, name: str) -> None:
    """Refuse complex numbers, of which a conversion would drop a part with a warning alone."""
    if getattr(getattr(X, "dtype", None), "kind", "") == "c":
        raise InvalidDataError(
            f"{name} must hold real numbers, got {X.dtype.name}; Complex data not supported"
        )


def _first_bad(values: np.ndarray) -> str:
    """Return the place of the first value that is not finite."""
    place = np.argwhere(~np.isfinite(values))[0]
    return f" (first at row {place[0]}, column {place[1]})"
