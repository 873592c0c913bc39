"""A module and its training as a program that runs on ``X`` and ``y``."""

from __future__ import annotations

import inspect

import torch

from pytest_modelparity.frameworks.steps.scales import may_shift
from pytest_modelparity.frameworks.torch.affine import LOG_SOFTMAX, SIGMOID, SOFTMAX
from pytest_modelparity.frameworks.torch.losses import BINARY, CATEGORICAL
from pytest_modelparity.frameworks.torch.penalties import decays_of
from pytest_modelparity.frameworks.torch.reading import in_torch
from pytest_modelparity.frameworks.torch.setup import TorchSetup
from pytest_modelparity.frameworks.torch.words import penalty_terms
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.training.recipe import Recipe, Schedule

_TEMPLATE = """\
{imports}import numpy as np
import torch

torch.manual_seed({seed})
{rows}
{targets}
{weights}model = {model}
{layer}
{start}optimizer = {optimizer}
{scheduler}loss = {loss}


def objective(batch):
{objective}


{training}
"""

_LOG_SOFTMAX = "torch.nn.LogSoftmax(dim=1)"
#: The links that stand in the module, where the loss wants one.
_LINKS = {SIGMOID: "torch.nn.Sigmoid()", LOG_SOFTMAX: _LOG_SOFTMAX, SOFTMAX: _LOG_SOFTMAX}

_EPOCHS = """\
for epoch in range({epochs}):
    for batch in {order}.split({batch_size}):
        {steps}{scheduler}"""
_STEP = """\
optimizer.zero_grad()
        objective(batch).backward()
        optimizer.step()"""
# L-BFGS asks for the loss several times.
_LBFGS_STEP = """\

        def closure():
            optimizer.zero_grad()
            value = objective(batch)
            value.backward()
            return value

        optimizer.step(closure)"""
_LBFGS = """\
def closure():
    optimizer.zero_grad()
    value = objective(torch.arange(len(rows)))
    value.backward()
    return value


optimizer.step(closure)"""


def program(setup: TorchSetup, recipe: Recipe | None) -> str:
    """Return the code.

    Parameters
    ----------
    setup : TorchSetup
        The candidate, with an objective that is modelled.
    recipe : Recipe, optional
        How it is trained; ``None``: to the optimum, by L-BFGS in float64.
    """
    settings = setup.reading.objective
    assert settings is not None
    dtype = "torch.float64" if recipe is None else f"torch.{recipe.dtype}"
    falls = recipe is not None and isinstance(recipe.optimizer.rate, Schedule)
    return _TEMPLATE.format(
        imports="import math\n\n" if falls else "",
        seed=setup.seed,
        rows="\n".join(_rows_code(settings, recipe, dtype)),
        targets=_targets_code(setup, dtype),
        weights=_weights_code(setup, dtype),
        model=_model_code(setup, dtype),
        layer="layer = model[0]" if setup.reading.loss.takes in _LINKS else "layer = model",
        start=_start_code(setup, recipe),
        optimizer=_optimizer_code(setup, recipe),
        scheduler=_scheduler_code(recipe) if recipe is not None and falls else "",
        loss=_loss_code(setup, dtype),
        objective="\n".join(f"    {line}" for line in _objective_code(setup, recipe)),
        training=_training_code(recipe, falls=falls) if recipe is not None else _LBFGS,
    )


def _rows_code(settings: ObjectiveSettings, recipe: Recipe | None, dtype: str) -> list[str]:
    """Return the lines that make the rows."""
    if recipe is None or not recipe.standardised:
        return [f"rows = torch.tensor(np.asarray(X), dtype={dtype})"]
    shifts = may_shift(settings)
    return [
        "X = np.asarray(X, dtype=float)",
        "mean = X.mean(axis=0)" if shifts else "mean = np.zeros(X.shape[1])",
        "scale = np.sqrt(((X - mean) ** 2).mean(axis=0))",
        "scale[scale == 0] = 1.0",
        f"rows = torch.tensor((X - mean) / scale, dtype={dtype})",
        f"scale = torch.tensor(scale, dtype={dtype})",
    ]


def _targets_code(setup: TorchSetup, dtype: str) -> str:
    """Return the lines that make labels, or numbers, as the loss needs them."""
    loss, n_outputs = setup.reading.loss, setup.layer.n_outputs
    if not setup.data.n_classes:
        return f"targets = torch.tensor(np.ravel(y), dtype={dtype}).reshape(-1, 1)"
    codes = "codes = torch.tensor(np.searchsorted(np.unique(y), np.ravel(y)))"
    if loss.kind == CATEGORICAL:
        return f"{codes}\ntargets = codes"
    if n_outputs > 1:
        return f"{codes}\ntargets = torch.eye({n_outputs}, dtype={dtype})[codes]"
    return f"{codes}\ntargets = codes.to({dtype}).reshape(-1, 1)"


def _weights_code(setup: TorchSetup, dtype: str) -> str:
    """Return the line that makes what each row's loss is multiplied with, where there is any."""
    settings = setup.reading.objective
    assert settings is not None
    parts = []
    if setup.sample_weight is not None and settings.sample_weight:
        parts.append(f"torch.tensor(np.asarray(sample_weight), dtype={dtype})")
    if settings.class_weight is not None and setup.reading.loss.class_weight is None:
        parts.append(f"torch.tensor({list(settings.class_weight)}, dtype={dtype})[codes]")
    return f"weights = {' * '.join(parts)}\n" if parts else ""


