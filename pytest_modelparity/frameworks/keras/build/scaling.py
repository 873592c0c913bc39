"""Stock Keras layers that map features, as data: built, and written as code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from pytest_modelparity.feature_map import FeatureMap
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.sides.dataset import Dataset

#: A layer of `keras.layers` by name, and its arguments.
MapLayer = tuple[str, dict[str, Any]]

#: Scales that one Normalization layer can hold. It divides by ``max(sqrt(variance), 1e-7)``, and
#: keeps the variance in float32 (keras 3.15, normalization.py).
SMALLEST, LARGEST = 1e-6, 1e15


def scaling_layers(
    shift: Sequence[float] | np.ndarray, scale: Sequence[float] | np.ndarray
) -> list[MapLayer]:
    """Return the layers that map x to ``(x - shift) / scale``.

    Parameters
    ----------
    shift, scale : sequence of float, of length n_features
        Scales are above 0.
    """
    shifts, scales = np.asarray(shift, np.float64), np.asarray(scale, np.float64)
    unit = np.where((scales < SMALLEST) | (scales > LARGEST), scales, 1.0)
    normalization = {
        "mean": (shifts / unit).tolist(),
        # The layer takes variances and takes their roots again.
        "variance": ((scales / unit) ** 2).tolist(),
    }
    layers: list[MapLayer] = [("Normalization", normalization)]
    if np.any(unit != 1.0):
        layers.insert(0, ("Rescaling", {"scale": (1.0 / unit).tolist()}))
    return layers


def map_layers(
    shift: Sequence[float] | np.ndarray | None,
    scale: Sequence[float] | np.ndarray | None,
    then: FeatureMap | None,
) -> list[MapLayer]:
    """Return the layers that map x to ``(x - shift) / scale``, and then by a matrix.

    The matrix is set by `set_matrix`: a layer takes none as an argument.
    """
    layers = [] if shift is None or scale is None else scaling_layers(shift, scale)
    if then is not None:
        matrix = {"units": then.size, "trainable": False}
        # No bias is less to store, and to add.
        layers.append(("Dense", matrix if any(then.offset) else {**matrix, "use_bias": False}))
    return layers


def set_matrix(layers: Sequence[keras.Layer], then: FeatureMap | None) -> None:
    """Set the matrix of a map in a built model of the layers of `map_layers` and one more."""
    if then is not None:
        layer = layers[-2]
        layer.kernel.assign(np.array(then.matrix).T)
        if layer.use_bias:
            layer.bias.assign(np.array(then.offset))


def map_code(settings: ObjectiveSettings) -> str:
    """Return the layers of an objective as lines of a list of layers; nothing where it has none."""
    layers = map_layers(settings.feature_shift, settings.feature_scale, settings.feature_map)
    return "".join(f"\n            {layer_code(layer)}," for layer in layers)


def matrix_code(then: FeatureMap | None, indent: str = "") -> str:
    """Return the line that sets the matrix in a model of `map_code`; nothing where it has none."""
    if then is None:
        return ""
    # All digits: the layer rounds once, to float32.
    rows = ", ".join(repr(list(column)) for column in zip(*then.matrix, strict=True))
    bias = f", np.array({list(then.offset)!r})" if any(then.offset) else ""
    return f"{indent}model.layers[-2].set_weights([np.array([{rows}]){bias}])\n"


def rows_text(data: Dataset) -> str:
    """Return what X is to a program: the rows, or what the steps of a pipeline make of them."""
    return "rows X" if data.features is None else "X, as the pipeline's steps leave it,"


def layer_code(layer: MapLayer) -> str:
    """Return a layer as code."""
    name, arguments = layer
    return f"keras.layers.{name}({', '.join(f'{key}={value}' for key, value in arguments.items())})"
