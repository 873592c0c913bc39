"""Which trainings a map is made of: other learning rates and epochs, batch sizes, optimizers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from pytest_modelparity.frameworks.steps.agreement import Agreement
from pytest_modelparity.frameworks.steps.fitted import fitted_parameters
from pytest_modelparity.frameworks.steps.loop import LoopRun, snapshot_epochs, variant_of
from pytest_modelparity.frameworks.steps.single import single_changes
from pytest_modelparity.frameworks.steps.trainee import Trainee
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.training import Remedy, Survey, Sweep
from pytest_modelparity.training.costs import prediction_seconds
from pytest_modelparity.training.loop import Stack
from pytest_modelparity.training.recipe import Recipe, Schedule

#: The learning rate is drawn at these quarters of a decade beside the candidate's own.
QUARTERS = range(-8, 13)
#: How far the epochs go, at most, in multiples of the candidate's own.
EPOCH_FACTORS = (300, 100, 30, 10, 3, 1)
#: Batch sizes are powers of two, from this part of the candidate's own, ...
BATCH_PARTS = (8, 4, 2, 1)
#: ... to so many times it.
BATCH_FACTOR = 64
#: The part of the seconds that batch sizes and optimizers may take; without room they are left out.
SWEEPS_SHARE = 0.4

#: Points that are no further apart than this factor would make a sliver of a cell.
CLOSE = 1.08

N = TypeVar("N", bound=float)


def survey_of(
    trainee: Trainee, agreement: Agreement, seconds: float, remedy: Remedy | None
) -> Survey | None:
    """Return the map of a candidate's training, as `Retraining.survey` says."""
    setup, own = trainee.setup, trainee.setup.recipe
    known = setup.is_trained_here and setup.trainable and not setup.callbacks
    # NaN too: the rate of a schedule that is the user's own is not known.
    if not known or agreement.reason_against(own) or not own.optimizer.first_rate > 0:
        return None
    wanted = _on_the_map(own, remedy)
    sweeps, left = _sweeps_within(trainee, agreement, SWEEPS_SHARE * seconds)
    farthest = {own.epochs * factor for factor in EPOCH_FACTORS}
    farthest |= {wanted.epochs} if wanted is not None and wanted.epochs > own.epochs else set()
    surveys = (
        _survey(trainee, wanted, epochs, sweeps) for epochs in sorted(farthest, reverse=True)
    )
    # The one that goes least far where none fits: a map is wanted all the same.
    for survey in surveys:
        if survey.seconds + left <= seconds:
            break
    return replace(survey, seconds=survey.seconds + left)


def taken(
    trainee: Trainee, recipes: Sequence[Recipe], epochs: Sequence[int]
) -> Iterator[tuple[FittedModel, ...]]:
    """Yield what recipes leave after each of some epochs, with the check's own seed."""
    task = trainee.task()
    stack = Stack(task.problem, [variant_of(trainee, recipe, 0) for recipe in recipes])
    # One after the other, and not remembered: together they are a thousand models.
    for layers in stack.on_the_way(epochs):
        given = (task.given_parameters(*layer) for layer in zip(*layers, strict=True))
        yield tuple(fitted_parameters(trainee.setup, *parameters) for parameters in given)


def _survey(
    trainee: Trainee, wanted: Recipe | None, farthest: int, sweeps: tuple[Sweep, ...]
) -> Survey:
    """Return the map that goes up to ``farthest`` epochs; its seconds without the sweeps."""
    own = trainee.setup.recipe
    constant = not isinstance(own.optimizer.rate, Schedule)
    inside = wanted if wanted is not None and wanted.epochs <= farthest else None
    marked = [recipe for recipe in (own, inside) if recipe is not None]
    x = _with(snapshot_epochs(farthest), [recipe.epochs for recipe in marked])
    y = _with(_rates(own), [recipe.optimizer.first_rate for recipe in marked])
    recipes = tuple(replace(own, optimizer=own.optimizer.with_rate(rate)) for rate in y)
    points = [
        (y.index(recipe.optimizer.first_rate), x.index(recipe.epochs)) if recipe else None
        for recipe in (own if constant else None, inside)
    ]
    return Survey(
        rates=tuple(y),
        recipes=recipes,
        epochs=tuple(x),
        own=points[0],
        repair=points[1],
        beside="" if inside is None else _beside(trainee, inside),
        sweeps=sweeps,
        own_epochs=own.epochs,
        seconds=_seconds(trainee, recipes, farthest, len(x)),
    )


