"""Why a side has not reached its own optimum: trainings with one setting changed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.parity.blends import words
from pytest_modelparity.parity.budget import Budget
from pytest_modelparity.parity.check import Check
from pytest_modelparity.parity.divergence import largest
from pytest_modelparity.parity.trials import (
    Trial,
    closing,
    least,
    telling_of_candidate,
    try_remedies,
    try_remedy,
)
from pytest_modelparity.report.numbers import number
from pytest_modelparity.report.parts import Cause, Change
from pytest_modelparity.sides.candidate import Candidate
from pytest_modelparity.sides.fitted import FittedModel, Remedy


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
    told = telling_of_candidate(trials)
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
