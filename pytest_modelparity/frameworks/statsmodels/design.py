"""What a result of statsmodels takes for the rows of a check, and its coefficients of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.sides.artefact import dense_of
from pytest_modelparity.sides.dataset import Dataset


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Design:
    """How rows of X become the rows that a result was fitted on.

    Parameters
    ----------
    by_formula : bool
        Whether the result makes them itself, of a DataFrame.
    constant : int, optional
        The place of the column of constants that X lacks.
    value : float
        What that holds.
    has_intercept : bool, optional
        Whether the model has an intercept beside the columns of X; ``None`` where that is not said.
    coef, intercept : ndarray, optional
        On the columns of X; ``None`` where they are those of other columns.
    """

    by_formula: bool = False
    constant: int | None = None
    value: float = 1.0
    has_intercept: bool | None = None
    coef: np.ndarray | None = None
    intercept: np.ndarray | None = None

    def rows(self, X: Any) -> Any:
        """Return the rows that the result takes."""
        if self.by_formula:
            return X
        rows = dense_of(X).astype(np.float64)
        return rows if self.constant is None else np.insert(rows, self.constant, self.value, axis=1)


def design_of(result: Any, data: Dataset) -> Design:
    """Return how rows of X become those of a result.

    Without a formula the intercept is a column that its user added (``sm.add_constant``), which X
    has not; it is found by its values, wherever it stands (statsmodels 0.15, ``const_idx``).

    Raises
    ------
    ModelParityError
        If X has other columns, or a formula gets rows without names.
    """
    model = result.model
    params = np.asarray(result.params, dtype=np.float64)
    if getattr(model, "formula", None) is not None:
        if not hasattr(data.held_rows_given, "columns"):
            raise ModelParityError(
                f"the result of statsmodels was made by the formula {model.formula!r}, got X as "
                f"{type(data.held_rows_given).__name__}; pass X as a DataFrame with its columns"
            )
        return Design(by_formula=True)
    n_columns, n_given = len(params), data.n_features
    place = getattr(model.data, "const_idx", None)
    if n_columns == n_given:
        # Columns that add up to a constant are an intercept, which only predictions tell.
        implicit = bool(getattr(model, "k_constant", 0))
        return _designed(params, None, None if implicit else False, 1.0)
    if n_columns == n_given + 1 and place is not None:
        return _designed(params, int(place), True, _constant(model, int(place)))
    with_it = " and a constant" if place is not None else ""
    raise ModelParityError(
        f"the result of statsmodels was fitted on {n_columns - (place is not None)} columns"
        f"{with_it}, X has {n_given}; pass X without the constant, and with the columns that it "
        f"was fitted on"
    )


def _designed(
    params: np.ndarray, constant: int | None, has_intercept: bool | None, value: float
) -> Design:
    """Return a design with the coefficients of the columns of X."""
    by_output = params.reshape(len(params), -1).T
    n_outputs = len(by_output)
    if constant is None:
        coef, intercept = by_output, np.zeros(n_outputs)
    else:
        coef, intercept = np.delete(by_output, constant, axis=1), by_output[:, constant] * value
    if n_outputs > 1:
        # The first class has none of its own (`MNLogit`): its decision is 0.
        coef = np.vstack([np.zeros_like(coef[:1]), coef])
        intercept = np.append(0.0, intercept)
    return Design(
        constant=constant,
        value=value,
        has_intercept=has_intercept,
        coef=coef,
        intercept=intercept,
    )


def _constant(model: Any, place: int) -> float:
    """Return what the column of constants holds; 1 where the data were removed."""
    rows = getattr(model, "exog", None)
    return 1.0 if rows is None else float(np.asarray(rows)[0, place])
