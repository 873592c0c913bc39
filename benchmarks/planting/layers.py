"""What a candidate does to its rows before its Dense layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import keras
import numpy as np


def _normalization(X: np.ndarray) -> keras.Layer:
    """Return a layer that subtracts the mean and divides by the deviation."""
    return keras.layers.Normalization(mean=X.mean(axis=0), variance=X.var(axis=0))


def _ranged(X: np.ndarray) -> keras.Layer:
    """Return a layer that subtracts the smallest value and divides by the range."""
    return keras.layers.Normalization(mean=X.min(axis=0), variance=np.square(np.ptp(X, axis=0)))


def _lowest_third(X: np.ndarray) -> np.ndarray:
    """Return the third of the rows with the smallest first feature."""
    return X[np.argsort(X[:, 0], kind="stable")[: len(X) // 3]]


#: By name: the layers on rows like X.
SCALINGS: Mapping[str, Callable[[np.ndarray], list[keras.Layer]]] = {
    "none": lambda X: [],
    "identity": lambda X: [keras.layers.Rescaling(1.0)],
    "shrink": lambda X: [keras.layers.Rescaling(0.25)],
    "standardise": lambda X: [_normalization(X)],
    "standardise by a third of the rows": lambda X: [_normalization(_lowest_third(X))],
    "range": lambda X: [_ranged(X)],
}


def scaling_layers(name: str, X: np.ndarray) -> list[keras.Layer]:
    """Return the layers of a scaling, by its name."""
    return SCALINGS[name](X)
