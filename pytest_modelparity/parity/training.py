"""Why a side has not reached its own optimum: trainings with one setting changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.candidates import Candidate
from pytest_modelparity.frameworks.fitted import FittedModel, Remedy
from pytest_modelparity.parity.budget import Budget
from pytest_modelparity.parity.check import Check
from pytest_modelparity.parity.divergence import largest
from pytest_modelparity.parity.factors import words
from pytest_modelparity.result import Cause, Change
from pytest_modelparity.text import number

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Option:
    """One way to repair a side.

    Parameters
    ----------
    changes : tuple of Change
        What to write; none: the side stays as it is.
    remedy : Remedy, optional
        The training that it was seen with; ``None``: nothing was trained.
    fitted : FittedModel, optional
        What that training made.
    left : float, optional
        What it leaves.
    size : float
        How large a change the training's part is.
    robust : bool
        Whether it closes by a margin.
    """

    changes: tuple[Change, ...] = ()
    remedy: Remedy | None = None
    fitted: FittedModel | None = None
    left: float | None = None
    size: float = 0.0
    robust: bool = True

    @classmethod
    def of_trial(cls, trial: Trial) -> Option:
        """Return the option that a trial is."""
        return cls(
            changes=trial.remedy.changes,
            remedy=trial.remedy,
            fitted=trial.fitted,
            left=trial.left,
            size=trial.remedy.size,
            robust=trial.robust,
        )

    def after(self, changes: tuple[Change, ...]) -> Option:
        """Return the option with changes that come before its own."""
        return replace(self, changes=(*changes, *self.changes))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stage:
    """What explaining one part of the split came to.

    Parameters
    ----------
    causes : tuple of Cause
        The settings that make a difference.
    options : tuple of Option
        What closes this part, the smallest change of each setting.
    best : Option, optional
        Where nothing closes: what leaves least.
    """

    causes: tuple[Cause, ...] = ()
    options: tuple[Option, ...] = ()
    best: Option | None = None


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


def explain_training(
    check: Check,
    candidate: Candidate,
    changes: tuple[Change, ...],
    target: FittedModel,
    limit: float | None,
    budget: Budget,
    *,
    first: bool,
) -> Stage:
    """Explain the candidate's own error, on the objective that is already repaired.

    Parameters
    ----------
    candidate : Candidate
        With ``changes`` made to its objective.
    target : FittedModel
        The reference, repaired where it needed it.
    limit : float, optional
        What closes; ``None``: the candidate's own error is no cause by itself.
    first : bool
        Whether causes are wanted: of several ways to repair the objective, of the first only.
    """
    tolerance = check.tolerance.probability
    goal = check.predict(target)

    def distance(fitted: FittedModel) -> float:
        return largest(check.predict(fitted) - goal)

    unchanged = candidate.unchanged()
    if unchanged is None:
        before = distance(check.candidate)
        if limit is None and not changes:
            return Stage()
    elif changes:
        budget.say("training on the repaired objective")
        try:
            trial = try_remedy(unchanged, distance, tolerance)
        except ModelParityError as error:
            # The verdict stands, whatever Keras cannot train.
            budget.leave_out(f"training on the repaired objective, which failed: {error}")
            return Stage(options=(Option(),))
        if trial.closes:
            return Stage(options=(Option.of_trial(trial),))
        before = trial.left
    elif limit is None:
        return Stage()
    else:
        before = distance(check.candidate)
    trials = try_remedies(candidate.remedies(), distance, limit or tolerance, budget, pairs=first)
    causes: tuple[Cause, ...] = ()
    if first and not (unchanged is None and changes and limit is None):
        causes = _causes(check, trials, before, budget, objective_changed=bool(changes))
    options = [Option.of_trial(trial) for trial in closing(trials)]
    return Stage(
        causes=causes,
        options=tuple(sorted(options, key=lambda option: option.size)),
        best=next((Option.of_trial(trial).after(changes) for trial in least(trials)), None),
    )


def training_cause(
    check: Check, trial: Trial, kind: str, *, last: float, alone: float | None, setting: str = ""
) -> Cause:
    """Return the cause that a trained remedy shows.

    Parameters
    ----------
    kind : str
        ``"reference"`` or ``"training"``: whose training it is.
    last : float
        What is left without the change, all others made.
    alone : float, optional
        How far it moves the model by itself.
    setting : str
        Which of a pair of changed settings; default: the remedy's first.
    """
    setting = setting or trial.remedy.setting
    change = " with ".join(item.text for item in trial.remedy.changes)
    return Cause(
        setting=setting,
        reference=words(setting, check.reference.settings),
        candidate=words(setting, check.candidate.settings),
        kind=kind,
        role="one_of",
        share=1.0 - trial.left / last if last > 0 else None,
        alone=alone,
        last=last,
        note=f"{change} leaves {number(trial.left, 2)}" + ("" if trial.closes else ", not enough"),
    )


def _causes(
    check: Check,
    trials: tuple[Trial, ...],
    before: float,
    budget: Budget,
    *,
    objective_changed: bool,
) -> tuple[Cause, ...]:
    """Return a cause for each setting that closes, or the one that helps most."""
    told = _told_of_candidate(trials)
    moved = check.predict(check.candidate)
    by_text = _same_without_repair(check, told, budget) if objective_changed else {}
    found: dict[str, Cause] = {}
    for trial in told:
        reached = by_text.get(trial.remedy.changes)
        if not objective_changed:
            reached = check.predict(trial.fitted)
        alone = None if reached is None else _finite(largest(reached - moved))
        for setting in (trial.remedy.setting, *trial.remedy.others):
            cause = training_cause(
                check, trial, "training", last=before, alone=alone, setting=setting
            )
            found.setdefault(setting, cause)
    return tuple(found.values())


def _finite(value: float) -> float | None:
    """Return a distance; none from or to predictions that are NaN."""
    return value if np.isfinite(value) else None


def _told_of_candidate(trials: tuple[Trial, ...]) -> list[Trial]:
    """Return the trials that tell causes, the smallest change first.

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


def _same_without_repair(
    check: Check, trials: list[Trial], budget: Budget
) -> dict[tuple[Change, ...], np.ndarray]:
    """Return what the same trainings of the candidate, its objective as it was, predict."""
    wanted = {trial.remedy.changes for trial in trials if trial.remedy.by_fit}
    found: dict[tuple[Change, ...], np.ndarray] = {}
    side, optimum = check.candidate_side, check.candidate_optimum()
    if side is not None and optimum is not None:
        corner = check.at_optimum(side, optimum)
        found = {trial.remedy.changes: corner for trial in trials if not trial.remedy.by_fit}
        wanted |= set(found)
    for remedy in check.given.remedies():
        if len(found) == len(wanted):
            break
        if remedy.changes not in wanted or remedy.changes in found:
            continue
        if remedy.cost and not budget.affords(remedy.cost()):
            budget.leave_out("each change without the others")
            continue
        budget.say("training without the repair of the objective")
        found[remedy.changes] = check.predict(remedy.train())
    return found
