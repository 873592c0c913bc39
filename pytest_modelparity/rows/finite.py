"""Where rows that are passed over hold what is no finite number."""

from __future__ import annotations

import numpy as np

from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.rows.passes import FloatArray, Sums


def first_not_finite(matrix: RowMatrix) -> tuple[int, int] | None:
    """Return row and column of the first number that is NaN or infinite."""
    # A pass that is made for other reasons, too, and nearly always says that there is none.
    if np.isfinite(matrix.min(axis=0)).all() and np.isfinite(matrix.max(axis=0)).all():
        return None
    n, p = matrix.shape
    found = matrix.total(_first_not_finite, (), [np.minimum])[0]
    if not found < n * p:
        return None
    return int(found) // p, int(found) % p


def _first_not_finite(X: FloatArray, rows: slice) -> Sums:
    """Return the place of the first of a group among all numbers, counted by rows."""
    bad = np.flatnonzero(~np.isfinite(X.ravel()))
    return [np.asarray(float(rows.start * X.shape[1] + bad[0]) if len(bad) else np.inf)]
