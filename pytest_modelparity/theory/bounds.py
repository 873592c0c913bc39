"""Theorems that bound the distance of a point to the optimum, evaluated at the point."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pytest_modelparity.theory.design import UNIT, BoolArray, FloatArray
from pytest_modelparity.theory.factor import scaled_factor
from pytest_modelparity.theory.gauge import design_null_space, gauge_directions
from pytest_modelparity.theory.objective import LinearObjective

#: Factor on the bounds for the rounding of their own evaluation, which is not interval arithmetic.
SAFETY = 1.0 + 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bounds:
    """Bounds on the distance of a point to the nearest minimiser.

    Parameters
    ----------
    method : str
        As `Certificate.method`.
    distance : array, (n,)
        Bound on the difference of any of a row's predictions.
    coef : array, (K', p), optional
        Bound on the difference of each coefficient, centred over classes for softmax; None where
        none is proven or the coefficients are not unique.
    objective_excess : float
        Bound on F above its minimum.
    """

    method: str
    distance: FloatArray
    coef: FloatArray | None
    objective_excess: float


def newton_decrement_bounds(objective: LinearObjective, theta: FloatArray) -> Bounds | None:
    """Return bounds from the Newton decrement; None where the point is too far to prove one.

    For smooth objectives, with any quadratic penalties or none. With g and H the gradient and
    Hessian at ``theta`` (gauge directions given unit curvature), ``nu = sqrt(g' H^-1 g)`` and
    ``rho`` the largest, over rows with weight, of the loss's self-concordance times the range of
    a row's decisions in the norm of H^-1 (``|x (e_k - e_l)|`` over pairs of classes for softmax,
    ``|x|`` for one output): where ``rho nu < 1``, a minimiser lies within
    ``r = -ln(1 - rho nu) / rho`` in the norm of H, or ``r = nu`` for rho = 0.

    Notes
    -----
    Along a segment d with ``|d|_H = 1``, every row's loss has ``|l'''| <= rho l''`` (shown by each
    loss). So ``phi(t) = F(theta + t d)`` has
    ``phi'' >= exp(-rho t)`` and ``phi'(t) >= -nu + (1 - exp(-rho t)) / rho``, positive beyond r;
    integrated once more, ``F - min F <= (u + (1 - u) ln(1 - u)) / rho^2`` with ``u = rho nu``.
    This is Bach's generalised self-concordance (2010, arXiv 0910.4627, proposition 2) with an
    affine-invariant constant. A row's decisions then change by a range of at most r times its
    range, and its predictions by what the loss makes of that.
    """
    every = np.ones(objective.n_parameters, dtype=bool)
    ball = _ball(objective, theta, every, np.zeros(objective.n_parameters))
    if ball is None:
        return None
    # Coefficients that no row can see are not unique: nothing bounds their distance.
    unique = design_null_space(objective).shape[1] == 0
    return Bounds(
        method="newton-decrement",
        distance=ball.distance,
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
    # Columns without any active element leave the problem: Hessians of thousands become dozens.
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
    # The whole ball must keep the excluded elements at zero, not just the point.
    slack = l1 - np.abs(objective.gradient(theta))
    if not np.all(_gradient_change(objective, ball.distance)[~active] < slack[~active]):
        return None
    coef = np.zeros((objective.n_outputs, objective.n_features))
    coef[:, columns[: objective.n_features]] = ball.centred
    return Bounds(
        method="support",
        distance=ball.distance,
        coef=coef,
        objective_excess=ball.excess,
    )


def value_bounds(objective: LinearObjective, theta: FloatArray) -> Bounds | None:
    """Return bounds from F itself: each row's loss at the optimum is at most ``n F / s_i``.

    The bound for data that a tiny penalty keeps from being separated altogether. None where a
    small loss does not place a prediction.
    """
    excess = objective.value(theta) * SAFETY
    with np.errstate(divide="ignore"):
        # A row without weight may have any loss.
        loss = excess * objective.n_samples / objective.row_weight
    z = objective.decision_function(*objective.unpack(theta))
    distance = objective.loss.distance_within(z, objective.y, loss)
    if distance is None:
        return None
    return Bounds(method="separation", distance=distance, coef=None, objective_excess=excess)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Ball:
    """A ball around a point that holds a minimiser, as bounds on its elements and rows."""

    element: FloatArray
    centred: FloatArray
    distance: FloatArray
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
    # Zero columns for the other elements: they do not move within the ball.
    lower = np.zeros((len(hessian), objective.n_parameters))
    lower[:, active] = factor.inverse_lower()
    inverse = lower.T @ lower
    gradient = np.where(active, objective.gradient(theta) + linear, 0.0)
    rounding = _gradient_rounding(objective, theta) + 2 * UNIT * np.abs(linear)
    # The computed gradient may be too small by its rounding, in the worst direction.
    decrement = float(np.linalg.norm(lower @ gradient))
    decrement += float(np.sqrt(rounding @ np.abs(inverse) @ rounding))
    spread = _row_spread(objective, lower)
    widest = float(np.max(spread[objective.row_weight > 0], initial=0.0)) * SAFETY
    rho = objective.loss.self_concordance * widest
    if not rho * decrement < 1.0:
        return None
    radius = _radius(rho, decrement) * SAFETY
    return _Ball(
        element=radius * np.sqrt(np.diagonal(inverse)),
        centred=radius * _centred_deviation(objective, inverse),
        distance=_prediction_change(objective, theta, radius * spread),
        excess=_excess(rho, decrement) * SAFETY,
    )


def _radius(rho: float, decrement: float) -> float:
    """Return ``-ln(1 - rho nu) / rho``, nu for rho = 0."""
    # rho = 0 is a quadratic: the Newton step ends at the minimum.
    return float(-np.log1p(-rho * decrement) / rho) if rho > 0 else decrement


def _excess(rho: float, decrement: float) -> float:
    """Return ``(u + (1 - u) ln(1 - u)) / rho^2`` with ``u = rho nu``, nu^2 / 2 for rho = 0."""
    u = rho * decrement
    if u < 1e-3:
        # The closed form cancels; the series' terms all fall below their bound u^2 / 6.
        return decrement**2 * (0.5 + u / 6.0 + u**2 / 6.0)
    return float((u + (1.0 - u) * np.log1p(-u)) / rho**2)


def _row_spread(objective: LinearObjective, lower: FloatArray) -> FloatArray:
    """Return per row (n,) the range of its decisions over the unit ball of ``(lower' lower)^-1``.

    The largest ``|x e_k|``, or ``|x (e_k - e_l)|`` where only differences of outputs count.
    """
    K, size = objective.n_outputs, len(lower)
    spread = np.empty(objective.n_samples)
    # One matrix product for all outputs of a block of rows.
    wide = lower.reshape(size * K, objective.n_columns)
    for rows, block in objective.row_blocks(size * K):
        image = (block @ wide.T).reshape(len(block), size, K)
        gram = np.matmul(image.transpose(0, 2, 1), image)
        square = single = np.diagonal(gram, axis1=1, axis2=2)
        if objective.loss.shift_invariant:
            square = single[:, :, None] + single[:, None, :] - 2.0 * gram
        spread[rows] = np.sqrt(np.maximum(square.reshape(len(block), -1).max(axis=1), 0.0))
    return spread


def _centred_deviation(objective: LinearObjective, inverse: FloatArray) -> FloatArray:
    """Return (K', p): the norm of each coefficient under the inverse Hessian.

    Centred over the outputs where only their differences count.
    """
    K, q, p = objective.n_outputs, objective.n_columns, objective.n_features
    blocks = np.einsum("kjlj->jkl", inverse.reshape(K, q, K, q))[:p]
    centre = np.eye(K) - 1.0 / K if objective.loss.shift_invariant else np.eye(K)
    variance = np.einsum("ka,jab,kb->kj", centre, blocks, centre)
    # Rounding may leave a variance of zero a little below it.
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))


def _prediction_change(
    objective: LinearObjective, theta: FloatArray, shift: FloatArray
) -> FloatArray:
    """Return per row the largest change of a prediction whose decisions move by ``shift``."""
    prediction = objective.predictions(*objective.unpack(theta))
    change = objective.loss.response_change(prediction, shift)
    # The prediction itself is known to some units in the last place.
    return change * SAFETY + 4 * UNIT


def _gradient_rounding(objective: LinearObjective, theta: FloatArray) -> FloatArray:
    """Return a bound (d,) on the rounding error of the smooth gradient.

    The gamma_n of Higham (Accuracy and Stability of Numerical Algorithms, 2002, section 3.1) for
    the sums over columns in the decision and over rows in the gradient.
    """
    n, q, loss = objective.n_samples, objective.n_columns, objective.loss
    z = objective.decision_function(*objective.unpack(theta))
    weight = (objective.row_weight / n)[:, None]
    table = np.abs(theta).reshape(objective.n_outputs, q)
    total = np.zeros_like(table)
    for rows, block in objective.row_blocks(q):
        size = np.abs(block)
        decision = (q + 2) * UNIT * (size @ table.T).max(axis=1, keepdims=True)
        total += (weight[rows] * loss.slope_error(z[rows], decision)).T @ size
    slope = np.abs(loss.slope(z, objective.y))
    for rows, block in objective.row_blocks(q):
        total += (n + 8) * UNIT * (weight[rows] * slope[rows]).T @ np.abs(block)
    return total.ravel() + 2 * UNIT * objective.l2_weights * np.abs(theta)


def _gradient_change(objective: LinearObjective, distance: FloatArray) -> FloatArray:
    """Return how far (d,) the gradient moves where predictions move by no more than ``distance``.

    A slope is a prediction minus its target, and moves as far.
    """
    change = objective.row_weight / objective.n_samples * distance
    total = np.zeros(objective.n_columns)
    for rows, block in objective.row_blocks(objective.n_columns):
        total += change[rows] @ np.abs(block)
    return np.tile(total, objective.n_outputs)
