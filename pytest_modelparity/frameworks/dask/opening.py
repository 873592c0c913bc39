"""Arrays and DataFrames of dask as rows to pass over."""

from __future__ import annotations

import math
from typing import Any

from dask.array import Array
from dask.base import is_dask_collection
from dask.delayed import delayed

from pytest_modelparity.errors import InvalidDataError, ModelParityError
from pytest_modelparity.frameworks.dask.bad_blocks import at_block
from pytest_modelparity.frameworks.dask.computing import computed
from pytest_modelparity.frameworks.dask.failures import FailedTaskError
from pytest_modelparity.frameworks.dask.matrix import DaskFrameRows, DaskRows
from pytest_modelparity.frameworks.dask.workers import check_workers
from pytest_modelparity.sides.passed import OpenedRows, PassedRows, numbered_names


def open_rows(X: Any, y: Any, sample_weight: Any) -> OpenedRows:
    """Return the rows of X, with y and the weights in memory here.

    Raises
    ------
    ModelParityError
        If X is no table of numbers, workers differ from this process in what a check depends on,
        or a block cannot be computed.
    """
    for one in (X, y, sample_weight):
        _refuse_lost(one)
    check_workers()
    array, columns = _array_of(X)
    if array.ndim != 2 or array.dtype.kind not in "fiub":
        raise InvalidDataError(
            f"X must be two-dimensional and hold numbers, got a dask {type(X).__name__} of shape "
            f"{array.shape} and type {array.dtype}; encode categories and drop text columns first"
        )
    matrix = DaskRows(array) if columns is None else DaskFrameRows(array, X, columns)
    names = columns or numbered_names(matrix.shape[1])
    rows = PassedRows(matrix=matrix, given=matrix, names=names)
    return OpenedRows(
        rows=rows, y=_home(y, "y"), sample_weight=_home(sample_weight, "sample_weight")
    )


def _refuse_lost(collection: Any) -> None:
    """Refuse blocks that lay on workers of a Client which is closed."""
    graph = collection.__dask_graph__() if is_dask_collection(collection) else {}
    # Known by its name: what lies on no worker needs no `distributed`.
    futures = (value for value in graph.values() if type(value).__name__ == "Future")
    if any(future.cancelled() for future in futures):
        raise ModelParityError(
            "the Client that kept the blocks of X on its workers is closed, and they are gone; "
            "open a Client, and make X again inside of it"
        )


def _array_of(X: Any) -> tuple[Array, tuple[str, ...] | None]:
    """Return X as an array of known chunks, and the names of the columns of a DataFrame."""
    columns = None
    if not isinstance(X, Array):
        columns = tuple(map(str, X.columns))
        X = X.to_dask_array()
    if any(math.isnan(size) for sizes in X.chunks for size in sizes):
        # A pass of its own: nothing can be said of rows that nobody has counted.
        X = _with_counted_chunks(X)
    return X, columns


def _with_counted_chunks(X: Array) -> Array:
    """Return an array whose chunks have been counted."""
    try:
        lengths = computed(delayed([part.shape[0] for part in X.to_delayed()[:, 0]]))
    except FailedTaskError as error:
        raise at_block(error, X) from error.raised
    sizes = (tuple(map(int, lengths)), X.chunks[1])
    return Array(X.dask, X.name, sizes, X.dtype)


def _home(column: Any, name: str) -> Any:
    """Return what belongs to each row, in memory here."""
    return computed(column, f"a block of {name}") if is_dask_collection(column) else column
