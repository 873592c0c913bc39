"""Functions of a block of rows, and of a group behind one; they may run in another process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from pytest_modelparity.rows.passes import FloatArray

R = TypeVar("R")


def by_rows(X: FloatArray) -> FloatArray:
    """Return rows one behind the other in memory, copied where columns are what is contiguous.

    NumPy and BLAS add up in another order there, and so make other bits.
    """
    return np.ascontiguousarray(X)


@dataclass(frozen=True, slots=True)
class Behind(Generic[R]):
    """A function of a group behind what makes its features."""

    function: Callable[[FloatArray], FloatArray]
    of_group: Callable[..., R]

    def __call__(self, X: FloatArray, *rest: Any) -> R:
        return self.of_group(by_rows(self.function(X)), *rest)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Takes some columns."""

    chosen: NDArray[Any]

    def __call__(self, X: FloatArray) -> FloatArray:
        return X[:, self.chosen]
