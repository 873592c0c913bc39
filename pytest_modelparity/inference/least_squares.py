"""Least squares on rows ``(x | 1)``: weighted by what each row is worth, and Gauss-Newton."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy.linalg

from pytest_modelparity.theory.design import UNIT, BoolArray, FloatArray

#: Steps of Gauss-Newton at most; a one-vs-rest model takes 3 to 22.
MOST_STEPS = 40
#: Part of a sum of squares that a step must remove, or it was the last.
LEAST_GAIN = 1e-9
#: Damping of the first step, as a part of the diagonal, and within what it stays.
FIRST_DAMPING, LEAST_DAMPING, MOST_DAMPING = 1e-4, 1e-14, 1e12
#: Part of the largest eigenvalue below which the rows say nothing of a direction.
NOTHING = 1e-15
#: Part of a row that may lie outside the span of others, by rounding.
MIXED = 1e-10

#: Of the convex start: its penalty, the step in log-odds at most, and one that ends it.
RIDGE, FURTHEST_STEP, CLOSE_ENOUGH = 1e-8, 3.0, 1e-2
TINY = float(np.finfo(np.float64).tiny)

#: Predictors z (n, k) to what is made of them.
Map: TypeAlias = Callable[[FloatArray], FloatArray]
#: Predictors z (n, k) to residuals (n, m) and their derivatives (n, m, k).
Residuals: TypeAlias = Callable[[FloatArray], tuple[FloatArray, FloatArray]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Basis:
    """Orthonormal coordinates for the rows ``A = (X | 1)``, in which every fit is well conditioned.

    Parameters
    ----------
    A : ndarray of shape (n, q)
        The rows.
    Q : ndarray of shape (n, r)
        With orthonormal columns.
    back : ndarray of shape (q, r)
        ``A @ back = Q``: makes parameters of coordinates.
    span : ndarray of shape (r, q)
        Orthonormal rows that span those of ``A / scale``.
    scale : ndarray of shape (q,)
        Lengths of the columns.
    """

    A: FloatArray
    Q: FloatArray
    back: FloatArray
    span: FloatArray
    scale: FloatArray

    @property
    def rank(self) -> int:
        """How many directions the rows span."""
        return int(self.Q.shape[1])

    @property
    def is_complete(self) -> bool:
        """Whether the rows determine every parameter."""
        return self.rank == int(self.A.shape[1])

    def sees(self, A: FloatArray) -> BoolArray:
        """Return which rows are mixtures of these, so that their predictors are determined."""
        if self.is_complete:
            return np.ones(len(A), dtype=bool)
        scaled = A / self.scale
        beside = np.linalg.norm(scaled - (scaled @ self.span.T) @ self.span, axis=1)
        return np.asarray(beside <= MIXED * np.linalg.norm(scaled, axis=1))

    def shortest(self) -> FloatArray:
        """Return ``back`` such that coefficients are the shortest of all that fit, intercept free.

        These are the ones of an L2 optimum, whose coefficients are a mixture of the rows with
        factors that sum to 0.
        """
        if self.is_complete:
            return self.back
        mean = self.A[:, :-1].mean(axis=0)
        _, s, rows = np.linalg.svd(self.A[:, :-1] - mean, full_matrices=False)
        seen = rows[s > s[0] * max(self.A.shape) * 2 * UNIT] if s.size and s[0] > 0 else rows[:0]
        coef = seen.T @ (seen @ self.back[:-1])
        # X w = (X - mean) w + mean w: what the mean rows lose, the intercept takes.
        return np.vstack([coef, self.back[-1:] + mean @ (self.back[:-1] - coef)])


def basis_of(A: FloatArray) -> Basis:
    """Return coordinates for rows."""
    # Columns of one size first: feature scales differ by powers of ten, and a rank needs one.
    size = np.linalg.norm(A, axis=0)
    scale = np.where(size > 0, size, 1.0)
    U, s, V = np.linalg.svd(A / scale, full_matrices=False)
    rank = int(np.sum(s > s[0] * max(A.shape) * 2 * UNIT))
    back = (V[:rank].T / s[:rank]) / scale[:, None]
    Q = np.ascontiguousarray(U[:, :rank])
    return Basis(A=A, Q=Q, back=back, span=V[:rank], scale=scale)


class Bases:
    """Coordinates for the rows that a fit uses, each set of rows factored once.

    Parameters
    ----------
    A : ndarray of shape (n, q)
        All rows, the last column 1.
    """

    def __init__(self, A: FloatArray) -> None:
        self.A = A
        self._known: dict[bytes, Basis] = {}

    def of(self, usable: BoolArray) -> Basis:
        """Return those of some rows."""
        key = usable.tobytes()
        if key not in self._known:
            self._known[key] = basis_of(self.A[usable])
        return self._known[key]

    @property
    def whole(self) -> Basis:
        """Those of all rows."""
        return self.of(np.ones(len(self.A), dtype=bool))


def weighted_fit(basis: Basis, z: FloatArray, error: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the coordinates C (r, k) that fit z (n, k), and a factor R^-1 of their covariance.

    The covariance of a column is ``R^-1 R^-T`` times the square of the part of ``error`` that is
    one standard deviation.
    """
    weight = 1.0 / error
    # Relative to the best row: weights of saturated rows are 1e-16 of it and less.
    top = float(weight.max())
    weighted = basis.Q * (weight / top)[:, None]
    orthonormal, triangle = np.linalg.qr(weighted)

    def solve(target: FloatArray) -> FloatArray:
        scaled = target * (weight / top)[:, None]
        return np.asarray(scipy.linalg.solve_triangular(triangle, orthonormal.T @ scaled))

    C = solve(z)
    # One step of refinement: by the rows themselves, since their coordinates are rounded too.
    C = C + solve(z - basis.A @ (basis.back @ C))
    inverse = scipy.linalg.solve_triangular(triangle, np.eye(basis.rank)) / top
    return C, np.asarray(inverse)


