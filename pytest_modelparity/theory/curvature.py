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
    def root(self) -> FloatArray:
        """Square roots, (n, 1)."""
        return np.sqrt(self.second)

    @property
    def diagonal(self) -> FloatArray:
        """The second derivatives themselves, (n, 1)."""
        return self.second

    def apply(self, change: FloatArray) -> FloatArray:
        """Return ``second * change``."""
        return self.second * change

    def blocks(self, cross: FloatArray) -> FloatArray:
        """Return ``cross`` as it is."""
        return cross


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
    def root(self) -> FloatArray:
        """The p with the root of the weight, (n, K)."""
        # A product of two roots is w p_k p_l: one Gram matrix has the blocks of all pairs.
        return self.p * np.sqrt(self.weight)

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

    def blocks(self, cross: FloatArray) -> FloatArray:
        """Turn the blocks ``X' diag(p_k p_l) X`` into the Hessian's."""
        blocks = -cross
        for k in range(len(blocks)):
            # p_k (1 - p_k) is the sum of p_k p_l over the others: nothing cancels.
            blocks[k, :, k, :] = 0.0
            blocks[k, :, k, :] = -blocks[k].sum(axis=1)
        return blocks
