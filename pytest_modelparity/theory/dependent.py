"""Supports of an L1 problem whose columns depend on each other."""

from __future__ import annotations

import numpy as np
import scipy.linalg

from pytest_modelparity.theory.design import FloatArray

#: Eigenvalue of a Hessian of unit diagonal, relative to the largest, of columns that depend on
#: others: rounding leaves 1e-16 times their number, columns that went through float32 4e-15.
DEPENDENT = 1e-13
#: Slope of the penalty, relative to its strengths, that is rounding.
FLAT = 1e-11


def factor(matrix: FloatArray) -> FloatArray | None:
    """Return the Cholesky factor of a matrix of unit diagonal; ``None``: its columns depend."""
    lapack = scipy.linalg.lapack
    lower, info = lapack.dpotrf(matrix, lower=1)
    if info != 0:
        return None
    # By the estimate of the condition: the smallest pivot of ten dependent columns may be a
    # thousand times the smallest eigenvalue.
    norm = float(np.abs(matrix).sum(axis=0).max(initial=0.0))
    rcond, _ = lapack.dpocon(lower, norm, uplo="L")
    return np.asarray(lower) if rcond > DEPENDENT else None


def solve(matrix: FloatArray, right: FloatArray, lower: FloatArray | None) -> FloatArray:
    """Return the shortest solution of a positive semidefinite system with its `factor`."""
    if lower is not None:
        return np.asarray(scipy.linalg.lapack.dpotrs(lower, right, lower=1)[0])
    values, vectors = np.linalg.eigh(matrix)
    seen = values > DEPENDENT * values[-1]
    return np.asarray(vectors[:, seen] @ ((vectors[:, seen].T @ right) / values[seen]))


def without_dependent(hessian: FloatArray, l1: FloatArray, x: FloatArray) -> FloatArray:
    """Move along what no row sees, while that lowers the penalty, dropping one element a time.

    A Newton step along it is rounding divided by rounding: without this, standardised columns of
    which two depend on the others kept the support changing for ever.

    Parameters
    ----------
    hessian : array, (k, k)
        Of the elements in use, which depend on each other; its diagonal is 1.
    l1 : array, (k,)
        Their strengths.
    x : array, (k,)
        Where they are.
    """
    values, unseen = np.linalg.eigh(hessian)
    unseen = unseen[:, values <= DEPENDENT * values[-1]]
    flat = FLAT * float(l1.max(initial=0.0))
    while unseen.shape[1]:
        move = -unseen @ (unseen.T @ (l1 * np.sign(x)))
        crossing = np.flatnonzero((move * x < 0) & (l1 > 0))
        if not len(crossing) or not float(np.abs(move).max()) > flat:
            break
        lengths = -x[crossing] / move[crossing]
        dropped = crossing[int(np.argmin(lengths))]
        x = x + float(lengths.min()) * move
        x[dropped] = 0.0
        unseen = _with_zero(unseen, dropped)
    return x


def _with_zero(basis: FloatArray, row: int) -> FloatArray:
    """Return an orthonormal basis of those vectors of a space whose element ``row`` is zero."""
    # A Householder reflection turns the row into a multiple of the first basis vector alone.
    mirror = basis[row].copy()
    mirror[0] += np.copysign(np.linalg.norm(mirror), mirror[0])
    mirror /= np.linalg.norm(mirror)
    turned = np.asarray(basis - 2.0 * np.outer(basis @ mirror, mirror))
    # Exactly: what is left by rounding would move the element off zero again.
    turned[row] = 0.0
    return turned[:, 1:]
