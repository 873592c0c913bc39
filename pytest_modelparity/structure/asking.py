"""Changes that are told by asking the candidate: rows with the change undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np

from pytest_modelparity.report.relations import Relation
from pytest_modelparity.structure.ground import Ground
from pytest_modelparity.structure.orders import name_orders
from pytest_modelparity.structure.relation import exact_within, float32_rounding, shows_enough
from pytest_modelparity.structure.statistics import CENTRES, SCALERS
from pytest_modelparity.structure.told import Told
from pytest_modelparity.theory.design import FloatArray

#: Maps rows to what the candidate predicts of them; NaN is no answer.
Ask: TypeAlias = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Undone:
    """A change with what undoes it to rows."""

    name: str
    detail: str
    undo: Callable[[FloatArray], FloatArray]


def ask_relation(ground: Ground, ask: Ask, rounding: float = 0.0) -> Told | None:
    """Return the change that is undone by changing the rows; ``None`` where none is.

    For a candidate that is certain of every row, as one is that has lost its scaler: nothing of its
    parameters can be seen then. Asked at rows that undo the change it predicts what the reference
    does, to rounding.

    Parameters
    ----------
    rounding : float
        How far the candidate's predictions were rounded, at most.
    """
    before = float(np.abs(ground.difference).max())
    # What the reference predicts must be more than which side each row is on.
    if not before > 0 or not shows_enough(ground, ground.predicted):
        return None
    allowed = exact_within(ground, ground.reference, before, rounding)
    found = []
    for undone in _undone(ground):
        answer = ask(undone.undo(np.asarray(ground.rows)))
        left = float(np.abs(answer - ground.predicted).max())
        if left <= allowed:
            found.append((left, undone))
    if not found:
        return None
    left, best = min(found, key=lambda item: item[0])
    reference, head = ground.reference, ground.head
    return Told(
        relation=Relation(name=best.name, detail=best.detail, before=before, left=left, exact=True),
        left=lambda rows, _P: float(
            np.abs(ask(best.undo(np.asarray(rows))) - head.predictions(reference, rows)).max()
        ),
        rounding=lambda rows: rounding + float32_rounding(head, rows, reference),
    )


def _undone(ground: Ground) -> Iterator[_Undone]:
    """Yield changes of the inputs with what undoes them."""
    if not isinstance(ground.rows, np.ndarray) or not isinstance(ground.X, np.ndarray):
        return
    columns = ground.columns
    for detail, (centre, scale) in zip(SCALERS, columns.scalers, strict=True):
        shrunk, grown = partial(_shrunk, centre, scale), partial(_grown, centre, scale)
        yield _Undone(name="scaler-forgotten", detail=detail, undo=shrunk)
        yield _Undone(name="scaler-applied-twice", detail=detail, undo=grown)
    for detail, centre in zip(CENTRES, columns.centres, strict=True):
        yield _Undone(name="centring-forgotten", detail=detail, undo=partial(_shrunk, centre, 1.0))
    for name, order in name_orders(ground):
        # Column j of the candidate has the weights of column order[j].
        yield _Undone(name=name, detail="", undo=partial(_ordered, np.argsort(order)))


def _shrunk(centre: FloatArray, scale: FloatArray | float, rows: FloatArray) -> FloatArray:
    """Return rows less a centre, divided by a scale."""
    return (rows - centre) / scale


def _grown(centre: FloatArray, scale: FloatArray, rows: FloatArray) -> FloatArray:
    """Return rows times a scale, with a centre added."""
    return rows * scale + centre


def _ordered(order: np.ndarray, rows: FloatArray) -> FloatArray:
    """Return rows with their columns in another order."""
    return rows[:, order]
