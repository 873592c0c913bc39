"""Whether a change of structure that some rows told explains others as well."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pytest_modelparity.report.relations import Relation
from pytest_modelparity.structure.relation import LEFT, LEFT_EXACT
from pytest_modelparity.structure.told import Told
from pytest_modelparity.theory.design import DesignMatrix, FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What a change leaves of some rows.

    Parameters
    ----------
    left : float
        The largest difference.
    holds : bool
        Whether that is so little that the change is told.
    exact : bool
        Whether it is no more than rounding.
    """

    left: float
    holds: bool
    exact: bool

    def with_next(self, second: Confirmation) -> Confirmation:
        """Return that of both."""
        return Confirmation(
            # Not max(): a NaN must stay.
            left=float(np.maximum(self.left, second.left)),
            holds=self.holds and second.holds,
            exact=self.exact and second.exact,
        )

    def relation(self, told: Told, before: float) -> Relation | None:
        """Return the change with its numbers of these rows; ``None`` where they refute it."""
        if not self.holds:
            return None
        return replace(told.relation, before=before, left=self.left, exact=self.exact)


def confirmation_of(
    told: Told, X: DesignMatrix, P: FloatArray, before: float, allowed: float
) -> Confirmation:
    """Hold a change against rows.

    Parameters
    ----------
    P : ndarray
        What the candidate predicts of them.
    before : float
        The largest difference without the change, of all rows that are known.
    allowed : float
        The largest difference that is none.
    """
    left, rounding = told.left(X, P), told.rounding(X)
    return Confirmation(
        left=left,
        # False for a NaN.
        holds=left < before and left <= max(rounding, min(LEFT * before, allowed)),
        exact=left <= min(LEFT_EXACT * before, rounding),
    )
