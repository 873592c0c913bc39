"""A bound on the distance to the optimum from the duality gap: any size, any distance."""

from __future__ import annotations

import numpy as np

from pytest_modelparity.theory.ball import SAFETY
from pytest_modelparity.theory.bounds import Bounds
from pytest_modelparity.theory.design import UNIT, FloatArray
from pytest_modelparity.theory.factor import scaled_factor
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.rows import RowBlock

#: Slope of a free intercept, relative to those it is summed of, beyond which it is not at its
#: minimum: some hundred units in the last place.
STATIONARY = 1e-13
#: Newton steps for the intercept alone; from far out it takes one for each unit of the decision.
INTERCEPT_STEPS = 100


def duality_gap_bounds(objective: LinearObjective, theta: FloatArray) -> Bounds | None:
    """Return bounds from the duality gap; None where no penalty is on the coefficients.

    The dual point is made of predictions q: the model's own, at the intercept that is best for
    the coefficients, moved towards the targets as far as the L1 conditions demand. The gap is
    then a sum of terms that are each at least 0: ``s_i / n`` times the Fenchel gap of each row
    (for classes the divergence of q from p) and one Fenchel gap a parameter. From its maximum at p*
    the dual falls by at least ``s_i / n`` times the divergence of p* from q in each row, so that
    the loss bounds ``|q_ik - p*_ik|`` by ``n gap / s_i``; a row without weight has no bound.

    Notes
    -----
    Gap-safe screening (Ndiaye et al., NIPS 2015) and celer use the same dual point for two
    classes. For the L2 penalty alone the gap is ``|gradient|^2 / (2 l2_strength)``.
    """
    if not (objective.l1_strength > 0 or objective.l2_strength > 0):
        return None
    loss, rows, n = objective.loss, objective.mean_loss, objective.n_samples
    there = with_best_intercept(objective, theta)
    l1, l2 = objective.l1_weights, objective.l2_weights
    own, best = (rows.terms(at.reshape(objective.n_outputs, -1)) for at in (theta, there))

    def sizes(block: RowBlock) -> list[FloatArray]:
        size = loss.slope_size(best.decision(block), block.y)
        return [np.asarray(size), np.asarray(best.weight(block).sum())]

    size, weight = map(float, rows.firsts(sizes, [np.maximum, np.add]))
    slope = objective.gradient(there) - l2 * there
    free = (l1 == 0) & (l2 == 0)
    if np.any(np.abs(slope[free]) > STATIONARY * size * weight):
        # The intercept could not be made stationary: no dual point is feasible.
        return None
    share = _feasible_share(slope, l1, l2)

    def gaps(block: RowBlock) -> list[FloatArray]:
        row_gaps = loss.dual_point(best.decision(block), block.y, share)[1]
        return [np.asarray(best.weight(block)[:, 0] @ row_gaps)]

    gap = float(rows.firsts(gaps)[0]) + _fenchel_gap(there, share * slope, l1, l2)
    # At the optimum itself every term is rounding, and the sum may be exactly zero.
    gap = gap * SAFETY + (UNIT * size) ** 2

    def distance(block: RowBlock) -> FloatArray:
        q = loss.dual_point(best.decision(block), block.y, share)[0]
        with np.errstate(divide="ignore"):
            # A row without weight has no bound.
            radius = loss.dual_distance(q, gap * n / block.weight)
        moved = np.abs(loss.response(own.decision(block)) - q).max(axis=1)
        return np.asarray(np.minimum(moved + radius, loss.diameter))

    return Bounds(
        method="duality-gap",
        distance=rows.rows.each(distance, rows.width, weighted=True),
        coef=None,
        objective_excess=max(objective.value(theta) - objective.value(there), 0.0) + gap,
        gradient=objective.gradient(theta),
    )


def with_best_intercept(objective: LinearObjective, theta: FloatArray) -> FloatArray:
    """Return ``theta`` with its unpenalised intercept at the minimum for its coefficients."""
    l1, l2 = objective.intercept_l1_strength, objective.intercept_l2_strength
    if not objective.fit_intercept or l1 > 0 or l2 > 0:
        return theta
    loss, rows = objective.loss, objective.mean_loss
    coef, intercept = objective.unpack(theta)
    without = rows.terms(np.column_stack([coef, np.zeros_like(intercept)]))
    # Of rows that are held it is remembered.
    offset = objective.decision_function(coef, 0.0 * intercept) if rows.rows.are_held else None
    best, smallest = intercept, np.inf
    for _ in range(INTERCEPT_STEPS):

        def part(block: RowBlock, intercept: FloatArray = intercept) -> list[FloatArray]:
            z = without.decision(block) if offset is None else offset[block.rows]
            z, weight = z + intercept, without.weight(block)
            slope = (weight * loss.slope(z, block.y)).sum(axis=0)
            return [slope, loss.total_curvature(z, weight)]

        gradient, curvature = rows.firsts(part)
        size = float(np.abs(gradient).max())
        if size < smallest:
            best, smallest = intercept, size
        step = _intercept_step(objective, curvature, gradient)
        # The second derivative holds as far as the loss's self-concordance allows.
        step = step / max(1.0, loss.self_concordance * float(np.abs(step).max()))
        intercept = intercept - step
        # Relative, as the intercept may be large: a smaller step changes nothing.
        if float(np.abs(step).max()) < 1e-15 * (1.0 + float(np.abs(intercept).max())):
            break
    return objective.pack(coef, best)


def _intercept_step(
    objective: LinearObjective, hessian: FloatArray, gradient: FloatArray
) -> FloatArray:
    """Return the Newton step of the intercept at fixed coefficients."""
    K = objective.n_outputs
    if K == 1:
        # Far out the curvature underflows; the step is shortened afterwards.
        return gradient / max(float(hessian[0, 0]), UNIT**4)
    # A shift of all outputs alike has no curvature, where only their differences count.
    gauge = np.ones((K, int(objective.loss.shift_invariant)))
    factor = scaled_factor(hessian, gauge)
    assert factor is not None
    return factor.solve(gradient)


def _feasible_share(slope: FloatArray, l1: FloatArray, l2: FloatArray) -> float:
    """Return the largest share of ``slope`` within the L1 strengths where no L2 takes the rest."""
    bounded = (l2 == 0) & (l1 > 0) & (np.abs(slope) > l1)
    return float(np.min(l1[bounded] / np.abs(slope[bounded]), initial=1.0))


def _fenchel_gap(theta: FloatArray, slope: FloatArray, l1: FloatArray, l2: FloatArray) -> float:
    """Return the sum of ``h(theta_j) + h*(-slope_j) + slope_j theta_j``, h the penalty."""
    pull = np.clip(-slope, -l1, l1)
    # Written as squares and products of one sign: the sum of the three terms would cancel.
    smooth = l2 > 0
    miss = theta[smooth] - (-slope - pull)[smooth] / l2[smooth]
    total = float(np.sum(l1 * np.abs(theta) - pull * theta))
    return max(total, 0.0) + float(np.sum(0.5 * l2[smooth] * miss**2))
