"""A dask array as rows that are passed over: what a pass makes of them is made where they lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import numpy as np
import pandas
from dask.array import Array, from_array
from dask.base import optimize
from numpy.typing import NDArray

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.dask.bad_blocks import at_block
from pytest_modelparity.frameworks.dask.columns import CutColumns
from pytest_modelparity.frameworks.dask.computing import active_client, computed
from pytest_modelparity.frameworks.dask.failures import FailedTaskError
from pytest_modelparity.frameworks.dask.graph import pass_over
from pytest_modelparity.frameworks.dask.runs import runs_of
from pytest_modelparity.frameworks.dask.sending import NotSentError, Sent, sent_function
from pytest_modelparity.frameworks.dask.workers import (
    check_this_worker,
    have_loaded,
    this_worker,
    versions,
)
from pytest_modelparity.rows.matrix import Columns, OfGroup, RowMatrix
from pytest_modelparity.rows.merging import M, in_turn
from pytest_modelparity.rows.passes import FloatArray, Joins, added, whole_parts
from pytest_modelparity.sides.artefact import error_line

#: Bytes of rows from which on it is worth it that workers load the packages of a model: they come
#: here in 8 s at a gigabit a second, and TensorFlow is loaded in 6.
WORTH_LOADING = 1e9

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
        # Its rows stay in the chunks where they are.
        self._array = _fused(array.rechunk({1: -1}, method="tasks"))
        self._runs = runs_of(self.groups, array.chunks[0])
        self._columns = CutColumns([run.rows for run in self._runs])

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
        return np.asarray(self._found(self._given[rows]), dtype=np.float64)

    def take(self, rows: NDArray[Any]) -> FloatArray:
        """Return rows by their numbers, or by a mask, in one pass."""
        numbers = np.flatnonzero(rows) if rows.dtype == bool else rows
        return np.asarray(self._found(self._given[numbers]), dtype=np.float64)

    def place_of(self, row: int) -> str:
        """Return which block of the user's array a row is in."""
        number = int(np.searchsorted(np.cumsum(self._given.chunks[0]), row, side="right"))
        return f", in block {number} of {self._rows_of(number)}"

    def _rows_of(self, block: int) -> str:
        """Return which rows a block of the user's array has, in words."""
        sizes = self._given.chunks[0]
        begin = int(sum(sizes[:block]))
        return f"rows {begin} to {begin + int(sizes[block]) - 1}"

    def for_training(self, *columns: NDArray[Any]) -> tuple[Any, ...]:
        """Return the user's own collection, and what belongs to each row in its chunks."""
        sizes = self._given.chunks[0]
        return self._collection, *(from_array(column, chunks=(sizes,)) for column in columns)

    def total(
        self, of_group: OfGroup, columns: Columns, joins: Joins | None = None
    ) -> list[FloatArray]:
        """Return the sums over all groups, which are made and added up by one graph."""
        sums = self._computed(of_group, columns, partial(added, joins=joins))
        return [np.asarray(total) for total in sums]

    def merged(
        self, of_group: Callable[..., M], columns: Columns, told: Callable[[str], None]
    ) -> M:
        """Return what is measured on all groups: by workers, where there are any."""
        client = active_client()
        # Threads of this process would share one model, which need not bear it.
        if client is None:
            return super().merged(of_group, columns, told)
        try:
            sent = sent_function(of_group)
            if 8 * self.size >= WORTH_LOADING or have_loaded(client, sent.packages):
                return self._computed(partial(_by_sent, sent), columns, in_turn)
        except NotSentError as error:
            told(f"all rows were brought here, one group after the other: {error}")
        return super().merged(of_group, columns, told)

    def _computed(
        self, of_group: Callable[..., T], columns: Columns, together: Callable[[T, T], T]
    ) -> T:
        """Return what a function makes of all groups, put together in their order by one graph."""
        cut = [self._columns.of(column) for column in columns]
        checked = partial(_checked, versions(), of_group)
        found: list[T] = self._found(pass_over(self._array, self._runs, checked, cut, together))
        return found[0]

    def _found(self, value: Any) -> Any:
        """Return what is computed of the rows.

        Raises
        ------
        ModelParityError
            If a block cannot be computed: the first that cannot, by its number and rows.
        """
        try:
            return computed(value)
        except FailedTaskError as error:
            raise at_block(error, self._array, self._rows_of) from error.raised


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
        self._names = columns

    @property
    def as_given(self) -> Callable[[FloatArray], Any]:
        """What makes a DataFrame of pandas of some rows."""
        return partial(pandas.DataFrame, columns=list(self._names))


def _fused(array: Array) -> Array:
    """Return an array of which a chunk is made by as few tasks as dask knows."""
    (fused,) = optimize(array)
    # What lies on workers is no task, and missing in a graph that was optimized.
    return Array({**array.dask, **fused.dask}, array.name, array.chunks, dtype=array.dtype)


def _checked(
    client: Mapping[str, str], of_group: Callable[..., T], *group: FloatArray | slice
) -> T:
    """Return what a group makes, where versions are those that the pass comes from."""
    check_this_worker(client)
    return of_group(*group)


def _by_sent(sent: Sent, X: FloatArray, rows: slice, *columns: NDArray[Any]) -> Any:
    """Return what a worker makes of a group by a function that was sent to it."""
    try:
        return sent.function(X, rows, *columns)
    except ModelParityError:
        raise
    # A model may raise anything; the block is there, and no fault of it.
    except Exception as error:
        raise ModelParityError(
            f"a model failed on rows {rows.start} to {rows.stop - 1} at {this_worker()} "
            f"({error_line(error)}); pass one that predicts rows of X there"
        ) from error
