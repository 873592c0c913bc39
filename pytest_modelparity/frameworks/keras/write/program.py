"""A Keras model and its training as a program that runs on ``X`` and ``y``."""

from __future__ import annotations

from dataclasses import replace

import keras

from pytest_modelparity.frameworks.keras.build.scaling import layer_code, map_layers, matrix_code
from pytest_modelparity.frameworks.keras.read.loss import CompiledLoss
from pytest_modelparity.frameworks.keras.read.model import LinearModel
from pytest_modelparity.frameworks.keras.read.number_heads import head_of_kind
from pytest_modelparity.frameworks.keras.read.penalty import penalty_strengths
from pytest_modelparity.frameworks.keras.read.scale import in_keras
from pytest_modelparity.frameworks.keras.train.setup import Setup
from pytest_modelparity.frameworks.keras.write.words import kernel_regularizer_text
from pytest_modelparity.frameworks.steps.scales import may_shift
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.training.recipe import Optimizer, Recipe, Schedule

_PENALTY = '''

class OfGivenFeatures(keras.regularizers.Regularizer):
    """L1 and L2 of the coefficients of the features before they were standardised."""

    def __init__(self, l1, l2, scale):
        self.l1, self.l2, self.scale = l1, l2, np.reshape(scale, (-1, 1)).astype("float32")

    def __call__(self, kernel):
        coef = kernel / self.scale
        return self.l1 * keras.ops.sum(abs(coef)) + self.l2 * keras.ops.sum(coef**2)


'''

_CODES = "codes = np.searchsorted(np.unique(y), np.ravel(y))\n"

_TEMPLATE = """\
import keras
import numpy as np
{imports}{penalty}
rows = np.asarray(X, dtype="float32")
{codes}{data}
model = keras.Sequential(
    [
        keras.Input(({n_features},)),
{layers}
    ]
)
{matrix}model.compile(
    optimizer={optimizer},
    loss={loss},
)
{training}
"""


def program(setup: Setup, recipe: Recipe | None) -> str:
    """Return the code.

    Parameters
    ----------
    setup : Setup
        The candidate, with an objective that is modelled.
    recipe : Recipe, optional
        How it is trained; ``None``: to the optimum, by `train_to_optimum`.
    """
    reading = setup.reading
    loss, settings = reading.loss, reading.objective
    assert loss is not None
    assert settings is not None
    if reading.linear.pair:
        # One sigmoid says the same as the two columns that are made of it.
        loss = replace(loss, kind="binary")
    linear = reading.linear
    if recipe is not None and recipe.logits:
        loss, linear = replace(loss, from_logits=True), replace(linear, activation="linear")
    optimizer = setup.recipe.optimizer if recipe is None else recipe.optimizer
    scaled = recipe is not None and recipe.standardised
    return _TEMPLATE.format(
        codes="" if head_of_kind(loss.kind) else _CODES,
        imports="" if recipe else "\nfrom pytest_modelparity import train_to_optimum\n",
        penalty=_PENALTY if scaled and settings.strength else "",
        data="\n".join(
            [
                _targets_code(reading.linear, loss),
                *_weights_code(settings),
                *(_scaling_code(settings) if scaled else ()),
            ]
        ),
        n_features=setup.data.n_features,
        layers="\n".join(_layers_code(linear, recipe, settings)),
        matrix=matrix_code(reading.linear.then),
        optimizer=_qualified(optimizer),
        loss=_loss_code(loss),
        training=_training_code(setup, settings, recipe),
    )


def _qualified(optimizer: Optimizer) -> str:
    """Return an optimizer's code with the modules that its names stand in."""
    # A recipe says what a user reads, without modules; a program needs them.
    code = optimizer.code()
    if isinstance(optimizer.rate, Schedule):
        schedule = optimizer.rate.code()
        code = code.replace(schedule, f"keras.optimizers.schedules.{schedule}", 1)
    return f"keras.optimizers.{code}"


def _targets_code(linear: LinearModel, loss: CompiledLoss) -> str:
    """Return the line that makes the labels, or numbers, as head and loss need them."""
    if head_of_kind(loss.kind):
        return 'targets = np.asarray(y, dtype="float32").reshape(-1, 1)'
    if linear.n_outputs == 1:
        return 'targets = codes.astype("float32").reshape(-1, 1)'
    if loss.kind == "sparse":
        return "targets = codes"
    each = "[:, :, None]" if linear.unit_rows else ""
    return f'targets = np.eye({linear.n_outputs}, dtype="float32")[codes]{each}'


def _weights_code(settings: ObjectiveSettings) -> list[str]:
    """Return the line that makes the rows' weights, where there are any."""
    parts = ["np.asarray(sample_weight)"] if settings.sample_weight else []
    if settings.class_weight is not None:
        numbers = ", ".join(repr(float(weight)) for weight in settings.class_weight)
        parts.append(f"np.array([{numbers}])[codes]")
    if settings.binary_weight is not None:
        rest, inside = ([pair[side] for pair in settings.binary_weight] for side in (0, 1))
        by_row = "".join(f" * ({part})[:, None]" for part in parts)
        return [f"weights = np.where(targets[:, :, 0] == 1, {inside}, {rest}){by_row}"]
    return [f"weights = {' * '.join(parts)}"] if parts else []


