"""How far a model is from the optimum of an objective, proven or measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_modelparity.inference.objectives.solution import Solution
from pytest_modelparity.inference.objectives.subject import Subject
from pytest_modelparity.theory.certificate import SHARP
from pytest_modelparity.theory.design import FloatArray
from pytest_modelparity.theory.optimum import find_optimum
from pytest_modelparity.theory.proof import certificate_at


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
    here = objective.predictions(*objective.unpack(theta))
    spread = subject.spread
    gap = subject.gap + float(np.abs(here - subject.predictions).max()) / spread
    bound = certificate_at(objective, theta, conditioned=False)
    if bound.distance is not None and bound.method in SHARP:
        distance = bound.distance / spread + gap
        if distance <= enough:
            return Verified(solution=solution, distance=distance, certified=True)
    optimum = find_optimum(objective, start=theta)
    moved = float(np.abs(here - optimum.predictions).max())
    # A distance to a point that nothing is proven of is worth nothing.
    known = optimum.certificate.distance
    distance = np.inf if known is None else (moved + known) / spread + gap
    return Verified(solution=solution, distance=distance, certified=False)


def verify_prepared(
    subject: Subject, prepared: Subject, solution: Solution, enough: float
) -> Verified:
    """Return the distance to the optimum on rows that were prepared, in predictions of all rows.

    Certified where a theorem bounds the distance on the prepared rows as well.
    """
    objective = prepared.objective(solution.settings)
    theta = prepared.parameters_for(solution.settings, solution.table)
    bound = certificate_at(objective, theta, conditioned=False)
    optimum = find_optimum(objective, start=theta)
    known = optimum.certificate.distance
    if known is None:
        return Verified(solution=solution, distance=np.inf, certified=False)
    here = objective.predictions(*objective.unpack(theta), subject.X)
    moved = np.abs(here - objective.predictions(optimum.coef, optimum.intercept, subject.X)).max()
    distance = max(float(moved), known) / subject.spread + subject.gap
    sharp = bound.distance is not None and bound.method in SHARP
    proven = sharp and (bound.distance or 0.0) / subject.spread <= enough
    return Verified(solution=solution, distance=distance, certified=proven)
