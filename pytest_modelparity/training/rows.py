"""The rows of a problem as the loop computes with them, and what each of them counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import numpy as np

from pytest_modelparity.rows.gathering import Gatherer
from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.theory.clock import next_step

#: Targets of some rows by a design that it may change and their y, as `LoopLoss.encode` has it.
Encode: TypeAlias = Callable[[np.ndarray, np.ndarray], np.ndarray | None]


class Rows(Protocol):
    """All rows, of which batches are gathered."""

    @property
    def weights(self) -> np.ndarray | None:
        """What each row counts, float32; ``None``: all ones."""

    @property
    def n_rows(self) -> int:
        """How many there are."""

    @property
    def width(self) -> int:
        """Columns of the design."""

    @property
    def has_targets(self) -> bool:
        """Whether the outputs are held against targets."""

    def gather(self, orders: np.ndarray, design: np.ndarray, targets: np.ndarray | None) -> None:
        """Write rows by their numbers (n_seeds, m) into arrays (n_seeds, m, ...)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EncodedRows:
    """All rows, held and encoded for the loop.

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

    @property
    def n_rows(self) -> int:
        """How many there are."""
        return int(self.design.shape[0])

    @property
    def width(self) -> int:
        """Columns of the design."""
        return int(self.design.shape[1])

    @property
    def has_targets(self) -> bool:
        """Whether the outputs are held against targets."""
        return self.targets is not None

    def gather(self, orders: np.ndarray, design: np.ndarray, targets: np.ndarray | None) -> None:
        """Copy rows."""
        for source, room in ((self.design, design), (self.targets, targets)):
            if source is not None and room is not None:
                # With mode="raise" NumPy would fill a buffer first.
                np.take(source, orders, axis=0, out=room, mode="clip")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PassedRows:
    """All rows, not held: each batch is gathered and encoded for itself.

    Parameters
    ----------
    X : RowMatrix
        The features.
    ones : bool
        Whether a column of ones follows them.
    y : ndarray of shape (n_samples,)
        As the problem has it.
    encode : callable
        As of the loss.
    weights : ndarray of shape (n_samples,), optional
        Of the rows.
    """

    X: RowMatrix
    ones: bool
    y: np.ndarray
    encode: Encode
    weights: np.ndarray | None
    # One for each seed: of what is read part by part each order is at a part of its own.
    _gatherers: list[Gatherer] = field(default_factory=list, init=False)

    @property
    def n_rows(self) -> int:
        """How many there are."""
        return len(self.X)

    @property
    def width(self) -> int:
        """Columns of the design."""
        return self.X.shape[1] + self.ones

    @property
    def has_targets(self) -> bool:
        """Whether the outputs are held against targets."""
        nothing = np.empty((0, self.width), dtype=np.float32)
        return self.encode(nothing, self.y[:0]) is not None

    def gather(self, orders: np.ndarray, design: np.ndarray, targets: np.ndarray | None) -> None:
        """Read rows and encode them."""
        # What reading them takes is known only of rows that are here.
        next_step()
        while len(self._gatherers) < len(orders):
            self._gatherers.append(Gatherer(self.X))
        for seed, (order, gatherer) in enumerate(zip(orders, self._gatherers, strict=False)):
            features = self.X.shape[1]
            design[seed, :, :features] = gatherer.take(order)
            design[seed, :, features:] = 1.0
            encoded = self.encode(design[seed], self.y[order])
            if targets is not None:
                targets[seed] = encoded


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
