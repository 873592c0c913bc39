"""What a Keras model is: its one linear layer, head, loss, penalties and optimizer, as read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import scipy.special

from pytest_modelparity.errors import ModelParityError

# Layers that pass rows on unchanged when a model of flat features predicts.
_IDENTITY_LAYERS = (keras.layers.InputLayer, keras.layers.Flatten)
_HEAD_LAYERS = (keras.layers.Activation, keras.layers.Softmax)

#: Losses whose canonical form is the log-loss, by the name of Keras's function.
_LOG_LOSSES = {
    "binary_crossentropy": "binary",
    "categorical_crossentropy": "categorical",
    "sparse_categorical_crossentropy": "sparse",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearModel:
    """A Keras model read as: affine feature map, one `Dense` layer, a link.

    Parameters
    ----------
    dense : keras.layers.Dense, optional
        The layer that holds the coefficients; ``None`` where the model is not linear.
    activation : str
        ``"linear"``, ``"sigmoid"`` or ``"softmax"``: what the model's output has gone through.
    n_outputs : int
        Width of the output.
    shift, scale : ndarray of shape (n_features,), optional
        The model maps ``x`` to ``(x - shift) / scale`` before the layer.
    unmodelled : tuple of str
        What keeps the model from being a plain linear one, one sentence each.
    """

    dense: Any
    activation: str
    n_outputs: int
    shift: np.ndarray | None
    scale: np.ndarray | None
    unmodelled: tuple[str, ...]

    @property
    def linear(self) -> bool:
        """Whether coefficients can be read and set."""
        return self.dense is not None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CompiledLoss:
    """The loss that a model was compiled with.

    Parameters
    ----------
    kind : str
        ``"binary"``, ``"categorical"``, ``"sparse"`` or ``"other"``.
    name : str
        As the user would recognise it.
    from_logits : bool
        Whether the loss takes the output for a decision function.
    label_smoothing : float
        As given.
    reduction : str
        Keras's name of the reduction.
    weight : float
        ``loss_weights``.
    given : object
        What was passed to ``compile``.
    unmodelled : tuple of str
        Options that are not modelled, one sentence each.
    """

    kind: str
    name: str
    from_logits: bool
    label_smoothing: float
    reduction: str
    weight: float
    given: Any
    unmodelled: tuple[str, ...]


def check_backend() -> None:
    """Refuse another Keras backend than TensorFlow.

    Raises
    ------
    ModelParityError
        If Keras runs on another one.
    """
    if keras.backend.backend() != "tensorflow":
        raise ModelParityError(
            f"Keras must run on TensorFlow for this check, got the backend "
            f"{keras.backend.backend()!r}; unset KERAS_BACKEND or set it to 'tensorflow' "
            f"before Keras is imported"
        )


def dense_rows(X: Any) -> np.ndarray:
    """Return rows as a dense array."""
    rows: np.ndarray = X.toarray() if hasattr(X, "toarray") else X
    return rows


def flat_layers(model: Any) -> Iterator[Any]:
    """Yield the layers of a model in order, those of nested models in their place."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from flat_layers(layer)
        else:
            yield layer


def read_linear_model(model: Any, n_features: int) -> LinearModel:
    """Read the structure of a built model.

    Raises
    ------
    ModelParityError
        If the model does not take rows of ``n_features`` features to one row of outputs.
    """
    n_outputs = _check_shapes(model, n_features)
    shift, scale = np.zeros(n_features), np.ones(n_features)
    dense, activation = None, "linear"
    unmodelled: list[str] = []
    for layer in flat_layers(model):
        if isinstance(layer, _IDENTITY_LAYERS):
            continue
        if isinstance(layer, keras.layers.Dense) and dense is None and not unmodelled:
            dense, activation = layer, _activation_name(layer)
        elif isinstance(layer, _HEAD_LAYERS) and dense is not None:
            activation = _compose(activation, _activation_name(layer))
        elif dense is None and _is_affine(layer):
            layer_shift, layer_scale = _affine(layer, n_features)
            shift, scale = shift + scale * layer_shift, scale * layer_scale
        elif _is_silent(layer):
            continue
        else:
            more = " more" if isinstance(layer, keras.layers.Dense) and dense is not None else ""
            unmodelled.append(
                f"the model has one{more} layer {_layer_text(layer)}: it is not linear"
            )
    unmodelled.extend(_bare_operations(model))
    if not unmodelled and activation not in ("linear", "sigmoid", "softmax"):
        unmodelled.append(f"the output goes through {activation!r}")
    if dense is None and not unmodelled:
        unmodelled.append("the model has no Dense layer")
    if not unmodelled and not getattr(model, "outputs", None):
        seen = _link_of_call(model, dense, activation, shift, scale)
        unmodelled += [] if seen else ["its call does something else than its layers say"]
        activation = seen or activation
    if unmodelled:
        return LinearModel(
            dense=None,
            activation=_last_activation(model),
            n_outputs=n_outputs,
            shift=None,
            scale=None,
            unmodelled=tuple(unmodelled),
        )
    maps = not (np.all(shift == 0) and np.all(scale == 1))
    return LinearModel(
        dense=dense,
        activation=activation,
        n_outputs=n_outputs,
        shift=shift if maps else None,
        scale=scale if maps else None,
        unmodelled=_dense_options(dense),
    )


