"""The rows of a problem as the loop computes with them, and what each of them counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """All rows, encoded for the loop.

    Parameters
    ----------
    design : ndarray of shape (n_samples, width)
        Features and, where there is an intercept, a column of ones. For a sigmoid each row is
        negative where its class is 0: the loss is then one function of ``design @ weights``.
    targets : ndarray of shape (n_samples, n_outputs), optional
        What the outputs are held against; ``None`` for a sigmoid.
    weights : ndarray of shape (n_samples,), optional
        Of the rows; ``None``: all ones.
    """

    design: np.ndarray
    targets: np.ndarray | None
    weights: np.ndarray | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """What the loss of each row of a batch is multiplied with.

    Parameters
    ----------
    scale : float
        The factor of the data term, negative for a sigmoid.
    normalised : bool
        Whether a batch is divided by the sum of its weights.
    summed_over : int, optional
        Else by this number; ``None``: by its rows.
    """

    scale: float
    normalised: bool
    summed_over: int | None

    def fill(self, shares: np.ndarray) -> None:
        """Turn the weights of one batch, of shape (..., n_rows), into shares, in place."""
        if self.normalised:
            sums = shares.sum(axis=-1, keepdims=True)
            # Keras takes a batch without weight for one without loss (losses/loss.py 3.15.1).
            np.divide(shares, np.where(sums == 0, np.float32(np.inf), sums), shares)
        else:
            np.divide(shares, np.float32(self.summed_over or shares.shape[-1]), shares)
        np.multiply(shares, np.float32(self.scale), shares)

    def of_ones(self, n_rows: int) -> np.ndarray:
        """Return the share of rows without weights, one for all."""
        shares = np.ones(n_rows, dtype=np.float32)
        self.fill(shares)
        # Without axes: an array of one a row would have to be broadcast over the variants.
        return shares[:1].reshape(())