def gauss_newton(basis: Basis, start: FloatArray, residuals: Residuals) -> FloatArray:
    """Return the coordinates C (r, k) with the least sum of squared residuals near a start.

    Levenberg's and Marquardt's damping, by the diagonal.
    """
    C, damping = start, FIRST_DAMPING
    r, slope = residuals(basis.Q @ C)
    value = float(np.sum(r * r))
    for _ in range(MOST_STEPS):
        gradient = _pulled_back(basis.Q, np.einsum("nm,nmk->nk", r, slope))
        N, better = normal_matrix(basis.Q, slope), False
        while damping < MOST_DAMPING and np.isfinite(N).all():
            step = _damped_step(N, gradient, damping).reshape(C.shape[1], -1).T
            after, after_slope = residuals(basis.Q @ (C - step))
            after_value = float(np.sum(after * after))
            better = after_value < value
            if better:
                break
            damping *= 10
        if not better:
            break
        gain, value = value - after_value, after_value
        C, r, slope = C - step, after, after_slope
        damping = max(LEAST_DAMPING, damping / 10)
        if gain <= LEAST_GAIN * value:
            break
    return C


def soft_targets_fit(
    basis: Basis,
    P: FloatArray,
    response: Map,
    jacobian: Map,
    table: FloatArray,
) -> FloatArray:
    """Return the coordinates (r, k) of the logistic model that is nearest to P in cross-entropy.

    A convex problem, so that any start does; a ridge keeps it finite where P is saturated.
    """
    C = np.zeros((basis.rank, table.shape[1]))
    for _ in range(MOST_STEPS):
        z = basis.Q @ C
        # With the canonical link the slope of the cross-entropy is the residual.
        gradient = _pulled_back(basis.Q, (response(z) - P) @ table) + RIDGE * C.T.reshape(-1)
        curvature = np.einsum("ml,nmk->nlk", table, jacobian(z))
        N = _weighted_grams(basis.Q, curvature) + RIDGE * np.eye(C.size)
        step = scipy.linalg.cho_solve(scipy.linalg.cho_factor(N, lower=True), gradient)
        step = step.reshape(C.shape[1], -1).T
        # No row's predictor moves by more than this, where the quadratic model still holds.
        furthest = float(np.abs(basis.Q @ step).max())
        C = C - step * min(1.0, FURTHEST_STEP / max(furthest, TINY))
        if furthest <= CLOSE_ENOUGH:
            break
    return C


def covariance_factor(basis: Basis, slope: FloatArray) -> FloatArray:
    """Return F (k r, k r) with ``F F'`` the covariance of coordinates for residuals of deviation 1.

    A direction of which the rows say nothing gets a deviation that is larger than any number.
    """
    values, vectors = np.linalg.eigh(normal_matrix(basis.Q, slope))
    return np.asarray(vectors / np.sqrt(np.maximum(values, NOTHING * values[-1])))


def normal_matrix(Q: FloatArray, slope: FloatArray) -> FloatArray:
    """Return the sum over rows of the outer products of the residuals' derivatives (k r, k r)."""
    return _weighted_grams(Q, np.einsum("nmk,nml->nkl", slope, slope))


def _weighted_grams(Q: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the sum over rows of their symmetric ``weights`` (n, k, k) on ``x x'``."""
    r, k = Q.shape[1], weights.shape[1]
    N = np.empty((k, r, k, r))
    for i in range(k):
        for j in range(i, k):
            N[i, :, j] = Q.T @ (Q * weights[:, i, j, None])
            N[j, :, i] = N[i, :, j].T
    return N.reshape(k * r, k * r)


def _pulled_back(Q: FloatArray, values: FloatArray) -> FloatArray:
    """Return ``Q' values`` with all of one predictor's coordinates beside each other."""
    return np.asarray((Q.T @ values).T.reshape(-1))


def _damped_step(N: FloatArray, gradient: FloatArray, damping: float) -> FloatArray:
    """Return the step of a damped normal matrix; no number where that is singular by rounding."""
    diagonal = np.diag(N)
    damped = N + np.diag(damping * np.maximum(diagonal, diagonal.max() * NOTHING))
    try:
        factor = scipy.linalg.cho_factor(damped, lower=True)
    except np.linalg.LinAlgError:
        # More damping comes next: a sum of squares that is NaN is no better one.
        return np.full(gradient.shape, np.nan)
    return np.asarray(scipy.linalg.cho_solve(factor, gradient))
