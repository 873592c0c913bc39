"""Theorems that bound the distance of a point to the optimum, evaluated at the point."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pytest_modelparity.theory.design import BoolArray, FloatArray
from pytest_modelparity.theory.factor import scaled_factor
from pytest_modelparity.theory.gauge import design_null_space, gauge_directions
from pytest_modelparity.theory.objective import LinearObjective

#: Unit roundoff of float64.
UNIT = float(np.finfo(np.float64).eps) / 2
#: Factor on the bounds for the rounding of their own evaluation, which is not interval arithmetic.
SAFETY = 1.0 + 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bounds:
    """Bounds on the distance of a point to the nearest minimiser.

    Parameters
    ----------
    method : str
        As `Certificate.method`.
    probability : array, (n,)
        Bound on the difference of any of a row's probabilities.
    coef : array, (K', p), optional
        Bound on the difference of each coefficient, centred over classes for softmax; None where
        none is proven or the coefficients are not unique.
    objective_excess : float
        Bound on F above its minimum.
    """

    method: str
    probability: FloatArray
    coef: FloatArray | None
    objective_excess: float


def newton_decrement_bounds(objective: LinearObjective, theta: FloatArray) -> Bounds | None:
    """Return bounds from the Newton decrement; None where the point is too far to prove one.

    For smooth objectives, with any quadratic penalties or none. With g and H the gradient and
    Hessian at ``theta`` (gauge directions given unit curvature), ``nu = sqrt(g' H^-1 g)`` and
    ``rho`` the largest, over rows with weight and pairs of classes, of
    ``|x (e_k - e_l)|`` in the norm of H^-1 (``|x|`` for the sigmoid head): where ``rho nu < 1``,
    a minimiser lies within ``r = -ln(1 - rho nu) / rho`` in the norm of H.

    Notes
    -----
    Along a segment d with ``|d|_H = 1``, every row's loss has ``|l'''| <= rho l''`` (a third
    central moment is at most the range times the variance). So ``phi(t) = F(theta + t d)`` has
    ``phi'' >= exp(-rho t)`` and ``phi'(t) >= -nu + (1 - exp(-rho t)) / rho``, positive beyond r;
    integrated once more, ``F - min F <= (u + (1 - u) ln(1 - u)) / rho^2`` with ``u = rho nu``.
    This is Bach's generalised self-concordance (2010, arXiv 0910.4627, proposition 2) with an
    affine-invariant constant. A row's decisions then change by a range of at most
    ``r |x (e_k - e_l)|``, hence the logit of each of its probabilities by no more.
    """
    every = np.ones(objective.n_parameters, dtype=bool)
    ball = _ball(objective, theta, every, np.zeros(objective.n_parameters))
    if ball is None:
        return None
    unique = design_null_space(objective).shape[1] == 0
    return Bounds(
        method="newton-decrement",
        probability=ball.probability,
        coef=ball.centred if unique else None,
        objective_excess=ball.excess,
    )


def support_bounds(objective: LinearObjective, theta: FloatArray) -> Bounds | None:
    """Return bounds for an L1 penalty from the smooth problem on the support with its signs.

    `newton_decrement_bounds` holds for the problem restricted to the non-zero (and unpenalised)
    elements with the penalty linear in them. Where no sign can change within its ball, and no
    element off the support can reach its L1 strength there, the restricted minimiser meets the
    optimality conditions of F, so that the bounds hold for F.
    """
    l1 = objective.l1_weights
    active = (theta != 0) | (l1 == 0)
    columns = active.reshape(objective.n_outputs, -1).any(axis=0)
    if objective.fit_intercept:
        columns[-1] = True
    kept = np.tile(columns, objective.n_outputs)
    restricted = objective
    if not columns.all():
        restricted = replace(objective, X=objective.X[:, columns[: objective.n_features]])
    linear = np.where(active, l1 * np.sign(theta), 0.0)
    ball = _ball(restricted, theta[kept], active[kept], linear[kept])
    if ball is None or not np.all((np.abs(theta[kept]) > ball.element)[(active & (l1 > 0))[kept]]):
        return None
    slack = l1 - np.abs(objective.gradient(theta))
    if not np.all(_gradient_change(objective, ball.probability)[~active] < slack[~active]):
        return None
    coef = np.zeros((objective.n_outputs, objective.n_features))
    coef[:, columns[: objective.n_features]] = ball.centred
    return Bounds(
        method="support",
        probability=ball.probability,
        coef=coef,
        objective_excess=ball.excess,
    )


def value_bounds(objective: LinearObjective, theta: FloatArray) -> Bounds | None:
    """Return bounds from F itself: each row's loss at the optimum is at most ``n F / s_i``.

    The bound for data that a tiny penalty keeps from being separated altogether.
    """
    if objective.label_smoothing > 0:
        return None
    excess = objective.value(theta) * SAFETY
    with np.errstate(divide="ignore"):
        loss = excess * objective.n_samples / objective.row_weight
    return Bounds(
        method="separation", probability=-np.expm1(-loss), coef=None, objective_excess=excess
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Ball:
    """What the ball around a point that holds a minimiser says of its elements and rows."""

    element: FloatArray
    centred: FloatArray
    probability: FloatArray
    excess: float


def _ball(
    objective: LinearObjective, theta: FloatArray, active: BoolArray, linear: FloatArray
) -> _Ball | None:
    """Return the ball for ``F's smooth part + linear·theta`` over the active elements."""
    gauge = gauge_directions(objective)
    gauge = gauge[:, np.all(gauge[~active] == 0, axis=0)]
    if np.any(np.abs(linear @ gauge) > 1e-12 * np.max(np.abs(linear), initial=0.0)):
        # The linear part falls along a direction that the data cannot hold: not a minimum.
        return None
    hessian = objective.hessian(theta)[np.ix_(active, active)]
    # Rounding of a scaled Gram matrix of unit diagonal, summed in blocks.
    factor = scaled_factor(hessian, gauge[active], shift=32 * UNIT * len(hessian))
    if factor is None:
        return None
    lower = np.zeros((len(hessian), objective.n_parameters))
    lower[:, active] = factor.inverse_lower()
    inverse = lower.T @ lower
    gradient = np.where(active, objective.gradient(theta) + linear, 0.0)
    rounding = _gradient_rounding(objective, theta) + 2 * UNIT * np.abs(linear)
    decrement = float(np.linalg.norm(lower @ gradient))
    decrement += float(np.sqrt(rounding @ np.abs(inverse) @ rounding))
    spread = _row_spread(objective, lower)
    rho = float(np.max(spread[objective.row_weight > 0], initial=0.0)) * SAFETY
    if not rho * decrement < 1.0:
        return None
    radius = _radius(rho, decrement) * SAFETY
    return _Ball(
        element=radius * np.sqrt(np.diagonal(inverse)),
        centred=radius * _centred_deviation(objective, inverse),
        probability=_probability_change(
            objective.probabilities(*objective.unpack(theta)), radius * spread
        ),
        excess=_excess(rho, decrement) * SAFETY,
    )


def _radius(rho: float, decrement: float) -> float:
    """Return ``-ln(1 - rho nu) / rho``, nu for rho = 0."""
    return float(-np.log1p(-rho * decrement) / rho) if rho > 0 else decrement


def _excess(rho: float, decrement: float) -> float:
    """Return ``(u + (1 - u) ln(1 - u)) / rho^2`` with ``u = rho nu``, nu^2 / 2 for rho = 0."""
    u = rho * decrement
    if u < 1e-3:
        # The closed form cancels; the series' terms all fall below their bound u^2 / 6.
        return decrement**2 * (0.5 + u / 6.0 + u**2 / 6.0)
    return float((u + (1.0 - u) * np.log1p(-u)) / rho**2)


def _row_spread(objective: LinearObjective, lower: FloatArray) -> FloatArray:
    """Return per row (n,) the largest ``|x (e_k - e_l)|`` in the norm of ``lower' lower``."""
    K, size = objective.n_outputs, len(lower)
    spread = np.empty(objective.n_samples)
    wide = lower.reshape(size * K, objective.n_columns)
    for rows, block in objective.row_blocks(size * K):
        image = (block @ wide.T).reshape(len(block), size, K)
        gram = np.matmul(image.transpose(0, 2, 1), image)
        own = np.diagonal(gram, axis1=1, axis2=2)
        square = own if K == 1 else own[:, :, None] + own[:, None, :] - 2.0 * gram
        spread[rows] = np.sqrt(np.maximum(square.reshape(len(block), -1).max(axis=1), 0.0))
    return spread


def _centred_deviation(objective: LinearObjective, inverse: FloatArray) -> FloatArray:
    """Return (K', p): norm of each coefficient, centred over classes, under the inverse Hessian."""
    K, q, p = objective.n_outputs, objective.n_columns, objective.n_features
    blocks = np.einsum("kjlj->jkl", inverse.reshape(K, q, K, q))[:p]
    centre = np.eye(K) - 1.0 / K if K > 1 else np.eye(1)
    variance = np.einsum("ka,jab,kb->kj", centre, blocks, centre)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))


