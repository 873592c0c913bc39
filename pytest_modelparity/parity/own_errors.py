"""How far sides are from their own optima, on all rows that are passed over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pytest_modelparity.parity.blocks import Block
from pytest_modelparity.parity.groups import Predicting, over_groups, tables_of, together
from pytest_modelparity.parity.predictions import Predictions
from pytest_modelparity.parity.side import Side
from pytest_modelparity.parity.split import Part, Parts, SplitPoints
from pytest_modelparity.sides.finite import Matrix
from pytest_modelparity.sides.optimum import AtOptimum


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnErrors:
    """What was measured against the optima of sides that predict every row.

    Parameters
    ----------
    reference : Part, optional
        How far the reference is from its own, where that is known.
    parts : Parts, optional
        The parts of the divergence, where both are.
    """

    reference: Part | None = None
    parts: Parts | None = None

    def with_next(self, second: OwnErrors) -> OwnErrors:
        """Return what was measured on the rows of both."""
        return OwnErrors(
            reference=together(self.reference, second.reference),
            parts=together(self.parts, second.parts),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OwnOptima:
    """Both sides at their own optima, wherever rows lie.

    Parameters
    ----------
    reference, candidate : AtOptimum, optional
        Where they are known, and finite.
    resolution : float
        What their certificates leave open.
    """

    reference: AtOptimum | None
    candidate: AtOptimum | None
    resolution: float

    @classmethod
    def of(cls, reference: Side, candidate: Side) -> OwnOptima:
        """Return those of two sides."""
        return cls(
            reference=reference.at_optimum,
            candidate=candidate.at_optimum,
            resolution=reference.training_resolution + candidate.training_resolution,
        )

    def errors(self, predictions: Predictions, X: Matrix) -> OwnErrors:
        """Return how far predictions of rows are from those at the optima."""
        if self.reference is None:
            return OwnErrors()
        best = self.reference(X)
        if self.candidate is None:
            return OwnErrors(reference=Part.of(predictions.reference - best))
        points = SplitPoints(
            reference=predictions.reference,
            candidate=predictions.candidate,
            reference_optimum=best,
            candidate_optimum=self.candidate(X),
            resolution=self.resolution,
        )
        parts = points.parts
        return OwnErrors(reference=parts.reference_error, parts=parts)


def own_errors_of(sides: tuple[Side, Side], told: Callable[[str], None]) -> OwnErrors:
    """Return how far two sides are from their own optima, from a pass over all rows.

    Parameters
    ----------
    told : callable
        Is told in a sentence why rows come here that lie somewhere else.
    """
    measure = _Measure(sides=Predicting.of(*sides), optima=OwnOptima.of(*sides))
    return over_groups(sides[0].data, measure, told, tables_of(*sides))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Measure:
    """What is measured on a group of rows."""

    sides: Predicting
    optima: OwnOptima

    def __call__(self, group: Block, *tables: np.ndarray) -> OwnErrors:
        return self.optima.errors(self.sides.on(group, *tables), group.X)
