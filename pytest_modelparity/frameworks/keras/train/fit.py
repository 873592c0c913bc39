"""Training a Keras model by its own ``fit``, as the user asked, with a seed of its own."""

from __future__ import annotations

import copy
import inspect
import math
import time
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import scipy.sparse
import tensorflow as tf
from tensorflow.python.eager import context

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.keras.build.model import weights_of
from pytest_modelparity.frameworks.keras.read.model import dense_rows
from pytest_modelparity.sides.dataset import Dataset, read_weights

_REFUSED = ("x", "y", "validation_data")
#: Keras's own default (keras 3.15, trainers/data_adapters/array_data_adapter.py).
DEFAULT_BATCH_SIZE = 32
#: Weights are kept at about this many epochs, evenly spaced in their logarithm.
N_SNAPSHOTS = 40
#: Steps of one long epoch that Keras makes in one call, at most; more save nothing.
STEPS_A_CALL = 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FitArguments:
    """The user's ``fit`` dict, validated.

    Parameters
    ----------
    epochs, batch_size : int
        As given, or Keras's defaults 1 and 32.
    shuffle : bool
        Whether rows are permuted every epoch.
    class_weight : tuple of float, optional
        By class code.
    sample_weight : ndarray of shape (n_samples,), optional
        The candidate's own; ``None``: the check's.
    validation_split : float
        Share of the last rows that are held back.
    others : dict
        What is passed on to ``fit`` as it is.
    """

    epochs: int = 1
    batch_size: int = DEFAULT_BATCH_SIZE
    shuffle: bool = True
    class_weight: tuple[float, ...] | None = None
    sample_weight: np.ndarray | None = None
    validation_split: float = 0.0
    others: dict[str, Any]

    def rows_used(self, n_samples: int) -> int:
        """Return how many leading rows are trained on.

        Keras 3.15, src/trainers/data_adapters/array_slicing.py: floor(n (1 - split)).
        """
        return math.floor(n_samples * (1.0 - self.validation_split))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Training:
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


def read_fit_arguments(fit: Any, data: Dataset) -> FitArguments:
    """Validate the user's ``fit`` dict.

    Raises
    ------
    ModelParityError
        If it is no dict, has a key that ``keras.Model.fit`` does not know or that the check
        itself sets, or a value that Keras would refuse or silently ignore.
    """
    if not isinstance(fit, dict):
        raise ModelParityError(
            f"fit must be a dict of keras.Model.fit arguments, got {type(fit).__name__}; "
            f"pass fit=dict(epochs=100, batch_size=32), or None for a trained candidate"
        )
    known = [name for name in inspect.signature(keras.Model.fit).parameters if name != "self"]
    for name in fit:
        if name in _REFUSED:
            raise ModelParityError(
                f"fit must not hold {name!r}, which the check sets itself; leave it out"
                + (" and use validation_split" if name == "validation_data" else "")
            )
        if name not in known:
            allowed = ", ".join(item for item in known if item not in _REFUSED)
            raise ModelParityError(f"fit has no argument {name!r}; allowed are {allowed}")
    split = _number("validation_split", fit.get("validation_split") or 0.0)
    arguments = FitArguments(
        epochs=_whole("epochs", fit.get("epochs", 1)),
        batch_size=_whole("batch_size", fit.get("batch_size") or DEFAULT_BATCH_SIZE),
        shuffle=bool(fit.get("shuffle", True)),
        class_weight=_class_weight(fit.get("class_weight"), data),
        sample_weight=read_weights(fit.get("sample_weight"), data.y, data.classes),
        validation_split=split,
        others={"verbose": 0}
        | {
            name: value
            for name, value in fit.items()
            if name
            not in (
                "epochs",
                "batch_size",
                "shuffle",
                "class_weight",
                "sample_weight",
                "validation_split",
            )
        },
    )
    if not 0 <= split < 1 or arguments.rows_used(data.n_samples) < 1:
        raise ModelParityError(
            f"validation_split must lie in [0, 1) and leave rows to train on, got {split} "
            f"for {data.n_samples} rows"
        )
    return arguments


def encode_targets(y: np.ndarray, n_classes: int, n_outputs: int, loss_kind: str) -> np.ndarray:
    """Return class codes as the head and the loss need them."""
    if n_outputs == 1:
        return y.astype(np.float32).reshape(-1, 1)
    if loss_kind == "sparse":
        return y
    return np.eye(n_classes, dtype=np.float32)[y]


