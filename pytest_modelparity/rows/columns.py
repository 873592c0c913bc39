"""What a group of rows adds to the statistics of each column."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_modelparity.rows.passes import FloatArray, Sums


def ends_and_sum(X: FloatArray, rows: slice) -> Sums:
    """Return smallest and largest number of each column of a group, and their sum."""
    return [X.min(axis=0), X.max(axis=0), X.sum(axis=0)]


@dataclass(frozen=True, slots=True)
class SquaredFrom:
    """Sums of the squared distances of each column of a group from a number."""

    centre: FloatArray

    def __call__(self, X: FloatArray, rows: slice) -> Sums:
        return [((X - self.centre) ** 2).sum(axis=0)]
