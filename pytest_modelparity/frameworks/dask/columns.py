"""What belongs to each row of a dask array, where the passes over its rows need it."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any, TypeAlias
from uuid import uuid4

import numpy as np
from dask.array import Array
from numpy.typing import NDArray

from pytest_modelparity.frameworks.dask.computing import active_client, persisted

#: What belongs to each row: a piece for each task, or one number for all rows.
CutColumn: TypeAlias = Array | NDArray[Any]


class CutColumns:
    """Columns as dask arrays of a piece for each task, which travel to a cluster once.

    They stay there as long as this object and the column live. A worker that is lost takes no
    piece with it: the scheduler keeps them all, and hands them out once more.

    Parameters
    ----------
    cuts : sequence of slice
        The rows of each task.
    """

    def __init__(self, cuts: Sequence[slice]) -> None:
        self._cuts = cuts
        self._sent: list[tuple[weakref.ref[NDArray[Any]], Array]] = []

    def of(self, column: NDArray[Any]) -> CutColumn:
        """Return a column in pieces: on the cluster, or views where passes run in this process.

        One number where all are one.
        """
        if column.strides == (0,):
            return column[:1].copy()
        client = active_client()
        if client is None:
            return self._cut(column)
        self._sent = [(whole, pieces) for whole, pieces in self._sent if whole() is not None]
        for whole, pieces in self._sent:
            if whole() is column:
                return pieces
        sent = persisted(client, self._cut(column))
        self._sent.append((weakref.ref(column), sent))
        return sent

    def _cut(self, column: NDArray[Any]) -> Array:
        """Return a column in pieces, its whole numbers in as few bytes as they take."""
        if column.dtype.kind in "iu":
            smallest = np.promote_types(
                np.min_scalar_type(int(column.min())), np.min_scalar_type(int(column.max()))
            )
            column = column.astype(smallest)
        name, widths = f"column-{uuid4().hex}", column.shape[1:]
        pieces = {
            (name, i, *(0 for _ in widths)): column[rows] for i, rows in enumerate(self._cuts)
        }
        sizes = tuple(rows.stop - rows.start for rows in self._cuts)
        return Array(pieces, name, (sizes, *((width,) for width in widths)), dtype=column.dtype)
