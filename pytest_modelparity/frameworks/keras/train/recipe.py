"""How a Keras model is trained, as data: its recipe, and where each seed starts."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np

from pytest_modelparity.frameworks.keras import internals
from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.build.copying import copy_model, recompiled
from pytest_modelparity.frameworks.keras.build.logits import loss_on_logits
from pytest_modelparity.frameworks.keras.build.model import Style, build_linear_model
from pytest_modelparity.frameworks.keras.build.optimizer import optimizer_like
from pytest_modelparity.frameworks.keras.build.parameters import set_parameters
from pytest_modelparity.frameworks.keras.read.model import read_linear_model
from pytest_modelparity.frameworks.keras.read.penalty import without_decay
from pytest_modelparity.frameworks.keras.train.setup import Setup
from pytest_modelparity.training.recipe import Recipe, Start


def start_of(setup: Setup, recipe: Recipe, number: int) -> Start:
    """Return where a recipe starts with the seed of a number."""
    start = setup.layer_start(number)
    if recipe.zeros:
        zeros = np.zeros_like(start.kernel), np.zeros_like(start.bias)
        start = replace(start, kernel=zeros[0], bias=zeros[1])
    # Another optimizer starts afresh; the candidate's own goes on from what it keeps.
    goes_on = recipe.optimizer == setup.recipe.optimizer and not recipe.logits
    return start if goes_on else replace(start, state=None)


def model_for(setup: Setup, recipe: Recipe, number: int) -> keras.Model:
    """Return a copy at its start, compiled for a recipe: what ``fit`` is to train."""
    start, own = setup.starts(number), setup.recipe
    if recipe.standardised or recipe.logits:
        return _rebuilt(setup, recipe, start)
    # A layer's dtype is fixed when it is made, so another one means another copy.
    lower = own.dtype != "float32" and recipe.dtype == "float32"
    model = copy_model(start, dtype="float32" if lower else None)
    linear = read_linear_model(model, setup.data.n_features, numbers=not setup.data.n_classes)
    if recipe.zeros:
        zeros = np.zeros_like(BACKEND.array(linear.dense.kernel).T)
        set_parameters(linear, zeros, np.zeros(linear.n_outputs))
    if recipe.optimizer == own.optimizer and not lower:
        return model
    pairs = zip(start.trainable_variables, model.trainable_variables, strict=True)
    # Asked of the start's optimizer: the configuration of a clone does not hold what is excluded.
    exempt = [new for old, new in pairs if not internals.is_decayed(start.optimizer, old)]
    return recompiled(model, optimizer_like(recipe.optimizer, start.optimizer), exempt)


def _rebuilt(setup: Setup, recipe: Recipe, start: keras.Model) -> keras.Model:
    """Return a stock model of the same objective, on standardised features or on logits."""
    objective, data, loss = setup.reading.objective, setup.data, setup.reading.loss
    assert objective is not None
    assert loss is not None
    scale = None
    if recipe.standardised:
        shift, scale = setup.standardisation
        objective = replace(
            objective, feature_shift=tuple(shift.tolist()), feature_scale=tuple(scale.tolist())
        )
    else:
        # The decay stays the optimizer's.
        objective = without_decay(objective, start, setup.reading.linear.dense)
    logits = recipe.logits or setup.reading.link != "none"
    style = Style(
        output="logits" if logits else "probability",
        penalty_scale=scale,
        initializer="zeros" if recipe.zeros else "glorot_uniform",
    )
    model = build_linear_model(objective, data.n_features, data.n_classes, style)
    model.compile(
        optimizer=optimizer_like(recipe.optimizer, start.optimizer),
        loss=loss_on_logits(loss) if recipe.logits else start.loss,
        loss_weights=start.get_compile_config().get("loss_weights"),
    )
    old, new = (
        read_linear_model(item, data.n_features, numbers=not data.n_classes).dense
        for item in (start, model)
    )
    if not recipe.standardised:
        pairs = zip(start.trainable_variables, model.trainable_variables, strict=True)
        exempt = [mine for its, mine in pairs if not internals.is_decayed(start.optimizer, its)]
        if exempt and model.optimizer.weight_decay is not None:
            model.optimizer.exclude_from_weight_decay(var_list=exempt)
    # The same numbers, though on scaled features they are another model: a remedy starts where its
    # user's initializer does.
    if not recipe.zeros:
        new.kernel.assign(BACKEND.array(old.kernel))
        if old.use_bias:
            new.bias.assign(BACKEND.array(old.bias))
    return model
