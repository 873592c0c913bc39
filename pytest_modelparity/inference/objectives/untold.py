"""Models of which nothing can be told, and why."""

from __future__ import annotations

import numpy as np

from pytest_modelparity.inference.objectives.given import LinearModel, Rows
from pytest_modelparity.inference.objectives.subject import Subject
from pytest_modelparity.settings import ONE_VS_REST, ObjectiveSettings
from pytest_modelparity.theory.proof import DENSE_LIMIT

#: Heads whose objectives are told apart.
HEADS = ("sigmoid", "softmax", "identity", "exponential")
#: Rows that are not saturated, beyond one for each column, without which nothing is told.
SPARE = 3


def untestable(rows: Rows, model: LinearModel, expected: ObjectiveSettings) -> str:
    """Return why nothing can be told, whatever the model is; empty where something can."""
    if expected.output_head == ONE_VS_REST:
        return "the binary objectives of a one-vs-rest model are not inferred"
    if expected.output_head not in HEADS:
        return f"objectives with output_head={expected.output_head!r} are not told apart"
    d = max(rows.n_classes, 1) * (int(rows.X.shape[1]) + 1)
    if d > DENSE_LIMIT:
        return f"{d} parameters are too many to infer an objective"
    if not (np.isfinite(model.coef).all() and np.isfinite(model.intercept).all()):
        return "its parameters are not all finite numbers"
    return ""


def saturated(subject: Subject) -> str:
    """Return why a model tells nothing on its rows; empty where it does."""
    if subject.of_numbers:
        return ""
    open_rows = subject.look.n_open
    # Where there are no more rows than columns each may tell of itself.
    needed = min(subject.rank + SPARE, subject.n // 2)
    if open_rows < needed:
        return (
            f"{open_rows} rows with predictions off 0 and 1 are too few to tell of "
            f"{subject.rank} coefficients"
        )
    return ""
