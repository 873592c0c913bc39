"""A bound on the distance to the optimum from the duality gap: any size, any distance."""

from __future__ import annotations

import numpy as np

from pytest_modelparity.theory.ball import SAFETY
from pytest_modelparity.theory.bounds import Bounds
from pytest_modelparity.theory.design import UNIT, FloatArray
from pytest_modelparity.theory.factor import scaled_factor
from pytest_modelparity.theory.objective import LinearObjective

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
    loss, y, weight = objective.loss, objective.y, objective.row_weight / objective.n_samples
    here = objective.predictions(*objective.unpack(theta))
    there = with_best_intercept(objective, theta)
    l1, l2 = objective.l1_weights, objective.l2_weights
    z = objective.decision_function(*objective.unpack(there))
    size = loss.slope_size(z, y)
    slope = objective.gradient(there) - l2 * there
    free = (l1 == 0) & (l2 == 0)
    if np.any(np.abs(slope[free]) > STATIONARY * size * weight.sum()):
        # The intercept could not be made stationary: no dual point is feasible.
        return None
    share = _feasible_share(slope, l1, l2)
    q, row_gaps = loss.dual_point(z, y, share)
    gap = float(weight @ row_gaps) + _fenchel_gap(there, share * slope, l1, l2)
    # At the optimum itself every term is rounding, and the sum may be exactly zero.
    gap = gap * SAFETY + (UNIT * size) ** 2
    with np.errstate(divide="ignore"):
        # A row without weight has no bound.
        radius = loss.dual_distance(q, gap / weight)
    excess = max(objective.value(theta) - objective.value(there), 0.0) + gap
    return Bounds(
        method="duality-gap",
        distance=np.minimum(np.abs(here - q).max(axis=1) + radius, loss.diameter),
        coef=None,
        objective_excess=excess,
        gradient=objective.gradient(theta),
    )


def with_best_intercept(objective: LinearObjective, theta: FloatArray) -> FloatArray:
    """Return ``theta`` with its unpenalised intercept at the minimum for its coefficients."""
    l1, l2 = objective.intercept_l1_strength, objective.intercept_l2_strength
    if not objective.fit_intercept or l1 > 0 or l2 > 0:
        return theta
    loss, y = objective.loss, objective.y
    coef, intercept = objective.unpack(theta)
    offset = objective.decision_function(coef, np.zeros_like(intercept))
    weight = (objective.row_weight / objective.n_samples)[:, None]
    best, decision, smallest = intercept, offset + intercept, np.inf
    for _ in range(INTERCEPT_STEPS):
        gradient = (weight * loss.slope(decision, y)).sum(axis=0)
        size = float(np.abs(gradient).max())
        if size < smallest:
            best, smallest = intercept, size
        step = _intercept_step(objective, loss.total_curvature(decision, weight), gradient)
        # The second derivative holds as far as the loss's self-concordance allows.
        step = step / max(1.0, loss.self_concordance * float(np.abs(step).max()))
        intercept = intercept - step
        decision = offset + intercept
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
