"""What is measured between both sides on every row, of rows that are passed over too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial, reduce
from typing import Generic, TypeAlias

import numpy as np

from pytest_modelparity.inference.objectives.given import LinearModel
from pytest_modelparity.parity.blocks import Block
from pytest_modelparity.parity.divergence import Parameters
from pytest_modelparity.parity.linear import apart_from, linear_of
from pytest_modelparity.parity.side import EVALUATION, Side, refuse_shape
from pytest_modelparity.parity.tally import Peak, Predictions, Tally, peak_of, slices, tally_of
from pytest_modelparity.rows.matrix import Columns, M, RowMatrix
from pytest_modelparity.settings import ONE_VS_REST
from pytest_modelparity.sides.dataset import Dataset, GivenRows, Matrix
from pytest_modelparity.sides.fitted import Predict
from pytest_modelparity.sides.regression import quantity_of
from pytest_modelparity.sides.row_parts import without_rows
from pytest_modelparity.tolerance import Tolerance

#: Linear models behind sides, with the head of each, by the name of the side.
Models: TypeAlias = Mapping[str, tuple[LinearModel, str]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EveryRow:
    """What was measured of both sides on all rows compared, or on some that follow each other.

    Parameters
    ----------
    tally : Tally
        Of their predictions.
    decisions : Peak, optional
        How far decision functions are apart, where both sides are linear.
    departures : mapping of str to float
        How far predictions of a side that came trained are from those of its parameters, by its
        name: of rows that are passed over, and where it is linear.
    """

    tally: Tally
    decisions: Peak | None = None
    departures: Mapping[str, float] = field(default_factory=dict)

    def with_next(self, second: EveryRow) -> EveryRow:
        """Return what was measured on both, of which the second's rows follow."""
        mine, theirs = self.decisions, second.decisions
        return EveryRow(
            tally=self.tally.with_next(second.tally),
            decisions=mine and theirs and mine.with_next(theirs),
            # A NaN is the largest.
            departures={
                name: float(np.maximum(value, second.departures[name]))
                for name, value in self.departures.items()
            },
        )


def over_groups(
    data: Dataset,
    of_group: Callable[..., M],
    told: Callable[[str], None],
    columns: Columns = (),
) -> M:
    """Return what a function makes of all groups of rows that are passed over, in their order.

    It runs where the rows lie, if it can be sent there: then only what it makes comes here.

    Parameters
    ----------
    data : Dataset
        Its X is a `RowMatrix`.
    of_group : callable
        Maps a group, with class codes or numbers as its y, and its rows of ``columns`` to what is
        put together. It holds no `Side`, which is as large as the rows, but `Predicting`.
    told : callable
        Is told in a sentence why rows come here that lie somewhere else.
    columns : sequence of arrays
        With a row for each row.
    """
    matrix: RowMatrix = data.X
    size = matrix.groups[0].stop
    of_features = _OfFeatures(of_group=of_group, as_given=matrix.as_given, size=size)
    return matrix.merged(of_features, (data.y, *columns), told)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _OfFeatures(Generic[M]):
    """A function of groups of so many rows as one of their features."""

    of_group: Callable[..., M]
    as_given: Callable[[np.ndarray], GivenRows]
    size: int

    def __call__(self, X: np.ndarray, rows: slice, y: np.ndarray, *columns: np.ndarray) -> M:
        number, given = rows.start // self.size, self.as_given(X)
        group = Block(number=number, first_row=rows.start, X=X, X_given=given, y=y)
        return self.of_group(group, *columns)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Predicting:
    """What sides predict of groups of rows that are passed over, wherever these lie.

    Parameters
    ----------
    names : tuple of str
        Of the sides.
    predict : tuple of callable
        What each predicts; ``None`` for a table, of which the rows come with a group.
    data : Dataset
        Without its rows.
    """

    names: tuple[str, ...]
    predict: tuple[Predict | None, ...]
    data: Dataset

    @classmethod
    def of(cls, *sides: Side) -> Predicting:
        """Return what these predict."""
        predict = tuple(None if side.fitted.of_rows else side.fitted.predict for side in sides)
        names = tuple(side.name for side in sides)
        return cls(names=names, predict=predict, data=without_rows(sides[0].data))

    def each(self, group: Block, *tables: np.ndarray) -> list[np.ndarray]:
        """Return what each predicts of a group, with its rows of `tables_of` them."""
        rest = iter(tables)
        predicted = (
            next(rest) if predict is None else predict(group.X_given) for predict in self.predict
        )
        return [
            refuse_shape(found, group.n_rows, self.data, name)
            for found, name in zip(predicted, self.names, strict=True)
        ]

    def on(self, group: Block, *tables: np.ndarray) -> Predictions:
        """Return what a reference and a candidate predict of a group."""
        reference, candidate = self.each(group, *tables)
        return Predictions(
            reference=reference,
            candidate=candidate,
            classes=self.data.classes,
            y=group.y,
            quantity=quantity_of(self.data),
        )


def tables_of(*sides: Side) -> list[np.ndarray]:
    """Return the predictions of all rows that are passed over, of sides that are tables of them."""
    tables = (side.fitted.of_rows for side in sides)
    every = slice(0, sides[0].data.n_samples)
    return [of_rows(every) for of_rows in tables if of_rows is not None]


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
    told: Callable[[str], None],
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
    told : callable
        Is told in a sentence why rows come here that lie somewhere else.
    """
    data = sides[0].data
    if data.sampled is not None:
        models = _models_of(sides)
        measure = partial(_of_group, Predicting.of(*sides), compared, tolerance, models)
        return over_groups(data, measure, told, tables_of(*sides))
    peak = None if compared is None else decisions_of(data.X_eval, compared)
    return EveryRow(tally=tally_of(predictions, tolerance), decisions=peak)


def _models_of(sides: tuple[Side, Side]) -> Models:
    """Return the linear models behind the sides that came trained, and their heads, by name."""
    expected = sides[0].objective
    if expected is None:
        return {}
    models: dict[str, tuple[LinearModel, str]] = {}
    for side in sides:
        head = (side.objective or expected).settings.output_head
        model = linear_of(side, head) if side.came_trained else None
        if model is not None and head != ONE_VS_REST:
            models[side.name] = model, head
    return models


def _departures(both: Predictions, X: Matrix, models: Models) -> dict[str, float]:
    """Return how far predictions of some rows are from those of linear models."""
    predicted = {"reference": both.reference, "candidate": both.candidate}
    return {
        name: apart_from(model, X, predicted[name], n_classes=len(both.classes), head=head)
        for name, (model, head) in models.items()
    }


def _of_group(
    both: Predicting,
    compared: Parameters | None,
    tolerance: Tolerance,
    models: Models,
    group: Block,
    *tables: np.ndarray,
) -> EveryRow:
    """Return what is measured on a group of rows."""
    predicted = both.on(group, *tables)
    return EveryRow(
        tally=tally_of(predicted, tolerance, group.first_row),
        decisions=None if compared is None else decisions_of(group.X, compared, group.first_row),
        departures=_departures(predicted, group.X, models),
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