def train(
    model: Any,
    arguments: FitArguments,
    X: Any,
    targets: np.ndarray,
    row_weight: np.ndarray | None,
    seed: int | None,
) -> Training:
    """Train ``model`` in place by its own ``fit``.

    With an integer seed the batches are those of an unseeded ``fit``, a new permutation every
    epoch, drawn from a private generator. Where TensorFlow's global seed is set, ``fit`` itself
    would replay one permutation, and so does this. See also `train_in_one_pass`.
    """
    n_train = arguments.rows_used(X.shape[0])
    recorder = _Recorder(arguments.epochs)
    others = dict(arguments.others)
    callbacks = [*_private_copies(others.pop("callbacks", None)), recorder]
    if n_train < X.shape[0]:
        held = (X[n_train:], targets[n_train:], _rows(row_weight, slice(n_train, None)))
        others["validation_data"] = held if held[2] is not None else held[:2]
        others.setdefault("validation_batch_size", arguments.batch_size)
        X, targets, row_weight = X[:n_train], targets[:n_train], _rows(row_weight, slice(n_train))
    plain = seed is None or not arguments.shuffle or others.get("steps_per_epoch")
    if plain and not scipy.sparse.issparse(X):
        model.fit(
            X,
            targets,
            sample_weight=row_weight,
            batch_size=arguments.batch_size,
            shuffle=arguments.shuffle,
            epochs=arguments.epochs,
            callbacks=callbacks,
            **others,
        )
    else:
        batches = Batches(X, targets, row_weight, arguments, seed)
        model.fit(batches, shuffle=False, epochs=arguments.epochs, callbacks=callbacks, **others)
    return Training(
        epochs_run=recorder.epochs_run,
        snapshots=tuple(recorder.snapshots),
        seconds=recorder.seconds,
    )


def train_in_one_pass(
    model: Any,
    arguments: FitArguments,
    X: Any,
    targets: np.ndarray,
    row_weight: np.ndarray | None,
    seed: int | None,
) -> Training:
    """Train ``model`` in place by its own ``fit``, all batches of all epochs in one long epoch.

    The batches, and so the weights, are those of `train` to the last bit; Keras's cost of an
    epoch (about 40 ms) is paid once. For trainings without callbacks, whose rows are dense and
    whose ``steps_per_epoch`` is not set.
    """
    assert not arguments.others.get("callbacks")
    n_rows = arguments.rows_used(X.shape[0])
    size = min(arguments.batch_size, n_rows)
    steps = math.ceil(n_rows / size)
    weights = _rows(row_weight, slice(n_rows))
    batches = Batches(X[:n_rows], targets[:n_rows], weights, arguments, seed)
    arrays = [tf.constant(array) for array in batches.arrays() if array is not None]

    def next_order() -> np.ndarray:
        batches.on_epoch_begin()
        return batches.order()

    # AutoGraph fails on Python 3.13 where warnings are errors, and has nothing to do here.
    plain = tf.autograph.experimental.do_not_convert

    def order_of(_: Any) -> Any:
        return tf.ensure_shape(tf.numpy_function(next_order, [], tf.int32), [n_rows])

    def steps_of(order: Any) -> Any:
        return tf.data.Dataset.range(steps, output_type=tf.int32).map(
            plain(lambda step: order[step * size : tf.minimum((step + 1) * size, n_rows)])
        )

    # Not of a generator: TensorFlow 2.21 now and then ends one twice, and prints a traceback.
    orders = tf.data.Dataset.range(arguments.epochs).map(plain(order_of))
    # Keras asks for one batch more than it trains on: hence the repetition.
    data = orders.flat_map(plain(steps_of)).repeat()
    data = data.map(plain(lambda rows: tuple(tf.gather(array, rows) for array in arrays)))
    total = steps * arguments.epochs
    started = time.perf_counter()
    model.steps_per_execution = _divisor(total, STEPS_A_CALL)
    model.fit(data, epochs=1, steps_per_epoch=total, shuffle=False, verbose=0)
    return Training(
        epochs_run=arguments.epochs, snapshots=(), seconds=time.perf_counter() - started
    )


def snapshot_epochs(epochs: int) -> list[int]:
    """Return at which epochs the weights are kept: evenly spaced in their logarithm."""
    steps = np.geomspace(1, max(epochs, 1), min(epochs, N_SNAPSHOTS) or 1)
    return sorted(set(np.rint(steps).astype(int).tolist()))


def _divisor(total: int, most: int) -> int:
    """Return the largest divisor of ``total`` that is not above ``most``."""
    return next(size for size in range(min(total, most), 0, -1) if total % size == 0)


