"""The training that the user asked for: by ``fit``, or a long one by a short cut that is proven.

The first epochs are made by Keras's own ``fit``. Where the array loop, from the same start and on
the same batches, has the same weights then, and where rounding does not decide how the training
ends, the loop makes the rest: one step of it costs a hundredth of one of ``fit``.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import keras

from pytest_modelparity.frameworks.keras.build.copying import copy_model, weights_of
from pytest_modelparity.frameworks.keras.read.arguments import FitArguments
from pytest_modelparity.frameworks.keras.read.model import read_linear_model
from pytest_modelparity.frameworks.keras.train.fit import FitResult
from pytest_modelparity.frameworks.keras.train.refit import fit_model
from pytest_modelparity.frameworks.keras.train.setup import Setup, layer_weights
from pytest_modelparity.frameworks.keras.train.trainee import KerasTrainee
from pytest_modelparity.frameworks.steps.agreement import FIRST_EPOCHS, Agreement, proving_epochs
from pytest_modelparity.frameworks.steps.loop import snapshot_epochs, variant_of
from pytest_modelparity.frameworks.steps.rounding import DECIDED, rounding_of
from pytest_modelparity.frameworks.steps.setup import steps_an_epoch
from pytest_modelparity.report.numbers import counted, number
from pytest_modelparity.training.costs import fit_seconds
from pytest_modelparity.training.loop import Stack

#: A ``fit`` that is reckoned to take fewer seconds is made whole: the proof alone costs one.
WORTH_SECONDS = 2.0
#: What a training by ``fit`` alone is called in a report, and one whose epochs Keras took for one:
#: the weights are the same to the last bit, and an epoch costs 1 ms in place of 40.
BY_FIT, IN_ONE_PASS = "fit", "fit, all epochs in one pass"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainedAsAsked:
    """The candidate, trained as its user asked.

    Parameters
    ----------
    model : keras.Model
        The copy that was trained.
    result : FitResult
        What the training left behind.
    by : str
        Who trained it, in words.
    rounding : float
        How far apart in probability two equally right trainings end; 0 where that is not known.
    """

    model: keras.Model
    result: FitResult
    by: str = BY_FIT
    rounding: float = 0.0


def train_as_asked(setup: Setup, agreement: Agreement, *, shortcut: bool = True) -> TrainedAsAsked:
    """Train a copy of the candidate.

    Parameters
    ----------
    agreement : Agreement
        Sees what ``fit`` makes, and says whether the loop does the same.
    shortcut : bool
        Whether the loop may make the later epochs of a long training.

    Raises
    ------
    ModelParityError
        If Keras cannot train it.
    """
    arguments = setup.arguments
    assert arguments is not None
    long = shortcut and _is_long(setup, arguments)
    steps = steps_an_epoch(setup, arguments.batch_size)
    first = min(proving_epochs(steps), arguments.epochs)
    rounding: float | None = None
    provable = setup.trainable and not agreement.out_of_reach(setup.recipe)
    if long and provable and first < arguments.epochs:
        started = time.perf_counter()
        _show(agreement, setup, _by_fit(setup, replace(arguments, epochs=first)).result)
        if not agreement.reason_against(setup.recipe):
            trained = _by_loop(setup, agreement, first, started)
            rounding = trained.rounding
            if rounding <= DECIDED:
                return trained
    trained = _by_fit(setup, arguments, in_one_pass=long and setup.feeds_from_memory)
    _show(agreement, setup, trained.result)
    if rounding is None:
        rounding = _own_rounding(setup, agreement)
    return replace(trained, rounding=rounding)


def _show(agreement: Agreement, setup: Setup, result: FitResult) -> None:
    """Let what ``fit`` made be the proof of the loop."""
    layers = [
        (epoch, *layer_weights(setup, weights))
        for epoch, weights in result.snapshots
        if epoch <= FIRST_EPOCHS and setup.reading.linear.linear
    ]
    agreement.see(result.epochs_run, layers)


def _is_long(setup: Setup, arguments: FitArguments) -> bool:
    """Whether a training's epochs are many, and nothing but their batches."""
    # Without a seed nobody knows the batches, and callbacks see every epoch.
    known = setup.seed is not None or not arguments.shuffle
    plain = known and setup.has_plain_epochs and not setup.has_callbacks
    plain = plain and not arguments.others.get("initial_epoch")
    steps = arguments.epochs * steps_an_epoch(setup, arguments.batch_size)
    return plain and fit_seconds(steps, arguments.epochs) >= WORTH_SECONDS


def _by_fit(setup: Setup, arguments: FitArguments, *, in_one_pass: bool = False) -> TrainedAsAsked:
    """Train a copy by ``fit`` alone."""
    # A copy for each training: the start is what every other seed and remedy compares with.
    model = copy_model(setup.start)
    result = fit_model(setup, model, arguments, setup.seed, in_one_pass=in_one_pass)
    return TrainedAsAsked(model=model, result=result, by=IN_ONE_PASS if in_one_pass else BY_FIT)


def _by_loop(setup: Setup, agreement: Agreement, first: int, started: float) -> TrainedAsAsked:
    """Return a copy with the weights that the loop makes, from the start to the end."""
    recipe, trainee = setup.recipe, KerasTrainee(setup)
    task, epochs, variant = trainee.task(), recipe.epochs, variant_of(trainee, recipe, 0)
    points = snapshot_epochs(epochs)
    reached = Stack(task.problem, [variant]).train(epochs, points)
    model = copy_model(setup.start)
    dense = read_linear_model(model, setup.data.n_features, numbers=not setup.data.n_classes).dense
    snapshots = []
    for epoch in points:
        kernels, biases = reached[epoch]
        dense.kernel.assign(kernels[0])
        if dense.use_bias:
            dense.bias.assign(biases[0])
        snapshots.append((epoch, weights_of(model)))
    return TrainedAsAsked(
        model=model,
        result=FitResult(
            epochs_run=epochs,
            snapshots=tuple(snapshots),
            seconds=time.perf_counter() - started,
        ),
        by=f"fit for {counted(first, 'epoch')}, then its optimizer in a loop that agreed to "
        f"{number(agreement.apart, 1)}",
        rounding=rounding_of(setup, task, variant, epochs, reached[epochs]),
    )


def _own_rounding(setup: Setup, agreement: Agreement) -> float:
    """Return `rounding_of` the candidate's own training; 0 where the loop cannot tell."""
    # Not asked where it would cost a `fit` of its own to know.
    known = setup.trainable and agreement.has_seen
    if not known or agreement.reason_against(setup.recipe):
        return 0.0
    recipe, trainee = setup.recipe, KerasTrainee(setup)
    # Three more trainings that nobody asked for: of rows in memory they take next to nothing.
    if 3 * recipe.epochs * setup.n_rows * setup.row_seconds > WORTH_SECONDS:
        return 0.0
    return rounding_of(setup, trainee.task(), variant_of(trainee, recipe, 0), recipe.epochs)
