"""What is done in TensorFlow itself: gradients, random state, and one long epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.eager import context

from pytest_modelparity.frameworks.keras.backend.protocol import FullBatch
from pytest_modelparity.sides.finite import Matrix
from pytest_modelparity.sides.random_state import global_state_kept

NAME = "TensorFlow"
#: Nothing is clipped: a crossentropy takes the logits that a sigmoid or softmax leaves on its
#: output (keras 3.15, backend/tensorflow/nn.py, `_get_logits`).
CLIP_EDGE: float | None = None
SLOPE_AT_ZERO = 0.0
#: An epoch costs 40 ms, a step in calls of 100 half a millisecond (measured).
FULL_BATCH = FullBatch(
    schedules=((0.1, 4000), (0.1, 16_000)),
    imports="\nimport tensorflow as tf",
    options="\n        steps_per_execution=100,",
    fit="""\
    # All rows in every step: one epoch of a data set that repeats one batch.
    data = tf.data.Dataset.from_tensors((rows, targets, weights)).repeat()
    model.fit(data, epochs=1, steps_per_epoch={steps}, shuffle=False, verbose=0)
""",
)

#: Steps of one long epoch that Keras makes in one call, at most; more save nothing. In calls of 100
#: steps 2000 of them took 0.46 ms each in place of 1.3 (measured).
STEPS_A_CALL = 64

# AutoGraph fails on Python 3.13 where warnings are errors, and has nothing to do here.
_plain = tf.autograph.experimental.do_not_convert


def global_seed() -> int | None:
    """Return TensorFlow's global seed; ``None`` where none is set (TensorFlow 2.19 to 2.21)."""
    seed: int | None = context.global_seed()
    return seed


@contextmanager
def random_state_kept(seed: int | None = None) -> Iterator[None]:
    """Put all global random states back afterwards; seed Python's and numpy's where asked.

    Keras draws the seed of every initializer without one from Python's ``random``
    (keras 3.15, src/random/seed_generator.py): that is all a fresh start depends on. Under
    TensorFlow's global seed every ``fit`` that shuffles draws from its generator, too.
    """
    # Its context is private, but `tf.random.set_seed` alone would start the sequence of drawn seeds
    # anew, and the user's next operation would repeat an earlier one (TensorFlow 2.21,
    # eager/context.py, _rng).
    before, drawn = global_seed(), _draws()
    try:
        with global_state_kept(seed):
            yield
    finally:
        # Only where it changed: setting a seed starts the draws anew and clears TensorFlow's caches
        # of kernels (2.21, eager/context.py).
        if global_seed() != before:
            tf.random.set_seed(before)
        if drawn is not None:
            context.context()._rng.setstate(drawn)


def _draws() -> Any:
    """Return the state of what TensorFlow draws seeds from; ``None`` without a global seed."""
    return context.context()._rng.getstate() if global_seed() is not None else None


def replays_one_permutation() -> bool:
    """Whether the global seed is set: ``fit`` then shuffles every epoch alike.

    Measured on Keras 3.15 with ``keras.utils.set_random_seed``, eager and in graphs.
    """
    return global_seed() is not None


def array(value: Any) -> np.ndarray:
    """Return a variable or a tensor as an array of its own."""
    return np.array(np.asarray(value))


def loss_and_gradients(
    model: keras.Model,
    variables: Sequence[keras.Variable],
    rows: tuple[np.ndarray, np.ndarray],
    *,
    training: bool,
) -> tuple[float, list[np.ndarray | None]]:
    """Return a compiled model's loss and its gradients by some trainable variables."""
    X, targets = tf.constant(rows[0], "float32"), tf.constant(rows[1])
    more = {"training": True} if training else {}
    with tf.GradientTape() as tape:
        value = model.compute_loss(x=X, y=targets, y_pred=model(X, training=training), **more)
    gradients = tape.gradient(value, variables)
    return float(value), [None if item is None else np.asarray(item) for item in gradients]


def constant(values: Any, dtype: str | None = None) -> tf.Tensor:
    """Return values as a tensor."""
    return tf.constant(values, dtype)


def traced_value_and_gradients(
    compute: Callable[[], tf.Tensor], variables: Sequence[tf.Variable]
) -> Callable[[], tuple[Any, Any]]:
    """Return a compiled function of no arguments: value and gradients at the variables."""

    # Compiled once: L-BFGS asks for the value some hundred times.
    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def evaluate() -> Any:
        with tf.GradientTape() as tape:
            value = compute()
        return value, tape.gradient(value, variables)

    compiled: Callable[[], tuple[Any, Any]] = evaluate
    return compiled


def float64_rows(X: Matrix) -> tf.Tensor | tf.SparseTensor:
    """Return rows as a float64 tensor; sparse stays sparse."""
    if isinstance(X, np.ndarray):
        return tf.convert_to_tensor(X, tf.float64)
    entries = X.tocoo()
    # TensorFlow wants the entries in row-major order, which CSR does not promise within a row.
    indices = np.column_stack([entries.row, entries.col]).astype(np.int64)
    return tf.sparse.reorder(tf.SparseTensor(indices, entries.data, X.shape))


def float64(value: tf.Tensor) -> tf.Tensor:
    """Return a tensor in float64."""
    return tf.cast(value, tf.float64)


def weighted_mean(values: tf.Tensor, weights: tf.Tensor | None) -> tf.Tensor:
    """Return the mean of values, each times its weight where there are weights."""
    return tf.reduce_mean(values if weights is None else values * tf.cast(weights, values.dtype))


def half_square_sum(strength: float, variable: tf.Variable) -> tf.Tensor:
    """Return an L2 penalty in float64."""
    # As a constant of its own: Keras 3.15 on TensorFlow casts a Python float through float32.
    half = tf.constant(0.5 * strength, tf.float64)
    return half * tf.reduce_sum(tf.square(tf.convert_to_tensor(variable)))


def one_long_epoch(
    arrays: Sequence[np.ndarray], next_order: Callable[[], np.ndarray], size: int, epochs: int
) -> tf.data.Dataset:
    """Return all batches of all epochs as one data set, as `Backend.one_long_epoch` says."""
    tensors = [tf.constant(array) for array in arrays]
    n_rows = len(arrays[0])
    steps = -(-n_rows // size)

    def order_of(_: tf.Tensor) -> tf.Tensor:
        # A function of numpy has no static shape, not even a rank, and so would not the batches.
        return tf.ensure_shape(tf.numpy_function(next_order, [], tf.int32), [n_rows])

    def steps_of(order: tf.Tensor) -> tf.data.Dataset:
        return tf.data.Dataset.range(steps, output_type=tf.int32).map(
            _plain(lambda step: order[step * size : tf.minimum((step + 1) * size, n_rows)])
        )

    # Not of a generator: TensorFlow 2.21 now and then ends one twice, and prints a traceback.
    orders = tf.data.Dataset.range(epochs).map(_plain(order_of))
    # Keras asks for one batch more than it trains on: hence the repetition.
    data = orders.flat_map(_plain(steps_of)).repeat()
    return data.map(_plain(lambda rows: tuple(tf.gather(tensor, rows) for tensor in tensors)))


def steps_a_call(total: int) -> int:
    """Return how many steps Keras makes in one call: the largest divisor that is not too large."""
    # A divisor, since Keras makes whole calls: with an endless source 200 steps in calls of 60 were
    # 240, and weights 1.5e-3 off, without a word (measured).
    most = min(total, STEPS_A_CALL)
    return next(size for size in range(most, 0, -1) if total % size == 0)
