"""What is measured between both sides on every row, of rows that are passed over too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, reduce
from typing import Protocol, TypeVar

import numpy as np

from pytest_modelparity.parity.blocks import Block
from pytest_modelparity.parity.divergence import Parameters
from pytest_modelparity.parity.side import EVALUATION, Side, refuse_shape
from pytest_modelparity.parity.tally import Peak, Predictions, Tally, peak_of, slices, tally_of
from pytest_modelparity.rows.blas import one_blas_thread
from pytest_modelparity.rows.passes import in_order
from pytest_modelparity.sides.dataset import Dataset, Matrix
from pytest_modelparity.sides.regression import quantity_of
from pytest_modelparity.tolerance import Tolerance

#: Groups of rows that are read while both sides predict another one.
READ_AHEAD = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EveryRow:
    """What was measured of both sides on all rows compared, or on some that follow each other.

    Parameters
    ----------
    tally : Tally
        Of their predictions.
    decisions : Peak, optional
        How far decision functions are apart, where both sides are linear.
    """

    tally: Tally
    decisions: Peak | None = None

    def with_next(self, second: EveryRow) -> EveryRow:
        """Return what was measured on both, of which the second's rows follow."""
        mine, theirs = self.decisions, second.decisions
        return EveryRow(
            tally=self.tally.with_next(second.tally),
            decisions=mine and theirs and mine.with_next(theirs),
        )


class Merged(Protocol):
    """What a group of rows makes, which is put together with what the next group makes."""

    def with_next(self: V, second: V) -> V:
        """Return that of both."""


V = TypeVar("V", bound=Merged)


def over_groups(data: Dataset, of_group: Callable[[Block], V]) -> V:
    """Return what a function makes of all groups of rows that are passed over, in their order.

    Parameters
    ----------
    data : Dataset
        Its X is a `RowMatrix`.
    of_group : callable
        Maps a group, with class codes or numbers as its y, to what is put together.
    """

    def read(numbered: tuple[int, slice]) -> Block:
        number, rows = numbered
        # BLAS adds up in another order where columns are what is contiguous.
        X = np.ascontiguousarray(data.X.read(rows))
        given = data.X.as_given(X)
        return Block(number=number, first_row=rows.start, X=X, X_given=given, y=data.y[rows])

    groups = list(enumerate(data.X.groups))
    # Threads of BLAS on thin groups take five times as long as one (80,000 x 20).
    with one_blas_thread():
        parts = map(of_group, in_order(read, groups, READ_AHEAD))
        return reduce(lambda first, second: first.with_next(second), parts)


def predictions_of(reference: Side, candidate: Side) -> Predictions:
    """Return what both sides predict of the rows compared, in memory."""
    data = reference.data
    return Predictions(
        reference=reference.predictions(EVALUATION),
        candidate=candidate.predictions(EVALUATION),
        classes=data.classes,
        y=data.y_eval,
        quantity=quantity_of(data),
    )


def measured_on_every_row(
    predictions: Predictions,
    sides: tuple[Side, Side],
    compared: Parameters | None,
    tolerance: Tolerance,
) -> EveryRow:
    """Return what is measured on all rows compared.

    Parameters
    ----------
    predictions : Predictions
        Of the rows compared, or of a sample of the rows that are passed over.
    sides : tuple of Side
        Reference and candidate.
    compared : Parameters, optional
        Where both sides are linear.
    tolerance : Tolerance
        Says which labels are near the boundary.
    """
    data = sides[0].data
    if data.sampled is not None:
        return over_groups(data, partial(_of_group, sides, compared, tolerance))
    peak = None if compared is None else decisions_of(data.X_eval, compared)
    return EveryRow(tally=tally_of(predictions, tolerance), decisions=peak)


def _of_group(
    sides: tuple[Side, Side], compared: Parameters | None, tolerance: Tolerance, group: Block
) -> EveryRow:
    """Return what is measured on a group of rows."""
    data = sides[0].data
    reference, candidate = (predicted_of(side, group) for side in sides)
    predictions = Predictions(
        reference=reference,
        candidate=candidate,
        classes=data.classes,
        y=group.y,
        quantity=quantity_of(data),
    )
    return EveryRow(
        tally=tally_of(predictions, tolerance, group.first_row),
        decisions=None if compared is None else decisions_of(group.X, compared, group.first_row),
    )


def predicted_of(side: Side, group: Block) -> np.ndarray:
    """Return what a side predicts of a group of rows."""
    fitted = side.fitted
    if fitted.of_rows is None:
        predicted = fitted.predict(group.X_given)
    else:
        predicted = fitted.of_rows(slice(group.first_row, group.next_row))
    return refuse_shape(predicted, group.n_rows, side.data, side.name)


def decisions_of(X: Matrix, parameters: Parameters, first_row: int = 0) -> Peak:
    """Return how far both decision functions are apart on rows, free of the softmax gauge."""
    # From float64 rows: a float32 product would add its own rounding to a divergence that is
    # judged.
    parts = (
        peak_of(
            np.asarray(X[rows] @ parameters.reference_coef.T) + parameters.reference_intercept,
            np.asarray(X[rows] @ parameters.candidate_coef.T) + parameters.candidate_intercept,
            first_row + rows.start,
        )
        for rows in slices(int(X.shape[0]))
    )
    return reduce(Peak.with_next, parts)
