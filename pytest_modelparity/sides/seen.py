"""A model of which only predictions can be seen, with the linear model that is behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy.special import expit, softmax

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.inference.linear_model import recover_linear_model
from pytest_modelparity.inference.probes import Ask
from pytest_modelparity.inference.readings import sums_to_one
from pytest_modelparity.inference.recovery import Recovery
from pytest_modelparity.report.numbers import number
from pytest_modelparity.report.parts import Finding
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import FittedModel, Predict
from pytest_modelparity.sides.predictions import as_class_columns

#: Rows as the user gave them to predictions, in the floating type that the model makes.
Raw: TypeAlias = Callable[[Any], np.ndarray]

#: How far predictions may be from those of the parameters that a model shows, beside rounding.
AGREES = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """What there is to see of a model.

    Parameters
    ----------
    title : str
        What to call it.
    raw : callable
        Its predictions: of shape (n, n_classes) in the order of the classes; or (n,) or (n, 1),
        the probabilities of the second of two.
    predict : callable
        The same as one column for each class, of whatever rows a check asks for.
    rows : object
        Those that it is looked at on, as the user gave them.
    can_be_asked : bool
        Whether it predicts other rows too.
    coef, intercept : ndarray, optional
        The parameters that it says it has.
    """

    title: str
    raw: Raw
    predict: Predict
    rows: Any
    can_be_asked: bool
    coef: np.ndarray | None = None
    intercept: np.ndarray | None = None


def seen_model(seen: Seen, data: Dataset) -> FittedModel:
    """Return a model that is known by its predictions.

    Its parameters are those that it says it has, where its predictions are made of them, else
    those recovered from them, where they are the predictions of a logistic model that is linear in
    X, and determine it.

    Raises
    ------
    ModelParityError
        If what it predicts are no probabilities of the classes.
    """
    X, given = data.matrix_of(seen.rows), seen.raw(seen.rows)
    P = as_class_columns(given, int(X.shape[0]), data)
    inside = np.clip(given, 0.0, 1.0)
    # Sparse rows stay sparse: probes would fill them.
    ask = _asking(seen, data) if seen.can_be_asked and isinstance(X, np.ndarray) else None
    found = recover_linear_model(X, inside, ask)
    if not found.head and not sums_to_one(P, found.form):
        _refuse_sums(P)
    coef, intercept = _parameters(seen, found, X, P)
    # Of more parameters than rows off 0 and 1 any head fits.
    other_head = found.linear is True and not found.is_logistic
    return FittedModel(
        settings=ModelSettings(
            framework="other",
            model=seen.title,
            # Two softmax units and one sigmoid are the same model: nobody can tell them apart.
            written={"output_head": found.head} if other_head else {},
            unmodelled=(
                "only its predictions can be seen: its settings are unknown",
                *(found.untold if found.linear is None else ()),
            ),
        ),
        predict=seen.predict,
        coef=coef,
        intercept=intercept,
        findings=(_not_linear(found),) if found.linear is False or other_head else (),
        recovered=found,
    )


def _refuse_sums(P: np.ndarray) -> None:
    """Refuse probabilities that are neither those of one choice nor of sigmoids."""
    sums = P.sum(axis=1)
    row = int(np.argmax(np.abs(sums - 1)))
    # NaN has diverged, which the verdict says.
    if np.isfinite(sums).all():
        raise ModelParityError(
            f"each row of the candidate's probabilities must sum to 1, got {sums[row]:.6g} at row "
            f"{row}; apply a softmax, or divide by the sum"
        )


def _asking(seen: Seen, data: Dataset) -> Ask:
    """Return the model as a function of rows of our own."""

    def ask(rows: np.ndarray) -> np.ndarray:
        try:
            given = as_given(rows, seen.rows)
        except Exception as error:
            raise ModelParityError(
                f"a {type(seen.rows).__name__} of other rows cannot be made: {error}"
            ) from error
        predicted = seen.raw(given)
        if not np.isfinite(as_class_columns(predicted, len(rows), data)).all():
            raise ModelParityError("the candidate predicted no numbers")
        return np.clip(predicted, 0.0, 1.0)

    return ask


def as_given(rows: np.ndarray, like: Any) -> Any:
    """Return rows in the container and type that the user's have."""
    if hasattr(like, "columns"):
        return type(like)(rows, columns=like.columns)
    dtype = getattr(like, "dtype", None)
    return rows.astype(dtype) if dtype is not None and dtype.kind == "f" else rows


def _parameters(
    seen: Seen, found: Recovery, X: Any, P: np.ndarray
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Return parameters that stand behind the predictions; nothing where none are known to."""
    if seen.coef is not None and seen.intercept is not None:
        z = np.asarray(X @ seen.coef.T) + seen.intercept
        made = expit(z) if z.shape[1] == 1 else softmax(z, axis=1)
        P = P[:, 1:] if z.shape[1] == 1 else P
        # What a model shows may be in other units than X: those of a scaled layer, say.
        if (np.abs(made - P) <= AGREES + 2 * found.form.rounding(P)).all():
            return seen.coef, seen.intercept
    if found.linear and found.is_logistic and found.is_resolved:
        return found.coef, found.intercept
    return None, None


def _not_linear(found: Recovery) -> Finding:
    """Say that a model is no logistic one that is linear in X."""
    if found.head:
        text = (
            f"the candidate's predictions are a linear function of X behind another head: "
            f"{found.head}"
        )
    else:
        nearest = (
            f"is off by {number(found.ratio, 2)} times what rounding to {found.form.name} explains"
            if np.isfinite(found.ratio)
            else "contradicts rows that are predicted with certainty"
        )
        text = (
            f"no linear function of X explains the candidate's predictions: the nearest {nearest}"
        )
    return Finding(slug="not-linear", text=text)
