"""The ball around a point that holds a minimiser, from the Newton decrement."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pytest_modelparity.theory.design import UNIT, BoolArray, FloatArray
from pytest_modelparity.theory.expansion import Expansion
from pytest_modelparity.theory.factor import scaled_factor
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.rows import RowBlock
from pytest_modelparity.theory.scrutiny import Scrutiny, scrutinise
from pytest_modelparity.theory.spread import (
    Spread,
    exact_spread,
    exact_work,
    loose_reach,
    spread_of,
)

#: Factor on the bounds for the rounding of their own evaluation, which is not interval arithmetic.
SAFETY = 1.0 + 1e-6
#: Multiplications up to which the exact spread of the rows is not worth avoiding.
CHEAP_WORK = 1e7
#: Distance that need not be known more sharply: loose bounds on the rows' spread will do.
NEGLIGIBLE = 1e-8
#: How much, in its logarithm, a Hessian near by may differ from that of the point; and by a loose
#: bound, many times what it really does, where the distance stays negligible all the same.
LARGEST_CHANGE = 0.05
LOOSE_CHANGE = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ball:
    """A ball around a point that holds a minimiser, as bounds on its elements and rows.

    Parameters
    ----------
    element : array, (d,)
        How far each element may be.
    centred : array, (K', p)
        How far each coefficient may be, centred over the outputs where only differences count.
    distance : array, (n,) or (1,)
        How far any of a row's predictions may be; of any row, where these are not held.
    excess : float
        How far F may be above its minimum.
    seen : Scrutiny
        Of the point.
    """

    element: FloatArray
    centred: FloatArray
    distance: FloatArray
    excess: float
    seen: Scrutiny


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SmoothProblem:
    """A smooth problem at a point, with an expansion of that or a near one.

    Parameters
    ----------
    objective : LinearObjective
        Its L1 penalties are left out.
    theta : array, (d,)
        The point.
    near : Expansion
        Of the point, or one near by.
    gauge : array, (d, g)
        As `gauge.gauge_directions` returns it.
    """

    objective: LinearObjective
    theta: FloatArray
    near: Expansion
    gauge: FloatArray

    @property
    def renewed(self) -> SmoothProblem:
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


def ball_around(smooth: SmoothProblem, active: BoolArray, linear: FloatArray) -> Ball | None:
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
    with np.errstate(over="ignore"):
        inverse = lower.T @ lower
    if not np.isfinite(inverse).all():
        # Next to no curvature, as at a saturated start: nothing can be proven from there.
        return None
    # Loose bounds on the rows' spread first, where the exact ones cost more than all the rest.
    cheap = active.all() and exact_work(objective, len(lower)) > CHEAP_WORK
    seen = scrutinise(objective, theta)
    gradient = np.where(active, seen.gradient + linear, 0.0)
    rounding = seen.rounding + 2 * UNIT * np.abs(linear)
    # The computed gradient may be too small by its rounding, in the worst direction.
    decrement = float(np.linalg.norm(lower @ gradient))
    decrement += float(np.sqrt(rounding @ np.abs(inverse) @ rounding))
    norm = _Norm(inverse=inverse, decrement=decrement, largest_change=LOOSE_CHANGE)
    if cheap:
        loose = spread_of(objective, loose_reach(objective, factor, inverse), objective.n_columns)
        ball = _ball_of(smooth, norm, loose, seen)
        if ball is not None and float(np.max(ball.distance)) <= NEGLIGIBLE:
            return ball
    norm = replace(norm, largest_change=LARGEST_CHANGE)
    ball = _ball_of(smooth, norm, exact_spread(objective, lower), seen)
    if ball is None and smooth.step > 0:
        return ball_around(smooth.renewed, active, linear)
    return ball


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Norm:
    """The norm of a Hessian, by its inverse, the gradient's size in it, and what it may change."""

    inverse: FloatArray
    decrement: float
    largest_change: float


def _ball_of(smooth: SmoothProblem, norm: _Norm, spread: Spread, seen: Scrutiny) -> Ball | None:
    """Return the ball that follows from the rows' spreads, in the norm near by."""
    objective = smooth.objective
    concordance = objective.loss.self_concordance
    widest = spread.widest * SAFETY
    change = concordance * widest * smooth.step
    if not change <= norm.largest_change:
        return None
    # The Hessian near by, less what it may have lost on the way, is at most that of the point.
    stretch = float(np.exp(0.5 * change)) * SAFETY if change > 0 else 1.0
    rho, decrement = concordance * widest * stretch, norm.decrement * stretch
    if not rho * decrement < 1.0:
        return None
    radius = _radius(rho, decrement) * SAFETY
    return Ball(
        element=radius * stretch * np.sqrt(np.diagonal(norm.inverse)),
        centred=radius * stretch * _centred_deviation(objective, norm.inverse),
        distance=_prediction_change(smooth, seen, spread, radius * stretch),
        excess=_excess(rho, decrement) * SAFETY,
        seen=seen,
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
    smooth: SmoothProblem, seen: Scrutiny, spread: Spread, radius: float
) -> FloatArray:
    """Return per row the largest change of a prediction within a ball; of any row, unheld ones."""
    objective, loss, predictions = smooth.objective, smooth.objective.loss, seen.predictions
    rows = objective.mean_loss
    terms = rows.terms(smooth.theta.reshape(objective.n_outputs, -1))

    def change(block: RowBlock) -> FloatArray:
        known = None if predictions is None else predictions[block.rows]
        here = loss.response(terms.decision(block)) if known is None else known
        return loss.response_change(here, radius * spread.of(block))

    # The prediction itself is known to some units in the last place.
    return rows.rows.each(change, rows.width) * SAFETY + 4 * UNIT
