"""The norm in which gradients are compared: that of the inverse Hessian."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.optimize

from pytest_modelparity.theory.design import BoolArray, FloatArray
from pytest_modelparity.theory.factor import scaled_factor

#: Length of a direction outside the parameters that are kept, up to which it lies in them.
INSIDE = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Metric:
    """Whitening of the gradient by some of the parameters, the others being fixed.

    Parameters
    ----------
    kept : ndarray of bool, (d,)
        Which parameters are free.
    root : ndarray of shape (k, k)
        L with ``L'L`` the inverse of their Hessian.
    """

    kept: BoolArray
    root: FloatArray

    def whiten(self, vectors: FloatArray) -> FloatArray:
        """Return L times gradients (d,) or (d, m)."""
        return np.asarray(self.root @ vectors[self.kept])

    def step(self, residual: FloatArray) -> FloatArray:
        """Return the parameters' change (d,) that a whitened gradient stands for."""
        step = np.zeros(len(self.kept))
        step[self.kept] = self.root.T @ residual
        return step


class Metrics:
    """The metrics of one Hessian, for each set of free parameters."""

    def __init__(self, hessian: FloatArray, gauge: FloatArray) -> None:
        self._hessian, self._gauge = hessian, gauge
        self._known: dict[bytes, Metric] = {}

    def of(self, kept: BoolArray) -> Metric:
        """Return the metric of some free parameters."""
        key = kept.tobytes()
        if key not in self._known:
            outside = np.linalg.norm(self._gauge[~kept], axis=0)
            gauge = self._gauge[kept][:, outside <= INSIDE]
            factor = scaled_factor(self._hessian[np.ix_(kept, kept)], gauge)
            assert factor is not None
            self._known[key] = Metric(kept=kept, root=factor.inverse_lower())
        return self._known[key]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Least:
    """The numbers, all at least 0, with which a gradient is nearest to zero.

    Parameters
    ----------
    numbers : ndarray of shape (m,)
        They.
    errors : ndarray of shape (m,)
        Standard errors, by what is left.
    residual : ndarray of shape (k,)
        The whitened gradient that is left.
    """

    numbers: FloatArray
    errors: FloatArray
    residual: FloatArray

    @property
    def decrement(self) -> float:
        """The Newton decrement nu that is left."""
        return float(np.linalg.norm(self.residual))


def least(fixed: FloatArray, columns: FloatArray, n_equations: int) -> Least | None:
    """Solve ``min |fixed + columns x|`` over ``x >= 0``; None where that fails.

    Parameters
    ----------
    fixed : ndarray of shape (k,)
        Whitened.
    columns : ndarray of shape (k, m)
        Whitened.
    n_equations : int
        How many independent equations these are.
    """
    m = columns.shape[1]
    if m == 0:
        return Least(numbers=np.zeros(0), errors=np.zeros(0), residual=fixed)
    sizes = np.linalg.norm(columns, axis=0)
    if not (sizes > 0).all() or n_equations < m:
        return None
    # Triangular first: a hundred rows or a thousand, nnls then sees m + 1 of them.
    Q, R = np.linalg.qr(columns / sizes)
    try:
        scaled, _ = scipy.optimize.nnls(R, -Q.T @ fixed)
    except RuntimeError:
        return None
    residual = fixed + columns @ (scaled / sizes)
    # As many numbers as equations: no error to tell of.
    variance = float(residual @ residual) / max(n_equations - m, 1)
    inverse = np.linalg.pinv(R)
    errors = np.sqrt(variance * np.sum(inverse**2, axis=1))
    return Least(numbers=scaled / sizes, errors=errors / sizes, residual=residual)
