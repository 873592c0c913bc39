"""The two shapes that the second derivative of a row's loss has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_modelparity.theory.design import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScalarCurvature:
    """One output: one weighted second derivative a row.

    Parameters
    ----------
    second : array, (n, 1)
        At least 0.
    """

    second: FloatArray

    @property
    def roots(self) -> FloatArray:
        """Square roots, (n, 1)."""
        return np.sqrt(self.second)

    @property
    def diagonal(self) -> FloatArray:
        """The second derivatives themselves, (n, 1)."""
        return self.second

    def apply(self, change: FloatArray) -> FloatArray:
        """Return ``second * change``."""
        return self.second * change

    def assemble(self, grams: FloatArray) -> FloatArray:
        """Return the only Gram matrix as the Hessian's only block."""
        return grams[:, :, None, :]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SoftmaxCurvature:
    """Weighted ``diag(p) - p p'`` of each row's probabilities.

    Parameters
    ----------
    p : array, (n, K)
        Probabilities.
    weight : array, (n, 1)
        Weights of the rows.
    """

    p: FloatArray
    weight: FloatArray

    @property
    def roots(self) -> FloatArray:
        """Square roots of the weighted ``p_k p_l`` of the pairs k < l of classes, (n, m)."""
        first, second = np.triu_indices(self.p.shape[1], k=1)
        root = np.sqrt(self.p)
        return np.asarray(root[:, first] * root[:, second] * np.sqrt(self.weight))

    @property
    def diagonal(self) -> FloatArray:
        """The ``p (1 - p)``, (n, K)."""
        return self.p * (1.0 - self.p) * self.weight

    def apply(self, change: FloatArray) -> FloatArray:
        """Return p times the change's distance to its mean under p."""
        p = self.p
        # One product a row, where the matrix diag(p) - p p' would take K of them.
        centred = p * (change - np.sum(p * change, axis=1, keepdims=True))
        return np.asarray(self.weight * centred)

    def assemble(self, grams: FloatArray) -> FloatArray:
        """Turn the ``X' diag(p_k p_l) X`` of the pairs into the Hessian's blocks."""
        K, q = self.p.shape[1], grams.shape[1]
        blocks = np.zeros((K, q, K, q))
        for gram, k, other in zip(grams, *np.triu_indices(K, k=1), strict=True):
            # p_k (1 - p_k) is the sum of p_k p_l over the others: nothing cancels.
            blocks[k, :, k] += gram
            blocks[other, :, other] += gram
            blocks[k, :, other] = blocks[other, :, k] = -gram
        return blocks
