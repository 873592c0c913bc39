"""Passes over rows: sums over blocks that stay in the processor's cache, in an order of their own.

Rows in memory are cut into *slices*, which are added up one after the other. Rows that are not
held are cut into *groups*, whatever holds them, and each of these into slices: groups are added up
in a tree of fixed width, so that every bit of a sum is the same on one thread and on many, from a
file and on a cluster, where a group is one task.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import reduce
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from pytest_modelparity.rows.jobs import usable_cores

FloatArray: TypeAlias = NDArray[np.float64]

#: Numbers in the rows of one slice, about: a scaled copy of them stays in the cache, where a copy
#: of the whole array would be written and read. 1e6 x 100 rows: 0.7 s a Hessian instead of 2.3.
BLOCK_NUMBERS = 200_000
#: Rows of a slice at least: with fewer, adding up wide matrices costs more than making them.
FEWEST_ROWS = 1000
#: Numbers in the rows of one group, about 13 MB: what a thread reads at once, or a task of a
#: cluster works on; the square matrices that it makes of them are small beside it.
GROUP_NUMBERS = 8 * BLOCK_NUMBERS
#: Sums that are added up at once, of groups and again of these.
FAN = 16
#: Multiplications of a pass below which a second thread costs more than it saves.
THREADED_WORK = 2e8
#: More threads than this wait for memory.
MOST_WORKERS = 8

#: What rows add to the sums over all of them, or to the maxima.
Sums: TypeAlias = Sequence[FloatArray]


class Join(Protocol):
    """How two of them are put together: `np.add`, `np.maximum`, or another function."""

    def __call__(self, first: Any, second: Any, /, *, out: Any) -> Any:
        """Write what both make together to ``out``, which may be the first."""


#: One for each array.
Joins: TypeAlias = Sequence[Join]

T = TypeVar("T")
R = TypeVar("R")

_SCRATCH = threading.local()


def scratch(purpose: str, shape: tuple[int, int]) -> FloatArray:
    """Return an array of this thread to write to, which the next call for the purpose reuses.

    The pages of a new one would be mapped, and zeroed, for each block: a third of all CPU time of
    an optimum of 1e4 x 50 rows.
    """
    held: FloatArray | None = getattr(_SCRATCH, purpose, None)
    if held is None or held.size < shape[0] * shape[1]:
        held = np.empty(shape[0] * shape[1])
        setattr(_SCRATCH, purpose, held)
    return held[: shape[0] * shape[1]].reshape(shape)


def row_groups(n_rows: int, n_features: int) -> list[slice]:
    """Return the groups of rows of so many features; only the last one is smaller."""
    return _cut(slice(0, n_rows), _group_size(n_features))


def _group_size(n_features: int) -> int:
    """Return how many rows of so many features a group has."""
    return max(FEWEST_ROWS, GROUP_NUMBERS // max(1, n_features))


def whole_parts(sizes: Iterable[int], n_features: int) -> list[slice]:
    """Return parts of whole pieces, such as chunks, each of a group's rows or more but the last."""
    least, parts, begin, stop = _group_size(n_features), list[slice](), 0, 0
    for size in sizes:
        stop += size
        if stop - begin >= least:
            parts.append(slice(begin, stop))
            begin = stop
    return [*parts, slice(begin, stop)] if begin < stop else parts


def row_slices(rows: slice, width: int) -> list[slice]:
    """Return the slices of some rows, ``width`` numbers of work a row."""
    return _cut(rows, max(FEWEST_ROWS, BLOCK_NUMBERS // max(1, width)))


def _cut(rows: slice, size: int) -> list[slice]:
    """Return consecutive slices of ``size`` rows."""
    starts = range(rows.start, rows.stop, size)
    return [slice(begin, min(begin + size, rows.stop)) for begin in starts]


def longest_sum(slices: Sequence[slice]) -> int:
    """Return how many additions a term goes through at most: within its slice, then over slices.

    More than over groups: those add up fewer at a time.
    """
    return max(int(rows.stop - rows.start) for rows in slices) + len(slices)


def joined(parts: Iterable[Sums], joins: Joins | None = None) -> list[FloatArray]:
    """Return what parts make together, put together in their order; by default their sums.

    Parameters
    ----------
    parts : iterable of sequences of arrays
        At least one; the arrays of the first are written to.
    joins : sequence of Join, optional
        One for each array.
    """
    found = iter(parts)
    totals = [np.asarray(first) for first in next(found)]
    for part in found:
        for total, value, join in zip(totals, part, joins or [np.add] * len(totals), strict=True):
            join(total, value, out=total)
    return totals


def added(first: Sums, second: Sums, joins: Joins | None = None) -> list[FloatArray]:
    """Return what the sums of two make together, in arrays of its own."""
    return joined([[np.array(one) for one in first], second], joins)


class Tree(Generic[T]):
    """Puts what groups make together as it comes, in their order, `FAN` at a time.

    What it holds does not grow with the number of groups.

    Parameters
    ----------
    together : callable
        Maps what two make, the second behind the first, to what both make.
    """

    def __init__(self, together: Callable[[T, T], T]) -> None:
        self._together = together
        self._levels: list[tuple[int, list[T]]] = []

    def add(self, made: T, level: int = 0) -> None:
        """Take what the next group makes, or `FAN` to the power of ``level`` of them."""
        if level == len(self._levels):
            self._levels.append((0, []))
        count, held = self._levels[level]
        held = [reduce(self._together, [*held, made])]
        self._levels[level] = (count + 1, held)
        if count + 1 == FAN:
            self._levels[level] = (0, [])
            self.add(held[0], level + 1)

    @property
    def total(self) -> T:
        """What all groups make; the tree is used up."""
        level = 0
        # What is left of a level is one of the next, as a full set of them is.
        while level + 1 < len(self._levels):
            for held in self._levels[level][1]:
                self.add(held, level + 1)
            level += 1
        return self._levels[-1][1][0]


def in_tree(parts: Iterable[T], together: Callable[[T, T], T]) -> T:
    """Return what all parts make, put together by a `Tree`."""
    tree = Tree(together)
    for part in parts:
        tree.add(part)
    return tree.total


def summed(
    part: Callable[[slice], Sums],
    slices: Sequence[slice],
    work: float = 0.0,
    joins: Joins | None = None,
) -> list[FloatArray]:
    """Return the sums of what ``part`` returns for slices of rows in memory, added in their order.

    The order, and with it every bit, is the same whatever the number of threads.

    Parameters
    ----------
    part : callable
        A slice to its sums, in arrays of its own; called by several threads.
    slices : sequence of slice
        As `row_slices` makes them; at least one.
    work : float
        Multiplications in all slices together.
    joins : sequence of Join, optional
        How two of each are put together; default: all are sums.
    """
    workers = usable_cores() if work > THREADED_WORK else 1
    return joined(in_order(part, slices, workers), joins)


def in_order(function: Callable[[T], R], items: Sequence[T], workers: int) -> Iterator[R]:
    """Yield what a function returns for items, in their order, some of them ahead on threads."""
    workers = min(workers, MOST_WORKERS, len(items))
    if workers < 2:
        yield from map(function, items)
        return

    def quiet(item: T) -> R:
        # What numpy does on overflow is a setting of each thread.
        with np.errstate(all="ignore"):
            return function(item)

    ahead: deque[Future[R]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for item in items:
                ahead.append(pool.submit(quiet, item))
                # Only a few at a time: each may hold a Hessian.
                if len(ahead) > workers:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()
