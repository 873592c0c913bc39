"""What a Keras model is, where it is linear: feature map, one Dense layer, a link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import scipy.special

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.keras.read.layers import (
    activation_name,
    affine_map,
    bare_operations,
    composed,
    flat_layers,
    is_affine,
    is_silent,
    last_activation,
    layer_text,
)
from pytest_modelparity.frameworks.keras.read.penalty import penalty_strengths

# Layers that pass rows on unchanged when a model of flat features predicts.
_IDENTITY_LAYERS = (keras.layers.InputLayer, keras.layers.Flatten)
_HEAD_LAYERS = (keras.layers.Activation, keras.layers.Softmax)


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
            dense, activation = layer, activation_name(layer)
        elif isinstance(layer, _HEAD_LAYERS) and dense is not None:
            activation = composed(activation, activation_name(layer))
        elif dense is None and is_affine(layer):
            layer_shift, layer_scale = affine_map(layer, n_features)
            shift, scale = shift + scale * layer_shift, scale * layer_scale
        elif is_silent(layer):
            continue
        else:
            more = " more" if isinstance(layer, keras.layers.Dense) and dense is not None else ""
            unmodelled.append(
                f"the model has one{more} layer {layer_text(layer)}: it is not linear"
            )
    unmodelled.extend(bare_operations(model))
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
            activation=last_activation(model),
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
