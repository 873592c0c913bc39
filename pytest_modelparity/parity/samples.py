"""What a report keeps of the arrays for its pictures, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from pytest_modelparity.parity.divergence import Parameters, largest
from pytest_modelparity.parity.kept_rows import KEPT
from pytest_modelparity.parity.side import Side, scaled_rows
from pytest_modelparity.parity.tally import Tally
from pytest_modelparity.report.parts import DataSummary
from pytest_modelparity.report.pictures import Coefficients, PredictionRow, TrajectoryPoint
from pytest_modelparity.sides.dataset import Dataset


def coefficients_of(parameters: Parameters | None) -> Coefficients | None:
    """Return both sides' parameters; ``None`` where they are not both linear."""
    if parameters is None:
        return None
    return Coefficients(
        names=parameters.names,
        reference=_plain(parameters.reference_coef),
        candidate=_plain(parameters.candidate_coef),
        reference_intercept=tuple(parameters.reference_intercept.tolist()),
        candidate_intercept=tuple(parameters.candidate_intercept.tolist()),
    )


def rows_of(tally: Tally) -> tuple[PredictionRow, ...]:
    """Return the rows that differ most, then an even sample of the others."""
    kept = tally.worst
    if tally.rows > KEPT:
        worst, sample = kept.at(np.arange(KEPT // 2)), tally.sample
        others = np.flatnonzero(~np.isin(sample.rows, worst.rows))
        few = np.linspace(0, len(others) - 1, min(len(others), KEPT - len(worst.rows)))
        kept = worst.with_next(sample.at(others[few.astype(int)]))
    each = zip(kept.rows.tolist(), kept.reference.tolist(), kept.candidate.tolist(), strict=True)
    return tuple(
        PredictionRow(row=row, reference=tuple(reference), candidate=tuple(candidate))
        for row, reference, candidate in each
    )


def trajectory_of(candidate: Side) -> tuple[TrajectoryPoint, ...]:
    """Return the candidate's distance to its own optimum over epochs, on the training rows."""
    return tuple(
        TrajectoryPoint(epoch=epoch, distance=distance)
        for epoch, distance in distances_to_optimum(candidate, candidate.fitted.trajectory)
    )


def distances_to_optimum(
    side: Side, reached: Iterable[tuple[int, np.ndarray, np.ndarray]]
) -> Iterator[tuple[int, float]]:
    """Yield epochs, and how far the parameters reached there are from a side's own optimum.

    Measured on the training rows; nothing where the optimum is not known.
    """
    objective, canonical, optimum = side.objective, side.canonical, side.optimum
    if objective is None or canonical is None or optimum is None:
        return
    # Rows that are passed over are stood for by a sample.
    X = None if side.data.is_held else scaled_rows(objective, side.data)
    goal = (
        optimum.predictions
        if X is None
        else canonical.predictions(optimum.coef, optimum.intercept, X)
    )
    for epoch, coef, intercept in reached:
        predicted = canonical.predictions(*objective.layer_parameters(coef, intercept), X)
        yield epoch, largest(predicted - goal)


def summary_of(data: Dataset) -> DataSummary:
    """Return sizes and class names."""
    return DataSummary(
        n_samples=data.n_samples,
        n_features=data.n_features,
        classes=tuple(str(label) for label in data.classes.tolist()),
        n_eval=int(data.X_eval.shape[0]),
    )


def _plain(rows: np.ndarray) -> tuple[tuple[float, ...], ...]:
    """Return a matrix as tuples of floats."""
    return tuple(tuple(row) for row in rows.tolist())
