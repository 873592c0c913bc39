"""Columns that depend on each other: parameters that differ and are one model on every row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.linalg

from pytest_modelparity.rows.blas import single_threaded
from pytest_modelparity.structure.ground import AffineMap
from pytest_modelparity.theory.design import FloatArray

#: Multiplications for which dependence is looked for.
MOST_WORK = 3e8
#: Eigenvalues of the columns' products, as a part of the largest, below which columns may depend.
SUSPECT = 1e-10
#: Rounding of float64, with which dependence is measured: features were rounded once each.
ROUNDED = 4.0 * float(np.finfo(np.float64).eps)


@single_threaded
def nearest_equal(
    model: AffineMap, goal: AffineMap, matrices: Sequence[FloatArray]
) -> AffineMap | None:
    """Return the parameters nearest to others that are the same model on every row.

    A constant may move from all columns of a one-hot group to the intercept, and no prediction
    changes: of the parameters ``w + N t``, with N spanning what no centred row can see, those with
    the smallest square distance to the goal's coefficients; the intercept follows.

    Parameters
    ----------
    model, goal : AffineMap
        Of the same shape.
    matrices : sequence of ndarray of shape (n, p)
        The rows.

    Returns
    -------
    AffineMap or None
        ``None`` where the rows determine every coefficient, or where that takes too long to tell.
    """
    n, p = sum(map(len, matrices)), model.coef.shape[1]
    # Of fewer rows than columns it is the columns that take the time.
    if float(max(n, p)) * p * p > MOST_WORK or not np.isfinite(model.coef - goal.coef).all():
        return None
    mean = sum(X.sum(axis=0) for X in matrices) / n
    centred = [X - mean for X in matrices]
    size = np.max([np.abs(X).max(axis=0) for X in matrices], axis=0)
    null = _null_space(centred, size)
    if not null.shape[1]:
        return None
    apart = model.coef - goal.coef
    unseen = (apart @ null) @ null.T
    return AffineMap(coef=model.coef - unseen, intercept=model.intercept + unseen @ mean)


def _null_space(centred: Sequence[FloatArray], size: FloatArray) -> FloatArray:
    """Return orthonormal columns (p, m) that no centred row can see.

    Parameters
    ----------
    size : ndarray of shape (p,)
        The largest numbers of each column before it was centred.
    """
    X = np.vstack(centred)
    # A constant is its mean up to rounding, which must not be blown up to a column.
    X = np.where(np.abs(X).max(axis=0) <= ROUNDED * size, 0.0, X)
    # Features differ by powers of ten, and a small one is no null direction.
    lengths = np.linalg.norm(X, axis=0)
    scale = np.where(lengths > 0, lengths, 1.0)
    X = X / scale
    values = np.linalg.eigvalsh(X.T @ X)
    if values[0] > SUSPECT * values[-1]:
        return np.zeros((len(scale), 0))
    # Products square a condition number: whether columns depend is for the rows to say.
    _, singular, rows = np.linalg.svd(np.linalg.qr(X, mode="r"), full_matrices=True)
    rank = int(np.sum(singular > singular[0] * max(X.shape) * ROUNDED))
    null = rows[rank:].T / scale[:, None]
    return np.asarray(scipy.linalg.orth(null)) if null.size else null