def read_loss(model: Any) -> CompiledLoss | None:
    """Read the compiled loss; ``None`` for an uncompiled model.

    Raises
    ------
    ModelParityError
        If the model was compiled without a loss, or with several.
    """
    if not model.compiled:
        return None
    given, weight = model.loss, model.get_compile_config().get("loss_weights")
    if isinstance(given, (list, tuple)) and len(given) == 1:
        given = given[0]
    if isinstance(given, dict) and len(given) == 1:
        given = next(iter(given.values()))
    if isinstance(weight, (list, tuple)):
        weight = weight[0]
    if isinstance(weight, dict):
        weight = next(iter(weight.values()))
    if given is None or isinstance(given, (list, tuple, dict)):
        raise ModelParityError(
            f"the candidate must be compiled with one loss, got loss={model.loss!r}; "
            f'compile it with loss="binary_crossentropy" or another single loss'
        )
    resolved = keras.losses.get(given)
    is_object = isinstance(resolved, keras.losses.Loss)
    config = _loss_config(resolved) if is_object else {}
    function = resolved.fn if hasattr(resolved, "fn") else resolved
    name = getattr(function, "__name__", type(resolved).__name__)
    stock = getattr(keras.losses, name, None) is function
    return CompiledLoss(
        kind=_LOG_LOSSES.get(name, "other") if stock else "other",
        name=type(resolved).__name__ if type(resolved).__module__ != "builtins" else name,
        from_logits=bool(config.get("from_logits", False)),
        label_smoothing=float(config.get("label_smoothing", 0.0) or 0.0),
        reduction=str(getattr(resolved, "reduction", "sum_over_batch_size")),
        weight=1.0 if weight is None else float(weight),
        given=given,
        unmodelled=_loss_options(config, resolved if is_object else None),
    )


def check_head(linear: LinearModel, loss: CompiledLoss | None, n_classes: int) -> None:
    """Refuse a head or loss that cannot predict the classes.

    Raises
    ------
    ModelParityError
        If the width, the activation and the loss do not fit each other and the classes.
    """
    width, activation = linear.n_outputs, linear.activation
    if width not in ((1, 2) if n_classes == 2 else (n_classes,)):
        allowed = "1 (sigmoid) or 2 (softmax)" if n_classes == 2 else str(n_classes)
        raise ModelParityError(
            f"the candidate's head must have {allowed} outputs for {n_classes} classes, "
            f"got {width}; change the units of its last Dense layer"
        )
    if width == 1 and activation == "softmax":
        raise ModelParityError(
            "a softmax over one output is always 1, got a head of one unit with softmax; "
            'use activation="sigmoid", or two units'
        )
    if width > 1 and activation == "sigmoid":
        raise ModelParityError(
            f"a head of {width} sigmoid outputs gives no distribution over the classes; "
            f'use activation="softmax"' + (", or one unit" if n_classes == 2 else "")
        )
    if loss is None:
        return
    if width == 1 and loss.kind in ("categorical", "sparse"):
        raise ModelParityError(
            f"{loss.name} needs one output for each class, got a head of one unit; "
            f'use loss="binary_crossentropy", or {n_classes} units with softmax'
        )
    if width > 1 and loss.kind == "binary":
        raise ModelParityError(
            f"{loss.name} fits a head of one unit, got {width} units; "
            f'use loss="sparse_categorical_crossentropy"' + (", or one unit" * (n_classes == 2))
        )


