"""Crossentropies of probabilities that are kept within bounds, as JAX and torch compute them.

Keras clips the probabilities that a model predicts to [1e-7, 1 - 1e-7] there (keras 3.15,
backend/jax/nn.py and backend/torch/nn.py). Beyond a bound the loss is flat: the row, or of several
sigmoids that one, has no gradient, however wrong it is. With losses of logits nothing is clipped.
"""

from __future__ import annotations

import numpy as np

from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.training.problem import Clip
from pytest_modelparity.training.room import Batch


class _Bounds:
    """The bounds in float32, in which they are compared."""

    def __init__(self, clip: Clip) -> None:
        self._low, self._high = np.float32(clip.epsilon), np.float32(1.0 - clip.epsilon)
        self._edge = np.float32(clip.edge)

    def inside(self, p: np.ndarray) -> np.ndarray:
        """Return what passes of the gradient of each probability."""
        strictly = (p > self._low) & (p < self._high)
        at_one = (p == self._low) | (p == self._high)
        return np.asarray(strictly + self._edge * at_one, dtype=np.float32)

    def clipped(self, p: np.ndarray) -> np.ndarray:
        """Return the probabilities within the bounds."""
        return np.asarray(np.clip(p, self._low, self._high))


@np.errstate(over="ignore")
def _sigmoid(z: np.ndarray) -> np.ndarray:
    """Return the sigmoid in float32; where the exponential overflows it is 0."""
    return np.asarray(1 / (1 + np.exp(-z)))


def _smoothed(is_class: np.ndarray, smoothing: np.float32, n_classes: int) -> np.ndarray:
    """Return the targets of zeros and ones in float32, as Keras smooths them."""
    ones = is_class.astype(np.float32)
    return np.asarray(ones * (1 - smoothing) + smoothing / np.float32(n_classes))


class ClippedSigmoids:
    """The crossentropy of the probability of one sigmoid, or of those of several.

    Unlike a loss of logits, it knows a row that is nearly right by the 6e-8 that lie between two
    numbers near 1, and its gradient has their rounding.
    """

    sign = 1.0

    def __init__(self, settings: ObjectiveSettings, clip: Clip) -> None:
        self._bounds = _Bounds(clip)
        self._smoothing = np.float32(settings.label_smoothing)
        self._pairs = settings.binary_weight

    def encode(self, design: np.ndarray, y: np.ndarray, n_outputs: int) -> np.ndarray:
        """Return what each output weighs, with the sign of its class."""
        # One sigmoid is that of the second class.
        is_class = y[:, None] == (np.arange(n_outputs) if n_outputs > 1 else np.array([1]))
        pairs = self._pairs or ((1.0, 1.0),) * n_outputs
        rest, inside = np.asarray(pairs, dtype=np.float32).T
        return np.asarray(np.where(is_class, inside, -rest))

    def slope(self, batch: Batch, weights: np.ndarray, gradient: np.ndarray) -> None:
        """Write the gradient: ``p - t`` where p is not clipped."""
        p, t = self._parts(batch, weights)
        share = self._weight(batch) * batch.share
        np.matmul((p - t) * self._bounds.inside(p) * share, batch.design, gradient)

    def values(self, batch: Batch, weights: np.ndarray) -> np.ndarray:
        """Return the losses."""
        p, t = self._parts(batch, weights)
        p = self._bounds.clipped(p)
        weight = self._weight(batch)
        return np.asarray(-weight * (t * np.log(p) + (1 - t) * np.log(1 - p)))

    def _parts(self, batch: Batch, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return probabilities and what they are held against."""
        assert batch.targets is not None
        p = _sigmoid(weights @ batch.transposed)
        return p, _smoothed(batch.targets > 0, self._smoothing, 2)

    def _weight(self, batch: Batch) -> np.ndarray:
        """Return what each output weighs."""
        assert batch.targets is not None
        return np.asarray(np.abs(batch.targets))


class ClippedSoftmax:
    """The crossentropy of the probabilities of a softmax."""

    sign = 1.0

    def __init__(self, settings: ObjectiveSettings, clip: Clip) -> None:
        self._bounds = _Bounds(clip)
        self._smoothing = np.float32(settings.label_smoothing)

    def encode(self, design: np.ndarray, y: np.ndarray, n_outputs: int) -> np.ndarray:
        """Return the probabilities aimed at."""
        return _smoothed(y[:, None] == np.arange(n_outputs), self._smoothing, n_outputs)

    def slope(self, batch: Batch, weights: np.ndarray, gradient: np.ndarray) -> None:
        """Write the gradient: of the targets only those count whose probability is not clipped."""
        p = self._probabilities(batch, weights)
        aimed = batch.targets * self._bounds.inside(p)
        z = p * aimed.sum(axis=2, keepdims=True) - aimed
        np.matmul(z * batch.share, batch.design, gradient)

    def values(self, batch: Batch, weights: np.ndarray) -> np.ndarray:
        """Return the losses, one a row."""
        p = self._bounds.clipped(self._probabilities(batch, weights))
        return np.asarray(-(batch.targets * np.log(p)).sum(axis=2, keepdims=True))

    def _probabilities(self, batch: Batch, weights: np.ndarray) -> np.ndarray:
        """Return the probabilities of each class."""
        z = weights @ batch.transposed
        # The largest output becomes 0: none overflows.
        shares = np.exp(z - z.max(axis=2, keepdims=True))
        return np.asarray(shares / shares.sum(axis=2, keepdims=True))
