"""The losses as the loop computes them, in float32 as Keras does: one class an output head."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.settings import ONE_VS_REST, ObjectiveSettings
from pytest_modelparity.training.clipped import ClippedSigmoids, ClippedSoftmax
from pytest_modelparity.training.problem import Clip, Problem
from pytest_modelparity.training.room import Batch
from pytest_modelparity.training.rows import EncodedRows, PassedRows, Rows
from pytest_modelparity.training.updates import constants


class LoopLoss(Protocol):
    """The loss of an output head (`theory.losses`) on one batch, for all variants of a stack."""

    @property
    def sign(self) -> float:
        """What the rows' shares are multiplied with: -1 where the slope is negative."""

    def encode(self, design: np.ndarray, y: np.ndarray, n_outputs: int) -> np.ndarray | None:
        """Return the targets (n, n_outputs) of all rows, or fold y into ``design`` in place."""

    def slope(self, batch: Batch, weights: np.ndarray, gradient: np.ndarray) -> None:
        """Write the loss's gradient at ``weights`` into ``gradient``."""

    def values(self, batch: Batch, weights: np.ndarray) -> np.ndarray:
        """Return the losses of the rows, times ``sign``, as `Batch.outputs` has its axes."""


class _SigmoidLoss:
    """The crossentropy of a sigmoid's output.

    With the sign of the row's class folded into it, a row's loss is ``log(1 + exp(-z))`` and its
    slope ``-1 / (1 + exp(z))``: relatively exact however small, as TensorFlow's is, where
    ``sigmoid(z) - 1`` would have an error of 6e-8 that Adam then magnifies.
    """

    sign = -1.0

    def __init__(self, settings: ObjectiveSettings) -> None:
        smoothing = settings.label_smoothing
        self._smoothed = smoothing > 0
        self._one, self._half = constants(1.0, smoothing / 2)

    def encode(self, design: np.ndarray, y: np.ndarray, n_outputs: int) -> None:
        """Turn the rows of class 0 round."""
        # Exact: only signs change, and those of the ones with them.
        design[y == 0] *= -1

    def slope(self, batch: Batch, weights: np.ndarray, gradient: np.ndarray) -> None:
        """Write the gradient."""
        z = batch.outputs
        np.matmul(weights, batch.transposed, z)
        # Where this overflows the slope is 0, and rightly so.
        np.exp(z, z)
        np.add(z, self._one, z)
        if self._smoothed:
            np.reciprocal(z, z)
            np.subtract(z, self._half, z)
            np.multiply(batch.share, z, z)
        else:
            np.divide(batch.share, z, z)
        np.matmul(z, batch.design, gradient)

    def values(self, batch: Batch, weights: np.ndarray) -> np.ndarray:
        """Return the losses, negative."""
        z = weights @ batch.transposed
        return np.asarray(-np.logaddexp(np.float32(0), -z) - self._half * z)


class _SoftmaxLoss:
    """The crossentropy of a softmax's outputs."""

    sign = 1.0

    def __init__(self, settings: ObjectiveSettings) -> None:
        self._smoothing = np.float32(settings.label_smoothing)

    def encode(self, design: np.ndarray, y: np.ndarray, n_outputs: int) -> np.ndarray:
        """Return the probabilities aimed at."""
        # Smoothed in float32, as Keras does it.
        kept, spread = 1 - self._smoothing, self._smoothing / np.float32(n_outputs)
        return np.asarray(np.eye(n_outputs, dtype=np.float32)[y] * kept + spread)

    def slope(self, batch: Batch, weights: np.ndarray, gradient: np.ndarray) -> None:
        """Write the gradient."""
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

    def values(self, batch: Batch, weights: np.ndarray) -> np.ndarray:
        """Return the losses, one a row."""
        z = weights @ batch.transposed
        top = z.max(axis=2, keepdims=True)
        normaliser = np.log(np.exp(z - top).sum(axis=2, keepdims=True)) + top
        return np.asarray(normaliser - (batch.targets * z).sum(axis=2, keepdims=True))


class _SquaredLoss:
    """Half the squared error of an output."""

    sign = 1.0

    def __init__(self, settings: ObjectiveSettings) -> None:
        assert settings.label_smoothing == 0, "numbers have no labels to smooth"

    def encode(self, design: np.ndarray, y: np.ndarray, n_outputs: int) -> np.ndarray:
        """Return y in float32."""
        return np.asarray(y.astype(np.float32)[:, None])

    def slope(self, batch: Batch, weights: np.ndarray, gradient: np.ndarray) -> None:
        """Write the gradient."""
        z = batch.outputs
        assert batch.targets is not None
        np.matmul(weights, batch.transposed, z)
        np.subtract(z, batch.targets, z)
        np.multiply(z, batch.share, z)
        np.matmul(z, batch.design, gradient)

    def values(self, batch: Batch, weights: np.ndarray) -> np.ndarray:
        """Return the losses."""
        return np.asarray(np.float32(0.5) * (weights @ batch.transposed - batch.targets) ** 2)


