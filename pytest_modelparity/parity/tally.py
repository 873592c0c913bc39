"""What a block of rows adds to all that is measured between two sides' predictions.

Tallies are merged in the order of the rows. Nothing of it is left to BLAS or to threads: the same
rows in the same parts make the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import reduce

import numpy as np

from pytest_modelparity.parity.kept_rows import KeptRows
from pytest_modelparity.parity.moments import Moments, moments_of
from pytest_modelparity.report.quantity import Quantity
from pytest_modelparity.tolerance import Tolerance

#: Rows that are measured at once: no array that is made for it holds more.
SLICE = 50_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Predictions:
    """Both sides' predictions on the same rows.

    Parameters
    ----------
    reference, candidate : ndarray of shape (n_rows, n_columns)
        Probabilities, a column for each class, or numbers in one column.
    classes : ndarray of shape (n_classes,)
        Labels; empty where numbers are predicted.
    y : ndarray of shape (n_rows,), optional
        True class codes, or numbers.
    quantity : Quantity
        What they are.
    """

    reference: np.ndarray
    candidate: np.ndarray
    classes: np.ndarray
    y: np.ndarray | None
    quantity: Quantity = field(default_factory=Quantity)

    def of(self, rows: slice) -> Predictions:
        """Return those of some of the rows."""
        return Predictions(
            reference=self.reference[rows],
            candidate=self.candidate[rows],
            classes=self.classes,
            y=None if self.y is None else self.y[rows],
            quantity=self.quantity,
        )


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """How many of the predicted labels differ.

    Parameters
    ----------
    counted, near : int
        Rows that count, and rows so near the boundary that they do not.
    unequal : int
        Rows with another label, NaN or not.
    first : int, optional
        The first row that counts.
    """

    counted: int
    near: int
    unequal: int
    first: int | None

    def with_next(self, second: Labels) -> Labels:
        """Return those of both."""
        return Labels(
            counted=self.counted + second.counted,
            near=self.near + second.near,
            unequal=self.unequal + second.unequal,
            first=second.first if self.first is None else self.first,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What scores are made of, for reference and candidate.

    Parameters
    ----------
    right : tuple of float
        Rows with the right label; NaN where a prediction is.
    losses : tuple of float
        Sums of the log-losses in nats.
    residuals : tuple of float
        Sums of the squared distances to the true numbers.
    numbers : Moments, optional
        Those of the true numbers.
    """

    right: tuple[float, ...] = ()
    losses: tuple[float, ...] = ()
    residuals: tuple[float, ...] = ()
    numbers: Moments | None = None

    def with_next(self, second: Truth) -> Truth:
        """Return those of both."""
        mine, theirs = self.numbers, second.numbers
        return Truth(
            right=_sums(self.right, second.right),
            losses=_sums(self.losses, second.losses),
            residuals=_sums(self.residuals, second.residuals),
            numbers=None if mine is None or theirs is None else mine.with_next(theirs),
        )


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


def labels_of(probabilities: np.ndarray) -> np.ndarray:
    """Return the predicted class codes; the first of equals."""
    return np.asarray(np.argmax(probabilities, axis=1))


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
        labels=_labels(part, 2.0 * tolerance.probability, first_row) if are_classes else None,
        truth=_truth(part),
        numbers=None if are_classes else moments_of(reference[:, 0]),
        worst=kept.worst(),
        sample=kept.even(first_row + n_rows),
    )


def _labels(part: Predictions, margin: float, first_row: int) -> Labels:
    """Return the labels that differ, those within a margin of the boundary apart."""
    reference, candidate = part.reference, part.candidate
    differs = labels_of(reference) != labels_of(candidate)
    # By the reference's margin: a candidate may not choose which of its rows are excused. A
    # difference of tol in each of two probabilities turns a margin of 2 tol.
    top = np.sort(reference[differs], axis=1)
    near = np.zeros_like(differs)
    near[differs] = top[:, -1] - top[:, -2] <= margin
    # The largest of a row of NaN is its first column, a label like any other.
    invalid = _with_nan(reference) | _with_nan(candidate)
    counted = (differs & ~near) | invalid
    return Labels(
        counted=int(counted.sum()),
        near=int((differs & near & ~invalid).sum()),
        unequal=int(differs.sum()),
        first=first_row + int(np.argmax(counted)) if counted.any() else None,
    )


def _with_nan(values: np.ndarray) -> np.ndarray:
    """Return which rows have a NaN."""
    nan = np.isnan(values)
    # Looking at all at once is 20 times as fast as row by row, and hardly ever finds one.
    return np.asarray(nan.any(axis=1)) if nan.any() else np.zeros(len(values), dtype=bool)


def _truth(part: Predictions) -> Truth | None:
    """Return what scores are made of; ``None`` without the truth."""
    y, sides = part.y, (part.reference, part.candidate)
    if y is None:
        return None
    if not len(part.classes):
        return Truth(
            residuals=tuple(float(((y - side[:, 0]) ** 2).sum()) for side in sides),
            numbers=moments_of(y),
        )
    return Truth(
        right=tuple(_right(side, y) for side in sides),
        losses=tuple(_loss(side, y) for side in sides),
    )


def _right(probabilities: np.ndarray, y: np.ndarray) -> float:
    """Return how many labels are right; NaN where a prediction is."""
    if np.isnan(probabilities).any():
        return math.nan
    return float(np.sum(labels_of(probabilities) == y))


def _loss(probabilities: np.ndarray, y: np.ndarray) -> float:
    """Return the sum of the log-losses in nats, probabilities kept off zero by one rounding unit.

    The same guard as scikit-learn 1.9's ``log_loss`` has for float64.
    """
    true = probabilities[np.arange(len(y)), y]
    return float(-np.log(np.maximum(true, np.finfo(np.float64).eps)).sum())


def _exchanged(part: Predictions) -> float | None:
    """Return the largest difference once the candidate's two classes are exchanged."""
    if len(part.classes) != 2:
        return None
    return float(np.abs(part.reference - part.candidate[:, ::-1]).max())


def _larger(first: float | None, second: float | None) -> float | None:
    """Return the larger of two numbers; a NaN is the largest."""
    return None if first is None or second is None else float(np.maximum(first, second))


def _sums(first: tuple[float, ...], second: tuple[float, ...]) -> tuple[float, ...]:
    """Return two tuples added place by place."""
    return tuple(mine + theirs for mine, theirs in zip(first, second, strict=True))
