"""A matrix of features that is not held in memory: what there is of it is asked group by group."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any, NoReturn

import numpy as np
from numpy.typing import DTypeLike, NDArray

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.rows.behind import Behind, Chosen, by_rows
from pytest_modelparity.rows.blas import one_blas_thread
from pytest_modelparity.rows.columns import SquaredFrom, ends_and_sum
from pytest_modelparity.rows.jobs import usable_cores
from pytest_modelparity.rows.merging import M, in_turn
from pytest_modelparity.rows.passes import (
    FloatArray,
    Joins,
    Sums,
    added,
    in_order,
    in_tree,
    row_groups,
)
from pytest_modelparity.rows.taking import numbers_of, taken_from

#: Seconds of bringing a number here, of rows that a cluster or parquet files hold (measured).
READ_NUMBER = 2e-8

#: Features of a group and what belongs to its rows, with their place, to their sums.
OfGroup = Callable[..., Sums]
#: Arrays with one element, or row, for each row of a matrix.
Columns = Sequence[NDArray[Any]]
#: Groups of rows that are read while another one is worked on.
READ_AHEAD = 2


class RowMatrix(ABC):
    """Rows of features (n, p) that are read, or worked on, a group at a time.

    Its slices are arrays of float64 in memory.
    """

    ndim = 2
    dtype = np.dtype(np.float64)
    #: Whether rows of any order are had for what reading these alone takes.
    takes_any_order = False

    @property
    def row_seconds(self) -> float:
        """Seconds that bringing one of many rows here is reckoned to take."""
        return READ_NUMBER * self.shape[1]

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and of features."""

    @abstractmethod
    def read(self, rows: slice) -> FloatArray:
        """Return some rows, in memory."""

    @property
    def groups(self) -> list[slice]:
        """The groups of its rows."""
        return row_groups(*self.shape)

    @property
    def parts(self) -> list[slice]:
        """The rows that are read together wherever they lie, a group of them or more."""
        return self.groups

    def min(self, axis: int) -> FloatArray:
        """Return the smallest number of each column."""
        return self._ends_and_sum[0]

    def max(self, axis: int) -> FloatArray:
        """Return the largest number of each column."""
        return self._ends_and_sum[1]

    def mean(self, axis: int) -> FloatArray:
        """Return the mean of each column."""
        return self._ends_and_sum[2] / len(self)

    def std(self, axis: int) -> FloatArray:
        """Return the standard deviation of each column, over all rows."""
        return self._deviation

    def deviation_from(self, centre: FloatArray) -> FloatArray:
        """Return the root of the mean square distance of each column from a number (p,)."""
        squares = self.total(SquaredFrom(centre), ())[0]
        return np.asarray(np.sqrt(squares / len(self)))

    @cached_property
    def _ends_and_sum(self) -> list[FloatArray]:
        """Smallest and largest number of each column, and their sum, from one pass."""
        return self.total(ends_and_sum, (), [np.minimum, np.maximum, np.add])

    @cached_property
    def _deviation(self) -> FloatArray:
        """Standard deviation of each column."""
        return self.deviation_from(self.mean(axis=0))

    @property
    def as_given(self) -> Callable[[FloatArray], Any]:
        """What makes of some of its rows what a model takes: of a table a DataFrame.

        It may run in another process.
        """
        return np.asarray

    def place_of(self, row: int) -> str:
        """Return where a row comes from, as ``", in ..."``; nothing where its number says all."""
        return ""

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return self.shape[0] * self.shape[1]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> Any:
        """Return some rows in memory, or a matrix of some of its columns."""
        if isinstance(rows, tuple):
            every, columns = rows
            assert every == slice(None)
            numbers = np.arange(self.shape[1])[columns]
            return self.mapped(Chosen(numbers), len(numbers))
        if isinstance(rows, slice):
            begin, stop, step = rows.indices(len(self))
            return self.read(slice(begin, max(begin, stop)))[::step]
        numbers = np.asarray(rows)
        return self.take(numbers) if numbers.ndim else self.take(numbers.reshape(1))[0]

    def take(self, rows: NDArray[Any]) -> FloatArray:
        """Return rows by their numbers, or by a mask, each group of them read once."""
        return taken_from(self.lying, self.groups, numbers_of(rows), self.shape[1])

    def lying(self, rows: slice) -> NDArray[Any]:
        """Return some rows as they lie where they are, of any type of numbers."""
        return self.read(rows)

    def __array__(self, dtype: Any = None, copy: Any = None) -> NoReturn:
        self.refuse_whole("for this step")

    def refuse_whole(self, why: str) -> NoReturn:
        """Raise an error that begins with what would take all rows, and has their size."""
        n, p = self.shape
        raise ModelParityError(
            f"{why} X must fit in memory, got {n} x {p} numbers or {8 * n * p / 1e9:.3g} GB; pass "
            f"fewer rows, or raise the memory that they may take (memory=, --parity-memory)"
        )

    def whole(self, dtype: DTypeLike) -> NDArray[Any]:
        """Return all rows in memory, in a type that may take less than they do."""
        held = np.empty(self.shape, dtype=dtype)
        for rows in self.groups:
            held[rows] = self.read(rows)
        return held

    def for_training(self, *columns: NDArray[Any]) -> tuple[Any, ...]:
        """Return the rows, and what belongs to each, as their user's own training takes them."""
        return self, *columns

    def total(
        self, of_group: OfGroup, columns: Columns, joins: Joins | None = None
    ) -> list[FloatArray]:
        """Return the sums over all groups of what ``of_group`` returns.

        Parameters
        ----------
        of_group : callable
            A group's features, its place (a slice of all rows) and its rows of ``columns``, to
            the sums over it. It may run in another process, and holds what it needs.
        columns : sequence of arrays
            With a row for each row.
        joins : sequence of Join, optional
            How two of each are put together; default: all are sums.
        """

        def part(rows: slice) -> Sums:
            return of_group(self._group(rows), rows, *(column[rows] for column in columns))

        # Threads of BLAS on thin blocks take 17 times as long as one (1e7 x 20, OpenBLAS 0.3.31).
        with one_blas_thread():
            # Reading is work, too: every pass is worth its threads.
            sums = in_order(part, self.groups, usable_cores())
            return [np.asarray(total) for total in in_tree(sums, partial(added, joins=joins))]

    def _group(self, rows: slice) -> FloatArray:
        """Return a group of rows, as functions of it take them."""
        return by_rows(self.read(rows))

    def merged(
        self, of_group: Callable[..., M], columns: Columns, told: Callable[[str], None]
    ) -> M:
        """Return what ``of_group`` measures on all groups, merged in their order.

        It runs where the rows lie, if it can be sent there, else here.

        Parameters
        ----------
        of_group : callable
            A group's features (n, p), its place (a slice of all rows) and its rows of ``columns``,
            to what was measured on it. No two threads call one at once; other processes have
            copies of it. It must hold nothing that is as long as the rows.
        columns : sequence of arrays
            With a row for each row.
        told : callable
            Is told in a sentence why rows come here that lie somewhere else.
        """

        def measured(rows: slice, X: FloatArray) -> M:
            return of_group(X, rows, *(column[rows] for column in columns))

        groups = self.groups
        # Threads of BLAS on thin groups take five times as long as one (80,000 x 20).
        with one_blas_thread():
            read = in_order(self._group, groups, READ_AHEAD)
            return in_tree(map(measured, groups, read), in_turn)

    def mapped(self, function: Callable[[FloatArray], FloatArray], n_features: int) -> RowMatrix:
        """Return the matrix of what a function makes of the rows, with so many features each.

        Parameters
        ----------
        function : callable
            Some rows to as many; it may run in another process.
        n_features : int
            How many features it makes.
        """
        return MappedRows(self, function, n_features)