def _probability_change(p: FloatArray, shift: FloatArray) -> FloatArray:
    """Return per row the largest change of a probability whose logit moves by ``shift``."""
    growth = np.expm1(np.minimum(shift, 700.0))[:, None]
    small = np.minimum(p, 1.0 - p)
    change = p * (1.0 - p) * growth / (1.0 + small * growth)
    return np.asarray(change.max(axis=1)) * SAFETY + 4 * UNIT


def _gradient_rounding(objective: LinearObjective, theta: FloatArray) -> FloatArray:
    """Return a bound (d,) on the rounding error of the smooth gradient.

    The gamma_n of Higham (Accuracy and Stability of Numerical Algorithms, 2002, section 3.1) for
    the sums over columns in the decision and over rows in the gradient.
    """
    n, q = objective.n_samples, objective.n_columns
    z = objective.decision_function(*objective.unpack(theta))
    p = objective.probabilities(*objective.unpack(theta))[:, -objective.n_outputs :]
    weight = (objective.row_weight / n)[:, None]
    table = np.abs(theta).reshape(objective.n_outputs, q)
    total = np.zeros_like(table)
    for rows, block in objective.row_blocks(q):
        size = np.abs(block)
        decision = (q + 2) * UNIT * (size @ table.T).max(axis=1, keepdims=True)
        # p moves by at most p (1 - p) times the change of its logit.
        moved = 2.0 * decision * p[rows] * (1.0 - p[rows]) + 8 * UNIT * p[rows] * (1.0 - p[rows])
        total += (weight[rows] * moved).T @ size
    residual = np.abs(objective.residuals(z))
    for rows, block in objective.row_blocks(q):
        total += (n + 8) * UNIT * (weight[rows] * residual[rows]).T @ np.abs(block)
    return total.ravel() + 2 * UNIT * objective.l2_weights * np.abs(theta)


def _gradient_change(objective: LinearObjective, probability: FloatArray) -> FloatArray:
    """Return how far (d,) the gradient moves where probabilities move by no more than given."""
    change = objective.row_weight / objective.n_samples * probability
    total = np.zeros(objective.n_columns)
    for rows, block in objective.row_blocks(objective.n_columns):
        total += change[rows] @ np.abs(block)
    return np.tile(total, objective.n_outputs)
