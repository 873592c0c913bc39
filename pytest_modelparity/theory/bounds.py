"""Theorems that bound the distance of a point to the optimum, evaluated at the point."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pytest_modelparity.theory.design import UNIT, BoolArray, FloatArray
from pytest_modelparity.theory.expansion import Expansion
from pytest_modelparity.theory.factor import scaled_factor
from pytest_modelparity.theory.gauge import gauge_directions, sees_every_parameter
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.scrutiny import exact_spread, exact_spread_work, scrutinise

#: Factor on the bounds for the rounding of their own evaluation, which is not interval arithmetic.
SAFETY = 1.0 + 1e-6
#: Multiplications up to which the exact spread of the rows is not worth avoiding.
CHEAP_WORK = 5e7
#: Distance that need not be known more sharply: loose bounds on the rows' spread will do.
NEGLIGIBLE = 1e-9
#: How much, in its logarithm, a Hessian near by may differ from that of the point.
LARGEST_CHANGE = 0.02


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
    gradient : array, (d,)
        Of F without the L1 penalties, at the point.
    """

    method: str
    distance: FloatArray
    coef: FloatArray | None
    objective_excess: float
    gradient: FloatArray


def newton_decrement_bounds(
    objective: LinearObjective, theta: FloatArray, near: Expansion, gauge: FloatArray
) -> Bounds | None:
    """Return bounds from the Newton decrement; None where the point is too far to prove one.

    For smooth objectives, with any quadratic penalties or none. With g and H the gradient and
    Hessian at ``theta`` (gauge directions given unit curvature), ``nu = sqrt(g' H^-1 g)`` and
    ``rho`` the largest, over rows with weight, of the loss's self-concordance times the range of
    a row's decisions in the norm of H^-1 (``|x (e_k - e_l)|`` over pairs of classes for softmax,
    ``|x|`` for one output): where ``rho nu < 1``, a minimiser lies within
    ``r = -ln(1 - rho nu) / rho`` in the norm of H, or ``r = nu`` for rho = 0.

    Parameters
    ----------
    objective : LinearObjective
        Without L1 penalties.
    theta : array, (d,)
        The point.
    near : Expansion
        Of the point or one so near that its Hessian serves.
    gauge : array, (d, g)
        As `gauge.gauge_directions` returns it.

    Notes
    -----
    Along a segment d with ``|d|_H = 1``, every row's loss has ``|l'''| <= rho l''`` (shown by each
    loss). So ``phi(t) = F(theta + t d)`` has
    ``phi'' >= exp(-rho t)`` and ``phi'(t) >= -nu + (1 - exp(-rho t)) / rho``, positive beyond r;
    integrated once more, ``F - min F <= (u + (1 - u) ln(1 - u)) / rho^2`` with ``u = rho nu``.
    This is Bach's generalised self-concordance (2010, arXiv 0910.4627, proposition 2) with an
    affine-invariant constant. It only uses H from below: with the Hessian H_0 of a point at a
    distance e in its own norm, ``exp(-rho_0 e) H_0`` stands for H. A row's decisions then change
    by a range of at most r times its range, and its predictions by what the loss makes of that.
    """
    every = np.ones(objective.n_parameters, dtype=bool)
    smooth = _Smooth(objective=objective, theta=theta, near=near, gauge=gauge)
    ball = _ball(smooth, every, np.zeros(objective.n_parameters))
    if ball is None:
        return None
    return Bounds(
        method="newton-decrement",
        distance=ball.distance,
        # Coefficients that no row can see are not unique: nothing bounds their distance.
        coef=ball.centred if sees_every_parameter(objective, gauge) else None,
        objective_excess=ball.excess,
        gradient=ball.gradient,
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
    smooth = _Smooth(
        objective=restricted,
        theta=theta[kept],
        near=restricted.expansion(theta[kept]),
        gauge=gauge_directions(restricted),
    )
    ball = _ball(smooth, active[kept], linear[kept])
    if ball is None or not np.all((np.abs(theta[kept]) > ball.element)[(active & (l1 > 0))[kept]]):
        return None
    # The whole ball must keep the excluded elements at zero, not just the point.
    gradient = objective.gradient(theta)
    slack = l1 - np.abs(gradient)
    if not np.all(_gradient_change(objective, ball.distance)[~active] < slack[~active]):
        return None
    coef = np.zeros((objective.n_outputs, objective.n_features))
    coef[:, columns[: objective.n_features]] = ball.centred
    return Bounds(
        method="support",
        distance=ball.distance,
        coef=coef,
        objective_excess=ball.excess,
        gradient=gradient,
    )


def value_bounds(objective: LinearObjective, theta: FloatArray) -> Bounds | None:
    """Return bounds from F itself: each row's loss at the optimum is at most ``n F / s_i``.

    The bound for data that a tiny penalty keeps from being separated altogether. None where a
    small loss does not place a prediction.
    """
    value, gradient = objective.smooth_value_and_gradient(theta)
    excess = (value + float(objective.l1_weights @ np.abs(theta))) * SAFETY
    with np.errstate(divide="ignore"):
        # A row without weight may have any loss.
        loss = excess * objective.n_samples / objective.row_weight
    z = objective.decision_function(*objective.unpack(theta))
    distance = objective.loss.distance_within(z, objective.y, loss)
    if distance is None:
        return None
    return Bounds(
        method="separation",
        distance=distance,
        coef=None,
        objective_excess=excess,
        gradient=gradient,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Ball:
    """A ball around a point that holds a minimiser, as bounds on its elements and rows."""

    element: FloatArray
    centred: FloatArray
    distance: FloatArray
    excess: float
    gradient: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Smooth:
    """A smooth problem at a point, with an expansion of that or a near one."""

    objective: LinearObjective
    theta: FloatArray
    near: Expansion
    gauge: FloatArray

    @property
    def renewed(self) -> _Smooth:
        """The same with the expansion of the point itself."""
        return replace(self, near=self.objective.expansion(self.theta))

    @property
    def step(self) -> float:
        """How far the point is from that of the expansion, in its norm, rounding included."""
        if self.near.theta is self.theta:
            return 0.0
        change, hessian = self.theta - self.near.theta, self.near.hessian
        size = float(np.abs(change) @ np.sqrt(np.diagonal(hessian)))
        square = float(change @ hessian @ change) + 64 * UNIT * len(change) * size**2
        return float(np.sqrt(max(square, 0.0)))


def _ball(smooth: _Smooth, active: BoolArray, linear: FloatArray) -> _Ball | None:
    """Return the ball for ``F's smooth part + linear·theta`` over the active elements."""
    objective, theta = smooth.objective, smooth.theta
    gauge = smooth.gauge[:, np.all(smooth.gauge[~active] == 0, axis=0)]
    if np.any(np.abs(linear @ gauge) > 1e-12 * np.max(np.abs(linear), initial=0.0)):
        # The linear part falls along a direction that the data cannot hold: not a minimum.
        return None
    hessian = smooth.near.hessian[np.ix_(active, active)]
    # Rounding of a scaled Gram matrix of unit diagonal, summed in blocks.
    factor = scaled_factor(hessian, gauge[active], shift=32 * UNIT * len(hessian))
    if factor is None:
        return None
    # Zero columns for the other elements: they do not move within the ball.
    lower = np.zeros((len(hessian), objective.n_parameters))
    lower[:, active] = factor.inverse_lower()
    seen = scrutinise(objective, theta, factor if active.all() else None)
    gradient = np.where(active, seen.gradient + linear, 0.0)
    rounding = seen.rounding + 2 * UNIT * np.abs(linear)
    inverse = lower.T @ lower
    # The computed gradient may be too small by its rounding, in the worst direction.
    decrement = float(np.linalg.norm(lower @ gradient))
    decrement += float(np.sqrt(rounding @ np.abs(inverse) @ rounding))
    norm = _Norm(inverse=inverse, decrement=decrement)
    if seen.spread is not None and exact_spread_work(objective, len(lower)) > CHEAP_WORK:
        ball = _ball_of(smooth, norm, seen.spread, seen.gradient)
        if ball is not None and float(np.max(ball.distance)) <= NEGLIGIBLE:
            return ball
    ball = _ball_of(smooth, norm, exact_spread(objective, lower), seen.gradient)
    if ball is None and smooth.step > 0:
        return _ball(smooth.renewed, active, linear)
    return ball


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Norm:
    """The norm of a Hessian, by its inverse, and the gradient's size in it."""

    inverse: FloatArray
    decrement: float


def _ball_of(
    smooth: _Smooth, norm: _Norm, spread: FloatArray, gradient: FloatArray
) -> _Ball | None:
    """Return the ball that follows from the rows' spreads, in the norm near by."""
    objective = smooth.objective
    concordance = objective.loss.self_concordance
    widest = float(np.max(spread[objective.row_weight > 0], initial=0.0)) * SAFETY
    change = concordance * widest * smooth.step
    if not change <= LARGEST_CHANGE:
        return None
    # The Hessian near by, less what it may have lost on the way, is at most that of the point.
    stretch = float(np.exp(0.5 * change)) * SAFETY if change > 0 else 1.0
    rho, decrement = concordance * widest * stretch, norm.decrement * stretch
    if not rho * decrement < 1.0:
        return None
    radius = _radius(rho, decrement) * SAFETY
    return _Ball(
        element=radius * stretch * np.sqrt(np.diagonal(norm.inverse)),
        centred=radius * stretch * _centred_deviation(objective, norm.inverse),
        distance=_prediction_change(objective, smooth.theta, radius * stretch * spread),
        excess=_excess(rho, decrement) * SAFETY,
        gradient=gradient,
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


def _gradient_change(objective: LinearObjective, distance: FloatArray) -> FloatArray:
    """Return how far (d,) the gradient moves where predictions move by no more than ``distance``.

    A slope is a prediction minus its target, and moves as far.
    """
    change = objective.row_weight / objective.n_samples * distance
    total = np.zeros(objective.n_columns)
    for rows, block in objective.row_blocks(objective.n_columns):
        total += change[rows] @ np.abs(block)
    return np.tile(total, objective.n_outputs)
