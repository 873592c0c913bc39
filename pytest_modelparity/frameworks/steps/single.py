"""One change of a candidate's training at a time, its objective as it is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

from pytest_modelparity.frameworks.steps.setup import total_steps
from pytest_modelparity.frameworks.steps.trainee import Trainee, is_rough, starts_at_zero
from pytest_modelparity.sides.candidate import candidate_change
from pytest_modelparity.sides.training import Remedy
from pytest_modelparity.training.recipe import Optimizer, Options, Recipe, Schedule

#: The learning rate is tried at these multiples of the first one, ...
RATE_FACTORS = (3.0, 1 / 3, 10.0, 0.1, 30.0, 1 / 30, 100.0, 0.01, 1000.0, 0.001)
#: ... and falling from these multiples to nothing over the training, so that it ends at
#: the optimum instead of around it, ...
DECAY_FACTORS = (1.0, 10.0, 100.0)
#: ... the rows a step at these multiples and at all rows.
BATCH_FACTORS = (1 / 4, 4)
MOMENTUM = 0.9
#: Solvers that are tried in place of the candidate's own, with the learning rates of each.
SOLVER_RATES: Mapping[str, tuple[float, ...]] = {
    "Adam": (0.001, 0.01, 0.1),
    "SGD": (0.01, 0.1, 1.0),
    "RMSprop": (0.001, 0.01),
}
#: Training by Adam on all rows at once: learning rates and epochs as a person would write them, ...
FULL_BATCH = ((0.3, 300), (0.3, 1000))
#: ... then the first of learning rates that fall to nothing, and epochs.
FALLING_BATCH = ((1.0, 600), (1.0, 1200), (3.0, 3000))
# How large a change is beside the others: numbers by the logarithm of their factor, ...
_SIZE_OF_START = math.log(2)
_SIZE_OF_DECAY = math.log(2)
# Smaller than a start: from another one rows may be saturated again.
_SIZE_OF_LOGITS = math.log(1.5)
_SIZE_OF_DTYPE = math.log(3)
_SIZE_OF_SCHEDULE = math.log(20)
_SIZE_OF_SCALING = math.log(100)
# ... another solver more than a hundred times the epochs of one that works.
_SIZE_OF_SOLVER = math.log(200)

#: Remedies of one setting that can be trained side by side.
Group = tuple[Remedy, ...]


def single_changes(trainee: Trainee, recipe: Recipe) -> Iterator[Group]:
    """Yield the remedies that change one setting, but for the number of epochs."""
    yield from same_solver(trainee, recipe)
    for name in SOLVER_RATES:
        if others := _other_solver(trainee, recipe, name):
            yield others
    if trainee.setup.can_standardise:
        yield from ((remedy,) for remedy in _standardised(trainee, recipe))


def same_solver(trainee: Trainee, recipe: Recipe) -> Iterator[Group]:
    """Yield the remedies that change one setting and leave the solver as it is."""
    if is_rough(trainee, recipe):
        changed = replace(recipe, dtype="float32")
        yield (_remedy("dtype", 'dtype="float32"', _SIZE_OF_DTYPE, changed),)
    if trainee.logits and not recipe.logits:
        yield (_remedy("logits", trainee.logits, _SIZE_OF_LOGITS, replace(recipe, logits=True)),)
    rates = [*other_rates(trainee, recipe), *falling_rates(trainee, recipe)]
    if not (starts_at_zero(trainee) or recipe.zeros):
        zeros = replace(recipe, zeros=True)
        rates.append(_remedy("initialization", trainee.words.zeros, _SIZE_OF_START, zeros))
    yield tuple(sorted(rates, key=lambda remedy: remedy.size))
    if float(recipe.optimizer.option("weight_decay") or 0.0):
        # AdamW refuses None.
        changed = replace(recipe, optimizer=recipe.optimizer.with_options(weight_decay=0.0))
        yield (_remedy("weight_decay", "weight_decay=0.0", _SIZE_OF_DECAY, changed),)
    if not trainee.setup.is_summed:
        yield from ((remedy,) for remedy in _other_batch_sizes(trainee, recipe))


def other_rates(trainee: Trainee, recipe: Recipe) -> tuple[Remedy, ...]:
    """Return the same optimizer with other learning rates; a schedule becomes its first one."""
    rate = recipe.optimizer.first_rate
    return tuple(
        _with_rate(trainee, recipe, _rounded(rate * factor), abs(math.log(factor)))
        for factor in RATE_FACTORS
        if rate > 0
    )


def _with_rate(trainee: Trainee, recipe: Recipe, rate: float | Schedule, size: float) -> Remedy:
    """Return the same optimizer with another learning rate."""
    changed = replace(recipe, optimizer=recipe.optimizer.with_rate(rate))
    return _remedy("learning_rate", trainee.words.rate(changed.optimizer), size, changed)


def is_raised(own: Recipe, recipe: Recipe) -> bool:
    """Whether a recipe has the candidate's own optimizer with a larger learning rate."""
    rate, same = recipe.optimizer.rate, recipe.optimizer.with_rate(own.optimizer.rate)
    return (
        not isinstance(rate, Schedule) and same == own.optimizer and rate > own.optimizer.first_rate
    )


def falling_rates(trainee: Trainee, recipe: Recipe) -> tuple[Remedy, ...]:
    """Return the same optimizer with learning rates that fall to nothing."""
    rate = recipe.optimizer.first_rate
    steps = total_steps(trainee.setup, recipe)
    return tuple(
        _with_rate(
            trainee,
            recipe,
            _falling(_rounded(rate * factor), steps),
            _SIZE_OF_SCHEDULE + math.log(factor),
        )
        for factor in DECAY_FACTORS
        if math.isfinite(rate)
    )