def _on_the_map(own: Recipe, remedy: Remedy | None) -> Recipe | None:
    """Return a remedy's recipe where it has the same optimizer with a constant learning rate."""
    if remedy is None or not (remedy.by_fit and remedy.changes):
        return None
    recipe: Recipe = remedy.recipe
    # Learning rates of two optimizers are no points of one axis.
    same = recipe.optimizer.with_rate(own.optimizer.rate) == own.optimizer
    same = same and recipe.logits == own.logits
    return recipe if same and not isinstance(recipe.optimizer.rate, Schedule) else None


def _beside(trainee: Trainee, recipe: Recipe) -> str:
    """Say what a recipe changes beside learning rate and epochs; nothing where that is all."""
    words = {
        "batch_size": f"batch_size={recipe.batch_size}",
        "zeros": trainee.words.zeros,
        "standardised": "standardised features",
    }
    return ", ".join(
        words[name]
        for name in words
        if getattr(trainee.setup.recipe, name) != getattr(recipe, name)
    )


def _rates(own: Recipe) -> list[float]:
    """Return the learning rates of a map; a schedule's are counted from its first one."""
    rate = own.optimizer.first_rate
    # Three digits, as one would write it.
    return [float(f"{rate * 10 ** (quarter / 4):.3g}") for quarter in QUARTERS]


def _with(values: Sequence[N], wanted: Sequence[N]) -> list[N]:
    """Return values and those that are wanted, ascending, without what is close to the latter."""

    def close(first: N, second: N) -> bool:
        return first <= CLOSE * second and second <= CLOSE * first

    kept = {value for value in values if not any(close(value, item) for item in wanted)}
    return sorted(kept.union(wanted))


def _sweeps_within(
    trainee: Trainee, agreement: Agreement, seconds: float
) -> tuple[tuple[Sweep, ...], float]:
    """Return batch sizes and optimizers that fit, and what they take; nothing where none do."""
    for part in BATCH_PARTS:
        sweeps = _sweeps(trainee, agreement, part)
        recipes = [recipe for sweep in sweeps for recipe in sweep.recipes]
        cost = _seconds(trainee, recipes, trainee.setup.recipe.epochs, 1)
        if cost <= seconds:
            return sweeps, cost
    return (), 0.0


def _sweeps(trainee: Trainee, agreement: Agreement, part: int) -> tuple[Sweep, ...]:
    """Return batch sizes down to a part of the candidate's own, and common optimizers."""
    own, n_rows = trainee.setup.recipe, trainee.setup.n_rows
    now = min(own.batch_size, n_rows)
    powers = (2**power for power in range(n_rows.bit_length()))
    some = {size for size in powers if now <= part * size <= part * BATCH_FACTOR * now}
    sizes = sorted({now, n_rows} | some)
    batches = Sweep(
        setting="batch_size",
        values=tuple(map(str, sizes)),
        recipes=tuple(replace(own, batch_size=size) for size in sizes),
        own=sizes.index(now),
    )
    others = [
        remedy.recipe
        for group in single_changes(trainee, own)
        for remedy in group
        if remedy.settings == ("solver",) and not agreement.reason_against(remedy.recipe)
    ]
    recipes = (own, *others)
    values = tuple(recipe.optimizer.code() for recipe in recipes)
    solvers = Sweep(setting="solver", values=values, recipes=recipes)
    # Of a summed loss the batch size is no training setting: it changes the objective.
    return (solvers,) if trainee.setup.is_summed else (batches, solvers)


def _seconds(trainee: Trainee, recipes: Sequence[Recipe], epochs: int, looks: int) -> float:
    """Return what training recipes and predicting by each, so many times, is reckoned to take."""
    data = trainee.setup.data
    n_rows, n_outputs = int(data.X_eval.shape[0]), trainee.setup.n_outputs
    predicting = prediction_seconds(n_rows, data.n_features, n_outputs)
    return LoopRun(trainee, recipes, 1).cost(epochs) + len(recipes) * looks * predicting
