"""A Keras model's settings in canonical form, and in the words its user wrote them in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np

from pytest_modelparity.frameworks.keras.read.model import (
    CompiledLoss,
    LinearModel,
    penalty_strengths,
)
from pytest_modelparity.frameworks.keras.train.fit import FitArguments
from pytest_modelparity.frameworks.keras.write.words import kernel_regularizer_text, number_text
from pytest_modelparity.settings import (
    ModelSettings,
    ObjectiveSettings,
    TrainingSettings,
    same_number,
)
from pytest_modelparity.sides.dataset import Dataset


def read_objective(
    model: Any,
    linear: LinearModel,
    loss: CompiledLoss | None,
    *,
    batch_size: int,
    arguments: FitArguments | None = None,
    sample_weight: bool = False,
    n_samples: int | None = None,
) -> ObjectiveSettings | None:
    """Return the canonical objective of a linear model; ``None`` where it is not modelled.

    Parameters
    ----------
    batch_size : int
        Rows a step: what a summed loss weighs against the penalty.
    arguments : FitArguments, optional
        Where class weights and a validation split come from.
    sample_weight : bool
        Whether the training has per-row weights.
    n_samples : int, optional
        Needed with ``arguments``.
    """
    if loss is None or loss.kind == "other" or loss.unmodelled or linear.unmodelled:
        return None
    if linear.activation == "linear" and not loss.from_logits:
        return None
    kernel = penalty_strengths(linear.dense.kernel_regularizer) or (0.0, 0.0)
    bias = penalty_strengths(linear.dense.bias_regularizer) or (0.0, 0.0)
    kernel_decay, bias_decay = hidden_l2(model, linear)
    class_weight = arguments.class_weight if arguments else None
    used = arguments.rows_used(n_samples) if arguments and n_samples else None
    return ObjectiveSettings(
        l2_strength=kernel[0] + kernel_decay,
        l1_strength=kernel[1],
        intercept_l2_strength=bias[0] + bias_decay if linear.dense.use_bias else 0.0,
        intercept_l1_strength=bias[1] if linear.dense.use_bias else 0.0,
        fit_intercept=bool(linear.dense.use_bias),
        class_weight=class_weight,
        sample_weight=sample_weight,
        rows_used=None if used == n_samples else used,
        loss_scale=loss.weight * (batch_size if loss.reduction == "sum" else 1),
        weights_normalised=loss.reduction == "mean_with_sample_weight"
        and (sample_weight or class_weight is not None),
        label_smoothing=loss.label_smoothing,
        output_head="sigmoid" if linear.n_outputs == 1 else "softmax",
        feature_shift=_numbers(linear.shift),
        feature_scale=_numbers(linear.scale),
    )


def as_if_log_loss(
    model: Any,
    linear: LinearModel,
    arguments: FitArguments | None,
    *,
    sample_weight: bool,
    n_samples: int,
) -> ObjectiveSettings | None:
    """Return what the model's objective would be with the log-loss of its head in place of its own.

    ``None`` where it is not linear.
    """
    if not linear.linear:
        return None
    plain = replace(linear, unmodelled=())
    stock = CompiledLoss(
        kind="binary" if linear.n_outputs == 1 else "sparse",
        name="log-loss",
        from_logits=linear.activation == "linear",
        label_smoothing=0.0,
        reduction="sum_over_batch_size",
        weight=1.0,
        given=None,
        unmodelled=(),
    )
    return read_objective(
        model,
        plain,
        stock,
        batch_size=1,
        arguments=arguments,
        sample_weight=sample_weight,
        n_samples=n_samples,
    )


def hidden_l2(model: Any, linear: LinearModel) -> tuple[float, float]:
    """Return the λ2 of kernel and bias that SGD's ``weight_decay`` amounts to.

    At a fixed point of Keras 3.15's SGD (src/optimizers/sgd.py, base_optimizer.py) the step
    ``lr * g / (1 - m)`` balances the decay ``lr * wd * w``: an L2 of strength ``(1 - m) wd``.
    The decay of adaptive optimizers has no such objective.
    """
    optimizer: Any = model.optimizer if model.compiled else None
    if type(optimizer) is not keras.optimizers.SGD or not optimizer.weight_decay:
        return 0.0, 0.0
    strength = (1.0 - float(optimizer.momentum)) * float(optimizer.weight_decay)
    decays = [
        strength if optimizer._use_weight_decay(variable) else 0.0
        for variable in (linear.dense.kernel, linear.dense.bias)
        if variable is not None
    ]
    return decays[0], decays[1] if len(decays) > 1 else 0.0


def without_decay(
    settings: ObjectiveSettings, model: Any, linear: LinearModel
) -> ObjectiveSettings:
    """Return the settings less what the optimizer's decay adds: what the compiled loss says."""
    kernel, bias = hidden_l2(model, linear)
    return replace(
        settings,
        l2_strength=settings.l2_strength - kernel,
        intercept_l2_strength=settings.intercept_l2_strength - bias,
    )


