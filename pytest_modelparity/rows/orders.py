"""The order in which rows are trained on: all of them permuted, or part by part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pytest_modelparity.rows.matrix import RowMatrix


def shuffled_parts(X: Any) -> list[slice]:
    """Return the parts within which rows are shuffled; none where all rows are shuffled at once.

    A random order over all rows of a cluster or of parquet files would read every part of them
    again for each batch.
    """
    return X.parts if isinstance(X, RowMatrix) and not X.takes_any_order else []


def shuffle(
    order: NDArray[np.intp], generator: np.random.Generator, parts: Sequence[slice] = ()
) -> None:
    """Permute an order of rows in place.

    Parameters
    ----------
    order : ndarray of shape (n_rows,)
        The numbers of all rows.
    generator : numpy.random.Generator
        Draws the permutation.
    parts : sequence of slice
        Of all rows: then the parts are permuted, and the rows within each.
    """
    if not parts:
        generator.shuffle(order)
        return
    begin = 0
    for number in generator.permutation(len(parts)):
        part = parts[number]
        place = order[begin : begin + part.stop - part.start]
        place[:] = np.arange(part.start, part.stop)
        generator.shuffle(place)
        begin += len(place)
