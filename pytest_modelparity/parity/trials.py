"""Remedies that are tried in their order: what each leaves, and which of them tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.parity.budget import Budget
from pytest_modelparity.sides.fitted import FittedModel, Remedy

Distance = Callable[[FittedModel], float]

#: What leaves no more than this part of the limit closes with another start and order too.
ROBUST = 0.5
#: So does what leaves no more than this part, where the seeds are that near to each other: the
#: worst of three is then two of their ranges, some four standard deviations of a normal law above
#: the mean, from the limit.
NEARLY, RANGES = 0.8, 2.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """A remedy that was trained, and what it left.

    Parameters
    ----------
    remedy : Remedy
        What was changed.
    fitted : FittedModel
        The trained model.
    left : float
        Largest probability distance to the target that is left, the worst of all seeds.
    closes : bool
        Whether that is within the limit.
    robust : bool
        Whether it is so by a margin.
    """

    remedy: Remedy
    fitted: FittedModel
    left: float
    closes: bool
    robust: bool


def try_remedies(
    remedies: Iterable[Remedy],
    distance: Distance,
    limit: float,
    budget: Budget | None = None,
    *,
    pairs: bool = True,
) -> tuple[Trial, ...]:
    """Train the remedies in their order, for each setting until one closes by a margin.

    Parameters
    ----------
    remedies : iterable of Remedy
        Of each setting the smallest change first.
    distance : callable
        Largest probability distance of a trained model to the target.
    limit : float
        What closes.
    budget : Budget, optional
        Those that it cannot afford are left out.
    pairs : bool
        Whether changes of two settings are wanted where none of one closes by a margin.
    """
    trials: list[Trial] = []
    closed: set[str] = set()
    for remedy in remedies:
        if remedy.setting in closed or (remedy.others and not pairs):
            continue
        if not _is_needed(remedy, trials, budget):
            continue
        if budget is not None and not _affordable(remedy, budget):
            if remedy.others:
                budget.leave_out("more pairs of settings")
            else:
                budget.leave_out_values(remedy.setting)
            continue
        if budget is not None:
            budget.say(f"training with another {remedy.setting}")
        try:
            trial = try_remedy(remedy, distance, limit)
        except ModelParityError as error:
            # Keras cannot train every combination; the others are not lost for that.
            if budget is not None:
                budget.leave_out(f"one way to change {remedy.setting}, which failed: {error}")
            continue
        trials.append(trial)
        if trial.robust and remedy.by_fit and not (remedy.others or remedy.last_resort):
            closed.add(remedy.setting)
    return tuple(trials)


def _affordable(remedy: Remedy, budget: Budget) -> bool:
    """Whether the budget allows a remedy; if so, its cost is booked."""
    if remedy.cost is None:
        return True
    return budget.affords(remedy.cost(), last_resort=remedy.last_resort)


def _is_needed(remedy: Remedy, trials: Iterable[Trial], budget: Budget | None) -> bool:
    """Whether nothing that was tried stands for a remedy.

    For a last resort, or a change of two settings, whatever closes by a margin does. But who wants
    to keep the solver and the features as they are is not served by a change of these, and what
    takes too long to be verified is not the last resort.
    """
    standing = (trial for trial in trials if trial.robust and trial.remedy.by_fit)
    if remedy.others:
        keeps = _keeps_the_solver(remedy)
        return not any(_keeps_the_solver(trial.remedy) or not keeps for trial in standing)
    if remedy.last_resort:
        return not any(
            budget is None or budget.may_verify(trial.remedy.seconds) for trial in standing
        )
    return True


def _keeps_the_solver(remedy: Remedy) -> bool:
    """Whether a remedy leaves the solver, and the features that it sees, as they are."""
    return not {"solver", "feature_scaling"} & set(remedy.settings)


def try_remedy(remedy: Remedy, distance: Distance, limit: float) -> Trial:
    """Train one remedy; with all seeds, where the first closes."""
    fitted = remedy.train()
    found = [distance(fitted)]
    if found[0] <= limit and remedy.repeats is not None:
        found += map(distance, remedy.repeats())
    # A NaN of any seed is the worst of all.
    left, spread = float(np.max(found)), float(np.ptp(found))
    nearly = left <= NEARLY * limit and left + RANGES * spread <= limit
    return Trial(
        remedy=remedy,
        fitted=fitted,
        left=left,
        closes=bool(left <= limit),
        robust=bool(left <= ROBUST * limit or nearly),
    )


def telling(trials: tuple[Trial, ...]) -> tuple[Trial, ...]:
    """Return the trials that close, one a setting; where none does, the one that leaves least."""
    return closing(trials) or least(trials)


def closing(trials: tuple[Trial, ...]) -> tuple[Trial, ...]:
    """Return the smallest change of each setting that closes by a margin, or else just closes.

    Two ways to change the solver are two settings: an optimizer of Keras's, and the training to
    the optimum.
    """
    found: dict[tuple[tuple[str, ...], bool], Trial] = {}
    for trial in trials:
        key = trial.remedy.settings, trial.remedy.by_fit
        if trial.closes and (key not in found or trial.robust > found[key].robust):
            found[key] = trial
    return tuple(found.values())


def least(trials: tuple[Trial, ...]) -> tuple[Trial, ...]:
    """Return the trial that leaves least, where there are any."""
    return tuple(sorted(trials, key=lambda trial: (np.isnan(trial.left), trial.left))[:1])


def telling_of_candidate(trials: tuple[Trial, ...]) -> list[Trial]:
    """Return the trials that tell causes of the candidate's error, the smallest change first.

    Two settings at once are causes only where none of either kind suffices by itself.
    """
    told = sorted(telling(trials), key=lambda trial: trial.remedy.size)
    single = any(
        trial.closes
        and not trial.remedy.others
        and trial.remedy.by_fit
        and _keeps_the_solver(trial.remedy)
        for trial in told
    )
    return [trial for trial in told if not (single and trial.remedy.others)]
