"""Affine maps of features as plain numbers, and when two of them are one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureMap:
    """The map of features x to ``matrix x + offset``.

    Parameters
    ----------
    matrix : tuple of tuple of float
        A row for each feature that it makes, with a number for each that it takes.
    offset : tuple of float
        One for each that it makes.
    """

    matrix: tuple[tuple[float, ...], ...]
    offset: tuple[float, ...]

    @property
    def size(self) -> int:
        """How many features it makes."""
        return len(self.offset)

    @property
    def reorders(self) -> bool:
        """Whether it gives each feature as it is, in another order."""
        units = [
            sorted(map(abs, row))[-2:] == [0.0, 1.0] and max(row) == 1.0 for row in self.matrix
        ]
        places = {row.index(max(row)) for row in self.matrix}
        return all(units) and len(places) == self.n_given == self.size and not any(self.offset)

    @property
    def n_given(self) -> int:
        """How many it takes."""
        return len(self.matrix[0])


def whole_map(
    shift: Sequence[float] | None,
    scale: Sequence[float] | None,
    then: FeatureMap | None,
    n_given: int,
) -> FeatureMap:
    """Return ``(x - shift) / scale``, and then a map, as one map.

    Parameters
    ----------
    n_given : int
        How many features there are.
    """
    shifts, scales = shift or (0.0,) * n_given, scale or (1.0,) * n_given
    if then is None:
        unit = range(n_given)
        ones = tuple(tuple(float(i == j) for j in unit) for i in unit)
        then = FeatureMap(matrix=ones, offset=(0.0,) * n_given)
    matrix = tuple(
        tuple(value / size for value, size in zip(row, scales, strict=True)) for row in then.matrix
    )
    offset = tuple(
        start - sum(value * moved for value, moved in zip(row, shifts, strict=True))
        for row, start in zip(matrix, then.offset, strict=True)
    )
    return FeatureMap(matrix=matrix, offset=offset)


def alike(first: FeatureMap, second: FeatureMap, relative: float, reach: Sequence[float]) -> bool:
    """Whether two maps between the same numbers of features are one, up to rounding.

    Parameters
    ----------
    relative : float
        What a number may be off, as a part of the largest beside it.
    reach : sequence of float
        How far from zero each feature is where the maps are compared: there they must be alike.
    """
    columns = zip(zip(*first.matrix, strict=True), zip(*second.matrix, strict=True), strict=True)
    for one, other in columns:
        # A column is in the unit of one feature: its largest number is the measure of the others.
        allowed = relative * max(map(abs, (*one, *other)))
        if any(not abs(a - b) <= allowed for a, b in zip(one, other, strict=True)):
            return False
    sizes = (
        abs(start) + sum(abs(value * far) for value, far in zip(row, reach, strict=True))
        for row, start in zip(first.matrix, first.offset, strict=True)
    )
    offsets = zip(first.offset, second.offset, sizes, strict=True)
    return all(abs(a - b) <= relative * size for a, b, size in offsets)
