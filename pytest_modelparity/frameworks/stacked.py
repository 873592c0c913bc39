"""Many trainings of one linear Keras model at once, by the model's own optimizer."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from pytest_modelparity.settings import ObjectiveSettings

#: Epochs whose permutations are handed over in one call of the compiled loop.
EPOCHS_A_CALL = 64
#: Keras's optimizers (3.15) whose step moves every element by that element's own history.
ELEMENTWISE = (
    "SGD",
    "Adam",
    "AdamW",
    "RMSprop",
    "Nadam",
    "Adamax",
    "Adagrad",
    "Adadelta",
    "Ftrl",
    "Lion",
)


def can_stack(optimizer: Any) -> bool:
    """Whether one optimizer on a stack moves each variant exactly as it would alone."""
    config = optimizer.get_config()
    return type(optimizer).__name__ in ELEMENTWISE and not any(
        config.get(option)
        for option in ("clipnorm", "global_clipnorm", "use_ema", "gradient_accumulation_steps")
    )


class StackedTrainer:
    """Variants of one linear model, trained together with the batches of ``fit``.

    The variants' weights are one tensor of shape (n_variants, n_features, n_outputs), to which
    one clone of the candidate's Keras optimizer is applied: element-wise optimizers update each
    variant exactly as they would alone. Each variant has its own permutations.

    Parameters
    ----------
    kernel : ndarray of shape (n_variants, n_features, n_outputs)
        Starting weights, in the coordinates of the Dense layer.
    bias : ndarray of shape (n_variants, n_outputs)
        Starting intercepts.
    settings : ObjectiveSettings
        The objective of all variants as the compiled loss has it: ``rows_used`` applied to the
        rows already, the optimizer's own decay left to the optimizer.
    optimizer : keras.optimizers.Optimizer
        One that `can_stack`; cloned with its state, never changed.
    X : ndarray of shape (n_samples, n_features)
        Rows as the Dense layer sees them.
    y : ndarray of shape (n_samples,)
        Class codes.
    row_weight : ndarray of shape (n_samples,), optional
        Class weights included.
    batch_size : int
        Rows a step; the last batch may be short.
    seeds : sequence of int or None
        One a variant; ``None`` leaves the rows in their order.
    summed : bool
        Whether the loss of a batch is summed: a short last batch then weighs less.
    decayed : tuple of bool
        Whether the optimizer's weight decay acts on kernel and bias.
    """

    def __init__(
        self,
        kernel: np.ndarray,
        bias: np.ndarray,
        settings: ObjectiveSettings,
        optimizer: Any,
        X: np.ndarray,
        y: np.ndarray,
        row_weight: np.ndarray | None,
        batch_size: int,
        seeds: tuple[int | None, ...],
        *,
        summed: bool = False,
        decayed: tuple[bool, ...] = (True, True),
    ) -> None:
        self._settings = settings
        self._kernel = keras.Variable(kernel.astype(np.float32), name="kernel")
        self._bias = keras.Variable(bias.astype(np.float32), name="bias")
        self._variables = [self._kernel, self._bias][: 1 + settings.fit_intercept]
        self._optimizer = _copy_for(optimizer, self._variables, decayed)
        self._summed = summed
        self._X = tf.constant(X, tf.float32)
        self._y = tf.constant(y, tf.int32)
        ones = np.ones(len(y)) if row_weight is None else row_weight
        self._row_weight = tf.constant(ones, tf.float32)
        self._batch_size = min(batch_size, len(y))
        self._generators = [None if s is None else np.random.default_rng(s) for s in seeds]
        self._orders = np.tile(np.arange(len(y), dtype=np.int32), (len(seeds), 1))
        # Loops are written out: on Python 3.13 the rewriting of AutoGraph (TensorFlow 2.21) raises
        # a DeprecationWarning, and gives up where warnings are errors.
        self._epochs = tf.function(
            self._run,
            input_signature=[tf.TensorSpec([None, len(seeds), len(y)], tf.int32)],
            autograph=False,
        )
        self.epochs_run = 0

    def train_until(self, epochs: int) -> tuple[np.ndarray, np.ndarray]:
        """Train on to ``epochs`` in all; return kernels and biases, stacked."""
        while self.epochs_run < epochs:
            n = min(EPOCHS_A_CALL, epochs - self.epochs_run)
            self._epochs(tf.constant(self._permutations(n)))
            self.epochs_run += n
        kernel = np.asarray(self._kernel).astype(np.float64)
        return kernel, np.asarray(self._bias).astype(np.float64)

    def _permutations(self, n_epochs: int) -> np.ndarray:
        """Return the rows' order for each epoch and variant."""
        epochs = []
        for _ in range(n_epochs):
            for order, generator in zip(self._orders, self._generators, strict=True):
                if generator is not None:
                    generator.shuffle(order)
            epochs.append(self._orders.copy())
        return np.stack(epochs)

    def _run(self, permutations: Any) -> None:
        """Make the epochs of ``permutations``, of shape (n_epochs, n_variants, n_samples)."""
        n_rows, size = permutations.shape[2], self._batch_size
        full = n_rows // size

        def one_epoch(epoch: Any) -> Any:
            order = permutations[epoch]

            def one_step(step: Any) -> Any:
                self._step(order[:, step * size : (step + 1) * size])
                return step + 1

            tf.while_loop(lambda step: step < full, one_step, [tf.constant(0)])
            if n_rows % size:
                self._step(order[:, full * size :])
            return epoch + 1

        n_epochs = tf.shape(permutations)[0]
        tf.while_loop(lambda epoch: epoch < n_epochs, one_epoch, [tf.constant(0)])

    def _step(self, rows: Any) -> None:
        """Make one optimizer step on the batch ``rows``, of shape (n_variants, batch)."""
        with tf.GradientTape() as tape:
            logits = tf.matmul(tf.gather(self._X, rows), self._kernel)
            logits += tf.expand_dims(self._bias, 1)
            losses = self._losses(tf.gather(self._y, rows), logits)
            weighted = tf.gather(self._row_weight, rows) * losses
            size = self._batch_size if self._summed else tf.shape(rows)[1]
            count = tf.cast(size, tf.float32)
            if self._settings.weights_normalised:
                count = tf.reduce_sum(tf.gather(self._row_weight, rows), axis=1, keepdims=True)
            value = self._settings.loss_scale * tf.reduce_sum(weighted / count)
            value += self._penalties()
        gradients = tape.gradient(value, self._variables)
        self._optimizer.apply(gradients, self._variables)

    def _losses(self, y: Any, logits: Any) -> Any:
        """Return the log-loss of each row and variant."""
        smoothing = self._settings.label_smoothing
        if self._settings.output_head == "sigmoid":
            targets = tf.cast(y, tf.float32) * (1.0 - smoothing) + 0.5 * smoothing
            return tf.nn.sigmoid_cross_entropy_with_logits(targets, logits[:, :, 0])
        n_classes = self._kernel.shape[2]
        targets = tf.one_hot(y, n_classes) * (1.0 - smoothing) + smoothing / n_classes
        return tf.nn.softmax_cross_entropy_with_logits(targets, logits)

    def _penalties(self) -> Any:
        """Return the sum of all variants' penalties."""
        settings, total = self._settings, 0.0
        if settings.l2_strength:
            total += 0.5 * settings.l2_strength * tf.reduce_sum(tf.square(self._kernel))
        if settings.l1_strength:
            total += settings.l1_strength * tf.reduce_sum(tf.abs(self._kernel))
        if settings.intercept_l2_strength:
            total += 0.5 * settings.intercept_l2_strength * tf.reduce_sum(tf.square(self._bias))
        if settings.intercept_l1_strength:
            total += settings.intercept_l1_strength * tf.reduce_sum(tf.abs(self._bias))
        return total


def _copy_for(optimizer: Any, variables: list[Any], decayed: tuple[bool, ...]) -> Any:
    """Return a copy of an optimizer for stacked variables, with its state and exclusions."""
    copy = type(optimizer).from_config(optimizer.get_config())
    if optimizer.weight_decay is not None:
        exempt = [v for v, acts in zip(variables, decayed, strict=False) if not acts]
        copy.exclude_from_weight_decay(var_list=exempt)
    copy.build(variables)
    if optimizer.built:
        for old, new in zip(optimizer.variables, copy.variables, strict=True):
            new.assign(np.broadcast_to(np.asarray(old), new.shape))
    return copy
