"""What a block of rows adds to all that is measured between two sides' predictions.

Tallies are merged in the order of the rows. Nothing of it is left to BLAS or to threads: the same
rows in the same parts make the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

import numpy as np

from pytest_modelparity.parity.kept_rows import KeptRows
from pytest_modelparity.parity.moments import Moments, moments_of
from pytest_modelparity.parity.outcomes import Labels, Truth, labels_apart, truth_of
from pytest_modelparity.parity.predictions import Predictions
from pytest_modelparity.report.quantity import Quantity
from pytest_modelparity.tolerance import Tolerance

#: Rows that are measured at once: no array that is made for it holds more.
SLICE = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The largest difference of two arrays, the first of equals; a NaN is the largest.

    Parameters
    ----------
    value : float
        How large it is.
    row, column : int
        Where.
    reference, candidate : float
        Both values there.
    """

    value: float
    row: int
    column: int
    reference: float
    candidate: float

    def with_next(self, second: Peak) -> Peak:
        """Return that of both."""
        # False where either is NaN.
        return self if math.isnan(self.value) or second.value <= self.value else second


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tally:
    """All that is measured between two sides' predictions on some rows.

    Parameters
    ----------
    classes, quantity : ndarray, Quantity
        As `Predictions` has them.
    rows : int
        How many there are.
    peak : Peak
        The largest difference.
    squares : float
        The sum of the squares of all differences.
    exchanged : float, optional
        The largest difference once the candidate's two classes are exchanged; ``None`` where there
        are not two.
    labels : Labels, optional
        ``None`` where numbers are predicted.
    truth : Truth, optional
        Where it is known.
    numbers : Moments, optional
        Those of the reference's predictions, where these are numbers.
    worst, sample : KeptRows
        The rows that differ most, and an even sample of all.
    """

    classes: np.ndarray
    quantity: Quantity
    rows: int
    peak: Peak
    squares: float
    exchanged: float | None
    labels: Labels | None
    truth: Truth | None
    numbers: Moments | None
    worst: KeptRows
    sample: KeptRows

    def with_next(self, second: Tally) -> Tally:
        """Return the tally of both, of which the second's rows follow."""
        rows = self.rows + second.rows
        return Tally(
            classes=self.classes,
            quantity=self.quantity,
            rows=rows,
            peak=self.peak.with_next(second.peak),
            squares=self.squares + second.squares,
            exchanged=_larger(self.exchanged, second.exchanged),
            labels=self.labels and second.labels and self.labels.with_next(second.labels),
            truth=self.truth and second.truth and self.truth.with_next(second.truth),
            numbers=self.numbers and second.numbers and self.numbers.with_next(second.numbers),
            worst=self.worst.with_next(second.worst).worst(),
            sample=self.sample.with_next(second.sample).even(rows),
        )


def tally_of(block: Predictions, tolerance: Tolerance, first_row: int = 0) -> Tally:
    """Return the tally of a block of rows, of which there is one at least.

    Parameters
    ----------
    block : Predictions
        On these rows.
    tolerance : Tolerance
        Says which labels are near the boundary.
    first_row : int
        The number of the first of them among all rows.
    """
    parts = (
        _of_slice(block.of(rows), tolerance, first_row + rows.start)
        for rows in slices(len(block.reference))
    )
    return reduce(Tally.with_next, parts)


def slices(n_rows: int) -> Iterator[slice]:
    """Yield the slices in which so many rows are measured."""
    for start in range(0, n_rows, SLICE):
        yield slice(start, min(start + SLICE, n_rows))


def peak_of(reference: np.ndarray, candidate: np.ndarray, first_row: int = 0) -> Peak:
    """Return the largest difference of two arrays (n, m)."""
    difference = np.abs(reference - candidate)
    # argmax puts NaN first: a NaN is never hidden.
    row, column = divmod(int(np.argmax(difference)), difference.shape[1])
    return Peak(
        value=float(difference[row, column]),
        row=first_row + row,
        column=column,
        reference=float(reference[row, column]),
        candidate=float(candidate[row, column]),
    )


def _of_slice(part: Predictions, tolerance: Tolerance, first_row: int) -> Tally:
    """Return the tally of so few rows that arrays as large as they are do no harm."""
    reference, candidate = part.reference, part.candidate
    n_rows, are_classes = len(reference), len(part.classes) > 0
    kept = KeptRows(
        rows=np.arange(first_row, first_row + n_rows), reference=reference, candidate=candidate
    )
    difference = reference - candidate
    return Tally(
        classes=part.classes,
        quantity=part.quantity,
        rows=n_rows,
        peak=peak_of(reference, candidate, first_row),
        # Rows first, as a mean over rows of their lengths has it.
        squares=float(np.sum(np.sum(difference**2, axis=1))),
        exchanged=_exchanged(part),
        labels=labels_apart(part, 2.0 * tolerance.probability, first_row) if are_classes else None,
        truth=truth_of(part),
        numbers=None if are_classes else moments_of(reference[:, 0]),
        worst=kept.worst(),
        sample=kept.even(first_row + n_rows),
    )


def _exchanged(part: Predictions) -> float | None:
    """Return the largest difference once the candidate's two classes are exchanged."""
    if len(part.classes) != 2:
        return None
    return float(np.abs(part.reference - part.candidate[:, ::-1]).max())


def _larger(first: float | None, second: float | None) -> float | None:
    """Return the larger of two numbers; a NaN is the largest."""
    return None if first is None or second is None else float(np.maximum(first, second))
