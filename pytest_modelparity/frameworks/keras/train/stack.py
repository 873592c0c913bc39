"""One stack of linear models in one compiled loop, moved by one Keras optimizer."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from pytest_modelparity.settings import ObjectiveSettings

#: Keras's optimizers (3.15) whose step moves every element by that element's own history.
ELEMENTWISE = (
    keras.optimizers.SGD,
    keras.optimizers.Adam,
    keras.optimizers.AdamW,
    keras.optimizers.RMSprop,
    keras.optimizers.Nadam,
    keras.optimizers.Adamax,
    keras.optimizers.Adagrad,
    keras.optimizers.Adadelta,
    keras.optimizers.Ftrl,
    keras.optimizers.Lion,
)
#: Options that put the elements of a tensor in relation to each other.
MIXING = ("clipnorm", "global_clipnorm")
#: XLA takes about 0.8 s more to compile a loop and saves about 0.13 ms of each step.
STEPS_WORTH_COMPILING = 6000
# Steps as small as these are faster on the processor than on an accelerator.
_DEVICE = "/CPU:0"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Variant:
    """One training of the model.

    Parameters
    ----------
    kernel : ndarray of shape (n_features, n_outputs)
        Starting weights, in the coordinates of the Dense layer.
    bias : ndarray of shape (n_outputs,)
        Starting intercepts.
    optimizer : keras.optimizers.Optimizer
        One that `can_stack`; copied with its state, never changed.
    batch_size : int
        Rows a step; the last batch may be short.
    seed : int, optional
        Of the permutations; ``None`` leaves the rows in their order.
    decayed : tuple of bool
        Whether the optimizer's weight decay, where it has one, acts on kernel and bias.
    """

    kernel: np.ndarray
    bias: np.ndarray
    optimizer: Any
    batch_size: int
    seed: int | None
    decayed: tuple[bool, bool] = (True, True)


def can_stack(optimizer: Any) -> bool:
    """Whether one optimizer on a stack moves each variant exactly as it would alone."""
    rate = getattr(optimizer, "_learning_rate", None)
    return (
        # A subclass may do anything.
        type(optimizer) in ELEMENTWISE
        and not any(getattr(optimizer, option) for option in MIXING)
        and (isinstance(rate, keras.Variable) or _is_schedule(rate))
    )


def stack_key(variant: Variant) -> str:
    """Return what variants of one stack have in common."""
    optimizer = variant.optimizer
    config = optimizer.get_config()
    del config["learning_rate"], config["name"]
    # Of the numbers that an optimizer keeps a stack has one each: Adam corrects by its steps.
    steps = int(optimizer._iterations)
    scheduled = _is_schedule(optimizer._learning_rate)
    own = type(optimizer), optimizer.built, steps, scheduled, config
    return repr((variant.batch_size, variant.decayed, own))


class Problem:
    """The rows and the objective that all variants share; parameters as `StackedTrainer`'s.

    One row of zeros without weight follows the others: short batches are filled up with it, so
    that one compiled step serves them all.
    """

    def __init__(
        self,
        settings: ObjectiveSettings,
        X: np.ndarray,
        y: np.ndarray,
        row_weight: np.ndarray | None,
        n_outputs: int,
        summed_over: int | None,
        penalty_scale: np.ndarray | None,
    ) -> None:
        self.settings, self.summed_over = settings, summed_over
        self._penalty_scale = None if penalty_scale is None else penalty_scale.astype(np.float32)
        self.n_samples = len(y)
        weights = np.ones(len(y)) if row_weight is None else row_weight
        targets = _targets(settings, y, n_outputs)
        with tf.device(_DEVICE):
            self._X, self._targets, self._row_weight = (
                tf.constant(np.append(rows, np.zeros_like(rows[:1]), axis=0), tf.float32)
                for rows in (X, targets, weights)
            )

    def values(self, kernel: Any, bias: Any, rows: Any, n_rows: Any) -> Any:
        """Return the loss and penalty of each variant on its batch.

        Parameters
        ----------
        kernel : tensor of shape (n_variants, n_features, n_outputs)
            Weights.
        bias : tensor of shape (n_variants, 1, n_outputs)
            Intercepts.
        rows : tensor of shape (n_variants, batch_size)
            Row numbers.
        n_rows : tensor
            How many of them are no filling.
        """
        logits = tf.matmul(tf.gather(self._X, rows), kernel) + bias
        targets, weights = tf.gather(self._targets, rows), tf.gather(self._row_weight, rows)
        if self.settings.output_head == "sigmoid":
            losses = tf.nn.sigmoid_cross_entropy_with_logits(targets, logits[:, :, 0])
        else:
            losses = tf.nn.softmax_cross_entropy_with_logits(targets, logits)
        divisor = n_rows if self.summed_over is None else float(self.summed_over)
        if self.settings.weights_normalised:
            divisor = tf.reduce_sum(weights, axis=1)
        values = self.settings.loss_scale * (tf.reduce_sum(weights * losses, axis=1) / divisor)
        return values + self._penalties(kernel, bias)

    def _penalties(self, kernel: Any, bias: Any) -> Any:
        """Return each variant's penalty."""
        settings, total = self.settings, 0.0
        if self._penalty_scale is not None:
            kernel = kernel / self._penalty_scale[:, None]
        for weights, l2_strength, l1_strength in (
            (kernel, settings.l2_strength, settings.l1_strength),
            (bias, settings.intercept_l2_strength, settings.intercept_l1_strength),
        ):
            if l2_strength:
                total += 0.5 * l2_strength * tf.reduce_sum(tf.square(weights), axis=(1, 2))
            if l1_strength:
                total += l1_strength * tf.reduce_sum(tf.abs(weights), axis=(1, 2))
        return total


