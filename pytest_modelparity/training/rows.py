"""The rows of a problem as the loop computes with them, and what each of them counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_modelparity.settings import ObjectiveSettings


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


def encode_rows(
    settings: ObjectiveSettings,
    X: np.ndarray,
    y: np.ndarray,
    row_weight: np.ndarray | None,
    n_outputs: int,
) -> Rows:
    """Return the rows in float32, as `Rows` says."""
    design = np.ones((len(y), X.shape[1] + settings.fit_intercept), dtype=np.float32)
    design[:, : X.shape[1]] = X
    targets = None
    if settings.output_head == "sigmoid":
        # Exact: only signs change, and those of the ones with them.
        design[y == 0] *= -1
    elif settings.output_head == "softmax":
        smoothing = np.float32(settings.label_smoothing)
        # Smoothed in float32, as Keras does it.
        targets = np.eye(n_outputs, dtype=np.float32)[y]
        targets = targets * (1 - smoothing) + smoothing / np.float32(n_outputs)
    else:
        targets = y.astype(np.float32)[:, None]
    weights = None if row_weight is None else row_weight.astype(np.float32)
    return Rows(design=design, targets=targets, weights=weights)


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
