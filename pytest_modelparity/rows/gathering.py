"""Rows of a matrix that is not held, gathered in an order of their own."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.rows.passes import FloatArray
from pytest_modelparity.rows.taking import taken_from

#: Parts that are kept as they were read: a batch may hold rows of two neighbours in an order.
KEPT = 2


class Gatherer:
    """Gathers rows by their numbers, which follow an order that `orders.shuffle` made.

    Parameters
    ----------
    matrix : RowMatrix
        Of which each part is read once for each time that the order goes through all rows.
    """

    def __init__(self, matrix: RowMatrix) -> None:
        self._matrix = matrix
        self._kept: OrderedDict[int, FloatArray] = OrderedDict()

    def take(self, numbers: NDArray[np.intp]) -> FloatArray:
        """Return rows (m, p) by their numbers."""
        matrix = self._matrix
        if matrix.takes_any_order:
            return matrix.take(numbers)
        return taken_from(self._read, matrix.parts, numbers, matrix.shape[1])

    def _read(self, part: slice) -> FloatArray:
        """Return the rows of a part."""
        if part.start not in self._kept:
            # Before it is read: no third one is ever held.
            while len(self._kept) >= KEPT:
                self._kept.popitem(last=False)
            self._kept[part.start] = self._matrix.read(part)
        self._kept.move_to_end(part.start)
        return self._kept[part.start]


class FollowedOrder:
    """Batches of rows along an order, of which many are gathered at once.

    Parameters
    ----------
    matrix : RowMatrix
        The rows.
    order : ndarray of shape (n_rows,)
        Of their numbers, permuted in place by whoever calls `begin`.
    ahead : int
        Rows that are gathered at once.
    """

    def __init__(self, matrix: RowMatrix, order: NDArray[np.intp], ahead: int) -> None:
        self._gatherer, self._order, self._ahead = Gatherer(matrix), order, ahead
        self.begin()

    def begin(self) -> None:
        """Begin anew, with another order."""
        self._first, self._rows = 0, np.zeros((0, 0), dtype=np.float32)

    def at(self, first: int, stop: int) -> NDArray[np.float32]:
        """Return the rows (m, p) at these places of the order, in float32."""
        if not self._first <= first <= stop <= self._first + len(self._rows):
            numbers = self._order[first : max(stop, first + self._ahead)]
            self._first, self._rows = first, self._gatherer.take(numbers).astype(np.float32)
        return self._rows[first - self._first : stop - self._first]
