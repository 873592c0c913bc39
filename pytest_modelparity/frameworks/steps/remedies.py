"""Changes of a candidate's training that leave its objective as it is, the smallest first."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from pytest_modelparity.frameworks.steps.setup import total_steps
from pytest_modelparity.frameworks.steps.single import (
    Group,
    falling_rates,
    full_batch,
    is_raised,
    other_rates,
    same_solver,
    single_changes,
)
from pytest_modelparity.frameworks.steps.trainee import Trainee, is_rough
from pytest_modelparity.sides.candidate import candidate_change
from pytest_modelparity.sides.training import Remedy
from pytest_modelparity.training.recipe import Schedule

#: Further epochs are tried at these multiples, ...
EPOCH_FACTORS = (3, 10, 30, 100, 300)
#: ... before anything else where they make no more steps than this.
FEW_STEPS = 25_000
#: Settings of a training that keeps its solver, in the order in which two of them are named.
PAIRED = ("dtype", "logits", "weight_decay", "batch_size", "initialization", "learning_rate")

#: How large a change it is to leave out callbacks, ...
_SIZE_OF_CALLBACKS = math.log(1.5)
#: ... and the training to the optimum, beside the others.
_SIZE_OF_OPTIMUM = math.log(20_000)


def groups(trainee: Trainee) -> Iterator[Group]:
    """Yield the remedies in the order to try them; what costs little and often helps comes first.

    A group is what can be trained side by side; each of its remedies stands for itself.
    """
    if not trainee.setup.is_trained_here:
        yield from _longer(trainee, EPOCH_FACTORS)
    else:
        yield from _without_callbacks(trainee)
        for group in _retrained(trainee):
            yield tuple(_also_without_callbacks(trainee, remedy) for remedy in group)
    # What trains to the optimum takes weights of rows alone, and stock layers.
    if not trainee.trains_to_optimum:
        return
    change = candidate_change("solver", trainee.words.to_optimum)
    # Last: it always arrives where there is an optimum, but it is no `fit` that the user can go on
    # from.
    yield (
        Remedy(changes=(change,), recipe=trainee.setup.recipe, size=_SIZE_OF_OPTIMUM, by_fit=False),
    )


def _without_callbacks(trainee: Trainee) -> Iterator[Group]:
    """Yield the same training to its last epoch, where callbacks had a say in it."""
    if trainee.setup.callbacks:
        size = _SIZE_OF_CALLBACKS * len(trainee.setup.callbacks)
        yield (Remedy(changes=trainee.setup.callbacks, recipe=trainee.setup.recipe, size=size),)


def _also_without_callbacks(trainee: Trainee, remedy: Remedy) -> Remedy:
    """Return a remedy that says what else it changes: other trainings do without callbacks."""
    changes = {change.setting: change for change in trainee.setup.callbacks}
    own = [
        # Two changes of one setting are one.
        replace(change, text=f"{change.text}, {changes.pop(change.setting).text}")
        if change.setting in changes
        else change
        for change in remedy.changes
    ]
    size = remedy.size + _SIZE_OF_CALLBACKS * len(trainee.setup.callbacks)
    return replace(remedy, changes=(*changes.values(), *own), size=size)


def _retrained(trainee: Trainee) -> Iterator[Group]:
    """Yield the trainings by ``fit`` with other arguments or another optimizer."""
    steps = total_steps(trainee.setup, trainee.setup.recipe)
    few = tuple(factor for factor in EPOCH_FACTORS if factor * steps <= FEW_STEPS)
    single = list(single_changes(trainee, trainee.setup.recipe))
    if is_rough(trainee, trainee.setup.recipe):
        # All others are then trained one by one, which takes long; not in single precision.
        yield single.pop(0)
        yield from _pairs(trainee, of_dtype=True)
    elif trainee.logits:
        # First: what is clipped has no gradient, and no number of epochs helps.
        yield single.pop(0)
    yield from _longer(trainee, few)
    yield from single
    yield from _longer(trainee, EPOCH_FACTORS[len(few) :])
    yield from _faster_and_longer(trainee)
    yield from full_batch(trainee)
    yield from _pairs(trainee, of_dtype=False)


def _ends(trainee: Trainee, remedy: Remedy) -> bool:
    """Whether nothing moves after a remedy's own epochs: more of them do not help."""
    rate = remedy.recipe.optimizer.rate
    if not isinstance(rate, Schedule) or rate == trainee.setup.recipe.optimizer.rate:
        return False
    steps = dict(rate.options).get("decay_steps", math.inf)
    return bool(steps <= total_steps(trainee.setup, remedy.recipe))


