"""What both sides' predictions of some rows come to: labels that differ, and scores."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pytest_modelparity.parity.moments import Moments, moments_of
from pytest_modelparity.parity.predictions import Predictions, labels_of


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


def labels_apart(part: Predictions, margin: float, first_row: int) -> Labels:
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


def truth_of(part: Predictions) -> Truth | None:
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


def _with_nan(values: np.ndarray) -> np.ndarray:
    """Return which rows have a NaN."""
    nan = np.isnan(values)
    # Looking at all at once is 20 times as fast as row by row, and hardly ever finds one.
    return np.asarray(nan.any(axis=1)) if nan.any() else np.zeros(len(values), dtype=bool)


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


def _sums(first: tuple[float, ...], second: tuple[float, ...]) -> tuple[float, ...]:
    """Return two tuples added place by place."""
    return tuple(mine + theirs for mine, theirs in zip(first, second, strict=True))
