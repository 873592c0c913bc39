"""Which block of a dask array it is that makes a pass fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from dask.array import Array
from dask.delayed import Delayed, delayed

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.dask.computing import active_client, computed, persisted
from pytest_modelparity.frameworks.dask.failures import FailedTaskError, failed_together


def at_block(
    error: FailedTaskError, array: Array, rows_of: Callable[[int], str] | None = None
) -> ModelParityError:
    """Return the error of a pass with the first block that cannot be computed.

    Parameters
    ----------
    error : FailedTaskError
        That of the pass.
    array : dask.array.Array, (n, p)
        What it went over, in chunks of all columns.
    rows_of : callable, optional
        The number of a block to its rows, in words.
    """
    blocks = zip(array.to_delayed()[:, 0], array.chunks[0], strict=True)
    found = _first_failed([delayed(_try)(block, (n, array.shape[1])) for block, n in blocks])
    if found is None:
        return failed_together(error.raised)
    number, raised = found
    rows = f" ({rows_of(number)})" if rows_of else ""
    return FailedTaskError(raised, f"block {number} of X{rows}")


def _try(block: Any, shape: tuple[float, int]) -> None:
    """Raise an error where a block is not what its array says; NaN is any number of rows."""
    n, p = shape
    if not isinstance(block, np.ndarray):
        raise TypeError(f"it is a {type(block).__name__}, and no array of NumPy")
    if block.ndim != 2 or block.shape[1] != p or (len(block) != n and not np.isnan(n)):
        raise ValueError(f"its shape is {block.shape}, and the array says {shape}")
    if block.dtype.kind not in "fiub":
        other = (one for one in block.flat if not isinstance(one, (int, float, np.number)))
        raise TypeError(f"it holds {str(next(other, block.dtype))!r}, which is no number")


def _first_failed(parts: Sequence[Delayed]) -> tuple[int, BaseException] | None:
    """Return the number and the error of the first of some tasks that raises one.

    Each is computed for itself.

    Raises
    ------
    ModelParityError
        If the scheduler is lost or stays without workers, or a task ends every worker.
    """
    client = active_client()
    # All at once where there are workers; here one by one, until one fails.
    tasks = parts if client is None else persisted(client, list(parts))
    for number, task in enumerate(tasks):
        try:
            computed(task)
        except FailedTaskError as error:
            return number, error.raised
    return None
