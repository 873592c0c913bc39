"""The graph of one pass over the rows of a dask array."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain, repeat
from operator import getitem
from typing import Any, TypeAlias, TypeVar
from uuid import uuid4

import numpy as np
from dask.array import Array
from dask.core import flatten
from dask.delayed import Delayed
from dask.highlevelgraph import HighLevelGraph
from numpy.typing import NDArray

from pytest_modelparity.frameworks.dask.columns import CutColumn
from pytest_modelparity.frameworks.dask.runs import Run
from pytest_modelparity.rows.blas import one_blas_thread
from pytest_modelparity.rows.passes import FAN, in_tree

#: Tasks by their keys, as dask writes them.
Tasks: TypeAlias = dict[Any, Any]

T = TypeVar("T")


def pass_over(
    array: Array,
    runs: Sequence[Run],
    of_group: Callable[..., T],
    columns: Sequence[CutColumn],
    together: Callable[[T, T], T],
) -> Delayed:
    """Return what all groups make, not yet computed, in a list of one element.

    Parameters
    ----------
    array : dask.array.Array, (n, p)
        In chunks of all columns.
    runs : sequence of Run
        A task each.
    of_group : callable
        A group's features, its place (a slice of all rows) and its rows of ``columns``, to what it
        makes.
    columns : sequence of arrays
        What belongs to each row.
    together : callable
        What two make, the second behind the first, to what both make.
    """
    token = uuid4().hex
    # By a key of its own, it is sent once to each worker, however many tasks there are.
    work, total = f"group-{token}", f"total-{token}"
    tasks: Tasks = {work: of_group}
    sets: list[list[Any]] = [[] for _ in range(runs[-1].number // FAN + 1)]
    for number, (run, *pieces) in enumerate(zip(runs, *map(_pieces, columns), strict=False)):
        blocks = _blocks(tasks, array.name, run, f"edge-{token}")
        key = (f"run-{token}", number)
        tasks[key] = (_of_run, work, run, blocks, pieces, together)
        sets[run.number // FAN].append(key)
    last = _last_set(tasks, sets, f"together-{token}", together)
    tasks[total] = (_together, last, together)
    held = [array, *(one for one in columns if isinstance(one, Array))]
    return Delayed(total, HighLevelGraph.from_collections(total, tasks, dependencies=held))


def _pieces(column: CutColumn) -> Any:
    """Return what of a column each task is given: a key, or the number of all rows."""
    return flatten(column.__dask_keys__()) if isinstance(column, Array) else repeat(column)


def _blocks(tasks: Tasks, array: str, run: Run, edge: str) -> list[Any]:
    """Return the keys of what a run reads: its chunk, or parts of several, which alone move."""
    keys = [(array, number, 0) for number, _ in run.chunks]
    if len(keys) == 1:
        return keys
    edges = [(edge, run.number, number) for number, _ in run.chunks]
    for name, key, (_, chunk) in zip(edges, keys, run.chunks, strict=True):
        tasks[name] = (getitem, key, run.inside(chunk))
    return edges


def _last_set(
    tasks: Tasks, sets: list[list[Any]], name: str, together: Callable[[T, T], T]
) -> list[Any]:
    """Return the keys of what is put together last, in the same tree as groups in memory are."""
    while len(sets) > 1:
        keys = []
        for members in sets:
            if len(members) > 1:
                key = (name, len(tasks))
                tasks[key] = (_together, members, together)
                members = [key]
            keys += members
        sets = [keys[begin : begin + FAN] for begin in range(0, len(keys), FAN)]
    return sets[0]


def _of_run(
    of_group: Callable[..., T],
    run: Run,
    blocks: Sequence[Any],
    pieces: Sequence[NDArray[Any]],
    together: Callable[[T, T], T],
) -> list[T]:
    """Return what each group of a run makes, or all of them where they are put together first."""
    if len(blocks) == 1:
        rows = blocks[0][run.inside(run.chunks[0][1])]
    else:
        rows = np.concatenate(blocks, dtype=np.float64)

    def of(group: slice) -> T:
        inside = slice(group.start - run.rows.start, group.stop - run.rows.start)
        # A group at a time is widened. Whatever came through a socket may lie where NumPy does not
        # hand it to BLAS.
        X = np.require(rows[inside], np.float64, ["C", "A"])
        return of_group(X, group, *(_elements(piece, len(rows))[inside] for piece in pieces))

    with one_blas_thread():
        made = map(of, run.groups)
        return [in_tree(made, together)] if run.leads else list(made)


def _elements(piece: NDArray[Any], length: int) -> NDArray[Any]:
    """Return the elements of a column that belong to a run."""
    return np.broadcast_to(np.require(piece, requirements=["A"]), (length, *piece.shape[1:]))


def _together(parts: Sequence[Sequence[T]], together: Callable[[T, T], T]) -> list[T]:
    """Return what some lists make, as one."""
    return [in_tree(chain.from_iterable(parts), together)]
