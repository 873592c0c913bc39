"""How far a candidate's seeds are apart, and what that says about the verdict."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from pytest_modelparity.parity.check import Check, layer_parameters
from pytest_modelparity.parity.divergence import largest
from pytest_modelparity.parity.judgement import predicted
from pytest_modelparity.report.parts import Seeds, SpreadPoint
from pytest_modelparity.sides.fitted import Spread

#: Seeds of a spread.
N_SEEDS = 8
#: Of the one-sided bounds of the mean.
CONFIDENCE = 0.95
#: An error that falls below this part of itself over four times the epochs is still moving: 26
#: of 27 trainings were told apart by it.
MOVING = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """Whether a training still moves towards its optimum.

    Parameters
    ----------
    now, later : float
        The mean distance to its own optimum, after its epochs and after four times as many.
    """

    now: float
    later: float

    @property
    def moving(self) -> bool:
        """Whether it was stopped before it arrived; else it hovers where it is."""
        return self.later < MOVING * self.now


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What several seeds of the candidate showed; nothing where it was not trained here.

    Parameters
    ----------
    seeds : Seeds, optional
        Their distances to the reference.
    apart : float
        The largest difference in probability between two of them.
    motion : Motion, optional
        Whether the training still moves.
    """

    seeds: Seeds | None = None
    apart: float = 0.0
    motion: Motion | None = None


def training_of(check: Check, spread: Spread | None) -> Training:
    """Return what a spread shows."""
    if spread is None:
        return Training()
    return Training(
        seeds=_seeds(check, spread), apart=_apart(check, spread), motion=_motion(check, spread)
    )


def _seeds(check: Check, spread: Spread) -> Seeds:
    """Return the candidate's spread over seeds, with the one-sided test of equivalence.

    Schuirmann's test of two one-sided hypotheses with the one side that a distance has: with R
    seeds of mean d and deviation s, ``d + t s / sqrt(R)`` within the tolerance proves
    equivalence, ``d - t s / sqrt(R)`` beyond it divergence, t being Student's 95 % quantile of
    R - 1 degrees of freedom.
    """
    reference = predicted(check.reference, check.data, "reference")
    found = [
        largest(predicted(fitted, check.data, "candidate") - reference) for fitted in spread.fitted
    ]
    n, mean = len(found), float(np.mean(found))
    half = float(stdtrit(n - 1, CONFIDENCE) * np.std(found, ddof=1) / np.sqrt(n))
    allowed = check.tolerance.probability
    outcome = "undecided"
    if mean + half <= allowed:
        outcome = "equivalent"
    elif not mean - half <= allowed:
        outcome = "diverged"
    return Seeds(
        seeds=spread.seeds,
        probability=tuple(found),
        mean=mean,
        lower=mean - half,
        upper=mean + half,
        outcome=outcome,
        trajectory=_trajectory(check, spread),
    )


def _motion(check: Check, spread: Spread) -> Motion | None:
    """Return whether the training still moves; ``None`` where its optimum is not known."""
    side, optimum = check.candidate_side, check.candidate_optimum()
    if side is None or optimum is None:
        return None
    corner = check.at_optimum(side, optimum)
    now, later = (
        float(np.mean([largest(check.predict(fitted) - corner) for fitted in trained]))
        for trained in (spread.fitted, spread.longer)
    )
    return Motion(now=now, later=later)


def _apart(check: Check, spread: Spread) -> float:
    """Return the largest distance in probability between two seeds."""
    found = np.stack([predicted(item, check.data, "candidate") for item in spread.fitted])
    return float((found.max(axis=0) - found.min(axis=0)).max())


def _trajectory(check: Check, spread: Spread) -> tuple[SpreadPoint, ...]:
    """Return the least and greatest distance to the optimum over epochs."""
    side, optimum = check.candidate_side, check.candidate_optimum()
    if side is None or optimum is None:
        return ()
    objective = check.objective_of(side)
    points = []
    for reached in zip(*(fitted.trajectory for fitted in spread.fitted), strict=True):
        distances = [
            largest(
                objective.probabilities(*layer_parameters(side, coef, intercept))
                - optimum.probabilities
            )
            for _, coef, intercept in reached
        ]
        points.append(
            SpreadPoint(epoch=reached[0][0], lowest=min(distances), highest=max(distances))
        )
    return tuple(points)
