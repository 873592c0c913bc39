"""Consecutive rows of a matrix that is not held, as a matrix."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from pytest_modelparity.rows.matrix import RowMatrix, RowsOfAnother
from pytest_modelparity.rows.passes import FloatArray
from pytest_modelparity.rows.taking import numbers_of


class RowsBetween(RowsOfAnother):
    """Consecutive rows of another matrix, which are worked on here."""

    def __init__(self, base: RowMatrix, begin: int, stop: int) -> None:
        super().__init__(base)
        self._begin, self._stop = begin, stop

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and of features."""
        return self._stop - self._begin, self._base.shape[1]

    @property
    def parts(self) -> list[slice]:
        """What lies here of the other's parts."""
        cut = (
            (max(part.start, self._begin), min(part.stop, self._stop)) for part in self._base.parts
        )
        return [
            slice(begin - self._begin, stop - self._begin) for begin, stop in cut if begin < stop
        ]

    def read(self, rows: slice) -> FloatArray:
        """Return some rows, in memory."""
        return self._base.read(slice(self._begin + rows.start, self._begin + rows.stop))

    def take(self, rows: NDArray[Any]) -> FloatArray:
        """Return rows by their numbers, or by a mask."""
        return self._base.take(self._begin + numbers_of(rows))


def rows_between(matrix: RowMatrix, begin: int, stop: int) -> RowMatrix:
    """Return consecutive rows as a matrix: the same one where they are all of its own."""
    return matrix if (begin, stop) == (0, len(matrix)) else RowsBetween(matrix, begin, stop)
