"""Rows by their numbers, of what is read in parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pytest_modelparity.rows.passes import FloatArray


def numbers_of(rows: NDArray[Any]) -> NDArray[np.intp]:
    """Return the numbers of rows that are told by them, or by a mask."""
    return np.flatnonzero(rows) if rows.dtype == bool else rows.ravel()


def taken_from(
    read: Callable[[slice], NDArray[Any]],
    parts: Sequence[slice],
    numbers: NDArray[np.intp],
    n_features: int,
) -> FloatArray:
    """Return rows (m, p) by their numbers, where each part that holds some is read once.

    Parameters
    ----------
    read : callable
        The place of a part to its rows.
    parts : sequence of slice
        Of all rows, one behind the other.
    """
    taken = np.empty((len(numbers), n_features))
    places = np.argsort(numbers, kind="stable")
    ends = np.searchsorted(numbers[places], [part.stop for part in parts])
    for part, begin, end in zip(parts, [0, *ends], ends, strict=False):
        if begin < end:
            inside = places[begin:end]
            taken[inside] = read(part)[numbers[inside] - part.start]
    return taken
