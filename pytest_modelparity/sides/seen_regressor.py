"""A regressor of which only predictions can be seen, with the linear one that is behind them."""

from __future__ import annotations

import numpy as np

from pytest_modelparity.inference.number_model import EXPONENTIAL, IDENTITY, recover_number_model
from pytest_modelparity.inference.recovery import Recovery
from pytest_modelparity.report.numbers import number
from pytest_modelparity.report.parts import Finding
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.finite import Matrix
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.predictions import as_class_columns
from pytest_modelparity.sides.seen import Seen

#: The head of a model of counts, as its settings have it.
OF_COUNTS = "exponential (the decision is its logarithm)"
#: Differences, in float32 roundings of the largest prediction, that rounding may make.
ROUNDINGS = 64.0


def seen_regressor(seen: Seen, data: Dataset) -> FittedModel:
    """Return a regressor that is known by its predictions.

    Where it is linear in X its coefficients are known too: as it shows them, if they predict what
    it does, else by least squares, if the rows determine them.
    """
    X, raw = data.matrix_of(seen.rows), seen.raw(seen.rows)
    predicted = as_class_columns(raw, int(X.shape[0]), data)
    found = recover_number_model(X, raw)
    coef, intercept = _parameters(seen, found, X, predicted)
    is_power = found.head == EXPONENTIAL
    is_other = coef is None and (found.linear is False or is_power)
    untold = found.untold if found.linear is None and coef is None else ()
    return FittedModel(
        settings=ModelSettings(
            framework="other",
            model=seen.title,
            written={"output_head": OF_COUNTS} if is_power else {},
            unmodelled=("only its predictions can be seen: its settings are unknown", *untold),
        ),
        predict=seen.predict,
        coef=coef,
        intercept=intercept,
        findings=(_not_linear(found),) if is_other else (),
        recovered=found,
    )


def _parameters(
    seen: Seen, found: Recovery, X: Matrix, predicted: np.ndarray
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Return parameters that stand behind the predictions; nothing where none are known to."""
    if seen.coef is not None and seen.intercept is not None:
        made = np.asarray(X @ seen.coef.T) + seen.intercept
        rounding = ROUNDINGS * float(np.finfo(np.float32).eps) * float(np.abs(predicted).max())
        rounding += float(found.form.rounding(np.abs(predicted)).max())
        # What a model shows may be in other units than X: those of a scaled layer, say.
        if np.abs(made - predicted).max() <= rounding:
            return seen.coef, seen.intercept
    # Those of an exponential are of another unit than a reference's without one.
    if found.linear and found.is_resolved and found.head == IDENTITY:
        return found.coef, found.intercept
    return None, None


def _not_linear(found: Recovery) -> Finding:
    """Say that a model is no linear function of X, and whether its logarithm is one."""
    if found.head == EXPONENTIAL:
        rest = "their logarithm is one"
    else:
        rest = (
            f"the nearest is off by {number(found.ratio, 2)} times what rounding to "
            f"{found.form.name} explains"
        )
    return Finding(
        slug="not-linear",
        text=f"no linear function of X explains the candidate's predictions: {rest}",
    )
