"""The gradient of the loss and of the penalty on one batch, for all variants of a stack."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pytest_modelparity.training.batches import Batch
from pytest_modelparity.training.updates import constants

#: Writes the loss's gradient at weights (second) into an array (third).
Slope = Callable[[Batch, np.ndarray, np.ndarray], None]


def slope_of(output_head: str, smoothing: float) -> Slope:
    """Return what computes the gradient of the loss of an output head (`theory.losses`)."""
    if output_head == "sigmoid":
        return _sigmoid_slope(smoothing)
    return {"softmax": _softmax_slope, "identity": _identity_slope}[output_head]


def data_terms(batch: Batch, weights: np.ndarray, output_head: str, smoothing: float) -> np.ndarray:
    """Return the loss of each variant on a batch, of shape (n_seeds, n_variants)."""
    z = weights @ batch.transposed
    if output_head == "sigmoid":
        losses = -np.logaddexp(np.float32(0), -z) - np.float32(smoothing / 2) * z
    elif output_head == "softmax":
        top = z.max(axis=2, keepdims=True)
        normaliser = np.log(np.exp(z - top).sum(axis=2, keepdims=True)) + top
        losses = normaliser - (batch.targets * z).sum(axis=2, keepdims=True)
    else:
        losses = np.float32(0.5) * (z - batch.targets) ** 2
    terms: np.ndarray = (losses * batch.share).sum(axis=(2, 3))
    return terms


def _sigmoid_slope(smoothing: float) -> Slope:
    """Return the gradient of the crossentropy of a sigmoid's output.

    With the sign of the row's class folded into it, a row's loss is ``log(1 + exp(-z))`` and its
    slope ``-1 / (1 + exp(z))``: relatively exact however small, as TensorFlow's is, where
    ``sigmoid(z) - 1`` would have an error of 6e-8 that Adam then magnifies.
    """
    one, half = constants(1.0, smoothing / 2)

    def slope(batch: Batch, weights: np.ndarray, gradient: np.ndarray) -> None:
        z = batch.outputs
        np.matmul(weights, batch.transposed, z)
        # Where this overflows the slope is 0, and rightly so.
        np.exp(z, z)
        np.add(z, one, z)
        if smoothing:
            np.reciprocal(z, z)
            np.subtract(z, half, z)
            np.multiply(batch.share, z, z)
        else:
            np.divide(batch.share, z, z)
        np.matmul(z, batch.design, gradient)

    return slope


def _softmax_slope(batch: Batch, weights: np.ndarray, gradient: np.ndarray) -> None:
    """Compute the gradient of the crossentropy of a softmax's outputs."""
    z = batch.outputs
    assert batch.targets is not None
    np.matmul(weights, batch.transposed, z)
    # The largest output becomes 0: none overflows.
    np.maximum.reduce(z, axis=2, keepdims=True, out=batch.one_a_row)
    np.subtract(z, batch.one_a_row, z)
    np.exp(z, z)
    np.add.reduce(z, axis=2, keepdims=True, out=batch.one_a_row)
    np.divide(z, batch.one_a_row, z)
    np.subtract(z, batch.targets, z)
    np.multiply(z, batch.share, z)
    np.matmul(z, batch.design, gradient)


def _identity_slope(batch: Batch, weights: np.ndarray, gradient: np.ndarray) -> None:
    """Compute the gradient of half the squared error of an output."""
    z = batch.outputs
    assert batch.targets is not None
    np.matmul(weights, batch.transposed, z)
    np.subtract(z, batch.targets, z)
    np.multiply(z, batch.share, z)
    np.matmul(z, batch.design, gradient)