def _model_code(setup: TorchSetup, dtype: str) -> str:
    """Return the module: a layer, and what the loss wants behind it."""
    layer = setup.layer
    options = [str(setup.data.n_features), str(layer.n_outputs)]
    options += [] if layer.bias is not None else ["bias=False"]
    options += [] if dtype == "torch.float32" else [f"dtype={dtype}"]
    linear = f"torch.nn.Linear({', '.join(options)})"
    link = _LINKS.get(setup.reading.loss.takes)
    return f"torch.nn.Sequential({linear}, {link})" if link else linear


def _start_code(setup: TorchSetup, recipe: Recipe | None) -> str:
    """Return the lines that set the weights to zero, where that is wanted."""
    if recipe is None or not recipe.zeros:
        return ""
    names = ["weight"] if setup.layer.bias is None else ["weight", "bias"]
    return "".join(f"torch.nn.init.zeros_(layer.{name})\n" for name in names)


def _optimizer_code(setup: TorchSetup, recipe: Recipe | None) -> str:
    """Return the optimizer."""
    if recipe is None:
        return (
            "torch.optim.LBFGS(\n    model.parameters(), max_iter=1000, line_search_fn="
            '"strong_wolfe", tolerance_grad=1e-11, tolerance_change=1e-16\n)'
        )
    optimizer = recipe.optimizer
    decays = decays_of(setup.reading, recipe)[0]
    options = [f"lr={optimizer.first_rate!r}"]
    options += [f"{name}={value!r}" for name, value in optimizer.options if name != "weight_decay"]
    if "weight_decay" not in inspect.signature(getattr(torch.optim, optimizer.name)).parameters:
        return f"torch.optim.{optimizer.name}(model.parameters(), {', '.join(options)})"
    names = ["weight"] if setup.layer.bias is None else ["weight", "bias"]
    # Decays come in pairs, and a layer without a bias has use for the first alone.
    groups = [
        f'        {{"params": [layer.{name}], "weight_decay": {decay!r}}},'
        for name, decay in zip(names, decays, strict=False)
    ]
    kind = optimizer.name
    return "\n".join(
        [f"torch.optim.{kind}(", "    [", *groups, "    ],", f"    {', '.join(options)},", ")"]
    )


def _scheduler_code(recipe: Recipe) -> str:
    """Return what makes the learning rate fall."""
    assert isinstance(recipe.optimizer.rate, Schedule)
    steps = dict(recipe.optimizer.rate.options)["decay_steps"]
    return (
        "scheduler = torch.optim.lr_scheduler.LambdaLR(\n"
        f"    optimizer, lambda step: 0.5 * (1 + math.cos(math.pi * min(step, {steps}) / {steps}))"
        "\n)\n"
    )


def _loss_code(setup: TorchSetup, dtype: str) -> str:
    """Return the loss."""
    loss, options = setup.reading.loss, []
    weights = loss.class_weight
    if weights is not None and loss.kind == BINARY:
        options.append(f"pos_weight=torch.tensor([{weights[1]!r}], dtype={dtype})")
    elif weights is not None:
        options.append(f"weight=torch.tensor({list(weights)}, dtype={dtype})")
    if loss.scale != 1.0:
        options.append(f"weight=torch.tensor([{loss.scale!r}], dtype={dtype})")
    if loss.label_smoothing:
        options.append(f"label_smoothing={loss.label_smoothing!r}")
    if _has_weights(setup):
        options.append('reduction="none"')
    elif loss.reduction != "mean":
        options.append(f"reduction={loss.reduction!r}")
    return f"torch.nn.{loss.name}({', '.join(options)})"


def _has_weights(setup: TorchSetup) -> bool:
    """Whether the loop multiplies the losses of rows with weights."""
    return setup.row_weights() is not None


def _objective_code(setup: TorchSetup, recipe: Recipe | None) -> list[str]:
    """Return the lines of the function that gives the loss of a batch."""
    value = "loss(model(rows[batch]), targets[batch])"
    if _has_weights(setup):
        reduced = "sum" if setup.reading.loss.reduction == "sum" else "mean"
        value = f"({value}.reshape(len(batch), -1).mean(dim=1) * weights[batch]).{reduced}()"
    lines, penalties = [f"value = {value}"], _penalties_code(setup, recipe)
    if penalties:
        lines.append(f"penalty = {' + '.join(penalties)}")
    return [*lines, "return value + penalty" if penalties else "return value"]


def _penalties_code(setup: TorchSetup, recipe: Recipe | None) -> list[str]:
    """Return the penalties that stand in the loss."""
    settings, layer = setup.reading.objective, setup.layer
    assert settings is not None
    if recipe is not None and not decays_of(setup.reading, recipe)[1]:
        return []
    spelled = in_torch(settings, layer.n_outputs)
    scaled = recipe is not None and recipe.standardised
    coef = "(layer.weight / scale)" if scaled else "layer.weight"
    strengths = [(coef, spelled.l2_strength, spelled.l1_strength)]
    if layer.bias is not None:
        of_bias = spelled.intercept_l2_strength, spelled.intercept_l1_strength
        strengths.append(("layer.bias", *of_bias))
    parts = []
    for name, l2, l1 in strengths:
        parts += penalty_terms(name, l2, l1, repr)
    return parts


def _training_code(recipe: Recipe, *, falls: bool) -> str:
    """Return the loop."""
    return _EPOCHS.format(
        epochs=recipe.epochs,
        order="torch.randperm(len(rows))" if recipe.shuffle else "torch.arange(len(rows))",
        batch_size=recipe.batch_size,
        steps=_LBFGS_STEP if recipe.optimizer.name == "LBFGS" else _STEP,
        scheduler="\n        scheduler.step()" if falls else "",
    )