def _scaling_code(settings: ObjectiveSettings) -> list[str]:
    """Return the lines that measure the features, as `standardisation` does."""
    if not may_shift(settings):
        return ["mean = np.zeros(rows.shape[1])", "variance = (rows**2).mean(axis=0)"]
    return ["mean = rows.mean(axis=0)", "variance = rows.var(axis=0)"]


def _layers_code(
    linear: LinearModel, recipe: Recipe | None, settings: ObjectiveSettings
) -> list[str]:
    """Return the layers, one line each."""
    lines = []
    if recipe is not None and recipe.standardised:
        lines.append("keras.layers.Normalization(mean=mean, variance=variance),")
    # Whatever layers there were before the last, one map is what they amount to.
    layers = map_layers(linear.shift, linear.scale, linear.then)
    lines += [f"{layer_code(layer)}," for layer in layers]
    options = [str(linear.n_outputs)]
    if linear.activation != "linear":
        options.append(f'activation="{linear.activation}"')
    if not linear.dense.use_bias:
        options.append("use_bias=False")
    start = '"zeros"' if recipe is not None and recipe.zeros else _initializer_code(linear.dense)
    if start:
        options.append(f"kernel_initializer={start}")
    scaled = recipe is not None and recipe.standardised
    if scaled and settings.strength:
        spelled = in_keras(settings, linear.n_outputs)
        l1, l2 = spelled.l1_strength, spelled.l2_strength / 2
        options.append(f"kernel_regularizer=OfGivenFeatures({l1!r}, {l2!r}, np.sqrt(variance))")
    # Of scaled features the kernel has the penalty above, which is that of the features as given.
    for option in ("bias_regularizer",) if scaled else ("kernel_regularizer", "bias_regularizer"):
        strengths = penalty_strengths(getattr(linear.dense, option))
        if strengths is not None and any(strengths):
            text = kernel_regularizer_text(*strengths, digits=None)
            options.append(f"{option}=keras.regularizers.{text}")
    indented = [f"    {option}," for option in options]
    lines += ["keras.layers.Dense(", *indented, "),"]
    if linear.unit_rows:
        lines.append(f"keras.layers.Reshape(({linear.n_outputs}, 1)),")
    return [f"        {line}" for line in lines]


def _initializer_code(dense: keras.layers.Dense) -> str:
    """Return where the coefficients start; nothing for Keras's default."""
    initializer = dense.kernel_initializer
    name, config = type(initializer).__name__, initializer.get_config()
    given = ", ".join(f"{key}={value!r}" for key, value in config.items() if value is not None)
    # An initializer with a seed starts elsewhere than the default, and is written out.
    if name in ("GlorotUniform", "Zeros") and not given:
        return {"GlorotUniform": "", "Zeros": '"zeros"'}[name]
    return f"keras.initializers.{name}({given})"


def _loss_code(loss: CompiledLoss) -> str:
    """Return the loss."""
    name = {
        "binary": "BinaryCrossentropy",
        "categorical": "CategoricalCrossentropy",
        "sparse": "SparseCategoricalCrossentropy",
        "squared": "MeanSquaredError",
        "poisson": "Poisson",
    }[loss.kind]
    options = [] if head_of_kind(loss.kind) else [f"from_logits={loss.from_logits}"]
    if loss.label_smoothing:
        options.append(f"label_smoothing={loss.label_smoothing!r}")
    if loss.reduction != "sum_over_batch_size":
        options.append(f'reduction="{loss.reduction}"')
    code = f"keras.losses.{name}({', '.join(options)})"
    weight = f",\n    loss_weights=[{loss.weight!r}]" if loss.weight != 1.0 else ""
    return code + weight


def _training_code(setup: Setup, settings: ObjectiveSettings, recipe: Recipe | None) -> str:
    """Return the line that trains."""
    by_class = settings.class_weight or settings.binary_weight
    weighted = settings.sample_weight or by_class is not None
    if recipe is None:
        used = settings.rows_used
        rows = "" if used is None else f"[:{used}]"
        weights = f", sample_weight=weights{rows}" if weighted else ""
        return f"model = train_to_optimum(model, X{rows}, y{rows}{weights}).model"
    options = [f"epochs={recipe.epochs}", f"batch_size={recipe.batch_size}"]
    if weighted:
        options.append("sample_weight=weights")
    # The rows held back are not trained on: without them the program would fit another model.
    if setup.arguments is not None and setup.arguments.validation_split:
        options.append(f"validation_split={setup.arguments.validation_split!r}")
    if not recipe.shuffle:
        options.append("shuffle=False")
    return f"model.fit(rows, targets, {', '.join(options)}, verbose=0)"
