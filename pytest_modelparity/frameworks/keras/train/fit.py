"""Training a Keras model by its own ``fit``, as the user asked, with a seed of its own."""

from __future__ import annotations

import copy
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.build.copying import weights_of
from pytest_modelparity.frameworks.keras.read.arguments import FitArguments
from pytest_modelparity.frameworks.keras.train.batches import Batches, FitRows
from pytest_modelparity.frameworks.steps.loop import snapshot_epochs
from pytest_modelparity.progress import count, is_listened
from pytest_modelparity.theory.clock import next_step


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FitResult:
    """What one ``fit`` left behind.

    Parameters
    ----------
    epochs_run : int
        Epochs that were made; fewer than asked where a callback stopped it.
    snapshots : tuple of (int, list of ndarray)
        Epoch and weights, at a few epochs.
    seconds : float
        How long it took.
    """

    epochs_run: int
    snapshots: tuple[tuple[int, list[np.ndarray]], ...]
    seconds: float


def train(
    model: keras.Model, arguments: FitArguments, rows: FitRows, seed: int | None
) -> FitResult:
    """Train ``model`` in place by its own ``fit``.

    With an integer seed the batches are those of an unseeded ``fit``, a new permutation every
    epoch, drawn from a private generator. Where TensorFlow's global seed is set, ``fit`` itself
    would replay one permutation, and so does this. See also `train_in_one_pass`.
    """
    n_train = arguments.rows_used(len(rows))
    recorder = _Recorder(arguments.epochs)
    others = dict(arguments.others)
    # Last, so that it sees the weights as the user's callbacks leave them.
    callbacks = [*_private_copies(others.pop("callbacks", None)), recorder]
    if n_train < len(rows):
        # Split here: Keras splits arrays only, not the data set that seeded batches come from
        # (keras 3.15, array_slicing.py).
        others |= _validation(rows.part(slice(n_train, None)), arguments)
        rows = rows.part(slice(n_train))
    # With steps_per_epoch an epoch ends amid the rows (keras 3.15, epoch_iterator.py), and
    # `Batches` would draw another order there.
    plain = seed is None or not arguments.shuffle or others.get("steps_per_epoch")
    if plain and rows.are_arrays:
        model.fit(
            rows.X,
            rows.targets,
            sample_weight=rows.weights,
            batch_size=arguments.batch_size,
            shuffle=arguments.shuffle,
            epochs=arguments.epochs,
            callbacks=callbacks,
            **others,
        )
    else:
        if seed is None:
            # The user's own generator decides, as it would of an array.
            seed = random.getrandbits(32)
        batches = Batches(rows, arguments, seed)
        callbacks.insert(0, _EachEpoch(batches.draw))
        # shuffle=True would shuffle whole batches here (keras 3.15, py_dataset_adapter.py).
        model.fit(batches, shuffle=False, epochs=arguments.epochs, callbacks=callbacks, **others)
    return FitResult(
        epochs_run=recorder.epochs_run,
        snapshots=tuple(recorder.snapshots),
        seconds=recorder.seconds,
    )


def train_in_one_pass(
    model: keras.Model,
    arguments: FitArguments,
    rows: FitRows,
    seed: int | None,
    *,
    snapshots: bool = False,
) -> FitResult:
    """Train ``model`` in place by its own ``fit``, all batches of all epochs in one long epoch.

    The batches, and so the weights, are those of `train` to the last bit; Keras's cost of an
    epoch (about 40 ms) is paid once. For trainings without callbacks, whose rows are dense and
    whose ``steps_per_epoch`` is not set. Snapshots cost a call of Keras's for each epoch.
    """
    # A callback would see one epoch where its user asked for many.
    assert not arguments.others.get("callbacks")
    rows = rows.part(slice(arguments.rows_used(len(rows))))
    size = min(arguments.batch_size, len(rows))
    batches = Batches(rows, arguments, seed)

    def next_order() -> np.ndarray:
        batches.draw()
        return batches.order()

    data = BACKEND.one_long_epoch(batches.arrays(), next_order, size, arguments.epochs)
    steps = math.ceil(len(rows) / size)
    total = steps * arguments.epochs
    started = time.perf_counter()
    # After compiling, which would set it back to 1.
    a_call = model.steps_per_execution = BACKEND.steps_a_call(steps if snapshots else total)
    recorder = _RecorderOfSteps(arguments.epochs, steps, a_call)
    # None where nobody looks: one call a batch is not much, and nothing is less.
    watching = [recorder] if snapshots or is_listened() else None
    model.fit(data, epochs=1, steps_per_epoch=total, shuffle=False, verbose=0, callbacks=watching)
    return FitResult(
        epochs_run=arguments.epochs,
        snapshots=tuple(recorder.snapshots) if snapshots else (),
        seconds=time.perf_counter() - started,
    )


