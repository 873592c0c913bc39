"""The chunks that rows come in, and the tasks of a pass over them."""

from __future__ import annotations

import dask.array

from pytest_modelparity.frameworks.dask.graph import pass_over
from pytest_modelparity.frameworks.dask.runs import runs_of
from pytest_modelparity.rows.passes import row_groups

#: Groups in a chunk of 100 MB, which is no whole number of them; and fewest chunks.
GROUPS, FEWEST = 7.8, 4


def row_chunks(n: int, p: int) -> list[slice]:
    """Return the chunks of rows on a cluster."""
    size = min(int(GROUPS * row_groups(n, p)[0].stop), -(-n // FEWEST))
    return [slice(begin, min(begin + size, n)) for begin in range(0, n, size)]


def tasks_of_pass(n: int, p: int) -> int:
    """Return how many tasks a pass over rows in such chunks is."""
    sizes = tuple(rows.stop - rows.start for rows in row_chunks(n, p))
    array = dask.array.empty((n, p), chunks=(sizes, p))
    whole = pass_over(array, runs_of(row_groups(n, p), sizes), len, (), max)
    return len(whole.dask.layers[whole.key])
