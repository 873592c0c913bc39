"""Stock Keras code that builds and trains a linear model, run before it is handed out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.build.scaling import map_code, matrix_code, rows_text
from pytest_modelparity.frameworks.keras.read.layers import dense_rows
from pytest_modelparity.frameworks.keras.read.scale import in_keras
from pytest_modelparity.frameworks.keras.write.words import kernel_regularizer_text
from pytest_modelparity.settings import ONE_VS_REST, ObjectiveSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import Predict
from pytest_modelparity.theory.logistic import decision_to_probabilities
from pytest_modelparity.theory.one_vs_rest import normalised, normalised_sigmoids
from pytest_modelparity.tolerance import DEFAULT_PROBABILITY

_TEMPLATE = '''\
import keras
import numpy as np{imports}


def train(X, y{argument}):
    """Train the same model on {rows} and labels y; its output is {meaning}."""
    rows = np.asarray(X, dtype="float32")
    codes = np.searchsorted(np.unique(y), y)
    {targets}
    {weights}
    model = keras.Sequential(
        [
            keras.Input((rows.shape[1],)),{scaling}
            keras.layers.Dense(
                {units},{activation}
                use_bias={use_bias},
                kernel_initializer="zeros",
                kernel_regularizer={kernel},
                bias_regularizer={bias},
            ),{reshape}
        ]
    )
{matrix}    model.compile(
        optimizer=keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay({rate}, {steps})
        ),
        loss={loss},{options}
    )
{fit}    return model


model = train(X, y{call})
'''

#: Makes each unit a row of its own, which Keras can weigh.
_RESHAPE = "\n            keras.layers.Reshape(({units}, 1)),"


def checked_source(
    settings: ObjectiveSettings,
    data: Dataset,
    output: str,
    predict: Predict,
) -> str:
    """Return the code, with a comment that says how near the optimum it came when it was run.

    Parameters
    ----------
    settings : ObjectiveSettings
        The objective.
    data : Dataset
        What the code is run on.
    output : str
        ``"logits"`` or ``"probability"``.
    predict : callable
        The optimum's predictions.
    """
    for schedule in BACKEND.FULL_BATCH.schedules:
        code = linear_model_source(settings, data, output, schedule)
        # Run, not promised: on unscaled features first-order steps do not arrive.
        left = _distance_when_run(code, settings, data, output, predict)
        if left <= DEFAULT_PROBABILITY:
            return (
                f"# Checked on these data: within {left:.1g} of the exact optimum in every\n"
                f"# predicted probability.\n{code}"
            )
    return (
        f"# NOT equivalent on these data: this first-order training stops {left:.2g} away from\n"
        f"# the exact optimum in some predicted probability. Standardise the features on both\n"
        f"# sides, or train with pytest_modelparity.train_to_optimum.\n{code}"
    )


def linear_model_source(
    settings: ObjectiveSettings, data: Dataset, output: str, schedule: tuple[float, int]
) -> str:
    """Return the code, trained by a ``schedule`` of the backend."""
    softmax = settings.output_head == "softmax"
    from_logits = output == "logits"
    loss = "SparseCategoricalCrossentropy" if softmax else "BinaryCrossentropy"
    activation = "softmax" if softmax else "sigmoid"
    units = 1 if settings.output_head == "sigmoid" else data.n_classes
    weighted, spelled = settings.sample_weight, in_keras(settings, units)
    return _TEMPLATE.format(
        argument=", sample_weight" if weighted else "",
        call=", sample_weight" if weighted else "",
        rows=rows_text(data),
        scaling=map_code(settings),
        matrix=matrix_code(settings.feature_map, indent="    "),
        meaning=_meaning(settings, from_logits=from_logits),
        targets=_targets_code(settings, units),
        weights=_weights_code(settings),
        units=units,
        reshape=_RESHAPE.format(units=units) if settings.binary_weight else "",
        activation="" if from_logits else f'\n                activation="{activation}",',
        use_bias=settings.fit_intercept,
        kernel=_regularizer_code(spelled.l2_strength, spelled.l1_strength),
        bias=_regularizer_code(spelled.intercept_l2_strength, spelled.intercept_l1_strength),
        loss=f"keras.losses.{loss}(from_logits={from_logits})",
        **BACKEND.FULL_BATCH.words(schedule),
    )


def _meaning(settings: ObjectiveSettings, *, from_logits: bool) -> str:
    """Return what the model's output is."""
    if settings.output_head == ONE_VS_REST:
        what = "the decision" if from_logits else "the sigmoid"
        shares = "sigmoids" if from_logits else "outputs"
        return f"{what} of each class;\n    probabilities are the {shares} divided by their sum"
    return "the decision function" if from_logits else "the probability"


def _targets_code(settings: ObjectiveSettings, units: int) -> str:
    """Return the line that makes the targets."""
    if settings.output_head == "softmax":
        return "targets = codes"
    if settings.output_head == "sigmoid":
        return 'targets = codes.astype("float32").reshape(-1, 1)'
    each = "[:, :, None]" if settings.binary_weight else ""
    return f'targets = np.eye({units}, dtype="float32")[codes]{each}'


def _weights_code(settings: ObjectiveSettings) -> str:
    """Return the line that makes the weights, of rows or of each unit of a row."""
    if settings.binary_weight is not None:
        rest, inside = ([pair[side] for pair in settings.binary_weight] for side in (0, 1))
        by_row = _weights_code(replace(settings, binary_weight=None))
        by_unit = f"np.where(targets[:, :, 0] == 1, {inside}, {rest})"
        return f'{by_row}\n    weights = ({by_unit} * weights[:, None]).astype("float32")'
    if settings.class_weight is None:
        given = "np.asarray(sample_weight)" if settings.sample_weight else "np.ones(len(rows))"
        return f'weights = {given}.astype("float32")'
    numbers = ", ".join(repr(float(weight)) for weight in settings.class_weight)
    factor = " * np.asarray(sample_weight)" if settings.sample_weight else ""
    return f'weights = (np.array([{numbers}])[codes]{factor}).astype("float32")'


def _regularizer_code(l2_strength: float, l1_strength: float) -> str:
    """Return a regularizer as code."""
    text = kernel_regularizer_text(l2_strength, l1_strength, digits=None)
    return text if text == "None" else f"keras.regularizers.{text}"


def _distance_when_run(
    code: str, settings: ObjectiveSettings, data: Dataset, output: str, predict: Predict
) -> float:
    """Run the code and return the largest probability distance to the optimum."""
    X = dense_rows(data.X)
    names: dict[str, Any] = {"X": X, "y": data.y, "sample_weight": data.sample_weight}
    with BACKEND.random_state_kept(0):
        # The very text that the user pastes, in names of its own.
        exec(compile(code, "<source of a Keras twin>", "exec"), names)
    outputs = BACKEND.array(names["model"](X.astype(np.float32), training=False)).astype(np.float64)
    head = settings.output_head
    if head == ONE_VS_REST:
        columns = outputs.reshape(len(X), -1)
        found = normalised_sigmoids(columns) if output == "logits" else normalised(columns)
    elif output == "logits":
        found = decision_to_probabilities(outputs, data.n_classes)
    else:
        found = np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs
    return float(np.abs(found - predict(data.X_given)).max())
