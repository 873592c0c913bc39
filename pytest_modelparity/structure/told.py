"""A change of structure that is told from some rows, and what it leaves on others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pytest_modelparity.report.relations import Relation
from pytest_modelparity.theory.design import DesignMatrix, FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Told:
    """A relation, with what it takes to hold it against rows that did not tell it.

    Parameters
    ----------
    relation : Relation
        As told from its rows.
    left : callable
        Maps rows, and what the candidate predicts of them, to the largest difference that is left.
        As the next it holds no row that told it: it may go to another process.
    rounding : callable
        Maps rows to the difference that rounding may leave there.
    """

    relation: Relation
    left: Callable[[DesignMatrix, FloatArray], float]
    rounding: Callable[[DesignMatrix], float]
