"""Arrays in memory, and in mapped files, as rows that are passed over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.rows.passes import FloatArray

#: Seconds of gathering a row in any order, and each number of it: of an array in memory, ...
GATHERED_ROW, GATHERED_NUMBER = 5e-8, 2.2e-9
#: ... and of a mapped file that was read before, whose pages are mapped again (measured).
MAPPED_ROW, MAPPED_NUMBER = 1e-7, 2e-8


@dataclass(frozen=True, slots=True, eq=False)
class HeldRows(RowMatrix):
    """The rows of an array, of which no second one as large is made.

    Parameters
    ----------
    array : array, (n, p)
        Numbers of any type, or a memory-mapped file that cannot be opened again.
    """

    array: NDArray[Any]

    takes_any_order = True

    @property
    def row_seconds(self) -> float:
        """Seconds that gathering a row in any order is reckoned to take."""
        return GATHERED_ROW + GATHERED_NUMBER * self.shape[1]

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and of features."""
        return self.array.shape[0], self.array.shape[1]

    def read(self, rows: slice) -> FloatArray:
        """Return some rows: a view where they are float64."""
        return np.asarray(self.array[rows], dtype=np.float64)

    def take(self, rows: NDArray[Any]) -> FloatArray:
        """Return rows by their numbers, or by a mask."""
        return np.asarray(self.array[rows], dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class FileRows(RowMatrix):
    """The rows of an array in a file, which is mapped anew for each group that is read.

    Of one map every page that was ever touched counts as memory of the process: 1.7 GB for 1e7 x 20
    numbers, where maps of a group at a time stay at 0.2 (NumPy 2.4 on Linux).

    Parameters
    ----------
    path : str
        Of the file.
    offset : int
        Where the first row begins, in bytes.
    kind : dtype
        Of the numbers, in the order of C.
    shape : tuple of int
        Numbers of rows and of features.
    """

    path: str
    offset: int
    kind: np.dtype[Any]
    shape: tuple[int, int]

    takes_any_order = True

    @property
    def row_seconds(self) -> float:
        """Seconds that gathering a row in any order is reckoned to take."""
        return MAPPED_ROW + MAPPED_NUMBER * self.shape[1]

    def read(self, rows: slice) -> FloatArray:
        """Return some rows, in memory as long as they are used."""
        return np.asarray(self.lying(rows), dtype=np.float64)

    def lying(self, rows: slice) -> NDArray[Any]:
        """Return some rows as they lie in the file, mapped; none is looked at by that."""
        size = self.shape[1] * self.kind.itemsize
        try:
            return np.memmap(
                self.path,
                dtype=self.kind,
                mode="r",
                offset=self.offset + rows.start * size,
                shape=(rows.stop - rows.start, self.shape[1]),
            )
        except (OSError, ValueError) as error:
            raise ModelParityError(
                f"rows {rows.start} to {rows.stop - 1} of X could not be read from {self.path}: "
                f"{error}; the file must hold {self.shape[0]} x {self.shape[1]} numbers of "
                f"{self.kind}"
            ) from error


def rows_of_array(array: NDArray[Any]) -> RowMatrix:
    """Return an array as rows to pass over: of its file where it is mapped from one."""
    if isinstance(array, np.memmap) and array.flags.c_contiguous and array.filename is not None:
        base: Any = array
        while isinstance(base.base, np.memmap):
            base = base.base
        # A part of a map still tells the offset of the whole one.
        skipped = array.ctypes.data - base.ctypes.data
        return FileRows(
            path=str(array.filename),
            offset=int(base.offset) + skipped,
            kind=array.dtype,
            shape=(array.shape[0], array.shape[1]),
        )
    return HeldRows(array)