class Stack:
    """Variants that share an optimizer but for its learning rate, and a batch size.

    Parameters
    ----------
    variants : sequence of Variant
        Of equal `stack_key`.
    problem : Problem
        What they are trained on.
    chunk : int
        Epochs in one call, at most.
    compiled : bool, optional
        Whether XLA compiles the loop; ``None``: where a training is long enough to gain by it.
    """

    def __init__(
        self,
        variants: Sequence[Variant],
        problem: Problem,
        chunk: int,
        compiled: bool | None,
    ) -> None:
        self._problem, self._chunk, self._compiled = problem, chunk, compiled
        self._size = min(variants[0].batch_size, problem.n_samples)
        self._steps = math.ceil(problem.n_samples / self._size)
        self._n_variants = len(variants)
        self._epochs_made = 0
        last = problem.n_samples - (self._steps - 1) * self._size
        with tf.device(_DEVICE):
            self._kernel, self._bias = (
                keras.Variable(np.stack(starts).astype(np.float32), name=name)
                for name, starts in (
                    ("kernel", [variant.kernel for variant in variants]),
                    ("bias", [variant.bias[None] for variant in variants]),
                )
            )
            self._variables = [self._kernel, self._bias][: 1 + problem.settings.fit_intercept]
            self._optimizer = _stacked_optimizer(
                [variant.optimizer for variant in variants], self._variables, variants[0].decayed
            )
            self._sizes = tf.constant([self._size] * (self._steps - 1) + [last], tf.float32)
        self._loop, self._xla_loop = (
            # AutoGraph, which we do not need, fails under Python 3.13 where warnings are errors.
            tf.function(self._epochs, autograph=False, jit_compile=by_xla)
            for by_xla in (None, True)
        )

    def run(self, orders: np.ndarray, columns: np.ndarray, ahead: int) -> np.ndarray:
        """Make the epochs of ``orders``; return the losses, of shape (n_epochs, n_variants).

        Parameters
        ----------
        orders : ndarray of shape (n_epochs, n_distinct, n_samples)
            Permutations of the rows.
        columns : ndarray of shape (n_variants,)
            Which of them is each variant's.
        ahead : int
            Epochs that are still to be made, these included.
        """
        used, which = np.unique(columns, return_inverse=True)
        batches = self._batches(orders[:, used])
        # Who has made many steps will make more.
        steps = (self._epochs_made + ahead) * self._steps
        if self._compiled is None and steps >= STEPS_WORTH_COMPILING:
            self._compiled = True
        with tf.device(_DEVICE):
            losses = self._call(
                tf.constant(batches),
                tf.constant(which, tf.int32),
                tf.constant(len(orders) * self._steps),
            )
        self._epochs_made += len(orders)
        return np.asarray(losses)[: len(orders)]

    def _call(self, *arguments: Any) -> Any:
        """Run the loop, by XLA where that is wanted and there."""
        if self._compiled:
            try:
                return self._xla_loop(*arguments)
            except (tf.errors.UnimplementedError, tf.errors.InvalidArgumentError):
                # TensorFlow has no XLA for some platforms; it says so before the first step.
                self._compiled = False
        return self._loop(*arguments)

    def weights(self) -> tuple[np.ndarray, np.ndarray]:
        """Return kernels and biases as ``fit`` would leave them if it ended now."""
        moving = [np.asarray(variable) for variable in self._variables]
        if self._epochs_made:
            # The last thing that `fit` does: averaged weights take the place of the last ones.
            self._optimizer.finalize_variable_values(self._variables)
        kernel, bias = np.asarray(self._kernel).copy(), np.asarray(self._bias)[:, 0].copy()
        for variable, value in zip(self._variables, moving, strict=True):
            variable.assign(value)
        return kernel, bias

    def _batches(self, orders: np.ndarray) -> np.ndarray:
        """Return the rows of each step, of shape (chunk * steps, n_distinct, batch_size).

        Every call's array has one shape, for which the loop is compiled once.
        """
        n_epochs, n_distinct, n_samples = orders.shape
        shape = (self._chunk, n_distinct, self._steps * self._size)
        padded = np.full(shape, self._problem.n_samples, dtype=np.int32)
        padded[:n_epochs, :, :n_samples] = orders
        steps = padded.reshape(self._chunk, n_distinct, self._steps, self._size)
        return steps.swapaxes(1, 2).reshape(-1, n_distinct, self._size)

    def _epochs(self, batches: Any, which: Any, n_steps: Any) -> Any:
        """Make ``n_steps`` steps; return the mean loss of each epoch and variant."""

        def one_step(step: Any, totals: Any) -> tuple[Any, Any]:
            n_rows = self._sizes[step % self._steps]
            values = self._step(tf.gather(batches[step], which), n_rows)
            epoch = tf.reshape(step // self._steps, (1, 1))
            # Keras weighs each batch's loss by its rows (trainers/trainer.py, `_loss_tracker`).
            return step + 1, tf.tensor_scatter_nd_add(totals, epoch, [values * n_rows])

        start = tf.constant(0), tf.zeros((self._chunk, self._n_variants))
        totals = tf.while_loop(lambda step, _: step < n_steps, one_step, start)[1]
        return totals / float(self._problem.n_samples)

    def _step(self, rows: Any, n_rows: Any) -> Any:
        """Make one optimizer step; return each variant's loss before it."""
        with tf.GradientTape() as tape:
            values = self._problem.values(self._kernel, self._bias, rows, n_rows)
            scaled = self._optimizer.scale_loss(values)
        # The gradient of their sum; none of them depends on another variant's weights.
        self._optimizer.apply(tape.gradient(scaled, self._variables), self._variables)
        return values


def _targets(settings: ObjectiveSettings, y: np.ndarray, n_outputs: int) -> np.ndarray:
    """Return each row's smoothed target: a number for a sigmoid, one a class for softmax."""
    smoothing = np.float32(settings.label_smoothing)
    if settings.output_head == "sigmoid":
        return y.astype(np.float32) * (1 - smoothing) + smoothing / 2
    one_hot = np.eye(n_outputs, dtype=np.float32)[y]
    return one_hot * (1 - smoothing) + smoothing / n_outputs


def _stacked_optimizer(
    optimizers: Sequence[Any], variables: list[Any], decayed: tuple[bool, bool]
) -> Any:
    """Return one optimizer for the stacked variables, with all states and learning rates."""
    first = optimizers[0]
    stacked = type(first).from_config(first.get_config())
    if first.weight_decay is not None:
        exempt = [v for v, acts in zip(variables, decayed, strict=False) if not acts]
        stacked.exclude_from_weight_decay(var_list=exempt)
    stacked.build(variables)
    if first.built:
        for own, *states in zip(
            stacked.variables, *(optimizer.variables for optimizer in optimizers), strict=True
        ):
            values = [np.asarray(state) for state in states]
            own.assign(np.reshape(values, own.shape) if len(own.shape) else values[0])
    texts = [repr(optimizer.get_config()["learning_rate"]) for optimizer in optimizers]
    if len(set(texts)) > 1:
        stacked.learning_rate = _rates(optimizers, texts, stacked)
    return stacked


def _rates(optimizers: Sequence[Any], texts: list[str], stacked: Any) -> Callable[[], Any]:
    """Return what gives each variant's learning rate now, of shape (n_variants, 1, 1)."""
    distinct = {
        text: optimizer._learning_rate for text, optimizer in zip(texts, optimizers, strict=True)
    }
    which = np.reshape([list(distinct).index(text) for text in texts], (-1, 1, 1))
    rates = [rate if _is_schedule(rate) else np.asarray(rate) for rate in distinct.values()]

    def current() -> Any:
        # Keras counts every batch here, those whose gradients are only accumulated too.
        steps = stacked._iterations
        now = [tf.cast(rate(steps) if callable(rate) else rate, tf.float32) for rate in rates]
        return tf.gather(tf.stack(now), which)

    return current


def _is_schedule(rate: Any) -> bool:
    """Whether a learning rate is a schedule."""
    return isinstance(rate, keras.optimizers.schedules.LearningRateSchedule)