class _PoissonLoss:
    """Keras's Poisson loss ``p - y log(p + 1e-7)`` of an exponential's output p."""

    sign = 1.0

    def __init__(self, settings: ObjectiveSettings) -> None:
        assert settings.label_smoothing == 0, "numbers have no labels to smooth"
        # Keras's `epsilon` (keras 3.15, losses/losses.py).
        self._one, self._epsilon = constants(1.0, 1e-7)

    def encode(self, design: np.ndarray, y: np.ndarray, n_outputs: int) -> np.ndarray:
        """Return y in float32."""
        return np.asarray(y.astype(np.float32)[:, None])

    def slope(self, batch: Batch, weights: np.ndarray, gradient: np.ndarray) -> None:
        """Write the gradient: ``(1 - y / (p + 1e-7)) p``, as Keras's chain of derivatives is."""
        z = batch.outputs
        assert batch.targets is not None
        np.matmul(weights, batch.transposed, z)
        np.exp(z, z)
        share = batch.targets / (z + self._epsilon)
        np.subtract(self._one, share, share)
        np.multiply(share, batch.share, share)
        np.multiply(z, share, z)
        np.matmul(z, batch.design, gradient)

    def values(self, batch: Batch, weights: np.ndarray) -> np.ndarray:
        """Return the losses."""
        p = np.exp(weights @ batch.transposed)
        return np.asarray(p - batch.targets * np.log(p + self._epsilon))


class _OneVsRestLoss:
    """The sum of the crossentropies of sigmoids, one a class.

    A target holds what its unit weighs in a row, negative where the row is not of its class. As of
    one sigmoid, a slope is then relatively exact however small.
    """

    sign = -1.0

    def __init__(self, settings: ObjectiveSettings) -> None:
        self._half = np.float32(settings.label_smoothing / 2)
        self._pairs = settings.binary_weight

    def encode(self, design: np.ndarray, y: np.ndarray, n_outputs: int) -> np.ndarray:
        """Return the weights with the signs of the classes."""
        pairs = self._pairs or ((1.0, 1.0),) * n_outputs
        rest, inside = np.asarray(pairs, dtype=np.float32).T
        return np.asarray(np.where(np.eye(n_outputs, dtype=bool)[y], inside, -rest))

    def slope(self, batch: Batch, weights: np.ndarray, gradient: np.ndarray) -> None:
        """Write the gradient."""
        z, targets = batch.outputs, batch.targets
        assert targets is not None
        np.matmul(weights, batch.transposed, z)
        np.multiply(z, np.sign(targets), z)
        # Where this overflows the slope is 0, and rightly so.
        np.exp(z, z)
        np.add(z, np.float32(1), z)
        np.reciprocal(z, z)
        if self._half:
            np.subtract(z, self._half, z)
        np.multiply(z, targets, z)
        np.multiply(z, batch.share, z)
        np.matmul(z, batch.design, gradient)

    def values(self, batch: Batch, weights: np.ndarray) -> np.ndarray:
        """Return the losses, negative, one an output."""
        assert batch.targets is not None
        z = (weights @ batch.transposed) * np.sign(batch.targets)
        losses = np.logaddexp(np.float32(0), -z) + self._half * z
        return np.asarray(-np.abs(batch.targets) * losses)


#: What makes the loss of each output head, of the objective: the only place of the loop that
#: knows a head by its name.
_LOSSES: Mapping[str, Callable[[ObjectiveSettings], LoopLoss]] = {
    "sigmoid": _SigmoidLoss,
    "softmax": _SoftmaxLoss,
    "identity": _SquaredLoss,
    "exponential": _PoissonLoss,
    ONE_VS_REST: _OneVsRestLoss,
}


#: The same of probabilities that are clipped; those of numbers have none.
_CLIPPED: Mapping[str, Callable[[ObjectiveSettings, Clip], LoopLoss]] = {
    "sigmoid": ClippedSigmoids,
    "softmax": ClippedSoftmax,
    ONE_VS_REST: ClippedSigmoids,
}


def loop_loss_of(settings: ObjectiveSettings, clip: Clip | None = None) -> LoopLoss:
    """Return the loss of an objective, perhaps of probabilities that are clipped."""
    if clip is not None:
        return _CLIPPED[settings.output_head](settings, clip)
    return _LOSSES[settings.output_head](settings)


def encode_rows(problem: Problem, settings: ObjectiveSettings, clip: Clip | None) -> Rows:
    """Return the rows of a problem in float32 for an objective, as `Rows` says."""
    X, y, row_weight = problem.X, problem.y, problem.row_weight
    loss, n_outputs = loop_loss_of(settings, clip), problem.n_outputs
    weights = None if row_weight is None else row_weight.astype(np.float32)
    if isinstance(X, RowMatrix):
        return PassedRows(
            X=X,
            ones=settings.fit_intercept,
            y=y,
            encode=lambda design, y: loss.encode(design, y, n_outputs),
            weights=weights,
        )
    design = np.ones((len(y), X.shape[1] + settings.fit_intercept), dtype=np.float32)
    design[:, : X.shape[1]] = X
    targets = loss.encode(design, y, n_outputs)
    return EncodedRows(design=design, targets=targets, weights=weights)