class RowsOfAnother(RowMatrix):
    """Rows that are made of those of another matrix."""

    def __init__(self, base: RowMatrix) -> None:
        self._base = base

    @property
    def takes_any_order(self) -> bool:  # type: ignore[override]
        """Whether the other does."""
        return self._base.takes_any_order

    @property
    def row_seconds(self) -> float:
        """Seconds of bringing one of the other's rows here."""
        return self._base.row_seconds


class MappedRows(RowsOfAnother):
    """What a function makes of the rows of another matrix, when they are read."""

    def __init__(
        self, base: RowMatrix, function: Callable[[FloatArray], FloatArray], n_features: int
    ) -> None:
        super().__init__(base)
        self._function, self._n_features = function, n_features

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and of features."""
        return len(self._base), self._n_features

    @property
    def groups(self) -> list[slice]:
        """The groups of the other's rows."""
        return self._base.groups

    @property
    def parts(self) -> list[slice]:
        """The parts of the other's rows."""
        return self._base.parts

    def read(self, rows: slice) -> FloatArray:
        """Return some rows, in memory."""
        return self._function(self._base.read(rows))

    def take(self, rows: NDArray[Any]) -> FloatArray:
        """Return rows by their numbers, or by a mask."""
        return self._function(self._base.take(rows))

    def total(
        self, of_group: OfGroup, columns: Columns, joins: Joins | None = None
    ) -> list[FloatArray]:
        """Return the sums over all groups: where the other matrix works on them."""
        return self._base.total(Behind(self._function, of_group), columns, joins)

    def merged(
        self, of_group: Callable[..., M], columns: Columns, told: Callable[[str], None]
    ) -> M:
        """Return what is measured on all groups: where the other matrix works on them."""
        return self._base.merged(Behind(self._function, of_group), columns, told)
