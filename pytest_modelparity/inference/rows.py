"""The rows that a linear map is fitted to, where fitting all of them would take long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from pytest_modelparity.rows.passes import row_slices
from pytest_modelparity.theory.design import DesignMatrix, FloatArray, IntArray, dense_rows

#: Multiplications of a factorisation above which rows are left out, a few hundredths of a second;
#: and those above which there is none: a thousand columns.
WANTED_WORK, MOST_WORK = 2e7, 4e9
#: Rows for each column that test linearity well enough; all others are looked at afterwards.
ROWS_A_COLUMN = 4
#: Part of a row from which on another direction is no rounding, and of the largest eigenvalue of a
#: Gram matrix up to which the rows have no part in one.
NEW_DIRECTION, UNSEEN = 1e-8, 1e-13


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedRows:
    """Some rows of X to fit to, and the others to test the fit on.

    Parameters
    ----------
    X : ndarray or CSR of shape (n, p)
        All rows.
    chosen : ndarray of int
        Which are fitted to, ascending.
    """

    X: DesignMatrix
    chosen: IntArray

    @property
    def fitted(self) -> FloatArray:
        """The chosen rows (m, q), with a last column of ones."""
        return _with_ones(self.X, self.chosen)

    def others(self) -> Iterator[tuple[IntArray, FloatArray]]:
        """Yield the numbers of other rows, and these with a last column of ones, block by block."""
        n = int(self.X.shape[0])
        if len(self.chosen) == n:
            return
        left = np.ones(n, dtype=bool)
        left[self.chosen] = False
        for rows in row_slices(slice(0, n), int(self.X.shape[1])):
            numbers = rows.start + np.flatnonzero(left[rows])
            if len(numbers):
                yield numbers, _with_ones(self.X, numbers)


def choose_rows(X: DesignMatrix) -> FittedRows | None:
    """Choose rows that span all that X spans; None where even few of them would take long."""
    n, q = int(X.shape[0]), int(X.shape[1]) + 1
    m = n
    while work_of(m, q) > WANTED_WORK and m > ROWS_A_COLUMN * q:
        m = max(ROWS_A_COLUMN * q, m // 2)
    if work_of(m, q) > MOST_WORK:
        return None
    chosen = np.unique(np.linspace(0, n - 1, m).astype(np.intp))
    rows = FittedRows(X=X, chosen=chosen)
    return rows if m == n else _completed(rows)


def work_of(n: int, q: int) -> float:
    """Return the multiplications that factoring n rows of q columns takes, about."""
    return float(n) * q * min(n, q)


def _completed(rows: FittedRows) -> FittedRows:
    """Add rows that are no mixture of the chosen ones: of a rare category, say."""
    A = rows.fitted
    scale = np.maximum(np.linalg.norm(A, axis=0), 1e-300)
    for _, block in rows.others():
        scale = np.maximum(scale, np.abs(block).max(axis=0))
    values, vectors = np.linalg.eigh((A / scale).T @ (A / scale))
    unseen = vectors[:, values <= values[-1] * UNSEEN]
    if not unseen.shape[1]:
        return rows
    added = []
    for numbers, block in rows.others():
        beside = (block / scale) @ unseen
        # Pivoting puts rows first that no mixture of the earlier ones makes.
        triangle, order = scipy.linalg.qr(beside.T, mode="r", pivoting=True)
        diagonal = np.abs(np.diag(triangle))
        rank = int(np.sum(diagonal > NEW_DIRECTION))
        added.append(numbers[order[:rank]])
    return FittedRows(X=rows.X, chosen=np.union1d(rows.chosen, np.concatenate(added)))


def _with_ones(X: DesignMatrix, numbers: IntArray) -> FloatArray:
    """Return some rows as a dense array with a last column of ones."""
    part = X[numbers]
    return dense_rows(part, slice(0, len(numbers)), ones=True)
