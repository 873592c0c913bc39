"""Sums over blocks of rows that stay in the processor's cache, on as many threads as help."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeAlias

import numpy as np

from pytest_modelparity.theory.design import FloatArray

#: Numbers in the rows of one block, about: a scaled copy of them stays in the cache, where a copy
#: of the whole array would be written and read. 1e6 x 100 rows: 0.7 s a Hessian instead of 2.3.
BLOCK_NUMBERS = 200_000
#: Rows of a block at least: with fewer, adding up wide matrices costs more than making them.
FEWEST_ROWS = 1000
#: Multiplications of a pass below which a second thread costs more than it saves.
THREADED_WORK = 2e8
#: More threads than this wait for memory.
MOST_WORKERS = 8

#: The sums over one block of rows.
Part: TypeAlias = Callable[[slice], Sequence[FloatArray]]

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


def row_slices(n_rows: int, width: int) -> list[slice]:
    """Return the blocks of rows, ``width`` numbers of work a row."""
    size = max(FEWEST_ROWS, BLOCK_NUMBERS // max(1, width))
    return [slice(begin, min(begin + size, n_rows)) for begin in range(0, n_rows, size)]


def longest_sum(slices: Sequence[slice]) -> int:
    """Return how many additions a term goes through at most: within its block, then over blocks."""
    return max(int(rows.stop - rows.start) for rows in slices) + len(slices)


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def summed(part: Part, slices: Sequence[slice], work: float = 0.0) -> list[FloatArray]:
    """Return the sums of what ``part`` returns for the blocks, added in their order.

    The order, and with it every bit, is the same whatever the number of threads.

    Parameters
    ----------
    part : callable
        A block to its sums, in arrays of its own; called by several threads.
    slices : sequence of slice
        As `row_slices` makes them; at least one.
    work : float
        Multiplications in all blocks together.
    """
    workers = min(usable_cores(), MOST_WORKERS, len(slices)) if work > THREADED_WORK else 1
    parts = map(part, slices) if workers < 2 else _threaded(part, slices, workers)
    totals = [np.asarray(first) for first in next(parts)]
    for block in parts:
        for total, value in zip(totals, block, strict=True):
            total += value
    return totals


def _threaded(part: Part, slices: Sequence[slice], workers: int) -> Iterator[Sequence[FloatArray]]:
    """Yield the parts in the order of the blocks, some of them ahead."""

    def quiet(rows: slice) -> Sequence[FloatArray]:
        # What numpy does on overflow is a setting of each thread.
        with np.errstate(all="ignore"):
            return part(rows)

    ahead: deque[Future[Sequence[FloatArray]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for rows in slices:
            ahead.append(pool.submit(quiet, rows))
            # Only a few at a time: each may hold a Hessian.
            if len(ahead) > workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
