"""How far models are from each other on the same rows, as numbers that groups of rows add up to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np

from pytest_modelparity.parity.divergence import largest
from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.rows.passes import Joins, Sums
from pytest_modelparity.sides.optimum import AtOptimum
from pytest_modelparity.theory.design import FloatArray

#: How the numbers of two groups of rows are put together.
JOINS: Joins = (np.maximum, np.maximum, np.add, np.add)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moves:
    """How far each of some models is on the way from the first of them to the last.

    Parameters
    ----------
    from_first, to_last : ndarray of shape (n_models,)
        The largest difference of a prediction to each of the two.
    along : ndarray of shape (n_models,)
        ``<P - P_first, P_last - P_first>`` of each model's predictions P.
    length : float
        The same of the last.
    """

    from_first: FloatArray
    to_last: FloatArray
    along: FloatArray
    length: float


#: Maps sets of settings that are changed to how far their optima move.
Measure: TypeAlias = Callable[[Sequence[frozenset[str]]], Moves]


def moves_in_memory(optimum: Callable[[frozenset[str]], FloatArray]) -> Measure:
    """Return the measure of optima whose predictions (n, n_columns) are in memory."""

    def measure(changed: Sequence[frozenset[str]]) -> Moves:
        return _moves(_sums([partial(optimum, one) for one in changed]))

    return measure


def moves_by_a_pass(model: Callable[[frozenset[str]], AtOptimum], X: RowMatrix) -> Measure:
    """Return the measure of optima on rows that are passed over, once for each time it is asked."""

    def measure(changed: Sequence[frozenset[str]]) -> Moves:
        return _moves(X.total(_OfGroup(tuple(model(one) for one in changed)), (), JOINS))

    return measure


@dataclass(frozen=True, slots=True)
class _OfGroup:
    """The numbers of a group of rows, wherever it lies."""

    models: tuple[AtOptimum, ...]

    def __call__(self, X: FloatArray, rows: slice) -> Sums:
        return _sums([partial(model, X) for model in self.models])


def _sums(predict: Sequence[Callable[[], FloatArray]]) -> list[FloatArray]:
    """Return what the predictions of some rows, made one after the other, are of `Moves`."""
    first, last = predict[0](), predict[-1]()
    way, ends = last - first, {0: first, len(predict) - 1: last}
    sums = []
    for number, made in enumerate(predict):
        own = ends[number] if number in ends else made()
        along = float(np.sum((own - first) * way))
        sums.append((largest(own - first), largest(last - own), along))
    return [*np.array(sums).T, np.array(float(np.sum(way**2)))]


def _moves(sums: Sequence[FloatArray]) -> Moves:
    """Return the sums over all rows by their names."""
    from_first, to_last, along, length = sums
    return Moves(from_first=from_first, to_last=to_last, along=along, length=float(length))
