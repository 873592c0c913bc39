"""Arrays and DataFrames of dask as rows to pass over."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from dask.array import Array
from dask.base import is_dask_collection
from dask.delayed import delayed
from dask.utils import is_dataframe_like
from pandas.api.types import is_numeric_dtype

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
    if isinstance(X, Array):
        array, columns = X, None
    elif is_dataframe_like(X):
        array, columns = _numbers_of(X), tuple(map(str, X.columns))
    else:
        raise InvalidDataError(
            f"X must be a dask array or DataFrame, got a dask {type(X).__name__}; make one of it"
        )
    if array.ndim != 2 or array.dtype.kind not in "fiub":
        raise InvalidDataError(
            f"X must be two-dimensional and hold real numbers, got a dask {type(X).__name__} of "
            f"shape {array.shape} and type {array.dtype}; encode categories and drop text first"
        )
    blocks = array._meta
    if not isinstance(blocks, np.ndarray) or np.ma.isMaskedArray(blocks):
        raise InvalidDataError(
            f"X must be made of NumPy's arrays, got {type(blocks).__name__}; make arrays of its "
            f"blocks first (map_blocks)"
        )
    if any(math.isnan(size) for sizes in array.chunks for size in sizes):
        # A pass of its own: nothing can be said of rows that nobody has counted.
        array = _with_counted_chunks(array)
    return array, columns


def _numbers_of(table: Any) -> Array:
    """Return the numbers of a DataFrame."""
    for name, kind in table.dtypes.items():
        if not is_numeric_dtype(kind):
            raise InvalidDataError(
                f"column {str(name)!r} of X must hold numbers, got {kind}; encode categories and "
                f"drop text columns first"
            )
    array: Array = table.to_dask_array()
    # Columns that may lack values, or truth values beside numbers, would be one of objects.
    return table.astype(np.float64).to_dask_array() if array.dtype.kind == "O" else array


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