def _longer(trainee: Trainee, factors: tuple[int, ...]) -> Iterator[Group]:
    """Yield trainings with more epochs: one training that is taken further and further."""
    own = Remedy(changes=(), recipe=trainee.setup.recipe)
    if factors:
        yield tuple(_taken_further(trainee, own, factor) for factor in factors)


def _taken_further(trainee: Trainee, remedy: Remedy, factor: int) -> Remedy:
    """Return a remedy for ``factor`` times the candidate's epochs."""
    epochs = trainee.setup.recipe.epochs * factor
    # How many a model that came trained has made nobody knows.
    here = trainee.setup.is_trained_here
    text = f"epochs={epochs}" if here else f"train for {epochs} more epochs"
    return replace(
        remedy,
        changes=(*remedy.changes, candidate_change("iterations", text)),
        recipe=replace(remedy.recipe, epochs=epochs),
        size=remedy.size + math.log(factor),
    )


def _faster_and_longer(trainee: Trainee) -> Iterator[Group]:
    """Yield a larger learning rate with more epochs: the two numbers that a person would change."""
    rates = [
        rate
        for rate in other_rates(trainee, trainee.setup.recipe)
        if is_raised(trainee.setup.recipe, rate.recipe)
    ]
    # By epochs: all rates are trained side by side, so those of as many epochs cost nothing more.
    for factor in EPOCH_FACTORS:
        longer = (_taken_further(trainee, rate, factor) for rate in rates)
        yield from ((remedy,) for remedy in sorted(longer, key=lambda remedy: remedy.size))


def _pairs(trainee: Trainee, *, of_dtype: bool) -> Iterator[Group]:
    """Yield two changed settings at once, the smallest change first.

    Parameters
    ----------
    of_dtype : bool
        Whether those that change the precision are wanted, or the others.
    """
    recipe, pairs = trainee.setup.recipe, []
    for first in (remedy for group in same_solver(trainee, recipe) for remedy in group):
        # Each pair once: the learning rate comes second in all of its own.
        if first.settings[0] != "learning_rate":
            pairs += _after(trainee, first)
    single = [
        remedy
        for group in single_changes(trainee, recipe)
        for remedy in group
        # Those have been before.
        if remedy.settings != ("learning_rate",) or not is_raised(recipe, remedy.recipe)
    ]
    for factor in EPOCH_FACTORS:
        longer = replace(recipe, epochs=recipe.epochs * factor)
        pairs += [
            _taken_further(trainee, remedy, factor)
            for remedy in (
                *falling_rates(trainee, longer),
                *(remedy for remedy in single if not _ends(trainee, remedy)),
            )
        ]
    wanted = [pair for pair in pairs if (pair.settings[0] == "dtype") == of_dtype]
    yield from ((pair,) for pair in sorted(wanted, key=lambda pair: pair.size))


def _after(trainee: Trainee, first: Remedy) -> list[Remedy]:
    """Return a remedy with each second change that comes after it in `PAIRED`."""
    return [
        Remedy(
            changes=(*first.changes, *second.changes),
            recipe=second.recipe,
            size=first.size + second.size,
        )
        for group in same_solver(trainee, first.recipe)
        for second in group
        if PAIRED.index(first.settings[0]) < PAIRED.index(second.settings[0])
    ]