def read_training(
    model: Any, linear: LinearModel, arguments: FitArguments | None, epochs_run: int | None = None
) -> TrainingSettings:
    """Return how the candidate is trained; what cannot be read is ``None``."""
    holder = linear.dense if linear.linear else model
    optimizer = model.optimizer if model.compiled else None
    config = optimizer.get_config() if optimizer is not None else {}
    history = getattr(model, "history", None)
    if arguments is None and history is not None and history.epoch:
        epochs_run = len(history.epoch)
    decay = config.get("weight_decay")
    return TrainingSettings(
        solver=type(optimizer).__name__ if optimizer is not None else None,
        iterations=arguments.epochs if arguments else None,
        iterations_run=epochs_run,
        learning_rate=first_learning_rate(optimizer),
        batch_size=arguments.batch_size if arguments else None,
        initialization=None,
        dtype=str(holder.compute_dtype or "float32"),
        weight_decay=None if decay is None else float(decay),
    )


def first_learning_rate(optimizer: Any) -> float | None:
    """Return the learning rate of the first step."""
    if optimizer is None:
        return None
    rate = optimizer._learning_rate
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        return float(np.asarray(rate(0)))
    return float(np.asarray(rate))


def read_settings(
    model: Any,
    linear: LinearModel,
    loss: CompiledLoss | None,
    objective: ObjectiveSettings | None,
    training: TrainingSettings,
    data: Dataset,
    unmodelled: tuple[str, ...],
) -> ModelSettings:
    """Return everything that was read of a Keras candidate."""
    return ModelSettings(
        framework="keras",
        model=model_text(model, linear, loss),
        objective=objective,
        training=training,
        written=_written(model, linear, objective, training, data),
        unmodelled=unmodelled,
    )


def model_text(model: Any, linear: LinearModel, loss: CompiledLoss | None) -> str:
    """Return the model in one line."""
    if not linear.linear:
        return f"Keras {type(model).__name__} with {model.count_params()} parameters"
    name = f", {loss.name}" if loss is not None else ""
    optimizer = f", {optimizer_text(model.optimizer)}" if model.compiled else ""
    return f"Keras {dense_text(linear)}{name}{optimizer}"


def dense_text(linear: LinearModel) -> str:
    """Return the layer that holds the coefficients, as its user would write it."""
    parts = [str(linear.n_outputs)]
    if linear.activation != "linear":
        parts.append(repr(linear.activation))
    if not linear.dense.use_bias:
        parts.append("use_bias=False")
    for option in ("kernel_regularizer", "bias_regularizer"):
        penalty = getattr(linear.dense, option)
        if penalty is not None:
            parts.append(f"{option}={_regularizer_text(penalty)}")
    return f"Dense({', '.join(parts)})"


def optimizer_text(optimizer: Any) -> str:
    """Return an optimizer with its learning rate and what else changes its steps most."""
    parts = [f"{first_learning_rate(optimizer):.3g}"]
    for option in ("momentum", "weight_decay", "clipnorm", "global_clipnorm", "clipvalue"):
        value = float(getattr(optimizer, option, 0.0) or 0.0)
        if value:
            parts.append(f"{option}={value:.3g}")
    return f"{type(optimizer).__name__}({', '.join(parts)})"


