"""Targets that belong to features: labels, measurements and counts."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, softmax

from pytest_modelparity.hard_data.arrays import Array, FloatArray, Random
from pytest_modelparity.hard_data.designs import Features, standardised


def weights_of(rng: Random, p: int, size: float = 1.0) -> FloatArray:
    """Return coefficients whose linear function has the standard deviation ``size``."""
    w = rng.standard_normal(p)
    return size * w / np.linalg.norm(w)


def two_classes(rng: Random, X: Features, *, intercept: float = 0.0, size: float = 2.0) -> Array:
    """Return labels 0 and 1 that a logistic model drew."""
    Z = standardised(X)
    p = expit(Z @ weights_of(rng, Z.shape[1], size) + intercept)
    return (rng.random_sample(len(Z)) < p).astype(np.int64)


def many_classes(rng: Random, X: FloatArray, n_classes: int) -> Array:
    """Return labels 0, 1, ... that a softmax model drew, each of them in two rows at least."""
    Z = standardised(X)
    W = 2.0 * rng.standard_normal((Z.shape[1], n_classes)) / np.sqrt(Z.shape[1])
    P = softmax(Z @ W, axis=1).cumsum(axis=1)
    # Rounding may leave the last sum below 1.
    drawn = (rng.random_sample((len(Z), 1)) > P[:, :-1]).sum(axis=1)
    drawn[: 2 * n_classes] = np.tile(np.arange(n_classes), 2)
    return np.asarray(drawn, np.int64)


def measurements(rng: Random, X: Features, noise: FloatArray | None = None) -> FloatArray:
    """Return a linear function of the features plus noise of standard deviation 0.5."""
    Z = standardised(X)
    errors = 0.5 * rng.standard_normal(len(Z)) if noise is None else noise
    return np.asarray(1.0 + Z @ weights_of(rng, Z.shape[1]) + errors)


def poisson(rng: Random, X: FloatArray, mean: float) -> FloatArray:
    """Return counts of a Poisson model whose geometric mean is ``mean``, as floats."""
    Z = standardised(X)
    return np.asarray(rng.poisson(mean * np.exp(Z @ weights_of(rng, Z.shape[1], 0.5))), np.float64)