def replays_one_permutation() -> bool:
    """Whether TensorFlow's global seed is set: ``fit`` then shuffles every epoch alike.

    Measured on Keras 3.15 with ``keras.utils.set_random_seed``, eager and in graphs.
    """
    return context.global_seed() is not None


class Batches(keras.utils.PyDataset):
    """Rows in batches, permuted afresh every epoch by a generator of its own."""

    def __init__(
        self,
        X: Any,
        targets: np.ndarray,
        row_weight: np.ndarray | None,
        arguments: FitArguments,
        seed: int | None,
    ) -> None:
        super().__init__()
        self._arrays = (X, targets, row_weight)
        self._batch_size = arguments.batch_size
        self._generator = np.random.default_rng(seed)
        self._order = np.arange(targets.shape[0])
        replay = seed is not None and replays_one_permutation()
        if arguments.shuffle and replay:
            self._generator.shuffle(self._order)
        self._reshuffle = arguments.shuffle and not replay

    def __len__(self) -> int:
        """Return the number of batches; the short last one counts."""
        return math.ceil(len(self._order) / self._batch_size)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """Return one batch: rows, targets and, where there are any, weights."""
        rows = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        X, targets, row_weight = self._arrays
        dense = dense_rows(X[rows])
        batch = (dense.astype(np.float32, copy=False), targets[rows])
        return batch if row_weight is None else (*batch, row_weight[rows].astype(np.float32))

    def arrays(self) -> tuple[np.ndarray | None, ...]:
        """Return rows, targets and weights whole, as a step gets them."""
        X, targets, row_weight = self._arrays
        weights = None if row_weight is None else row_weight.astype(np.float32)
        return dense_rows(X).astype(np.float32, copy=False), targets, weights

    def order(self) -> np.ndarray:
        """Return the current order of the rows."""
        return self._order.astype(np.int32)

    def on_epoch_begin(self) -> None:
        """Draw the epoch's permutation.

        Not when an epoch ends: to build a fresh model, Keras 3.15 looks at two batches before the
        first epoch, and tells of an end after that too.
        """
        if self._reshuffle:
            self._generator.shuffle(self._order)


class _Recorder(keras.callbacks.Callback):
    """Counts epochs and keeps the weights at some of them."""

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self._wanted = set(snapshot_epochs(epochs))
        self.epochs_run = 0
        self.snapshots: list[tuple[int, list[np.ndarray]]] = []
        self.seconds = 0.0

    def on_train_begin(self, logs: Any = None) -> None:
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.epochs_run += 1
        if self.epochs_run in self._wanted:
            self.snapshots.append((self.epochs_run, weights_of(self.model)))

    def on_train_end(self, logs: Any = None) -> None:
        self.seconds = time.perf_counter() - self._start


def _private_copies(callbacks: Any) -> list[Any]:
    """Return copies of the user's callbacks, so that a second training starts afresh."""
    items = callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]
    found = []
    for item in items:
        if item is None:
            continue
        try:
            found.append(copy.deepcopy(item))
        except Exception:
            # One that holds a file or a lock cannot be copied; it is the user's to share.
            found.append(item)
    return found


def _rows(weights: np.ndarray | None, rows: slice) -> np.ndarray | None:
    """Return some of the weights, or none."""
    return None if weights is None else weights[rows]


def _whole(name: str, value: Any) -> int:
    """Return a positive integer, or say what is allowed."""
    if isinstance(value, (bool, float, str)) or not hasattr(value, "__index__") or value < 1:
        raise ModelParityError(f"fit's {name} must be an integer >= 1, got {name}={value!r}")
    return int(value)


def _number(name: str, value: Any) -> float:
    """Return a float, or say what is allowed."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ModelParityError(f"fit's {name} must hold numbers, got {value!r}") from None


def _class_weight(given: Any, data: Dataset) -> tuple[float, ...] | None:
    """Return Keras's class weights by code; keys that Keras would ignore are refused."""
    if given is None:
        return None
    codes = list(range(data.n_classes))
    labels = ", ".join(f"{code}: {label!r}" for code, label in enumerate(data.classes.tolist()))
    if not isinstance(given, dict) or set(given) != set(codes):
        raise ModelParityError(
            f"fit's class_weight must be a dict with one weight for each class index "
            f"({labels}), got {given!r}; Keras takes indices, ignores other keys and knows no "
            f"'balanced'"
        )
    weights = tuple(_number("class_weight", given[code]) for code in codes)
    if not all(math.isfinite(weight) and weight > 0 for weight in weights):
        raise ModelParityError(f"fit's class_weight must be finite and > 0, got {given!r}")
    return weights
