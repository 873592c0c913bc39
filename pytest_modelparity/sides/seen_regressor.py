"""A regressor of which only predictions can be seen, with the linear one that is behind them."""

from __future__ import annotations

import numpy as np

from pytest_modelparity.report.numbers import number
from pytest_modelparity.report.parts import Finding
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.dataset import Dataset, Matrix
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.predictions import as_class_columns
from pytest_modelparity.sides.seen import Seen

#: Differences, in float32 roundings of the largest prediction, that rounding may make.
ROUNDINGS = 64.0


def seen_regressor(seen: Seen, data: Dataset) -> FittedModel:
    """Return a regressor that is known by its predictions.

    Where it is linear in X its coefficients are known too: as it shows them, if they predict what
    it does, else by least squares, if the rows determine them.
    """
    X = data.matrix_of(seen.rows)
    predicted = as_class_columns(seen.raw(seen.rows), int(X.shape[0]), data)
    rounding = ROUNDINGS * float(np.finfo(np.float32).eps) * float(np.abs(predicted).max())
    coef, intercept, left = _parameters(seen, X, predicted, rounding)
    findings: tuple[Finding, ...] = ()
    # NaN has diverged, which the verdict says.
    if left is not None and left > rounding:
        text = (
            f"no linear function of X explains the candidate's predictions: the nearest is off by "
            f"{number(left, 2)}"
        )
        findings = (Finding(slug="not-linear", text=text),)
    return FittedModel(
        settings=ModelSettings(
            framework="other",
            model=seen.title,
            unmodelled=("only its predictions can be seen: its settings are unknown",),
        ),
        predict=seen.predict,
        coef=coef,
        intercept=intercept,
        findings=findings,
    )


def _parameters(
    seen: Seen, X: Matrix, predicted: np.ndarray, rounding: float
) -> tuple[np.ndarray | None, np.ndarray | None, float | None]:
    """Return coef, intercept, and what no linear function explains; None: not known."""
    if seen.coef is not None and seen.intercept is not None:
        made = np.asarray(X @ seen.coef.T) + seen.intercept
        if np.abs(made - predicted).max() <= rounding:
            return seen.coef, seen.intercept, None
    # Fewer rows than parameters are explained by any.
    if not isinstance(X, np.ndarray) or X.shape[0] <= X.shape[1] + 1:
        return None, None, None
    if not np.isfinite(predicted).all():
        return None, None, None
    # In columns of one size, so that their units do not decide the rank.
    shift, scale = X.mean(axis=0), X.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    design = np.column_stack([(X - shift) / scale, np.ones(len(X))])
    found, _, rank, _ = np.linalg.lstsq(design, predicted, rcond=None)
    left = float(np.abs(design @ found - predicted).max())
    if not left <= rounding or rank < design.shape[1]:
        return None, None, left
    coef = (found[:-1] / scale[:, None]).T
    return coef, found[-1] - coef @ shift, left
