"""Theorems that bound the distance of a point to the optimum, evaluated at the point."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pytest_modelparity.theory.ball import SAFETY, SmoothProblem, ball_around
from pytest_modelparity.theory.design import FloatArray
from pytest_modelparity.theory.gauge import gauge_directions, sees_every_parameter
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.rows import RowBlock
from pytest_modelparity.theory.scrutiny import Scrutiny


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bounds:
    """Bounds on the distance of a point to the nearest minimiser.

    Parameters
    ----------
    method : str
        As `Certificate.method`.
    distance : array, (n,) or (1,)
        Bound on the difference of any of a row's predictions; of any row, where these are not
        held.
    coef : array, (K', p), optional
        Bound on the difference of each coefficient, centred over classes for softmax; None where
        none is proven or the coefficients are not unique.
    objective_excess : float
        Bound on F above its minimum.
    gradient : array, (d,)
        Of F without the L1 penalties, at the point.
    seen : Scrutiny, optional
        Of the point, where the whole objective was looked at.
    element : array, (d,), optional
        Bound on the difference of each element of ``theta`` to that of some minimiser.
    """

    method: str
    distance: FloatArray
    coef: FloatArray | None
    objective_excess: float
    gradient: FloatArray
    seen: Scrutiny | None = None
    element: FloatArray | None = None


def newton_decrement_bounds(smooth: SmoothProblem) -> Bounds | None:
    """Return bounds from the Newton decrement; None where the point is too far to prove one.

    For smooth objectives, with any quadratic penalties or none. With g and H the gradient and
    Hessian at the point (gauge directions given unit curvature), ``nu = sqrt(g' H^-1 g)`` and
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
    affine-invariant constant. It only uses H from below: with the Hessian H_0 of a point at a
    distance e in its own norm, ``exp(-rho_0 e) H_0`` stands for H. A row's decisions then change
    by a range of at most r times its range, and its predictions by what the loss makes of that.
    """
    objective = smooth.objective
    every = np.ones(objective.n_parameters, dtype=bool)
    ball = ball_around(smooth, every, np.zeros(objective.n_parameters))
    if ball is None:
        return None
    return Bounds(
        method="newton-decrement",
        distance=ball.distance,
        # Coefficients that no row can see are not unique: nothing bounds their distance.
        coef=ball.centred if sees_every_parameter(objective, smooth.gauge) else None,
        objective_excess=ball.excess,
        gradient=ball.seen.gradient,
        seen=ball.seen,
        element=ball.element,
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
    smooth = SmoothProblem(
        objective=restricted,
        theta=theta[kept],
        near=restricted.expansion(theta[kept]),
        gauge=gauge_directions(restricted),
    )
    ball = ball_around(smooth, active[kept], linear[kept])
    if ball is None or not np.all((np.abs(theta[kept]) > ball.element)[(active & (l1 > 0))[kept]]):
        return None
    # The whole ball must keep the excluded elements at zero, not just the point.
    gradient = objective.gradient(theta)
    slack = l1 - np.abs(gradient)
    if not np.all(_gradient_change(objective, ball.distance)[~active] < slack[~active]):
        return None
    coef = np.zeros((objective.n_outputs, objective.n_features))
    coef[:, columns[: objective.n_features]] = ball.centred
    element = np.zeros(objective.n_parameters)
    element[kept] = np.where(active[kept], ball.element, 0.0)
    return Bounds(
        method="support",
        distance=ball.distance,
        coef=coef,
        objective_excess=ball.excess,
        gradient=gradient,
        element=element,
    )


def value_bounds(objective: LinearObjective, theta: FloatArray) -> Bounds | None:
    """Return bounds from F itself: each row's loss at the optimum is at most ``n F / s_i``.

    The bound for data that a tiny penalty keeps from being separated altogether. None where a
    small loss does not place a prediction.
    """
    value, gradient = objective.smooth_value_and_gradient(theta)
    excess = (value + float(objective.l1_weights @ np.abs(theta))) * SAFETY
    n, loss, rows = objective.n_samples, objective.loss, objective.mean_loss
    terms = rows.terms(theta.reshape(objective.n_outputs, -1))
    no_rows = np.zeros((0, objective.n_outputs))
    if loss.distance_within(no_rows, objective.y[:0], np.zeros(0)) is None:
        return None

    def within(block: RowBlock) -> FloatArray:
        with np.errstate(divide="ignore"):
            # A row without weight may have any loss.
            most = excess * n / block.weight
        distance = loss.distance_within(terms.decision(block), block.y, most)
        assert distance is not None
        return distance

    distance = rows.rows.each(within, rows.width, weighted=True)
    return Bounds(
        method="separation",
        distance=distance,
        coef=None,
        objective_excess=excess,
        gradient=gradient,
    )


def _gradient_change(objective: LinearObjective, distance: FloatArray) -> FloatArray:
    """Return how far (d,) the gradient moves where predictions move by no more than ``distance``.

    A slope is a prediction minus its target, and moves as far.
    """
    n = objective.n_samples

    def part(block: RowBlock) -> list[FloatArray]:
        change = block.weight / n * (distance if len(distance) == 1 else distance[block.rows])
        return [block.design.absolute.pull_back(change[:, None])]

    total = objective.mean_loss.rows.total(part, objective.n_columns)[0]
    return np.tile(total[0], objective.n_outputs)
