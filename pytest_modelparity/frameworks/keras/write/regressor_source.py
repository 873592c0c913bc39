"""Stock Keras code that builds and trains a linear regressor, run before it is handed out."""

from __future__ import annotations

from typing import Any

import numpy as np

from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.build.scaling import map_code, matrix_code, rows_text
from pytest_modelparity.frameworks.keras.read.layers import dense_rows
from pytest_modelparity.frameworks.keras.read.number_heads import NUMBER_HEADS
from pytest_modelparity.frameworks.keras.read.scale import in_keras
from pytest_modelparity.report.numbers import number
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import Predict
from pytest_modelparity.sides.regression import spread_of
from pytest_modelparity.tolerance import DEFAULT_PREDICTION

_TEMPLATE = '''\
import keras
import numpy as np{imports}


def train(X, y{argument}):
    """Train the same model on {rows} and numbers y; its output is the prediction."""
    rows = np.asarray(X, dtype="float32")
    numbers = np.asarray(y, dtype="float64").reshape(-1, 1)
    weights = {weights}.astype("float32")
{targets}    model = keras.Sequential(
        [
            keras.Input((rows.shape[1],)),{scaling}
            keras.layers.Dense(
                1,{activation}
                use_bias={use_bias},
                kernel_initializer="zeros",
                kernel_regularizer={kernel},
            ),
        ]
    )
{matrix}    model.compile(
        optimizer=keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay({rate}, {steps})
        ),
        loss=keras.losses.{loss}(),{options}
    )
{fit}{back}    return model


model = train(X, y{call})
'''

_SCALED = """\
    # Trained on numbers of size 1, which steps of one size suit, and turned back at the end.
    shift = {shift}
    scale = numbers.std()
    targets = ((numbers - shift) / scale).astype("float32")
"""
_COUNTS = '    targets = numbers.astype("float32")\n'
_BACK = """\
    dense = model.layers[-1]
    dense.kernel.assign(np.asarray(dense.kernel) * scale)
"""
_BIAS_BACK = "    dense.bias.assign(np.asarray(dense.bias) * scale + shift)\n"
#: Where counts start: at their mean.
_AT_THE_MEAN = "bias_initializer=keras.initializers.Constant(np.log(numbers.mean())),"


def checked_source(settings: ObjectiveSettings, data: Dataset, predict: Predict) -> str:
    """Return the code, with a comment that says how near the optimum it came when it was run.

    Parameters
    ----------
    settings : ObjectiveSettings
        The objective.
    data : Dataset
        What the code is run on.
    predict : callable
        The optimum's predictions (n,).
    """
    for schedule in BACKEND.FULL_BATCH.schedules:
        code = regressor_source(settings, data, schedule)
        # Run, not promised: on unscaled features first-order steps do not arrive.
        left = _distance_when_run(code, data, predict)
        if left <= DEFAULT_PREDICTION * spread_of(data):
            return (
                f"# Checked on these data: within {number(left, 1)} of the exact optimum in every\n"
                f"# prediction.\n{code}"
            )
    return (
        f"# NOT equivalent on these data: this first-order training stops {number(left, 2)} away\n"
        f"# from the exact optimum in some prediction. Standardise the features on both sides, or\n"
        f"# train with pytest_modelparity.train_to_optimum.\n{code}"
    )


def regressor_source(
    settings: ObjectiveSettings, data: Dataset, schedule: tuple[float, int]
) -> str:
    """Return the code, trained by a ``schedule`` of the backend."""
    weighted = ", sample_weight" if settings.sample_weight else ""
    head = NUMBER_HEADS[settings.output_head]
    intercept = settings.fit_intercept
    # The prediction of an exponential is no multiple of its decision.
    scaled = head.activation == "linear"
    shift = "numbers.mean()" if intercept else "0.0"
    layer = "" if scaled else f'activation="{head.activation}",'
    start = _AT_THE_MEAN if intercept and not scaled else ""
    return _TEMPLATE.format(
        rows=rows_text(data),
        scaling=map_code(settings),
        matrix=matrix_code(settings.feature_map, indent="    "),
        argument=weighted,
        call=weighted,
        weights="np.asarray(sample_weight)" if weighted else "np.ones(len(rows))",
        targets=_SCALED.format(shift=shift) if scaled else _COUNTS,
        activation="".join(f"\n                {line}" for line in (layer, start) if line),
        use_bias=intercept,
        kernel=_kernel_code(in_keras(settings, 1), " / scale" * scaled),
        loss=head.loss.__name__,
        back=(_BACK + _BIAS_BACK * intercept) * scaled,
        **BACKEND.FULL_BATCH.words(schedule),
    )


def _kernel_code(spelled: ObjectiveSettings, of_l1: str) -> str:
    """Return the regularizer of the coefficients, perhaps of numbers divided by ``scale``.

    Squares are then scale**2 times as small, the loss's as the penalty's; absolute values are so
    only scale times, which ``of_l1`` says.
    """
    l1, l2 = f"{spelled.l1_strength!r}{of_l1}", repr(spelled.l2_strength / 2)
    if spelled.l1_strength and spelled.l2_strength:
        return f"keras.regularizers.L1L2(l1={l1}, l2={l2})"
    if spelled.l1_strength:
        return f"keras.regularizers.L1({l1})"
    return f"keras.regularizers.L2({l2})" if spelled.l2_strength else "None"


def _distance_when_run(code: str, data: Dataset, predict: Predict) -> float:
    """Run the code and return the largest distance of a prediction to the optimum."""
    X = dense_rows(data.X)
    names: dict[str, Any] = {"X": X, "y": data.y, "sample_weight": data.sample_weight}
    with BACKEND.random_state_kept(0):
        # The very text that the user pastes, in names of its own.
        exec(compile(code, "<source of a Keras twin>", "exec"), names)
    outputs = BACKEND.array(names["model"](X.astype(np.float32), training=False)).astype(np.float64)
    return float(np.abs(outputs[:, 0] - predict(data.X_given)).max())
