"""Stock Keras layers that map features one by one, as data: built, and written as code."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.sides.dataset import Dataset

#: A layer of `keras.layers` by name, and its arguments.
ScalingLayer = tuple[str, dict[str, list[float]]]

#: Scales that one Normalization layer can hold. It divides by ``max(sqrt(variance), 1e-7)``, and
#: keeps the variance in float32 (keras 3.15, normalization.py).
SMALLEST, LARGEST = 1e-6, 1e15


def scaling_layers(
    shift: Sequence[float] | np.ndarray, scale: Sequence[float] | np.ndarray
) -> list[ScalingLayer]:
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
    layers: list[ScalingLayer] = [("Normalization", normalization)]
    if np.any(unit != 1.0):
        layers.insert(0, ("Rescaling", {"scale": (1.0 / unit).tolist()}))
    return layers


def scaling_code(settings: ObjectiveSettings) -> str:
    """Return the layers of an objective as lines of a list of layers; nothing where it has none."""
    if settings.feature_shift is None or settings.feature_scale is None:
        return ""
    layers = scaling_layers(settings.feature_shift, settings.feature_scale)
    return "".join(f"\n            {layer_code(layer)}," for layer in layers)


def rows_text(data: Dataset) -> str:
    """Return what X is to a program: the rows, or what the steps of a pipeline make of them."""
    return "rows X" if data.features is None else "X, as the pipeline's steps leave it,"


def layer_code(layer: ScalingLayer) -> str:
    """Return a layer as code."""
    name, arguments = layer
    return f"keras.layers.{name}({', '.join(f'{key}={value}' for key, value in arguments.items())})"