def _regularizer_text(penalty: Any) -> str:
    """Return a regularizer; one of strength zero is still there."""
    strengths = penalty_strengths(penalty)
    if strengths is None or not any(strengths):
        return type(penalty).__name__ + ("(0.0)" if strengths else "")
    return kernel_regularizer_text(*strengths)


def _written(
    model: Any,
    linear: LinearModel,
    objective: ObjectiveSettings | None,
    training: TrainingSettings,
    data: Dataset,
) -> dict[str, str]:
    """Return each setting in Keras's words."""
    words: dict[str, str] = {}
    if training.solver:
        words["solver"] = f"optimizer={optimizer_text(model.optimizer)}"
    if training.iterations is not None:
        words["iterations"] = f"epochs={training.iterations}"
        if training.iterations_run not in (None, training.iterations):
            words["iterations"] += f" (stopped after {training.iterations_run})"
    elif training.iterations_run is not None:
        words["iterations"] = f"{training.iterations_run} epochs in its last fit"
    else:
        words["iterations"] = "already trained, epochs unknown"
    if training.learning_rate is not None:
        words["learning_rate"] = f"learning_rate={training.learning_rate:.3g}"
    if training.batch_size is not None:
        words["batch_size"] = f"batch_size={training.batch_size}"
    if training.weight_decay is not None:
        words["weight_decay"] = f"weight_decay={training.weight_decay:.3g}"
    words["dtype"] = training.dtype or "float32"
    if objective is None:
        return words
    return words | objective_words(objective, data, hidden_l2(model, linear))


def objective_words(
    objective: ObjectiveSettings, data: Dataset, decay: tuple[float, float] = (0.0, 0.0)
) -> dict[str, str]:
    """Return each objective setting in Keras's words.

    Parameters
    ----------
    decay : tuple of float
        What of the λ2 of kernel and bias is SGD's ``weight_decay`` (`hidden_l2`).
    """
    kernel = _penalty_words(
        "kernel_regularizer", objective.l2_strength, objective.l1_strength, decay[0]
    )
    bias = _penalty_words(
        "bias_regularizer",
        objective.intercept_l2_strength,
        objective.intercept_l1_strength,
        decay[1],
    )
    used = objective.rows_used
    words = {
        "penalty": kernel,
        "C": kernel,
        "l1_ratio": kernel,
        "fit_intercept": f"use_bias={objective.fit_intercept}",
        "intercept_penalty": bias,
        "class_weight": "no class_weight",
        "sample_weight": "sample_weight given" if objective.sample_weight else "no sample_weight",
        "loss": _loss_words(objective),
        "output_head": "Dense(1) with sigmoid"
        if objective.output_head == "sigmoid"
        else f"Dense({data.n_classes}) with softmax",
        "label_smoothing": f"label_smoothing={objective.label_smoothing:.3g}",
        "feature_scaling": "features scaled inside the model"
        if objective.feature_scale
        else "features as given",
        "rows_used": "all rows"
        if used is None
        else f"the first {used} of {data.n_samples} rows (validation_split)",
    }
    if objective.class_weight is not None:
        items = ", ".join(f"{i}: {w:.3g}" for i, w in enumerate(objective.class_weight))
        words["class_weight"] = f"class_weight={{{items}}}"
    return words


def _penalty_words(name: str, l2_strength: float, l1_strength: float, decay: float) -> str:
    """Return where a penalty comes from: the regularizer, the optimizer, or both."""
    own = 0.0 if same_number(l2_strength, decay) else l2_strength - decay
    text = f"{name}={kernel_regularizer_text(own, l1_strength)}" if own or l1_strength else ""
    if not decay:
        return text or f"no {name}"
    hidden = f"SGD's weight_decay acts as L2({number_text(decay / 2)})"
    return f"{text}, and {hidden}" if text else hidden


def _loss_words(objective: ObjectiveSettings) -> str:
    """Return how the loss is averaged."""
    if objective.weights_normalised:
        return "log-loss divided by the sum of the weights"
    if objective.loss_scale != 1.0:
        return f"log-loss times {objective.loss_scale:.3g}"
    return "mean log-loss"


def _numbers(values: np.ndarray | None) -> tuple[float, ...] | None:
    """Return an array as plain floats."""
    return None if values is None else tuple(float(value) for value in values)
