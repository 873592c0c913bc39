"""A bound on the distance to the optimum from the duality gap: any size, any distance."""

from __future__ import annotations

import numpy as np
from scipy.special import rel_entr

from pytest_modelparity.theory.bounds import SAFETY, UNIT, Bounds
from pytest_modelparity.theory.design import FloatArray
from pytest_modelparity.theory.factor import scaled_factor
from pytest_modelparity.theory.objective import LinearObjective, decision_to_probabilities


def duality_gap_bounds(objective: LinearObjective, theta: FloatArray) -> Bounds | None:
    """Return bounds from a dual feasible point; None where no penalty is on the coefficients.

    The dual point is made of probabilities q: the model's own, at the intercept that is best for
    the coefficients, drawn towards the targets as far as the L1 conditions demand. The gap is
    then a sum of terms that are each at least 0: ``s_i KL(q_i | p_i) / n`` a row and one Fenchel
    gap a parameter. The dual is strongly concave (Pinsker's inequality), so that
    ``|q_ik - p*_ik| <= sqrt(n gap / (2 s_i))``; a row without weight has no bound but 1.

    Notes
    -----
    Gap-safe screening (Ndiaye et al., NIPS 2015) and celer use the same dual point for two
    classes. For the L2 penalty alone the gap is ``|gradient|^2 / (2 l2_strength)``.
    """
    if not (objective.l1_strength > 0 or objective.l2_strength > 0):
        return None
    here = objective.probabilities(*objective.unpack(theta))
    there = with_best_intercept(objective, theta)
    l1, l2 = objective.l1_weights, objective.l2_weights
    z = objective.decision_function(*objective.unpack(there))
    p = objective.probabilities(*objective.unpack(there))
    residual = objective.residuals(z)
    if objective.output_head == "sigmoid":
        residual = np.hstack([-residual, residual])
    slope = objective.gradient(there) - l2 * there
    free = (l1 == 0) & (l2 == 0)
    weight = objective.row_weight / objective.n_samples
    if np.any(np.abs(slope[free]) > 1e-13 * weight.sum()):
        # The intercept could not be made stationary: no dual point is feasible.
        return None
    share = _feasible_share(slope, l1, l2)
    q = (p - residual) + share * residual
    # q is p itself without an L1 penalty: the subtraction above would leave rounding in its place.
    relative = rel_entr(q, p).sum(axis=1) if share < 1.0 else np.zeros(len(p))
    gap = float(weight @ np.maximum(relative, 0.0)) + _fenchel_gap(there, share * slope, l1, l2)
    gap = gap * SAFETY + UNIT**2
    with np.errstate(divide="ignore"):
        radius = np.sqrt(gap / (2.0 * weight))
    excess = max(objective.value(theta) - objective.value(there), 0.0) + gap
    return Bounds(
        method="duality-gap",
        probability=np.minimum(np.abs(here - q).max(axis=1) + radius, 1.0),
        coef=None,
        objective_excess=excess,
    )


def with_best_intercept(objective: LinearObjective, theta: FloatArray) -> FloatArray:
    """Return ``theta`` with its unpenalised intercept at the minimum for its coefficients."""
    l1, l2 = objective.intercept_l1_strength, objective.intercept_l2_strength
    if not objective.fit_intercept or l1 > 0 or l2 > 0:
        return theta
    coef, intercept = objective.unpack(theta)
    offset = objective.decision_function(coef, np.zeros_like(intercept))
    weight = (objective.row_weight / objective.n_samples)[:, None]
    best, decision, least = intercept, offset + intercept, np.inf
    for _ in range(100):
        gradient = (weight * objective.residuals(decision)).sum(axis=0)
        size = float(np.abs(gradient).max())
        if size < least:
            best, least = intercept, size
        step = _intercept_step(objective, decision, weight, gradient)
        # A step longer than 1 leaves the reach of the second derivative.
        step = step / max(1.0, float(np.abs(step).max()))
        intercept = intercept - step
        decision = offset + intercept
        if float(np.abs(step).max()) < 1e-15 * (1.0 + float(np.abs(intercept).max())):
            break
    return objective.pack(coef, best)


def _intercept_step(
    objective: LinearObjective, z: FloatArray, weight: FloatArray, gradient: FloatArray
) -> FloatArray:
    """Return the Newton step of the intercept alone."""
    K = objective.n_outputs
    p = decision_to_probabilities(z, objective.n_classes)
    if K == 1:
        return gradient / max(float((weight[:, 0] * p[:, 0]) @ p[:, 1]), UNIT**4)
    hessian = np.diag((weight * p).sum(axis=0)) - (weight * p).T @ p
    factor = scaled_factor(hessian, np.ones((K, 1)))
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