def link_of(linear: LinearModel, loss: CompiledLoss | None) -> str:
    """Return how outputs become probabilities: ``"none"``, ``"sigmoid"`` or ``"softmax"``.

    Raises
    ------
    ModelParityError
        If the model is uncompiled and its output is linear: nothing tells the link.
    """
    if linear.activation != "linear":
        return "none"
    if loss is None:
        raise ModelParityError(
            "the link of the candidate's output cannot be told: the model is uncompiled and its "
            "output is linear; compile it with a loss that has from_logits=True, or end it with "
            "a sigmoid or softmax activation"
        )
    if not loss.from_logits:
        return "none"
    return "sigmoid" if linear.n_outputs == 1 else "softmax"


def penalty_strengths(regularizer: Any) -> tuple[float, float] | None:
    """Return (λ2, λ1) of a Keras regularizer, or ``None`` for one that is not modelled.

    Keras's ``L2(l)`` adds ``l * sum(w**2)`` (keras 3.15, src/regularizers/regularizers.py):
    there is no factor ½, hence λ2 = 2 l.
    """
    if regularizer is None:
        return 0.0, 0.0
    if type(regularizer) is keras.regularizers.L2:
        return 2.0 * float(regularizer.l2), 0.0
    if type(regularizer) is keras.regularizers.L1:
        return 0.0, float(regularizer.l1)
    if type(regularizer) is keras.regularizers.L1L2:
        return 2.0 * float(regularizer.l2 or 0.0), float(regularizer.l1 or 0.0)
    return None


def _check_shapes(model: Any, n_features: int) -> int:
    """Return the width of the output."""
    # A subclass of keras.Model has neither.
    inputs, outputs = (getattr(model, name, None) or [] for name in ("inputs", "outputs"))
    if len(inputs) > 1 or len(outputs) > 1:
        raise ModelParityError(
            f"the candidate must have one input and one output, got {len(inputs)} and "
            f"{len(outputs)}; wrap the part to compare in a model of its own"
        )
    if inputs and inputs[0].shape[1:] not in ((n_features,), (None,)):
        raise ModelParityError(
            f"the candidate must take rows of {n_features} features as X has them, got input "
            f"shape {tuple(inputs[0].shape)}; build it with keras.Input(({n_features},))"
        )
    shape = outputs[0].shape if outputs else _output_shape(model, n_features)
    if len(shape) != 2 or shape[1] is None:
        raise ModelParityError(
            f"the candidate must give one row of outputs for each row, got output shape "
            f"{tuple(shape)}; end it with a Dense layer"
        )
    return int(shape[1])


def _link_of_call(
    model: Any, dense: Any, activation: str, shift: np.ndarray, scale: np.ndarray
) -> str:
    """Return what a subclass's call puts behind its Dense layer; nothing for something else.

    At the model's own weights; at others the fingerprint of the objective tells more.
    """
    rows = np.random.default_rng(0).normal(size=(3, len(shift))).astype(np.float32)
    outputs = np.asarray(model(rows, training=False), np.float64)
    decision = (rows - shift) / scale @ np.asarray(dense.kernel, np.float64)
    if dense.use_bias:
        decision = decision + np.asarray(dense.bias, np.float64)
    links = {
        "linear": decision,
        "sigmoid": scipy.special.expit(decision),
        "softmax": scipy.special.softmax(decision, axis=1),
    }
    fitting = [name for name, values in links.items() if np.allclose(values, outputs, atol=1e-5)]
    return activation if activation in fitting else next(iter(fitting), "")


def _output_shape(model: Any, n_features: int) -> tuple[int, ...]:
    """Return the shape of what a model without outputs of its own makes of one row."""
    row = np.zeros((1, n_features), dtype=np.float32)
    try:
        return tuple(model(row, training=False).shape)
    except Exception as error:
        raise ModelParityError(
            f"the candidate must take rows of {n_features} features as X has them; its call "
            f"raised {type(error).__name__}: {str(error).splitlines()[0]}"
        ) from error


def _activation_name(layer: Any) -> str:
    """Return the name of a layer's activation; Softmax is its own."""
    if isinstance(layer, keras.layers.Softmax):
        return "softmax"
    return str(getattr(layer.activation, "__name__", type(layer.activation).__name__))


