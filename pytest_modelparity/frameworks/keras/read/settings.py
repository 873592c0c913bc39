"""A Keras model's settings in canonical form, and in the words its user wrote them in."""

from __future__ import annotations

import keras

from pytest_modelparity.frameworks.keras import internals
from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.read.arguments import FitArguments
from pytest_modelparity.frameworks.keras.read.behaviour import OwnLayer
from pytest_modelparity.frameworks.keras.read.model import LinearModel
from pytest_modelparity.frameworks.keras.read.number_heads import NUMBER_HEADS
from pytest_modelparity.frameworks.keras.read.parts import ModelParts
from pytest_modelparity.frameworks.keras.read.penalty import hidden_l2, penalty_strengths
from pytest_modelparity.frameworks.keras.read.scale import in_keras
from pytest_modelparity.frameworks.keras.write.words import kernel_regularizer_text, number_text
from pytest_modelparity.settings import (
    ONE_VS_REST,
    ModelSettings,
    ObjectiveSettings,
    TrainingSettings,
    same_number,
)
from pytest_modelparity.sides.dataset import Dataset


def read_training(
    parts: ModelParts, arguments: FitArguments | None, epochs_run: int | None = None
) -> TrainingSettings:
    """Return how the candidate is trained; what cannot be read is ``None``."""
    model, linear = parts.model, parts.linear
    holder = linear.dense if linear.linear else model
    optimizer = model.optimizer if model.compiled else None
    config = optimizer.get_config() if optimizer is not None else {}
    # After `fit` a model keeps its history and nothing else of it: batch size, class weights and
    # callbacks are gone.
    history = getattr(model, "history", None)
    if arguments is None and history is not None and history.epoch:
        epochs_run = len(history.epoch)
    decay = config.get("weight_decay")
    return TrainingSettings(
        solver=type(optimizer).__name__ if optimizer is not None else None,
        iterations=arguments.epochs if arguments else None,
        iterations_run=epochs_run,
        learning_rate=first_rate(optimizer),
        batch_size=arguments.batch_size if arguments else None,
        initialization=None,
        # Of the layer, not of the model: under mixed precision a head is often kept in float32.
        dtype=str(holder.compute_dtype or "float32"),
        weight_decay=None if decay is None else float(decay),
    )


def first_rate(optimizer: keras.Optimizer) -> float | None:
    """Return the learning rate of the first step."""
    if optimizer is None:
        return None
    rate = internals.rate_of(optimizer)
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        # Of a schedule, since `learning_rate` is that of the step which the optimizer has reached.
        rate = rate(0)
    elif not isinstance(rate, keras.Variable) and callable(rate):
        # A function of nothing, which Keras asks at every step.
        rate = rate()
    return float(BACKEND.array(rate))


def read_settings(
    parts: ModelParts,
    objective: ObjectiveSettings | None,
    training: TrainingSettings,
    data: Dataset,
    unmodelled: tuple[str, ...],
) -> ModelSettings:
    """Return everything that was read of a Keras candidate."""
    return ModelSettings(
        framework="keras",
        model=model_text(parts),
        objective=objective,
        training=training,
        written=_written(parts, objective, training, data),
        unmodelled=unmodelled,
    )


def model_text(parts: ModelParts) -> str:
    """Return the model in one line."""
    model, linear, loss = parts.model, parts.linear, parts.loss
    if not linear.linear:
        return f"Keras {type(model).__name__} with {model.count_params()} parameters"
    name = f", {loss.name}" if loss is not None else ""
    optimizer = f", {optimizer_text(model.optimizer)}" if model.compiled else ""
    return f"Keras {dense_text(linear)}{name}{optimizer}"


def dense_text(linear: LinearModel) -> str:
    """Return the layer that holds the coefficients, as its user would write it."""
    dense = linear.dense
    kind = type(dense.owner).__name__ if isinstance(dense, OwnLayer) else type(dense).__name__
    parts = [str(linear.n_outputs)]
    if linear.activation != "linear":
        parts.append(repr(linear.activation))
    if not linear.dense.use_bias:
        parts.append("use_bias=False")
    for option in ("kernel_regularizer", "bias_regularizer"):
        penalty = getattr(linear.dense, option)
        if penalty is not None:
            parts.append(f"{option}={_regularizer_text(penalty)}")
    return f"{kind}({', '.join(parts)})" + " as [1 - p, p]" * linear.pair


