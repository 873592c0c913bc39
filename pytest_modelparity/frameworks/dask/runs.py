"""Which rows of a dask array one task of a pass works on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from pytest_modelparity.rows.passes import FAN


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive groups that one task works on.

    Parameters
    ----------
    groups : tuple of slice
        Places of their rows: several groups that lie in one chunk, or one that lies in more.
    chunks : tuple of (int, slice)
        The numbers of these chunks, and which of all rows each holds.
    number : int
        Of the first of them among all groups.
    """

    groups: tuple[slice, ...]
    chunks: tuple[tuple[int, slice], ...]
    number: int

    @property
    def rows(self) -> slice:
        """The places of all its rows."""
        return slice(self.groups[0].start, self.groups[-1].stop)

    @property
    def leads(self) -> bool:
        """Whether its sums may be added up: they are the first of those that are added at once."""
        return self.number % FAN == 0

    def inside(self, chunk: slice) -> slice:
        """Return which rows of a chunk are its own."""
        begin, stop = max(self.rows.start, chunk.start), min(self.rows.stop, chunk.stop)
        return slice(begin - chunk.start, stop - chunk.start)


def runs_of(groups: Sequence[slice], sizes: Sequence[int]) -> list[Run]:
    """Return the runs of all groups, each of them inside of `FAN` groups that are added at once.

    Parameters
    ----------
    groups : sequence of slice
        All of them.
    sizes : sequence of int
        Of the chunks that hold the rows.
    """
    ends = np.cumsum(sizes)

    def place(numbered: tuple[int, slice]) -> tuple[int, ...]:
        number, group = numbered
        first, last = np.searchsorted(ends, [group.start, group.stop - 1], side="right")
        return number // FAN, first, last, number if first < last else -1

    runs = []
    for (_, first, last, _), members in groupby(enumerate(groups), place):
        numbers, own = zip(*members, strict=True)
        chunks = tuple(
            (int(chunk), slice(int(ends[chunk] - sizes[chunk]), int(ends[chunk])))
            for chunk in range(first, last + 1)
        )
        runs.append(Run(groups=own, chunks=chunks, number=numbers[0]))
    return runs
