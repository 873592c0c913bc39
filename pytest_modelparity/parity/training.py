"""Why a side has not reached its own optimum: trainings with one setting changed.

The vocabulary of the middle, in which everything here is said:

- a *recipe* is how a side is trained: optimizer, epochs, rows a step, start. It is data: it
  pickles, compares equal and writes itself as code (`training.recipe.Recipe`; for an estimator,
  the estimator with its parameters);
- a *change* is one setting that the user would write otherwise (`report.parts.Change`). A *remedy*
  is a recipe with the changes that lead to it (`sides.training.Remedy`), data as well;
- a *trial* is a remedy that was trained, with the distance that it left (`parity.trials.Trial`);
- a *repair* is a trial that was trained for real with several seeds, and judged
  (`parity.repair`, `report.parts.Repair`).

An example. A port trains with ``Recipe(Adam(0.001), epochs=12, batch_size=32)`` and stops 0.94
from its own optimum. The remedy with the change ``epochs=1200`` has the recipe
``Recipe(Adam(0.001), epochs=1200, batch_size=32)``. The array loop trains it in under a second: the
trial leaves 0.0088, which closes, though not by a margin. Trained by Keras's own ``fit`` with three
seeds, and judged equivalent each time, it is a repair.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.parity.divergence import largest
from pytest_modelparity.parity.objective import Repaired
from pytest_modelparity.parity.pair import Explaining, Pair
from pytest_modelparity.parity.side import EVALUATION
from pytest_modelparity.parity.trials import (
    Goal,
    Trial,
    closing_trials,
    nearest,
    showing_causes_of_candidate,
    try_remedies,
    try_remedy,
)
from pytest_modelparity.parity.ways import Explained, Way
from pytest_modelparity.report.inference_words import only_declared
from pytest_modelparity.report.numbers import number
from pytest_modelparity.report.parts import Cause, Change
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.training import Remedy, Retraining


def explain_candidate(
    explaining: Explaining, repaired: Repaired, goal: Goal, *, is_cause: bool, first: bool
) -> Explained:
    """Explain the candidate's own error, on the objective that is already repaired.

    Parameters
    ----------
    repaired : Repaired
        The candidate with its objective repaired, in one way.
    goal : Goal
        The reference, repaired where it needed it, and how near it the candidate must come.
    is_cause : bool
        Whether the candidate's own error is large enough to be a cause by itself.
    first : bool
        Whether causes are wanted: of several ways to repair the objective, of the first only.
    """
    training, changes = repaired.candidate.training, repaired.changes
    if training is None:
        return Explained()
    as_it_is = training.unchanged()
    before = explaining.pair.candidate.distance_to(goal.target)
    # The objective agrees and the training is near its optimum: nothing to explain, and no training
    # wasted.
    if not (is_cause or changes):
        return Explained()
    # The smallest repair is asked first: often the objective alone suffices, and every training
    # setting that would close as well is then beside the point.
    tried: tuple[Trial, ...] = ()
    if as_it_is is not None and changes:
        trial = _on_the_repaired_objective(explaining, training, as_it_is, goal)
        if trial is None:
            return Explained(ways=(Way(changes=changes),))
        if trial.closes:
            along = _taken_along(explaining, changes, trial, before) if first and is_cause else ()
            return Explained(causes=along, ways=(Way(changes=changes, trial=trial),))
        # From here on what the repaired objective leaves: without its repair no training setting
        # may seem to help, as no single change does for `Dense` and Adam against a default
        # estimator.
        before, tried = trial.left, (trial,)
    if reason := training.without_shortcut():
        explaining.budget.allow_fit()
        explaining.journal.left_out(f"any faster training than by fit itself, as {reason}")
    # Pairs multiply the trainings, so they are for the first way to repair the objective.
    trials = try_remedies(explaining, training, goal, pairs=first)
    causes: tuple[Cause, ...] = ()
    if first and not (as_it_is is None and changes and not is_cause):
        causes = _causes(explaining, trials, before, objective_changed=bool(changes))
    ways = [Way(changes=changes, trial=trial) for trial in closing_trials(trials)]
    nearest_trials = nearest((*tried, *trials))
    return Explained(
        causes=causes,
        ways=tuple(sorted(ways, key=lambda way: way.trial.remedy.size if way.trial else 0.0)),
        nearest=next((Way(changes=changes, trial=trial) for trial in nearest_trials), None),
    )


def _on_the_repaired_objective(
    explaining: Explaining, training: Retraining, as_it_is: Remedy, goal: Goal
) -> Trial | None:
    """Train the candidate as it was, its objective repaired; ``None``: too dear, or it fails."""
    budget, cost = explaining.budget, training.cost(as_it_is)
    if not budget.affords("repaired", cost):
        explaining.journal.left_out(f"training on the repaired objective{explaining.taking(cost)}")
        return None
    budget.book("repaired", cost)
    explaining.journal.doing("training on the repaired objective")
    # Within the tolerance itself: the smaller limit of the goal is for a part of a divergence.
    limit = explaining.pair.allowed
    allowed = Goal(side=goal.side, target=goal.target, limit=limit)
    try:
        with explaining.interruptible():
            return try_remedy(explaining, training, as_it_is, allowed)
    except ModelParityError as error:
        # The verdict stands, whatever cannot be trained.
        explaining.journal.left_out(f"training on the repaired objective, which failed: {error}")
        return None


def _taken_along(
    explaining: Explaining, changes: tuple[Change, ...], trial: Trial, before: float
) -> tuple[Cause, ...]:
    """Return the causes in the training that a repair of the objective takes away with it.

    Such as early stopping on rows that are held back, once none are.
    """
    return tuple(
        training_cause(
            explaining,
            replace(trial, remedy=replace(trial.remedy, changes=(change,))),
            last=before,
            alone=None,
        )
        for change in changes
        if change.setting in ("iterations", "learning_rate")
    )


def training_cause(
    explaining: Explaining,
    trial: Trial,
    *,
    last: float,
    alone: float | None,
    setting: str = "",
) -> Cause:
    """Return the cause that a trial shows.

    Parameters
    ----------
    last : float
        What is left without the change, all others made.
    alone : float, optional
        How far it moves the model by itself.
    setting : str
        Which of a pair of changed settings; default: the remedy's first.
    """
    pair, changes = explaining.pair, trial.remedy.changes
    setting = setting or trial.remedy.settings[0]
    written = " with ".join(item.text for item in changes)
    return Cause(
        setting=setting,
        reference=pair.reference.settings.word(setting),
        candidate=pair.candidate.settings.word(setting),
        kind="reference" if trial.training is pair.reference_training else "training",
        role="one_of",
        # Of what this side leaves by itself. The shares of several causes do not sum to 1: each of
        # them may suffice.
        share=1.0 - trial.left / last if last > 0 else None,
        alone=alone,
        last=last,
        note=f"{written} leaves {number(trial.left, 2)}" + ("" if trial.closes else ", not enough"),
        changes=changes,
        left=trial.left,
        suffices=trial.closes,
    )


def _causes(
    explaining: Explaining, trials: tuple[Trial, ...], before: float, *, objective_changed: bool
) -> tuple[Cause, ...]:
    """Return a cause for each setting that closes, or the one that helps most."""
    pair = explaining.pair
    shown = showing_causes_of_candidate(trials)
    if "candidate" in only_declared(pair.inference):
        # Nobody knows what it was trained on: any objective has an optimum, and only its own
        # training, taken further, shows that it had not arrived at this one.
        shown = [trial for trial in shown if trial.closes and trial.remedy.by_fit]
    without_repair = _without_repair(explaining, shown) if objective_changed else {}
    causes: dict[str, Cause] = {}
    for trial in shown:
        alone = without_repair.get(trial.remedy.changes)
        if not objective_changed:
            alone = _moved(pair, trial.fitted)
        for setting in trial.remedy.settings:
            cause = training_cause(explaining, trial, last=before, alone=alone, setting=setting)
            # The smallest change of a setting comes first, and stands for it.
            causes.setdefault(setting, cause)
    return tuple(causes.values())


def _moved(pair: Pair, fitted: FittedModel) -> float | None:
    """Return how far the candidate was moved; nothing from or to predictions that are NaN."""
    moved = largest(pair.predict(fitted) - pair.candidate.predictions(EVALUATION))
    return moved if np.isfinite(moved) else None


def _without_repair(
    explaining: Explaining, trials: list[Trial]
) -> dict[tuple[Change, ...], float | None]:
    """Return how far the same remedies move the candidate, its objective as it was."""
    pair, training = explaining.pair, explaining.pair.model.training
    optimum = pair.candidate.target
    moved: dict[tuple[Change, ...], float | None] = {}
    wanted = {trial.remedy.changes for trial in trials if trial.remedy.by_fit}
    if optimum is not None:
        # Whatever is no training by steps goes to the optimum, which is known.
        own = pair.candidate.distance_to(optimum)
        far = own if np.isfinite(own) else None
        moved = {trial.remedy.changes: far for trial in trials if not trial.remedy.by_fit}
    if training is None:
        return moved
    # The recipes of the repaired objective are of no use here: the candidate's own, with the same
    # changes, are looked up.
    for remedy in training.remedies():
        if remedy.changes not in wanted or remedy.changes in moved:
            continue
        cost = training.cost(remedy)
        if not explaining.budget.affords("candidate", cost):
            explaining.journal.left_out("each change without the others")
            continue
        explaining.budget.book("candidate", cost)
        explaining.journal.doing("training without the repair of the objective")
        try:
            # One seed: it shows what the change does by itself, and no verdict rests on it.
            with explaining.interruptible():
                moved[remedy.changes] = _moved(pair, training.train(remedy, range(1))[0])
        except ModelParityError as error:
            explaining.journal.left_out(f"a change without the others, which failed: {error}")
        if wanted <= set(moved):
            break
    return moved
