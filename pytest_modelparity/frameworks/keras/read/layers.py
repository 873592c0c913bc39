"""The layers of a Keras model, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND


def dense_rows(X: Any) -> np.ndarray:
    """Return rows as a dense array."""
    rows: np.ndarray = X.toarray() if hasattr(X, "toarray") else X
    return rows


def flat_layers(model: keras.Model) -> Iterator[keras.Layer]:
    """Yield the layers of a model in order, those of nested models in their place."""
    # `layers` holds a nested model as one layer, however many it has.
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from flat_layers(layer)
        else:
            yield layer


def activation_name(layer: keras.Layer) -> str:
    """Return the name of a layer's activation; Softmax is its own."""
    # That layer calls the function itself and has no attribute `activation`.
    if isinstance(layer, keras.layers.Softmax):
        return "softmax"
    name = str(getattr(layer.activation, "__name__", type(layer.activation).__name__))
    # `keras.ops.exp` and `tf.exp` are what Keras calls by another name.
    return "exponential" if name == "exp" else name


def composed(first: str, second: str) -> str:
    """Return the name of two activations in a row."""
    if first == "linear":
        return second
    return first if second == "linear" else f"{first}, then {second}"


def last_activation(model: keras.Model) -> str:
    """Return the activation of the last layer that has one, for a model that is not linear."""
    for layer in reversed(list(flat_layers(model))):
        if isinstance(layer, keras.layers.Softmax) or hasattr(layer, "activation"):
            return activation_name(layer)
    return "linear"


def bare_operations(model: keras.Model) -> list[str]:
    """Return the operations of a functional model that are no layers, a sentence each."""
    found = []
    # Arithmetic on Keras tensors, such as `2 * x`, makes operations that `layers` leaves out: by
    # its layers alone the model would be read as linear.
    for operation in getattr(model, "operations", model.layers):
        if isinstance(operation, keras.Model):
            found.extend(bare_operations(operation))
        elif not isinstance(operation, keras.Layer):
            name = type(operation).__name__
            found.append(f"the model has an operation {name} that is no layer: it is not read")
    return found


def is_affine(layer: keras.Layer) -> bool:
    """Whether a layer maps each feature by itself, x to (x - shift) / scale."""
    return isinstance(layer, (keras.layers.Normalization, keras.layers.Rescaling))


def affine_map(layer: keras.Layer, n_features: int) -> tuple[np.ndarray, np.ndarray]:
    """Return shift and scale of such a layer."""
    if isinstance(layer, keras.layers.Rescaling):
        scale = np.broadcast_to(np.asarray(layer.scale, dtype=np.float64), (n_features,))
        offset = np.broadcast_to(np.asarray(layer.offset, dtype=np.float64), (n_features,))
        return -offset / scale, 1.0 / scale
    # As the layer holds them, in float32: `adapt` gave a constant column of 3.7 the variance
    # 4.8e-11, not 0, so it becomes -1 on the rows that it was adapted to (measured).
    mean = BACKEND.array(layer.mean).astype(np.float64).reshape(-1)
    variance = BACKEND.array(layer.variance).astype(np.float64).reshape(-1)
    # keras 3.15, src/layers/preprocessing/normalization.py: divides by max(sqrt(var), epsilon).
    deviation = np.maximum(np.sqrt(variance), keras.config.epsilon())
    mean, deviation = np.broadcast_to(mean, n_features), np.broadcast_to(deviation, n_features)
    if layer.invert:
        return -mean / deviation, 1.0 / deviation
    return mean, deviation


def is_silent(layer: keras.Layer) -> bool:
    """Whether a layer does nothing at all, in training either."""
    # A Dropout layer with a rate is silent in predictions and noise in training.
    if isinstance(layer, keras.layers.Dropout):
        return not layer.rate
    return isinstance(layer, keras.layers.Activation) and activation_name(layer) == "linear"


def is_noise(layer: keras.Layer) -> bool:
    """Whether a layer draws at random in training, and does nothing where it predicts."""
    kinds = (
        keras.layers.AlphaDropout,
        keras.layers.Dropout,
        keras.layers.GaussianDropout,
        keras.layers.GaussianNoise,
        keras.layers.SpatialDropout1D,
    )
    return isinstance(layer, kinds) and bool(getattr(layer, "rate", getattr(layer, "stddev", 0)))


def layer_text(layer: keras.Layer) -> str:
    """Return a layer as its user would write it, roughly."""
    kind = type(layer).__name__
    if isinstance(layer, keras.layers.Dense):
        name = activation_name(layer)
        return f"{kind}({layer.units})" if name == "linear" else f"{kind}({layer.units}, {name!r})"
    return f"{kind}({layer.rate})" if isinstance(layer, keras.layers.Dropout) else kind
