"""How far a candidate's seeds are apart, and what that says about the verdict."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from pytest_modelparity.parity.divergence import largest
from pytest_modelparity.parity.pair import Explaining, Pair
from pytest_modelparity.parity.samples import distances_to_optimum
from pytest_modelparity.parity.side import EVALUATION, predict
from pytest_modelparity.report.pictures import Seeds, SpreadPoint
from pytest_modelparity.sides.training import Spread
from pytest_modelparity.theory.clock import OutOfTimeError

#: Seeds of a spread.
N_SEEDS = 8
#: Of the one-sided bounds of the mean.
CONFIDENCE = 0.95
#: An error that falls below this part of itself over four times the epochs is still moving: 26
#: of 27 trainings were classified rightly by it.
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
class SeedStudy:
    """What several seeds of the candidate showed; nothing where it was not trained here.

    Parameters
    ----------
    seeds : Seeds, optional
        Their distances to the reference, on the evaluation rows.
    apart : float
        The largest difference in prediction between two of them.
    motion : Motion, optional
        Whether the training still moves.
    """

    seeds: Seeds | None = None
    apart: float = 0.0
    motion: Motion | None = None


def study_seeds(pair: Pair, spread: Spread | None) -> SeedStudy:
    """Return what a spread shows."""
    if spread is None:
        return SeedStudy()
    predicted = [predict(fitted, pair.data, EVALUATION, "candidate") for fitted in spread.fitted]
    stacked = np.stack(predicted)
    return SeedStudy(
        seeds=_seeds(pair, spread, predicted),
        apart=float((stacked.max(axis=0) - stacked.min(axis=0)).max()),
        motion=_motion(pair, spread),
    )


def _seeds(pair: Pair, spread: Spread, predicted: list[np.ndarray]) -> Seeds:
    """Return the candidate's spread over seeds, with the one-sided test of equivalence.

    Schuirmann's test of two one-sided hypotheses with the one side that a distance has: with R
    seeds of mean d and deviation s, ``d + t s / sqrt(R)`` within the tolerance proves
    equivalence, ``d - t s / sqrt(R)`` beyond it divergence, t being Student's 95 % quantile of
    R - 1 degrees of freedom.
    """
    reference = pair.reference.predictions(EVALUATION)
    # By the verdict's measure: the test is one of the verdict over seeds.
    distances = [largest(probabilities - reference) for probabilities in predicted]
    n, mean = len(distances), float(np.mean(distances))
    # The sample's deviation: with eight seeds the divisor n would make it 6 % too small.
    half = float(stdtrit(n - 1, CONFIDENCE) * np.std(distances, ddof=1) / np.sqrt(n))
    allowed = pair.allowed
    # Not to reject equality proves nothing: equivalence is shown, or it stays open.
    outcome = "undecided"
    if mean + half <= allowed:
        outcome = "equivalent"
    elif not mean - half <= allowed:
        outcome = "diverged"
    return Seeds(
        seeds=spread.seeds,
        distances=tuple(distances),
        mean=mean,
        lower=mean - half,
        upper=mean + half,
        outcome=outcome,
        trajectory=_trajectory(pair, spread),
    )


def _motion(pair: Pair, spread: Spread) -> Motion | None:
    """Return whether the training still moves; ``None`` where its optimum is not known."""
    optimum = pair.candidate.target
    if optimum is None:
        return None
    now, later = (
        float(np.mean([optimum.distance(pair.predict(fitted, optimum.rows)) for fitted in trained]))
        # The mean over seeds: the distance of one training alone moves up and down with its
        # batches.
        for trained in (spread.fitted, spread.longer)
    )
    return Motion(now=now, later=later)


def _trajectory(pair: Pair, spread: Spread) -> tuple[SpreadPoint, ...]:
    """Return the smallest and largest distance to the optimum over epochs."""
    curves = [
        dict(distances_to_optimum(pair.candidate, fitted.trajectory)) for fitted in spread.fitted
    ]
    return tuple(
        SpreadPoint(
            epoch=epoch,
            lowest=min(curve[epoch] for curve in curves),
            highest=max(curve[epoch] for curve in curves),
        )
        for epoch in curves[0]
    )


def study_with_other_seeds(explaining: Explaining) -> SeedStudy:
    """Return what other seeds of the candidate show."""
    training = explaining.pair.model.training
    if training is None:
        return SeedStudy()
    explaining.journal.doing("training the candidate with other seeds")
    cost, budget = training.spread_cost(N_SEEDS), explaining.budget
    if not budget.affords("seeds", cost):
        explaining.journal.left_out(f"training with other seeds{explaining.taking(cost)}")
        return SeedStudy()
    budget.book("seeds", cost)
    try:
        spread = training.spread(N_SEEDS)
    except OutOfTimeError:
        explaining.journal.left_out("training with other seeds, for which the time was up")
        return SeedStudy()
    # An estimator has no training to repeat as it was: there nothing is missed.
    if spread is None and training.unchanged() is not None:
        explaining.journal.left_out("training with other seeds, which only fit itself could do")
    return study_seeds(explaining.pair, spread)
