"""How far a model is from the optimum of an objective, proven or measured."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pytest_modelparity.inference.objectives.solution import Solution
from pytest_modelparity.inference.objectives.subject import Subject
from pytest_modelparity.theory.certificate import SHARP
from pytest_modelparity.theory.design import FloatArray
from pytest_modelparity.theory.expansion import Expansion
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.optimum import Optimum, find_optimum
from pytest_modelparity.theory.proof import Known, proof_at

#: Times a bound that would be enough, to first order, from which on no theorem gives one.
HOPELESS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Verified:
    """A solution with its distance.

    Parameters
    ----------
    solution : Solution
        It.
    distance : float
        Bound on the largest difference of a prediction between the model and the optimum; infinite
        where none is known.
    certified : bool
        Whether it comes of a theorem at the model itself.
    """

    solution: Solution
    distance: float
    certified: bool


def verify(
    subject: Subject,
    solution: Solution,
    enough: float,
    sample_weight: FloatArray | None = None,
) -> Verified:
    """Return the distance of the model's own predictions to the optimum of a solution.

    Parameters
    ----------
    enough : float
        A bound up to this need not be sharper: else the optimum itself is found.
    sample_weight : ndarray of shape (n,), optional
        In place of the subject's.
    """
    objective = subject.objective(solution.settings, sample_weight)
    theta = subject.parameters_for(solution.settings, solution.table)
    spread = subject.spread
    gap = subject.gap + subject.apart(solution.table)
    if solution.distance <= HOPELESS * enough:
        near = None
        if sample_weight is None:
            near = subject.expansion(solution.settings, theta, objective)
        bound = _certificate(objective, theta, near)
        if bound is not None:
            distance = bound / spread + gap
            if distance <= enough:
                return Verified(solution=solution, distance=distance, certified=True)
    distance = distance_to(objective, theta, find_optimum(objective, start=theta)) / spread + gap
    return Verified(solution=solution, distance=distance, certified=False)


def verify_prepared(
    subject: Subject, prepared: Subject, solution: Solution, enough: float
) -> Verified:
    """Return the distance to the optimum on rows that were prepared, in predictions of all rows.

    Certified where a theorem bounds the distance on the prepared rows as well.
    """
    objective = prepared.objective(solution.settings)
    theta = prepared.parameters_for(solution.settings, solution.table)
    optimum = find_optimum(objective, start=theta)
    known = optimum.certificate.distance
    if known is None:
        return Verified(solution=solution, distance=np.inf, certified=False)
    # Nothing scales the features beside, so that both have the same coordinates.
    there = np.hstack([optimum.coef, optimum.intercept[:, None]])
    moved = replace(subject.on_rows, table=solution.table).apart(there)
    distance = max(moved, known) / subject.spread + subject.gap
    bound = _certificate(objective, theta, None)
    proven = bound is not None and bound / subject.spread <= enough
    return Verified(solution=solution, distance=distance, certified=proven)


def distance_to(objective: LinearObjective, theta: FloatArray, optimum: Optimum) -> float:
    """Return how far the predictions of a point are from an optimum, what it leaves open added.

    Infinite where nothing is proven of it: a distance to such a point is worth nothing.
    """
    known = optimum.certificate.distance
    if known is None:
        return float("inf")
    if optimum.of_rows is not None:
        here = objective.predictions(*objective.unpack(theta))
        return float(np.abs(here - optimum.of_rows).max()) + known
    if optimum.finite is False:
        # Of rows that are not held a limit is known where all of them are separated.
        apart = objective.mean_loss.from_limit(objective.table(theta)) if not known else np.inf
        return float(apart) + known
    there = objective.pack(optimum.coef, optimum.intercept)
    return objective.at_from(theta, there)[2] + known


def _certificate(
    objective: LinearObjective, theta: FloatArray, near: Expansion | None
) -> float | None:
    """Return a sharp bound on the distance of a point, by a theorem; None where there is none."""
    proof = proof_at(objective, theta, known=Known(near=near), conditioned=False)
    bound = proof.certificate
    return bound.distance if bound.method in SHARP else None