def _compose(first: str, second: str) -> str:
    """Return the name of two activations in a row."""
    if first == "linear":
        return second
    return first if second == "linear" else f"{first}, then {second}"


def _last_activation(model: Any) -> str:
    """Return the activation of the last layer that has one, for a model that is not linear."""
    for layer in reversed(list(flat_layers(model))):
        if isinstance(layer, keras.layers.Softmax) or hasattr(layer, "activation"):
            return _activation_name(layer)
    return "linear"


def _bare_operations(model: Any) -> list[str]:
    """Return the operations of a functional model that are no layers, a sentence each."""
    found = []
    for operation in getattr(model, "operations", model.layers):
        if isinstance(operation, keras.Model):
            found.extend(_bare_operations(operation))
        elif not isinstance(operation, keras.Layer):
            name = type(operation).__name__
            found.append(f"the model has an operation {name} that is no layer: it is not read")
    return found


def _is_affine(layer: Any) -> bool:
    """Whether a layer maps each feature by itself, x to (x - shift) / scale."""
    return isinstance(layer, (keras.layers.Normalization, keras.layers.Rescaling))


def _affine(layer: Any, n_features: int) -> tuple[np.ndarray, np.ndarray]:
    """Return shift and scale of such a layer."""
    if isinstance(layer, keras.layers.Rescaling):
        scale = np.broadcast_to(np.asarray(layer.scale, dtype=np.float64), (n_features,))
        offset = np.broadcast_to(np.asarray(layer.offset, dtype=np.float64), (n_features,))
        return -offset / scale, 1.0 / scale
    mean = np.asarray(layer.mean, dtype=np.float64).reshape(-1)
    variance = np.asarray(layer.variance, np.float64).reshape(-1)
    # keras 3.15, src/layers/preprocessing/normalization.py: divides by max(sqrt(var), epsilon).
    deviation = np.maximum(np.sqrt(variance), keras.config.epsilon())
    mean, deviation = np.broadcast_to(mean, n_features), np.broadcast_to(deviation, n_features)
    if layer.invert:
        return -mean / deviation, 1.0 / deviation
    return mean, deviation


def _is_silent(layer: Any) -> bool:
    """Whether a layer does nothing at all, in training either."""
    if isinstance(layer, keras.layers.Dropout):
        return not layer.rate
    return isinstance(layer, keras.layers.Activation) and _activation_name(layer) == "linear"


def _layer_text(layer: Any) -> str:
    """Return a layer as its user would write it, roughly."""
    kind = type(layer).__name__
    if isinstance(layer, keras.layers.Dense):
        name = _activation_name(layer)
        return f"{kind}({layer.units})" if name == "linear" else f"{kind}({layer.units}, {name!r})"
    return f"{kind}({layer.rate})" if isinstance(layer, keras.layers.Dropout) else kind


def _dense_options(dense: Any) -> tuple[str, ...]:
    """Return what the layer does beside an affine map with L1 and L2 penalties."""
    found = []
    for option in ("kernel_regularizer", "bias_regularizer"):
        if penalty_strengths(getattr(dense, option)) is None:
            name = type(getattr(dense, option)).__name__
            found.append(f"{option}={name} is not modelled")
    for option in ("kernel_constraint", "bias_constraint", "activity_regularizer"):
        value = getattr(dense, option, None)
        if value is not None:
            found.append(f"{option}={type(value).__name__} is not modelled")
    if not dense.trainable:
        found.append("the Dense layer is frozen (trainable=False)")
    return tuple(found)


def _loss_config(loss: Any) -> dict[str, Any]:
    """Return a loss object's options; a custom one need not have any."""
    try:
        return dict(loss.get_config())
    except NotImplementedError:
        return {}


def _loss_options(config: dict[str, Any], loss: Any) -> tuple[str, ...]:
    """Return the options of a loss that are not modelled."""
    found = []
    if config.get("axis", -1) != -1:
        found.append(f"the loss's axis={config['axis']} is not modelled")
    if config.get("ignore_class") is not None:
        found.append(f"the loss's ignore_class={config['ignore_class']} is not modelled")
    reduction = getattr(loss, "reduction", "sum_over_batch_size")
    if reduction not in ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight"):
        found.append(f"the loss's reduction={reduction!r} is not modelled")
    return tuple(found)
