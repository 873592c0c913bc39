"""Whether a Keras model does what its settings say: its compiled loss against the closed form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from pytest_modelparity.frameworks.keras.build.model import copy_model, global_random_state_kept
from pytest_modelparity.frameworks.keras.build.parameters import set_parameters
from pytest_modelparity.frameworks.keras.read.model import (
    CompiledLoss,
    LinearModel,
    dense_rows,
    read_linear_model,
)
from pytest_modelparity.frameworks.keras.read.settings import without_decay
from pytest_modelparity.frameworks.keras.train.fit import encode_targets
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.theory.objective import objective_from_settings

#: Relative mismatch of loss or gradient above which the model does something that was not read.
#: float32 agrees to 1e-7 (loss) and 8e-7 (gradient); the smallest planted difference, an activity
#: regularizer of 1e-4, moves the loss by 8e-5.
THRESHOLD = 1e-5
N_POINTS = 4
N_ROWS = 256


def fingerprint_mismatch(
    model: Any,
    linear: LinearModel,
    loss: CompiledLoss,
    settings: ObjectiveSettings,
    data: Dataset,
) -> float:
    """Return the largest relative mismatch of the compiled loss and its gradient.

    Parameters
    ----------
    model : keras.Model
        Compiled and built; evaluated on a copy at random weights, in training mode.
    linear, loss, settings
        As read of it.
    data : Dataset
        At most 256 of its rows are used.

    Returns
    -------
    float
        Relative to the largest loss or gradient element of the closed form.
    """
    # Half precision is no other objective: what the model would do exactly is asked here.
    exact = linear.dense.compute_dtype in ("float32", "float64")
    copy = copy_model(model, dtype=None if exact else "float32")
    copied = read_linear_model(copy, data.n_features)
    rows = _some_rows(data)
    X = dense_rows(data.X[rows])
    y = data.y[rows]
    targets = encode_targets(y, data.n_classes, linear.n_outputs, loss.kind)
    objective = objective_from_settings(
        _of_loss(model, linear, loss, settings, len(rows)), X, y, data.n_classes
    )
    generator = np.random.default_rng(0)
    spread = (
        np.sqrt(np.mean(np.asarray(objective.X) ** 2, axis=0)) * np.sqrt(data.n_features) + 1e-12
    )
    worst = 0.0
    for _ in range(N_POINTS):
        coef = generator.normal(size=(objective.n_outputs, data.n_features)) / spread
        intercept = generator.normal(size=objective.n_outputs) * objective.fit_intercept
        set_parameters(copied, coef, intercept)
        worst = max(worst, _mismatch(copy, copied, X, targets, objective))
    return worst


def gradient_norm(model: Any, X: Any, targets: np.ndarray) -> float:
    """Return the largest element of the compiled loss's gradient, over unweighted rows.

    The model is left as it was; NaN where a variable has no gradient.
    """
    rows = np.unique(np.linspace(0, X.shape[0] - 1, min(4096, X.shape[0])).astype(int))
    batch, labels = tf.constant(dense_rows(X[rows]), tf.float32), tf.constant(targets[rows])
    with tf.GradientTape() as tape:
        value = model.compute_loss(x=batch, y=labels, y_pred=model(batch, training=False))
    gradients = tape.gradient(value, model.trainable_variables)
    sizes = [np.nan if item is None else float(tf.reduce_max(tf.abs(item))) for item in gradients]
    return float(max(sizes, default=np.nan))


def _mismatch(
    copy: Any, linear: LinearModel, X: np.ndarray, targets: np.ndarray, objective: Any
) -> float:
    """Return the mismatch at the copy's present weights."""
    variables = [linear.dense.kernel, linear.dense.bias][: 1 + objective.fit_intercept]
    rows = tf.constant(X, tf.float32)
    with global_random_state_kept(), tf.GradientTape() as tape:
        outputs = copy(rows, training=True)
        value = copy.compute_loss(x=rows, y=tf.constant(targets), y_pred=outputs, training=True)
    gradients = tape.gradient(value, variables)
    # The closed form is evaluated at the float32 weights that the model really holds.
    kernel = np.asarray(linear.dense.kernel).astype(np.float64).T
    bias = np.zeros(objective.n_outputs)
    parts = [np.asarray(gradients[0], np.float64).T]
    if objective.fit_intercept:
        bias = np.asarray(linear.dense.bias).astype(np.float64)
        parts.append(np.asarray(gradients[1], np.float64).reshape(-1, 1))
    theta = objective.pack(kernel, bias)
    expected = objective.value(theta)
    slope = objective.gradient(theta) + objective.l1_weights * np.sign(theta)
    found = np.hstack(parts).reshape(-1)
    return max(
        abs(float(value) - expected) / abs(expected),
        float(np.abs(found - slope).max() / np.abs(slope).max()),
    )


def _of_loss(
    model: Any, linear: LinearModel, loss: CompiledLoss, settings: ObjectiveSettings, n_rows: int
) -> ObjectiveSettings:
    """Return what the compiled loss alone says of unweighted rows: no decay, all rows."""
    return replace(
        without_decay(settings, model, linear),
        class_weight=None,
        sample_weight=False,
        weights_normalised=False,
        rows_used=None,
        loss_scale=loss.weight * (n_rows if loss.reduction == "sum" else 1),
    )


def _some_rows(data: Dataset) -> np.ndarray:
    """Return evenly spaced rows, at most `N_ROWS`."""
    return np.unique(np.linspace(0, data.n_samples - 1, min(N_ROWS, data.n_samples)).astype(int))