def _falling(rate: float, steps: int) -> Schedule:
    """Return a learning rate that falls from ``rate`` to zero over so many steps."""
    return Schedule.of("CosineDecay", rate, steps)


def _other_batch_sizes(trainee: Trainee, recipe: Recipe) -> tuple[Remedy, ...]:
    """Return other numbers of rows a step."""
    n_rows = trainee.setup.n_rows
    now = min(recipe.batch_size, n_rows)
    wanted = {round(now * factor) for factor in BATCH_FACTORS} | {n_rows}
    sizes = {size for size in wanted if 1 <= size <= n_rows and size != now}
    return tuple(
        _remedy(
            "batch_size",
            f"batch_size={size}",
            abs(math.log(size / now)),
            replace(recipe, batch_size=size),
        )
        for size in sorted(sizes, key=lambda size: abs(math.log(size / now)))
    )


def _other_solver(trainee: Trainee, recipe: Recipe, name: str) -> tuple[Remedy, ...]:
    """Return one of the framework's common optimizers with common learning rates."""
    options = (("momentum", MOMENTUM),) if name == "SGD" else ()
    remedies = []
    for index, rate in enumerate(SOLVER_RATES[name]):
        optimizer = _stock(trainee, name, rate, options)
        if optimizer.with_rate(recipe.optimizer.rate) == recipe.optimizer:
            # The candidate's own with another learning rate: a change of that.
            continue
        text = f"optimizer={optimizer.code()}"
        size = _SIZE_OF_SOLVER + 0.01 * index
        remedies.append(_remedy("solver", text, size, replace(recipe, optimizer=optimizer)))
    return tuple(remedies)


def _standardised(trainee: Trainee, recipe: Recipe) -> tuple[Remedy, ...]:
    """Return the training on standardised features, by its own optimizer and by a good one."""
    standardised = replace(recipe, standardised=True)
    falling = _stock(trainee, "Adam", _falling(0.1, total_steps(trainee.setup, recipe)))
    best = _remedy(
        "feature_scaling",
        f"{trainee.words.standardise} with optimizer={falling.code()}",
        _SIZE_OF_SCALING + _SIZE_OF_SOLVER,
        replace(standardised, optimizer=falling),
    )
    if recipe.optimizer.option("weight_decay") or is_rough(trainee, recipe):
        # The decay of a coefficient of standardised features would be another objective.
        return (best,)
    return _remedy(
        "feature_scaling", trainee.words.standardise, _SIZE_OF_SCALING, standardised
    ), best


def full_batch(trainee: Trainee) -> Iterator[Group]:
    """Yield trainings by Adam on all rows at once.

    Without batches no step is noisy, and the training ends at the optimum. Measured on standardised
    breast_cancer, wine, iris and digits at C=1: 300 epochs at 0.3 end within 2.1e-4 in probability;
    steps that fall from 1.0 over 600 epochs within 1e-5. At C=100 1000 epochs at 0.3 end within
    0.009; steps that fall from 3.0 over 3000 epochs within 1e-3 on the first three, and on
    breast_cancer and wine as they come, standardised inside.
    """
    if is_rough(trainee, trainee.setup.recipe) or trainee.setup.is_summed:
        return
    # Apart: whoever is trained side by side is trained as long as the longest.
    yield tuple(_on_all_rows(trainee, rate, epochs) for rate, epochs in FULL_BATCH)
    yield tuple(
        _on_all_rows(trainee, _falling(rate, epochs), epochs) for rate, epochs in FALLING_BATCH
    )


def _on_all_rows(trainee: Trainee, rate: float | Schedule, epochs: int) -> Remedy:
    """Return the training by Adam on all rows at once, standardised where scales are apart."""
    recipe, n_rows, scaled = (
        trainee.setup.recipe,
        trainee.setup.n_rows,
        trainee.setup.scales_are_apart,
    )
    optimizer, falls = _stock(trainee, "Adam", rate), isinstance(rate, Schedule)
    changed = replace(
        recipe, optimizer=optimizer, epochs=epochs, batch_size=n_rows, standardised=scaled
    )
    own = optimizer.with_rate(recipe.optimizer.rate) == recipe.optimizer
    text = trainee.words.rate(optimizer) if own and not falls else f"optimizer={optimizer.code()}"
    text = f"{text}, batch_size={n_rows}, epochs={epochs}"
    text = f"{trainee.words.standardise} with {text}" if scaled else text
    size = _SIZE_OF_SOLVER + math.log(epochs / 100)
    size += falls * _SIZE_OF_SCHEDULE + scaled * _SIZE_OF_SCALING
    setting = "feature_scaling" if scaled else "solver"
    return replace(_remedy(setting, text, size, changed), last_resort=True)


def _stock(trainee: Trainee, name: str, rate: float | Schedule, options: Options = ()) -> Optimizer:
    """Return a stock optimizer of the framework."""
    return Optimizer(name=name, rate=rate, options=options, framework=trainee.words.framework)


def _rounded(value: float) -> float:
    """Return a number with three digits, as one would write it."""
    return float(f"{value:.3g}")


def _remedy(setting: str, text: str, size: float, recipe: Recipe) -> Remedy:
    """Return a remedy of one change."""
    return Remedy(changes=(candidate_change(setting, text),), recipe=recipe, size=size)