def optimizer_text(optimizer: keras.Optimizer) -> str:
    """Return an optimizer with its learning rate and what else changes its steps most."""
    parts = [f"{first_rate(optimizer):.3g}"]
    for option in ("momentum", "weight_decay", "clipnorm", "global_clipnorm", "clipvalue"):
        value = float(getattr(optimizer, option, 0.0) or 0.0)
        if value:
            parts.append(f"{option}={value:.3g}")
    return f"{type(optimizer).__name__}({', '.join(parts)})"


def _regularizer_text(penalty: keras.Regularizer) -> str:
    """Return a regularizer; one of strength zero is still there."""
    strengths = penalty_strengths(penalty)
    if strengths is None or not any(strengths):
        return type(penalty).__name__ + ("(0.0)" if strengths else "")
    return kernel_regularizer_text(*strengths)


def _written(
    parts: ModelParts,
    objective: ObjectiveSettings | None,
    training: TrainingSettings,
    data: Dataset,
) -> dict[str, str]:
    """Return each setting in Keras's words."""
    words: dict[str, str] = {}
    if training.solver:
        words["solver"] = f"optimizer={optimizer_text(parts.model.optimizer)}"
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
    if parts.loss is not None and parts.loss.clips:
        words["logits"] = "probabilities, clipped by the loss"
    if objective is None:
        return words
    return words | objective_words(objective, data, hidden_l2(parts.model, parts.linear.dense))


#: Heads of one unit, in words.
_HEADS = {
    "sigmoid": "Dense(1) with sigmoid",
    "identity": "Dense(1), linear",
    "exponential": "Dense(1) with exponential",
}


def objective_words(
    objective: ObjectiveSettings, data: Dataset, decay: tuple[float, float] = (0.0, 0.0)
) -> dict[str, str]:
    """Return each objective setting in Keras's words.

    Parameters
    ----------
    decay : tuple of float
        What of the λ2 of kernel and bias is SGD's ``weight_decay`` (`hidden_l2`).
    """
    spelled = in_keras(objective, data.n_classes)
    kernel = _penalty_words(
        "kernel_regularizer", spelled.l2_strength, spelled.l1_strength, decay[0]
    )
    bias = _penalty_words(
        "bias_regularizer",
        spelled.intercept_l2_strength,
        spelled.intercept_l1_strength,
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
        "output_head": _head_words(objective, data),
        "label_smoothing": f"label_smoothing={objective.label_smoothing:.3g}",
        "feature_scaling": _features_words(objective),
        "rows_used": "all rows"
        if used is None
        else f"the first {used} of {data.n_samples} rows (validation_split)",
    }
    if objective.class_weight is not None:
        items = ", ".join(f"{i}: {w:.3g}" for i, w in enumerate(objective.class_weight))
        words["class_weight"] = f"class_weight={{{items}}}"
    if objective.binary_weight is not None:
        pairs = ", ".join(f"{inside:.3g}:{rest:.3g}" for rest, inside in objective.binary_weight)
        own = "" if objective.class_weight is None else words["class_weight"] + ", "
        words["class_weight"] = f"{own}each class against the rest {pairs}"
    return words


def _head_words(objective: ObjectiveSettings, data: Dataset) -> str:
    """Return the head."""
    if objective.output_head == ONE_VS_REST:
        return f"Dense({data.n_classes}) with sigmoids, one-vs-rest"
    return _HEADS.get(objective.output_head, f"Dense({data.n_classes}) with softmax")


def _penalty_words(name: str, l2_strength: float, l1_strength: float, decay: float) -> str:
    """Return where a penalty comes from: the regularizer, the optimizer, or both."""
    # Subtracting equal strengths leaves rounding, which would be spelled as a penalty of 1e-20.
    own = 0.0 if same_number(l2_strength, decay) else l2_strength - decay
    text = f"{name}={kernel_regularizer_text(own, l1_strength)}" if own or l1_strength else ""
    if not decay:
        return text or f"no {name}"
    hidden = f"SGD's weight_decay acts as L2({number_text(decay / 2)})"
    return f"{text}, and {hidden}" if text else hidden


def _features_words(objective: ObjectiveSettings) -> str:
    """Return what the model does with the features before its coefficients."""
    if objective.feature_map is not None:
        if objective.feature_map.reorders:
            return "features in another order inside the model"
        return f"features mapped to {objective.feature_map.size} inside the model"
    return "features scaled inside the model" if objective.maps_features else "features as given"


def _loss_words(objective: ObjectiveSettings) -> str:
    """Return how the loss is averaged."""
    head = NUMBER_HEADS.get(objective.output_head)
    loss = "log-loss" if head is None else head.words
    if objective.weights_normalised:
        return f"{loss} divided by the sum of the weights"
    if objective.loss_scale != 1.0:
        return f"{loss} times {objective.loss_scale:.3g}"
    return f"mean {loss}"
