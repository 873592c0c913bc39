"""The rows of one step, and the arrays that they are gathered into again and again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_modelparity.training.rows import Rows


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
    step_rows : int
        Rows of the step: more than these where it is made piece by piece.
    opens, closes : bool
        Whether it is the first piece of its step, and the last.
    """

    design: np.ndarray
    transposed: np.ndarray
    targets: np.ndarray | None
    share: np.ndarray
    outputs: np.ndarray
    one_a_row: np.ndarray
    step_rows: int
    opens: bool = True
    closes: bool = True


class Room:
    """Arrays for some rows of each seed, and for what is computed of them.

    Parameters
    ----------
    rows : Rows
        What there is room for.
    n_rows : int
        How many of them.
    shape : tuple of int
        Seeds, and variants of each.
    n_outputs : int
        Outputs of the model.
    """

    def __init__(self, rows: Rows, n_rows: int, shape: tuple[int, int], n_outputs: int) -> None:
        self._rows, self._shape, self._n_outputs = rows, shape, n_outputs
        n_seeds = shape[0]
        self._design = np.empty((n_seeds, n_rows, rows.width), dtype=np.float32)
        self._targets: np.ndarray | None = None
        if rows.has_targets:
            self._targets = np.empty((n_seeds, n_rows, n_outputs), dtype=np.float32)
        #: What is made of the weights of these rows; ``None`` where they have none.
        self.shares: np.ndarray | None = None
        if rows.weights is not None:
            self.shares = np.empty((n_seeds, n_rows), dtype=np.float32)

    def gather(self, orders: np.ndarray) -> None:
        """Fill it with rows by their numbers (n_seeds, m)."""
        n_rows = orders.shape[1]
        targets = None if self._targets is None else self._targets[:, :n_rows]
        self._rows.gather(orders, self._design[:, :n_rows], targets)

    def computing(self, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
        """Return room for what is computed of a batch."""
        return computing(self._shape, self._n_outputs, n_rows)

    def view(
        self, first: int, size: int, share: np.ndarray | None, rooms: tuple[np.ndarray, np.ndarray]
    ) -> Batch:
        """Return a batch of its rows as views.

        Parameters
        ----------
        share : ndarray, optional
            Of rows without weights; ``None``: theirs are in `shares`.
        rooms : tuple of ndarray
            As `computing` makes it.
        """
        batch = slice(first, first + size)
        part, targets = self._design[:, None, batch], self._targets
        if share is None:
            assert self.shares is not None
            share = self.shares[:, None, None, batch]
        return Batch(
            design=part,
            transposed=part.swapaxes(2, 3),
            targets=None if targets is None else targets[:, None, batch].swapaxes(2, 3),
            share=share,
            step_rows=size,
            outputs=rooms[0],
            one_a_row=rooms[1],
        )


def computing(shape: tuple[int, int], n_outputs: int, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return room for the outputs of a batch of so many rows, and for one number a row."""
    outputs, one = (np.empty((*shape, width, n_rows), dtype=np.float32) for width in (n_outputs, 1))
    return outputs, one
