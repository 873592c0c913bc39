"""The rows of each step, gathered in the order of an epoch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

import numpy as np

from pytest_modelparity.training.room import Batch, Room, computing
from pytest_modelparity.training.rows import EncodedRows, Rows, Sharing

#: Numbers that one block of gathered rows has, at most: 4 MB.
_GATHERED = 2**20


class Feed(Protocol):
    """The batches of one stack of variants, in arrays that are used again and again."""

    #: Different orders of the rows, and variants of each.
    shape: tuple[int, int]
    #: Steps of one epoch.
    steps: int

    def epoch(self, orders: np.ndarray) -> Iterator[Batch]:
        """Yield the batches of one epoch; each holds until the next is asked for.

        Parameters
        ----------
        orders : ndarray of shape (n_distinct, n_samples)
            Of the rows.
        """


def feed_of(
    rows: Rows, batch_size: int, sharing: Sharing, columns: np.ndarray, n_outputs: int
) -> Feed:
    """Return what feeds a stack of variants.

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
    if batch_size >= rows.n_rows:
        if isinstance(rows, EncodedRows):
            return AllRows(rows, sharing, len(columns), n_outputs)
        return Pieces(rows, rows.n_rows, sharing, columns, n_outputs)
    # Rows that are not held are never gathered all at once.
    if not isinstance(rows, EncodedRows) and batch_size * rows.width > _GATHERED:
        return Pieces(rows, batch_size, sharing, columns, n_outputs)
    return Blocks(rows, batch_size, sharing, columns, n_outputs)


def _by_seed(columns: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
    """Return the orders that are gathered, and how many there are and variants of each."""
    distinct, many = np.unique(columns, return_counts=True)
    if len(set(many)) > 1:
        # Seeds of as many variants each share their rows; else each variant has its own.
        return columns, (len(columns), 1)
    return distinct, (len(distinct), int(many[0]))


class AllRows:
    """All rows in every step, whose order does not matter."""

    steps = 1

    def __init__(
        self, rows: EncodedRows, sharing: Sharing, n_variants: int, n_outputs: int
    ) -> None:
        self.shape = (1, n_variants)
        if rows.weights is None:
            share = sharing.of_ones(rows.n_rows)
        else:
            share = rows.weights[None, None, None].copy()
            sharing.fill(share)
        design, targets = rows.design[None, None], rows.targets
        outputs, one_a_row = computing(self.shape, n_outputs, rows.n_rows)
        self._batch = Batch(
            design=design,
            transposed=design.swapaxes(2, 3),
            targets=None if targets is None else np.ascontiguousarray(targets.T)[None, None],
            share=share,
            step_rows=rows.n_rows,
            outputs=outputs,
            one_a_row=one_a_row,
        )

    def epoch(self, orders: np.ndarray) -> Iterator[Batch]:
        """Yield all rows."""
        yield self._batch


class _Gathered:
    """Batches of rows that are gathered by the orders of an epoch."""

    def __init__(self, rows: Rows, batch_size: int, sharing: Sharing, columns: np.ndarray) -> None:
        self._rows, self._size, self._sharing = rows, batch_size, sharing
        self.steps = -(-rows.n_rows // batch_size)
        self._columns, self.shape = _by_seed(columns)


class Blocks(_Gathered):
    """Small batches, many of which are gathered by one call of NumPy."""

    def __init__(
        self, rows: Rows, batch_size: int, sharing: Sharing, columns: np.ndarray, n_outputs: int
    ) -> None:
        super().__init__(rows, batch_size, sharing, columns)
        batches = max(1, _GATHERED // (batch_size * rows.width * self.shape[0]))
        self._block = min(batches * batch_size, rows.n_rows)
        self._room = Room(rows, self._block, self.shape, n_outputs)
        # Views are made once: slicing an array in every step costs as much as adding two.
        self._held = [self._cut(self._block), self._cut(rows.n_rows % self._block)]

    def epoch(self, orders: np.ndarray) -> Iterator[Batch]:
        """Yield the batches of one epoch."""
        for first in range(0, self._rows.n_rows, self._block):
            block = orders[self._columns, first : first + self._block]
            batches = self._held[block.shape[1] < self._block]
            self._room.gather(block)
            if self._rows.weights is not None:
                assert self._room.shares is not None
                self._room.shares[:, : block.shape[1]] = self._rows.weights[block]
                for batch in batches:
                    self._sharing.fill(batch.share)
            yield from batches

    def _cut(self, n_rows: int) -> list[Batch]:
        """Return the batches of a block of so many rows, as views of the room."""
        # Batches of one size share what they compute in, which then stays in cache.
        rooms = {size: self._room.computing(size) for size in {self._size, n_rows % self._size}}
        return [
            self._room.view(first, size, self._share(size), rooms[size])
            for first in range(0, n_rows, self._size)
            for size in [min(self._size, n_rows - first)]
        ]

    def _share(self, size: int) -> np.ndarray | None:
        """Return the share of each row of a batch, where rows have no weights."""
        return self._sharing.of_ones(size) if self._rows.weights is None else None


class Pieces(_Gathered):
    """Large batches of rows that are not held, each gathered piece by piece."""

    def __init__(
        self, rows: Rows, batch_size: int, sharing: Sharing, columns: np.ndarray, n_outputs: int
    ) -> None:
        super().__init__(rows, batch_size, sharing, columns)
        if self.steps == 1:
            self._columns, self.shape = columns[:1], (1, len(columns))
        self._piece = min(batch_size, max(1, _GATHERED // (rows.width * self.shape[0])))
        self._room = Room(rows, self._piece, self.shape, n_outputs)

    def epoch(self, orders: np.ndarray) -> Iterator[Batch]:
        """Yield the pieces of one epoch."""
        n_rows = self._rows.n_rows
        if self.steps == 1:
            # In the order in which they lie: it does not matter where every step has all rows.
            orders = np.broadcast_to(np.arange(n_rows), orders.shape)
        for first in range(0, n_rows, self._size):
            yield from self._step(orders[self._columns, first : first + self._size])

    def _step(self, orders: np.ndarray) -> Iterator[Batch]:
        """Yield the pieces of one step."""
        n_rows, weights = orders.shape[1], self._rows.weights
        shares = None if weights is None else weights[orders]
        if shares is not None:
            # Of the whole step, whose losses are averaged together.
            self._sharing.fill(shares)
        ones = self._sharing.of_ones(n_rows) if shares is None else None
        for first in range(0, n_rows, self._piece):
            piece = orders[:, first : first + self._piece]
            size = piece.shape[1]
            self._room.gather(piece)
            if shares is not None:
                assert self._room.shares is not None
                self._room.shares[:, :size] = shares[:, first : first + size]
            yield replace(
                self._room.view(0, size, ones, self._room.computing(size)),
                step_rows=n_rows,
                opens=first == 0,
                closes=first + size == n_rows,
            )
