"""The rows of each step, in the order in which ``fit`` is fed them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pytest_modelparity.training.rows import Rows, Sharing

#: Numbers that one block of gathered rows has, at most: 4 MB.
_GATHERED = 2**20


class Permutations:
    """The rows' order of each epoch, one for each distinct seed.

    Each seed has a generator of its own, which shuffles its own order again and again.

    Parameters
    ----------
    n_samples : int
        Rows.
    seeds : sequence of int or None
        One a variant; ``None`` leaves the rows in their order.
    replay : bool
        Whether the first permutation serves all epochs.
    """

    def __init__(self, n_samples: int, seeds: Sequence[int | None], *, replay: bool) -> None:
        # Equal seeds shuffle once.
        distinct = list(dict.fromkeys(seeds))
        #: Which of the orders is each variant's.
        self.columns = np.array([distinct.index(seed) for seed in seeds], dtype=np.intp)
        self._orders = np.tile(np.arange(n_samples, dtype=np.intp), (len(distinct), 1))
        shuffled = [
            # A generator each, so that a seed's batches do not depend on which other seeds are
            # trained.
            (order, np.random.default_rng(seed))
            for order, seed in zip(self._orders, distinct, strict=True)
            if seed is not None
        ]
        if replay:
            for order, generator in shuffled:
                generator.shuffle(order)
        self._shuffled = [] if replay else shuffled

    def epochs_within(self, n_rows: int, most: int) -> int:
        """Return how many epochs' orders have at most ``n_rows`` entries; one at least."""
        return max(1, min(most, n_rows // max(1, self._orders.size)))

    def draw(self, n_epochs: int) -> np.ndarray:
        """Return the orders of the next epochs, of shape (n_epochs, n_distinct, n_samples)."""
        drawn = np.empty((n_epochs, *self._orders.shape), dtype=np.intp)
        for epoch in range(n_epochs):
            for order, generator in self._shuffled:
                generator.shuffle(order)
            drawn[epoch] = self._orders
        return drawn


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """The rows of one step, and room for what is computed of them.

    Axes are those of the seeds, of the variants of one seed, of the outputs, and of the rows.

    Parameters
    ----------
    design : ndarray of shape (n_seeds, 1, n_rows, width)
        As `Rows.design`.
    transposed : ndarray of shape (n_seeds, 1, width, n_rows)
        The same.
    targets : ndarray of shape (n_seeds, 1, n_outputs, n_rows), optional
        As `Rows.targets`.
    share : ndarray of shape () or (n_seeds, 1, 1, n_rows)
        What the loss of each row is multiplied with; negative for a sigmoid, as its slope is.
    outputs : ndarray of shape (n_seeds, n_variants, n_outputs, n_rows)
        Room.
    one_a_row : ndarray of shape (n_seeds, n_variants, 1, n_rows)
        Room.
    """

    design: np.ndarray
    transposed: np.ndarray
    targets: np.ndarray | None
    share: np.ndarray
    outputs: np.ndarray
    one_a_row: np.ndarray

    @property
    def n_rows(self) -> int:
        """Rows of the batch."""
        return int(self.design.shape[2])


class Feed:
    """The batches of one stack of variants, in arrays that are used again and again.

    Parameters
    ----------
    rows : Rows
        All rows.
    batch_size : int
        Rows a step.
    sharing : Sharing
        How losses are averaged.
    columns : ndarray of shape (n_variants,)
        Which of the orders of the rows is each variant's, sorted.
    n_outputs : int
        Outputs of the model.
    """

    def __init__(
        self, rows: Rows, batch_size: int, sharing: Sharing, columns: np.ndarray, n_outputs: int
    ) -> None:
        self._rows, self._sharing, self._n_outputs = rows, sharing, n_outputs
        self._n_samples, width = rows.design.shape
        self._size = min(batch_size, self._n_samples)
        # Where every step has all rows their order does not matter.
        self._whole = self._size == self._n_samples
        self._columns, many = np.unique(columns, return_counts=True)
        if len(set(many)) > 1:
            # Seeds of as many variants each share their rows; else each variant has its own.
            self._columns, many = columns, np.ones(len(columns), dtype=int)
        #: Different orders of the rows, and variants of each.
        self.shape = (1, len(columns)) if self._whole else (len(self._columns), int(many[0]))
        if self._whole:
            self._held = [[self._all_rows()]]
            return
        # Of small batches many are gathered by one call of NumPy.
        batches = max(1, _GATHERED // (self._size * width * self.shape[0]))
        self._block = min(batches * self._size, self._n_samples)
        self._room = self._make_room(self._block)
        # Views are made once: slicing an array in every step costs as much as adding two.
        self._held = [self._cut(self._block), self._cut(self._n_samples % self._block)]

    @property
    def steps(self) -> int:
        """Batches of one epoch."""
        return int(-(-self._n_samples // self._size))

    def epoch(self, orders: np.ndarray) -> Iterator[Batch]:
        """Yield the batches of one epoch; each holds until the next is asked for.

        Parameters
        ----------
        orders : ndarray of shape (n_distinct, n_samples)
            Of the rows.
        """
        if self._whole:
            yield from self._held[0]
            return
        for first in range(0, self._n_samples, self._block):
            block = orders[self._columns, first : first + self._block]
            batches = self._held[block.shape[1] < self._block]
            self._gather(block, batches)
            yield from batches

    def _all_rows(self) -> Batch:
        """Return all rows as one batch."""
        rows, targets = self._rows, self._rows.targets
        if rows.weights is None:
            share = self._sharing.of_ones(self._n_samples)
        else:
            share = rows.weights[None, None, None].copy()
            self._sharing.fill(share)
        design = rows.design[None, None]
        return Batch(
            design=design,
            transposed=design.swapaxes(2, 3),
            targets=None if targets is None else np.ascontiguousarray(targets.T)[None, None],
            share=share,
            **self._computing(self._n_samples),
        )

    def _computing(self, n_rows: int) -> dict[str, np.ndarray]:
        """Return room for what is computed of a batch."""
        return {
            name: np.empty((*self.shape, n_outputs, n_rows), dtype=np.float32)
            for name, n_outputs in (("outputs", self._n_outputs), ("one_a_row", 1))
        }

    def _make_room(self, n_rows: int) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
        """Return room for the design, the targets and the shares of a block of batches."""
        rows, n_seeds = self._rows, self.shape[0]
        design = np.empty((n_seeds, n_rows, rows.design.shape[1]), dtype=np.float32)
        targets = None
        if rows.targets is not None:
            targets = np.empty((n_seeds, n_rows, self._n_outputs), dtype=np.float32)
        shares = None if rows.weights is None else np.empty((n_seeds, n_rows), dtype=np.float32)
        return design, targets, shares

    def _cut(self, n_rows: int) -> list[Batch]:
        """Return the batches of a block of so many rows, as views of the room."""
        # Batches of one size share what they compute in, which then stays in cache.
        rooms = {size: self._computing(size) for size in {self._size, n_rows % self._size}}
        return [
            self._view(first, min(self._size, n_rows - first), rooms)
            for first in range(0, n_rows, self._size)
        ]

    def _view(self, first: int, size: int, rooms: dict[int, dict[str, np.ndarray]]) -> Batch:
        """Return one batch as views of the room."""
        design, targets, shares = self._room
        batch = slice(first, first + size)
        part = design[:, None, batch]
        return Batch(
            design=part,
            transposed=part.swapaxes(2, 3),
            targets=None if targets is None else targets[:, None, batch].swapaxes(2, 3),
            share=(self._sharing.of_ones(size) if shares is None else shares[:, None, None, batch]),
            **rooms[size],
        )

    def _gather(self, orders: np.ndarray, batches: list[Batch]) -> None:
        """Fill the room with the rows of a block."""
        sources = (self._rows.design, self._rows.targets, self._rows.weights)
        for source, room in zip(sources, self._room, strict=True):
            if source is not None and room is not None:
                # With mode="raise" NumPy would fill a buffer first.
                np.take(source, orders, axis=0, out=room[:, : orders.shape[1]], mode="clip")
        if self._rows.weights is not None:
            for batch in batches:
                self._sharing.fill(batch.share)
