"""What the layers before the coefficients make of the features: one affine map."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np

from pytest_modelparity.feature_map import FeatureMap
from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.read.layers import activation_name, affine_map


def is_fixed_matrix(layer: keras.Layer) -> bool:
    """Whether a layer maps features by a matrix that no training changes."""
    return (
        isinstance(layer, keras.layers.Dense)
        and not layer.trainable
        and activation_name(layer) == "linear"
    )


@dataclass(slots=True, kw_only=True, eq=False)
class FeatureWalk:
    """The map of the layers up to some point: ``matrix (x - shift) / scale + offset``.

    Parameters
    ----------
    shift, scale : ndarray of shape (n_features,)
        Of the features as given.
    matrix : ndarray of shape (n_made, n_features), optional
        ``None``: no layer mixed the features.
    offset : ndarray of shape (n_made,), optional
        Beside the matrix.
    """

    shift: np.ndarray
    scale: np.ndarray
    matrix: np.ndarray | None = None
    offset: np.ndarray | None = None

    def take(self, layer: keras.Layer) -> None:
        """Take one more layer."""
        if isinstance(layer, keras.layers.Dense):
            self._take_matrix(layer)
        elif self.matrix is None or self.offset is None:
            # Two maps in a row, by (x - a) / b and then (x - c) / d, are one by (x - (a + b c)) /
            # (b d).
            shift, scale = affine_map(layer, len(self.shift))
            self.shift, self.scale = self.shift + self.scale * shift, self.scale * scale
        else:
            shift, scale = affine_map(layer, len(self.offset))
            self.matrix = self.matrix / scale[:, None]
            self.offset = (self.offset - shift) / scale

    def _take_matrix(self, layer: keras.layers.Dense) -> None:
        """Take a layer that mixes the features."""
        matrix = BACKEND.array(layer.kernel).astype(np.float64).T
        offset = np.zeros(len(matrix))
        if layer.use_bias:
            offset = BACKEND.array(layer.bias).astype(np.float64)
        if self.matrix is not None and self.offset is not None:
            matrix, offset = matrix @ self.matrix, offset + matrix @ self.offset
        self.matrix, self.offset = matrix, offset

    def of(self, rows: np.ndarray) -> np.ndarray:
        """Return what the layers make of rows."""
        scaled: np.ndarray = (rows - self.shift) / self.scale
        return scaled if self.matrix is None else scaled @ self.matrix.T + self.offset

    @property
    def scales(self) -> bool:
        """Whether features are moved or scaled one by one."""
        return not (np.all(self.shift == 0) and np.all(self.scale == 1))

    @property
    def then(self) -> FeatureMap | None:
        """What maps the scaled features once more."""
        if self.matrix is None or self.offset is None:
            return None
        rows = tuple(tuple(row) for row in self.matrix.tolist())
        return FeatureMap(matrix=rows, offset=tuple(self.offset.tolist()))
