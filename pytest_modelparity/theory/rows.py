"""What a block of rows adds to the sums over all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from pytest_modelparity.theory.blocks import scratch
from pytest_modelparity.theory.design import DesignMatrix, FloatArray, dense_rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DesignRows:
    """The rows ``(x_i | 1)`` of a design matrix.

    Parameters
    ----------
    X : array or CSR, (n, p)
        The features.
    ones : bool
        Whether a column of ones, the intercept's, follows them.
    """

    X: DesignMatrix
    ones: bool

    @property
    def n_columns(self) -> int:
        """Columns q, that of ones included."""
        return int(self.X.shape[1]) + int(self.ones)

    @property
    def every(self) -> slice:
        """The slice of all rows."""
        return slice(0, int(self.X.shape[0]))

    def decision(self, rows: slice, table: FloatArray) -> FloatArray:
        """Return the products (m, K) of some rows with the rows of ``table`` (K, q)."""
        p = self.X.shape[1]
        z = np.asarray(self._block(rows) @ table[:, :p].T)
        return z + table[:, p] if self.ones else z

    def pull_back(self, rows: slice, values: FloatArray) -> FloatArray:
        """Return ``values' (X | 1)`` (K, q) of ``values`` (m, K) on some rows."""
        table = np.empty((values.shape[1], self.n_columns))
        table[:, : self.X.shape[1]] = np.asarray(self._block(rows).T @ values).T
        if self.ones:
            table[:, -1] = values.sum(axis=0)
        return table

    def gram(self, rows: slice, roots: FloatArray) -> FloatArray:
        """Return ``Z_k' Z_k`` (m, q, q) of some rows scaled by each column of ``roots``."""
        p, q = self.X.shape[1], self.n_columns
        block = dense_rows(self.X, rows, ones=False)
        scaled = scratch("scaled", (len(block), q))
        grams = np.empty((roots.shape[1], q, q))
        for root, gram in zip(roots.T, grams, strict=True):
            np.multiply(block, root[:, None], out=scaled[:, :p])
            if self.ones:
                scaled[:, p] = root
            # A product of a matrix with itself, of which BLAS makes one half.
            np.matmul(scaled.T, scaled, out=gram)
        return grams

    def absolute(self, rows: slice) -> DesignRows:
        """Return some rows with the sizes of their features, for use before the next call."""
        block = self._block(rows)
        if isinstance(block, sparse.csr_array):
            return DesignRows(X=abs(block), ones=self.ones)
        return DesignRows(X=np.abs(block, out=scratch("sizes", block.shape)), ones=self.ones)

    def squared(self, rows: slice) -> DesignRows:
        """Return some rows with every feature squared, for use before the next call."""
        block = self._block(rows)
        if isinstance(block, sparse.csr_array):
            return DesignRows(X=block.power(2), ones=self.ones)
        return DesignRows(X=np.square(block, out=scratch("squares", block.shape)), ones=self.ones)

    def _block(self, rows: slice) -> DesignMatrix:
        """Return some rows of the features: a view where X is dense."""
        whole = rows.stop - rows.start == self.X.shape[0]
        return self.X if whole else self.X[rows]
