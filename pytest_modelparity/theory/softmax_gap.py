"""How two linear softmax models differ: their logits, and one class's difference with its gradient.

Logits of both models stand in one row: K of the first, then K of the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return probabilities over the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SoftmaxPair:
    """Two linear softmax models of K classes.

    Parameters
    ----------
    coef : ndarray of shape (2 K, n_features)
        The first model's rows, then the second's.
    intercept : ndarray of shape (2 K,)
        Likewise.
    """

    coef: np.ndarray
    intercept: np.ndarray

    @property
    def n_classes(self) -> int:
        """K."""
        return len(self.intercept) // 2

    def logits(self, X: Any) -> np.ndarray:
        """Return both models' logits, of shape (n_rows, 2 K)."""
        return np.asarray(np.asarray(X @ self.coef.T) + self.intercept)


def gains_of(logits: np.ndarray) -> np.ndarray:
    """Return how far the first model is above the second in each class, then how far below.

    Parameters
    ----------
    logits : ndarray of shape (n_rows, 2 K)
        Of both models.

    Returns
    -------
    ndarray of shape (n_rows, 2 K)
        Each is one *aim* of a search.
    """
    n_classes = logits.shape[1] // 2
    above = softmax(logits[:, :n_classes]) - softmax(logits[:, n_classes:])
    return np.concatenate([above, -above], axis=1)


def gain_and_gradient(logits: np.ndarray, aim: int) -> tuple[float, np.ndarray]:
    """Return one element of `gains_of` at one row of logits, and its gradient."""
    n_classes = len(logits) // 2
    label, sign = aim % n_classes, 1.0 if aim < n_classes else -1.0
    p, q = softmax(logits[:n_classes]), softmax(logits[n_classes:])
    by_first, by_second = -p[label] * p, q[label] * q
    by_first[label] += p[label]
    by_second[label] -= q[label]
    return sign * float(p[label] - q[label]), sign * np.concatenate([by_first, by_second])


def likely_directions(n: int, n_classes: int, random: np.random.Generator) -> np.ndarray:
    """Return directions that gradients of gains may have, for every aim in turn.

    The gradient of ``p_k`` is ``p_k (e_k - p)``: at a random p, and of a random size beside the
    other model's.
    """
    aims = np.arange(n) % (2 * n_classes)
    at, label = np.arange(n), aims % n_classes
    parts = []
    for sign in (1.0, -1.0):
        # Squared, so that a few classes have the most of it, as near a boundary.
        rivals = random.exponential(size=(n, n_classes)) ** 2
        rivals[at, label] = 0.0
        part = -rivals / rivals.sum(axis=1, keepdims=True)
        part[at, label] = 1.0
        parts.append(part * (sign * 10 ** random.uniform(-1.5, 1.5, n))[:, None])
    return np.concatenate(parts, axis=1) * np.where(aims < n_classes, 1.0, -1.0)[:, None]
