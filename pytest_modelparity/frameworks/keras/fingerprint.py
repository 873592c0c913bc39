"""Whether a Keras model does what its settings say: its compiled loss against the closed form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np

from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.build.copying import copy_model
from pytest_modelparity.frameworks.keras.build.parameters import set_parameters
from pytest_modelparity.frameworks.keras.read.content import content_of
from pytest_modelparity.frameworks.keras.read.layers import dense_rows
from pytest_modelparity.frameworks.keras.read.model import LinearModel, read_linear_model
from pytest_modelparity.frameworks.keras.read.parts import ModelParts
from pytest_modelparity.frameworks.keras.read.penalty import without_decay
from pytest_modelparity.frameworks.keras.read.scale import constant_of, in_keras
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.memory import remembered
from pytest_modelparity.sides.regression import spread_of
from pytest_modelparity.theory.one_vs_rest import Objective, objective_of

#: Relative mismatch of loss or gradient above which the model does something that was not read.
#: float32 agrees to 1e-7 (loss) and 8e-7 (gradient); the smallest planted difference, an activity
#: regularizer of 1e-4, moves the loss by 8e-5.
THRESHOLD = 1e-5
#: A term that vanishes at one point, such as a hinge, need not vanish at all of them.
N_POINTS = 4
N_ROWS = 256


def fingerprint_mismatch(parts: ModelParts, settings: ObjectiveSettings, data: Dataset) -> float:
    """Return the largest relative mismatch of the compiled loss and its gradient.

    Parameters
    ----------
    parts : ModelParts
        Compiled; evaluated on a copy at random weights, in training mode.
    settings : ObjectiveSettings
        As read of it.
    data : Dataset
        At most 256 of its rows are used.

    Returns
    -------
    float
        Relative to the largest loss or gradient element of the closed form.
    """
    content, rows = content_of(parts.model, start=False), _some_rows(data)
    values = (settings, data.X[rows], data.y[rows], data.n_classes)
    return remembered(
        None if content is None else ("fingerprint", content, *values),
        lambda: _largest_mismatch(parts, settings, data, rows),
    )


def _largest_mismatch(
    parts: ModelParts, settings: ObjectiveSettings, data: Dataset, rows: np.ndarray
) -> float:
    """Return the largest mismatch on some rows, over a few points."""
    # Half precision is no other objective: what the model would do exactly is asked here.
    exact = parts.linear.dense.compute_dtype in ("float32", "float64")
    copy = copy_model(parts.model, dtype=None if exact else "float32")
    linear = read_linear_model(copy, data.n_features, numbers=not data.n_classes)
    X, y = dense_rows(data.X[rows]), data.y[rows]
    targets = parts.targets(y, data.n_classes)
    # As large as Keras has it, of which the mismatch is a part.
    compiled = in_keras(_of_loss(parts, settings, len(rows)), linear.n_outputs)
    objective = objective_of(compiled, X, y, data.n_classes)
    # Random weights, not the model's: at zero every L2 penalty is 0, and would go unseen.
    generator = np.random.default_rng(0)
    # Decision functions of order 1 on any scale of features: saturated rows have no gradient to
    # compare.
    n_behind = int(objective.X.shape[1])
    spread = np.sqrt(np.mean(np.asarray(objective.X) ** 2, axis=0)) * np.sqrt(n_behind) + 1e-12
    unit, centre, worst = *_decisions(data, settings), 0.0
    for _ in range(N_POINTS):
        coef = unit * generator.normal(size=(objective.n_outputs, n_behind)) / spread
        intercept = centre + unit * generator.normal(size=objective.n_outputs)
        intercept = intercept * objective.fit_intercept
        set_parameters(linear, coef, intercept)
        worst = max(worst, _mismatch(copy, linear, (X, targets), objective))
    return worst


def _decisions(data: Dataset, settings: ObjectiveSettings) -> tuple[float, float]:
    """Return how large decisions are to be, and around what.

    Of the size of what is predicted, so that neither loss nor penalty hides the other.
    """
    if settings.output_head == "exponential":
        return 1.0, float(np.log(data.y.mean()))
    return spread_of(data), 0.0


def gradient_norm(model: keras.Model, X: Any, targets: np.ndarray) -> float:
    """Return the largest element of the compiled loss's gradient, over unweighted rows.

    The model is left as it was; NaN where a variable has no gradient.
    """
    # Evenly spaced, since rows are often sorted by class.
    rows = np.unique(np.linspace(0, X.shape[0] - 1, min(4096, X.shape[0])).astype(int))
    batch, variables = (dense_rows(X[rows]), targets[rows]), model.trainable_variables
    _, gradients = BACKEND.loss_and_gradients(model, variables, batch, training=False)
    sizes = [np.nan if item is None else float(np.abs(item).max()) for item in gradients]
    return float(max(sizes, default=np.nan))


def _mismatch(
    copy: keras.Model,
    linear: LinearModel,
    rows: tuple[np.ndarray, np.ndarray],
    objective: Objective,
) -> float:
    """Return the mismatch at the copy's present weights, on rows and their targets."""
    # training=True below: noise of a Dropout or GaussianNoise layer is a part of what is minimised.
    variables = [linear.dense.kernel, linear.dense.bias][: 1 + objective.fit_intercept]
    with BACKEND.random_state_kept():
        value, gradients = BACKEND.loss_and_gradients(copy, variables, rows, training=True)
    # The closed form is evaluated at the float32 weights that the model really holds.
    kernel = BACKEND.array(linear.dense.kernel).astype(np.float64).T
    bias = np.zeros(objective.n_outputs)
    columns = [np.asarray(gradients[0], np.float64).T]
    if objective.fit_intercept:
        bias = BACKEND.array(linear.dense.bias).astype(np.float64)
        columns.append(np.asarray(gradients[1], np.float64).reshape(-1, 1))
    theta = objective.pack(kernel, bias)
    value_here = objective.value(theta)
    expected = value_here - constant_of(objective)
    # Keras's gradient of |w| is sign(w), and random weights are never 0 exactly.
    slope = objective.gradient(theta) + objective.l1_weights * np.sign(theta)
    difference = np.hstack(columns).reshape(-1) - slope
    return max(
        # The largest element, not each relative to itself: an element near 0 is rounding of the
        # sum.
        # What Keras leaves out may bring its own value near 0.
        abs(value - expected) / max(abs(expected), value_here),
        float(np.abs(difference).max() / np.abs(slope).max()),
    )


def _of_loss(parts: ModelParts, settings: ObjectiveSettings, n_rows: int) -> ObjectiveSettings:
    """Return what the compiled loss alone says of unweighted rows: no decay, all rows."""
    loss = parts.loss
    assert loss is not None
    return replace(
        without_decay(settings, parts.model, parts.linear.dense),
        class_weight=None,
        binary_weight=None,
        sample_weight=False,
        # Without weights the mean by weight is the mean by rows.
        weights_normalised=False,
        rows_used=None,
        loss_scale=loss.weight * (n_rows if loss.reduction == "sum" else 1),
    )


def _some_rows(data: Dataset) -> np.ndarray:
    """Return evenly spaced rows, at most `N_ROWS`."""
    return np.unique(np.linspace(0, data.n_samples - 1, min(N_ROWS, data.n_samples)).astype(int))