def _validation(rows: FitRows, arguments: FitArguments) -> dict[str, Any]:
    """Return the arguments of ``fit`` that hold rows back."""
    size = arguments.others.get("validation_batch_size") or arguments.batch_size
    if rows.are_held:
        return {"validation_data": rows.arrays(), "validation_batch_size": size}
    # A data set has batches of its own, which Keras is not told the size of.
    in_order = replace(arguments, batch_size=size, shuffle=False)
    return {"validation_data": Batches(rows, in_order, None), "validation_batch_size": None}


class _EachEpoch(keras.callbacks.Callback):
    """Does something when an epoch begins.

    A data set's own ``on_epoch_begin`` is no such place: to build a fresh model, Keras 3.15 calls
    it once more on JAX and torch, and ``on_epoch_end`` on all backends (measured).
    """

    def __init__(self, do: Callable[[], None]) -> None:
        super().__init__()
        self._do = do

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._do()


class _Snapshots(keras.callbacks.Callback):
    """Keeps the weights at some epochs."""

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self._wanted, self._epochs = set(snapshot_epochs(epochs)), epochs
        self.snapshots: list[tuple[int, list[np.ndarray]]] = []

    def _keep(self, epoch: int) -> None:
        """Keep the weights where they are wanted of an epoch."""
        if epoch in self._wanted:
            self.snapshots.append((epoch, weights_of(self.model)))


class _Recorder(_Snapshots):
    """Counts epochs and keeps the weights at some of them."""

    def __init__(self, epochs: int) -> None:
        super().__init__(epochs)
        self.epochs_run = 0
        self.seconds = 0.0

    def on_train_begin(self, logs: Any = None) -> None:
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.epochs_run += 1
        self._keep(self.epochs_run)
        count(self.epochs_run, self._epochs, "epoch")
        if self.epochs_run < self._epochs:
            next_step()

    def on_train_end(self, logs: Any = None) -> None:
        self.seconds = time.perf_counter() - self._start


class _RecorderOfSteps(_Snapshots):
    """Counts the epochs of a pass that Keras takes for one, and keeps the weights at some."""

    def __init__(self, epochs: int, steps: int, a_call: int) -> None:
        super().__init__(epochs)
        self._steps, self._a_call = steps, a_call
        self._made = 0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        # Counted here: up to Keras 3.10 the number of a call is that of its first step.
        self._made += self._a_call
        epoch, begun = divmod(self._made, self._steps)
        count(epoch, self._epochs, "epoch")
        # Where a call makes steps of two epochs, an end may lie within it and is not seen.
        if not begun:
            self._keep(epoch)


def _private_copies(callbacks: Any) -> list[Any]:
    """Return copies of the user's callbacks, so that a second training starts afresh."""
    items = callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]
    found = []
    for item in items:
        if item is None:
            continue
        try:
            # What a callback gathers, such as a best value, is its user's: it must not tell of our
            # trainings.
            found.append(copy.deepcopy(item))
        except Exception:
            # One that holds a file or a lock cannot be copied; it is the user's to share.
            found.append(item)
    return found
