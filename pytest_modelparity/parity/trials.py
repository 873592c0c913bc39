"""Remedies that are tried in their order: what each leaves, and which of them are worth naming."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.parity.budget import VERIFYING_SEEDS
from pytest_modelparity.parity.pair import Explaining, StepInterruptedError
from pytest_modelparity.parity.side import Target
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.training import Remedy, Retraining

#: Seeds that a remedy is tried with: another seed is another order of the rows.
N_SEEDS = 3
#: What leaves no more than this part of the limit closes with another start and order too.
ROBUST = 0.5
#: So does what leaves no more than this part, where the seeds are that near to each other: the
#: worst of three is then two of their ranges, some four standard deviations of a normal law above
#: the mean, from the limit.
NEARLY, RANGES = 0.8, 2.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Goal:
    """Where a training is to arrive.

    Parameters
    ----------
    side : str
        Whose training it is, and from whose account of the budget it is paid.
    target : Target
        What it should predict, and where.
    limit : float
        How far away it may stop.
    """

    side: str
    target: Target
    limit: float

    def distance(self, explaining: Explaining, fitted: FittedModel) -> float:
        """Return how far a model is away."""
        return self.target.distance(explaining.pair.predict(fitted, self.target.rows))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """A remedy that was trained, and what it left.

    Parameters
    ----------
    remedy : Remedy
        What was changed.
    training : Retraining
        Who trained it.
    fitted : FittedModel
        The trained model.
    left : float
        Largest distance to the goal that is left, the worst of all seeds.
    closes : bool
        Whether that is within the limit.
    robust : bool
        Whether it is so by a margin.
    """

    remedy: Remedy
    training: Retraining
    fitted: FittedModel
    left: float
    closes: bool
    robust: bool


def try_remedies(
    explaining: Explaining, training: Retraining, goal: Goal, *, pairs: bool = True
) -> tuple[Trial, ...]:
    """Train the remedies in their order, for each setting until one closes by a margin.

    What the budget does not afford, and what cannot be trained, is left out and noted.

    Parameters
    ----------
    training : Retraining
        Whose remedies these are.
    goal : Goal
        Where they are to arrive.
    pairs : bool
        Whether changes of two settings are wanted where none of one closes by a margin.
    """
    budget, journal = explaining.budget, explaining.journal
    trials: list[Trial] = []
    closed: set[str] = set()
    # The order is the mapping's or the framework's: they know what a change costs.
    for remedy in training.remedies():
        setting, several = remedy.settings[0], len(remedy.settings) > 1
        if setting in closed or (several and not pairs):
            continue
        if not _is_needed(explaining, remedy, trials):
            continue
        cost = training.cost(remedy)
        account = goal.side if remedy.by_fit else "optima"
        if not budget.affords(account, cost, last_resort=remedy.last_resort):
            if several:
                journal.left_out("more pairs of settings")
            else:
                journal.left_out_values(setting)
            continue
        # Before it is trained, and also where that fails: the time is gone.
        budget.book(account, cost)
        journal.doing(f"training with other values of {setting}")
        try:
            with explaining.interruptible():
                trial = try_remedy(explaining, training, remedy, goal)
        except StepInterruptedError:
            # What was tried until then is reported.
            break
        except ModelParityError as error:
            # Not every combination can be trained; the others are not lost for that.
            journal.left_out(f"one way to change {setting}, which failed: {error}")
            continue
        trials.append(trial)
        # What only another minimiser reaches is no reason to stop looking for what the user's own
        # `fit` can do.
        if trial.robust and remedy.by_fit and not (several or remedy.last_resort):
            closed.add(setting)
    return tuple(trials)


def try_remedy(explaining: Explaining, training: Retraining, remedy: Remedy, goal: Goal) -> Trial:
    """Train one remedy; with all seeds, where the first closes."""
    distance = partial(goal.distance, explaining)
    (fitted,) = training.train(remedy, range(1))
    explaining.journal.tried.update(remedy.settings)
    distances = [distance(fitted)]
    # What fails with the check's own seed needs no other: three times the cost for the same answer.
    if distances[0] <= goal.limit:
        distances += map(distance, training.train(remedy, range(1, N_SEEDS)))
    # A NaN of any seed is the worst of all.
    left, spread = float(np.max(distances)), float(np.ptp(distances))
    nearly = left <= NEARLY * goal.limit and left + RANGES * spread <= goal.limit
    return Trial(
        remedy=remedy,
        training=training,
        fitted=fitted,
        left=left,
        closes=bool(left <= goal.limit),
        robust=bool(left <= ROBUST * goal.limit or nearly),
    )


def _is_needed(explaining: Explaining, remedy: Remedy, trials: Iterable[Trial]) -> bool:
    """Whether nothing that was tried makes a remedy superfluous.

    A pair of changes is superfluous once a change closes by a margin. A user who wants to keep the
    solver and the features as they are is not helped by a change of these, so such a change makes
    superfluous only pairs that change them too, or all where another single change closes without
    a margin and keeps them. The last resort is superfluous once a change that the budget can
    verify closes by a margin.
    """
    standing = [trial for trial in trials if trial.robust and trial.remedy.by_fit]
    if len(remedy.settings) > 1:
        if any(map(_suffices_alone, trials)) or not _keeps_the_solver(remedy):
            return not standing
        return not any(_keeps_the_solver(trial.remedy) for trial in standing)
    if remedy.last_resort:
        return not any(_can_be_verified(explaining, trial) for trial in standing)
    return True


def _can_be_verified(explaining: Explaining, trial: Trial) -> bool:
    """Whether the budget affords real trainings of what was tried."""
    return explaining.budget.affords_verification(verifying_cost(explaining, trial))


def verifying_cost(explaining: Explaining, trial: Trial) -> float:
    """Return the reckoned seconds of verifying a trial."""
    within = explaining.budget.for_whole_fit
    return trial.training.verifying_cost(trial.remedy, VERIFYING_SEEDS, within)


def _keeps_the_solver(remedy: Remedy) -> bool:
    """Whether a remedy leaves the solver, and the features that it sees, as they are."""
    return not {"solver", "feature_scaling"} & set(remedy.settings)


def _suffices_alone(trial: Trial) -> bool:
    """Whether one change that keeps solver and features closes, be it without a margin."""
    remedy = trial.remedy
    single = len(remedy.settings) == 1 and remedy.by_fit
    return trial.closes and single and _keeps_the_solver(remedy)


def closing_trials(trials: tuple[Trial, ...]) -> tuple[Trial, ...]:
    """Return the smallest change of each setting that closes by a margin, or else just closes.

    Two ways to change the solver are two settings: an optimizer of the framework's, and the
    training to the optimum.
    """
    chosen: dict[tuple[tuple[str, ...], bool], Trial] = {}
    for trial in trials:
        key = trial.remedy.settings, trial.remedy.by_fit
        if trial.closes and (key not in chosen or trial.robust > chosen[key].robust):
            chosen[key] = trial
    return tuple(chosen.values())


def nearest(trials: tuple[Trial, ...]) -> tuple[Trial, ...]:
    """Return the trial that leaves the smallest distance, where there are any."""
    # NaN has no order of its own: sorted alone, it would stay wherever it stood.
    return tuple(sorted(trials, key=lambda trial: (np.isnan(trial.left), trial.left))[:1])


def showing_causes(trials: tuple[Trial, ...]) -> tuple[Trial, ...]:
    """Return the trials that show causes: those that close, else the one that comes nearest."""
    return closing_trials(trials) or nearest(trials)


def showing_causes_of_candidate(trials: tuple[Trial, ...]) -> list[Trial]:
    """Return the trials that show causes of the candidate's error, the smallest change first.

    Two settings at once are causes only where none of either kind suffices by itself.
    """
    shown = sorted(showing_causes(trials), key=lambda trial: trial.remedy.size)
    single = any(map(_suffices_alone, shown))
    return [trial for trial in shown if not (single and len(trial.remedy.settings) > 1)]
