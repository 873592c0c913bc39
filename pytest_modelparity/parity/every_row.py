"""What is measured between both sides on every row, of rows that are passed over too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import TypeAlias

import numpy as np

from pytest_modelparity.inference.objectives.given import LinearModel
from pytest_modelparity.parity.blocks import Block
from pytest_modelparity.parity.divergence import Parameters
from pytest_modelparity.parity.groups import Predicting, over_groups, tables_of, together
from pytest_modelparity.parity.heads import HeldHead, heads_of, refuted_in
from pytest_modelparity.parity.linear import apart_from, linear_of
from pytest_modelparity.parity.own_errors import OwnErrors, OwnOptima
from pytest_modelparity.parity.predictions import Predictions
from pytest_modelparity.parity.side import EVALUATION, Side
from pytest_modelparity.parity.tally import Peak, Tally, peak_of, slices, tally_of
from pytest_modelparity.settings import ONE_VS_REST
from pytest_modelparity.sides.finite import Matrix
from pytest_modelparity.sides.regression import quantity_of
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
    own : OwnErrors
        How far they are from their own optima: of rows that are passed over.
    refuted : mapping of str to str
        By the name of a side the first rows passed over that what is told to be behind its
        predictions does not make.
    """

    tally: Tally
    decisions: Peak | None = None
    departures: Mapping[str, float] = field(default_factory=dict)
    own: OwnErrors = field(default_factory=OwnErrors)
    refuted: Mapping[str, str] = field(default_factory=dict)

    def with_next(self, second: EveryRow) -> EveryRow:
        """Return what was measured on both, of which the second's rows follow."""
        return EveryRow(
            tally=self.tally.with_next(second.tally),
            decisions=together(self.decisions, second.decisions),
            # A NaN is the largest.
            departures={
                name: float(np.maximum(value, second.departures[name]))
                for name, value in self.departures.items()
            },
            own=self.own.with_next(second.own),
            refuted={**second.refuted, **self.refuted},
        )


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
        measure = _Measure(
            sides=Predicting.of(*sides),
            compared=compared,
            tolerance=tolerance,
            models=_models_of(sides),
            optima=OwnOptima.of(*sides),
            heads=heads_of(*sides),
        )
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Measure:
    """What is measured on a group of rows, wherever it lies.

    Parameters
    ----------
    sides : Predicting
        Reference and candidate.
    compared, tolerance : Parameters, Tolerance
        As `measured_on_every_row` takes them.
    models : mapping
        The linear models behind sides that came trained.
    optima : OwnOptima
        Of both sides.
    heads : tuple of HeldHead
        What is told to be behind their predictions.
    """

    sides: Predicting
    compared: Parameters | None
    tolerance: Tolerance
    models: Models
    optima: OwnOptima
    heads: tuple[HeldHead, ...]

    def __call__(self, group: Block, *tables: np.ndarray) -> EveryRow:
        both, compared, X = self.sides.on(group, *tables), self.compared, group.X
        by_side = {"reference": both.reference, "candidate": both.candidate}
        n_classes = len(both.classes)
        return EveryRow(
            tally=tally_of(both, self.tolerance, group.first_row),
            decisions=None if compared is None else decisions_of(X, compared, group.first_row),
            departures={
                name: apart_from(model, X, by_side[name], n_classes=n_classes, head=head)
                for name, (model, head) in self.models.items()
            },
            own=self.optima.errors(both, X),
            refuted=refuted_in(self.heads, X, by_side, group.named_rows),
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
