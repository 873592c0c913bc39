"""What is measured between both sides on every row, of rows that are passed over too."""

from __future__ import annotations

from functools import reduce

import numpy as np

from pytest_modelparity.parity.divergence import Parameters
from pytest_modelparity.parity.side import EVALUATION, Side, refuse_shape
from pytest_modelparity.parity.tally import Peak, Predictions, Tally, peak_of, slices, tally_of
from pytest_modelparity.rows.blas import one_blas_thread
from pytest_modelparity.rows.passes import in_order
from pytest_modelparity.sides.dataset import GivenRows, Matrix
from pytest_modelparity.sides.regression import quantity_of
from pytest_modelparity.tolerance import Tolerance

#: Groups of rows that are read while both sides predict another one.
READ_AHEAD = 2


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
) -> tuple[Tally, Peak | None]:
    """Return the tally of all rows compared, and how far decision functions are apart on them.

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
    if data.sampled is None:
        peak = None if compared is None else decisions_of(data.X_eval, compared)
        return tally_of(predictions, tolerance), peak
    tally: Tally | None = None
    peaks, groups = [], data.X.groups
    # Threads of BLAS on thin groups take five times as long as one (80,000 x 20).
    with one_blas_thread():
        for rows, X in zip(groups, in_order(data.X.read, groups, READ_AHEAD), strict=True):
            own = tally_of(_on_group(sides, data.X.as_given(X), rows), tolerance, rows.start)
            tally = own if tally is None else tally.with_next(own)
            if compared is not None:
                peaks.append(decisions_of(X, compared, rows.start))
    assert tally is not None
    return tally, reduce(Peak.with_next, peaks) if peaks else None


def _on_group(sides: tuple[Side, Side], given: GivenRows, rows: slice) -> Predictions:
    """Return what both sides predict of some of all rows."""
    data = sides[0].data
    predicted = (
        side.fitted.predict(given) if side.fitted.of_rows is None else side.fitted.of_rows(rows)
        for side in sides
    )
    reference, candidate = (
        refuse_shape(found, rows.stop - rows.start, data, side.name)
        for found, side in zip(predicted, sides, strict=True)
    )
    return Predictions(
        reference=reference,
        candidate=candidate,
        classes=data.classes,
        y=data.y[rows],
        quantity=quantity_of(data),
    )


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
