"""The covariance of recovered parameters, without an array of all their pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from pytest_modelparity.theory.design import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Noise:
    """What rounding of the predictions leaves open in parameters (k, q).

    Parameters
    ----------
    blocks : tuple of ndarray
        Of shape (q, m), one for each of k predictors whose errors are independent; or one of shape
        (k * q, m) for all together. A block times its transpose is a covariance.
    n_predictors : int
        k.
    """

    blocks: tuple[FloatArray, ...]
    n_predictors: int

    @property
    def _each(self) -> bool:
        """Whether there is a block for each predictor."""
        return len(self.blocks) == self.n_predictors

    def deviation(self, table: FloatArray) -> FloatArray:
        """Return standard deviations (K, q) of the parameters ``table @ predictors``."""
        if self._each:
            variances = np.array([np.sum(block**2, axis=1) for block in self.blocks])
            return np.asarray(np.sqrt(table**2 @ variances))
        factor = self.factor(table)
        return np.asarray(np.linalg.norm(factor, axis=1).reshape(len(table), -1))

    def of_rows(self, A: FloatArray) -> FloatArray:
        """Return standard deviations (n, k) of the predictors of rows."""
        if self._each:
            # Predictors that were seen on the same rows share their block.
            distinct = {id(block): block for block in self.blocks}.values()
            known = {id(block): np.linalg.norm(A @ block, axis=1) for block in distinct}
            return np.stack([known[id(block)] for block in self.blocks], axis=1)
        factor = self.blocks[0].reshape(self.n_predictors, A.shape[1], -1)
        return np.stack([np.linalg.norm(A @ block, axis=1) for block in factor], axis=1)

    def factor(self, table: FloatArray) -> FloatArray:
        """Return F (K q, m) with ``F F'`` the covariance of the parameters ``table @ predictors``.

        In the order of ``parameters.reshape(-1)``.
        """
        whole = scipy.linalg.block_diag(*self.blocks)
        q = whole.shape[0] // self.n_predictors
        return np.asarray(np.kron(table, np.eye(q)) @ whole)
