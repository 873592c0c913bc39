"""A dask array as rows that are passed over: what a pass makes of them is made where they lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any, Generic, TypeVar

import dask.config
import numpy as np
import pandas
from dask.array import Array, from_array
from dask.delayed import Delayed, delayed
from numpy.typing import NDArray

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.dask.failures import computed
from pytest_modelparity.frameworks.dask.sending import NotSentError, Sent, sent_function
from pytest_modelparity.frameworks.dask.workers import active_client
from pytest_modelparity.rows.blas import one_blas_thread
from pytest_modelparity.rows.matrix import Columns, OfGroup, RowMatrix
from pytest_modelparity.rows.merging import M, in_turn
from pytest_modelparity.rows.passes import FAN, FloatArray, Joins, added, row_groups, whole_parts
from pytest_modelparity.sides.artefact import first_line

#: The setting of `distributed` from how many bytes on it warns of a graph, and as good as never.
LARGE_GRAPH, MOST_BYTES = "distributed.admin.large-graph-warning-threshold", 2**60

T = TypeVar("T")


class DaskRows(RowMatrix):
    """The rows of a dask array; only sums over them, and rows that are asked for, come home.

    Parameters
    ----------
    array : dask.array.Array, (n, p)
        Of known chunk sizes.
    collection : dask collection, optional
        What its user gave; default: the array.
    """

    def __init__(self, array: Array, collection: Any = None) -> None:
        self._given = array
        self._collection = array if collection is None else collection
        sizes = tuple(rows.stop - rows.start for rows in row_groups(*array.shape))
        # Of chunks that hold whole groups, none moves between workers.
        self._array = array.rechunk({0: sizes, 1: -1})

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and of features."""
        return int(self._given.shape[0]), int(self._given.shape[1])

    @property
    def parts(self) -> list[slice]:
        """Whole chunks of the user's array: a part of one costs all of it."""
        return whole_parts(map(int, self._given.chunks[0]), self.shape[1])

    def read(self, rows: slice) -> FloatArray:
        """Return some rows, in memory here."""
        return np.asarray(computed(self._given[rows]), dtype=np.float64)

    def take(self, rows: NDArray[Any]) -> FloatArray:
        """Return rows by their numbers, or by a mask, in one pass."""
        numbers = np.flatnonzero(rows) if rows.dtype == bool else rows
        return np.asarray(computed(self._given[numbers]), dtype=np.float64)

    def place_of(self, row: int) -> str:
        """Return which block of the user's array a row is in."""
        ends = np.cumsum(self._given.chunks[0])
        number = int(np.searchsorted(ends, row, side="right"))
        begin = int(ends[number] - self._given.chunks[0][number])
        return f", in block {number} of rows {begin} to {int(ends[number]) - 1}"

    def for_training(self, *columns: NDArray[Any]) -> tuple[Any, ...]:
        """Return the user's own collection, and what belongs to each row in its chunks."""
        sizes = self._given.chunks[0]
        return self._collection, *(from_array(column, chunks=(sizes,)) for column in columns)

    def total(
        self, of_group: OfGroup, columns: Columns, joins: Joins | None = None
    ) -> list[FloatArray]:
        """Return the sums over all groups, which are made and added up by one graph."""
        return self._computed(
            delayed(_Task(of_group), pure=False), columns, partial(added, joins=joins)
        )

    def merged(
        self, of_group: Callable[..., M], columns: Columns, told: Callable[[str], None]
    ) -> M:
        """Return what is measured on all groups: by workers, where there are any."""
        # Threads of this process would share one model, which need not bear it.
        if active_client() is None:
            return super().merged(of_group, columns, told)
        try:
            sent = delayed(sent_function(of_group), traverse=False)
            return self._computed(partial(delayed(_by_sent, pure=False), sent), columns, in_turn)
        except NotSentError as error:
            told(f"all rows were brought here, one group after the other: {error}")
            return super().merged(of_group, columns, told)

    def _computed(
        self,
        function: Callable[[Any, int, list[_Piece]], Delayed],
        columns: Columns,
        together: Callable[[T, T], T],
    ) -> T:
        """Return what a function makes of all groups, put together in their order by one graph."""
        several = delayed(partial(reduce, together), pure=False)
        blocks = self._array.to_delayed().ravel()
        made = [
            function(block, rows.start, [_Piece.of(column[rows]) for column in columns])
            for block, rows in zip(blocks, self.groups, strict=True)
        ]
        # In the same tree as groups in memory are.
        while True:
            made = [several(made[i : i + FAN]) for i in range(0, len(made), FAN)]
            if len(made) == 1:
                # Labels travel with every pass: 10 MB of them are no mistake to be warned of.
                with dask.config.set({LARGE_GRAPH: MOST_BYTES}):
                    found: T = computed(made[0])
                return found


class DaskFrameRows(DaskRows):
    """The rows of a DataFrame, whose columns have names.

    Parameters
    ----------
    array : dask.array.Array, (n, p)
        Its numbers.
    frame : dask.dataframe.DataFrame
        As its user gave it.
    columns : tuple of str
        Their names.
    """

    def __init__(self, array: Array, frame: Any, columns: tuple[str, ...]) -> None:
        super().__init__(array, frame)
        self._columns = columns

    @property
    def as_given(self) -> Callable[[FloatArray], Any]:
        """What makes a DataFrame of pandas of some rows."""
        return partial(pandas.DataFrame, columns=list(self._columns))


@dataclass(frozen=True, slots=True)
class _Piece:
    """The elements of a column that belong to a group, as small as they travel."""

    values: NDArray[Any]
    length: int

    @classmethod
    def of(cls, column: NDArray[Any]) -> _Piece:
        """Return a part of a column; one number where it has one for all rows."""
        if column.strides == (0,):
            return cls(column[:1].copy(), len(column))
        if column.dtype.kind in "iu" and len(column):
            smallest = np.promote_types(
                np.min_scalar_type(int(column.min())), np.min_scalar_type(int(column.max()))
            )
            column = column.astype(smallest)
        return cls(column, len(column))

    @property
    def whole(self) -> NDArray[Any]:
        """The elements."""
        if len(self.values) == self.length:
            return np.require(self.values, requirements=["A"])
        return np.broadcast_to(self.values, (self.length,))


@dataclass(frozen=True, slots=True)
class _Task(Generic[T]):
    """What a worker makes of a group."""

    of_group: Callable[..., T]

    def __call__(self, block: Any, start: int, pieces: Sequence[_Piece]) -> T:
        # Whatever came through a socket may lie where NumPy does not hand it to BLAS.
        X = np.require(block, np.float64, ["C", "A"])
        rows = slice(start, start + len(X))
        with one_blas_thread():
            return self.of_group(X, rows, *(piece.whole for piece in pieces))


def _by_sent(sent: Sent, block: Any, start: int, pieces: Sequence[_Piece]) -> Any:
    """Return what a worker makes of a group by a function that was sent to it."""
    task = _Task(sent.function)
    try:
        return task(block, start, pieces)
    except ModelParityError:
        raise
    # A model may raise anything; the block is there, and no fault of it.
    except Exception as error:
        raise ModelParityError(
            f"a model failed on rows {start} to {start + len(block) - 1} at {sent.address} "
            f"({type(error).__name__}: {first_line(error)}); pass one that predicts rows of X there"
        ) from error
