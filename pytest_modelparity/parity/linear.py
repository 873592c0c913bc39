"""The linear model that a side is, as far as that is known, and how well it predicts as that."""

from __future__ import annotations

import numpy as np

from pytest_modelparity.inference.objectives.given import LinearModel
from pytest_modelparity.parity.side import Side
from pytest_modelparity.theory.design import DesignMatrix
from pytest_modelparity.theory.logistic import decision_to_probabilities
from pytest_modelparity.theory.losses import loss_of


def linear_of(side: Side, head: str) -> LinearModel | None:
    """Return the linear model of a side; ``None`` where it is none, or not known.

    Parameters
    ----------
    head : str
        Of numbers: what their predictor is behind in the objective that is asked for.
    """
    fitted, recovered = side.fitted, side.fitted.recovered
    coef, intercept, noise = fitted.coef, fitted.intercept, None
    of_numbers = not side.data.n_classes
    # The optimum of an objective has the head of that one.
    if recovered is not None and of_numbers and recovered.head != head:
        return None
    if recovered is not None and (coef is None or fitted.has_recovered_parameters):
        if recovered.linear is False or not (of_numbers or recovered.is_logistic):
            return None
        # Parameters that are too uncertain to be shown may tell an objective all the same.
        coef, intercept, noise = recovered.coef, recovered.intercept, recovered.noise_factor
    if coef is None or intercept is None:
        return None
    return LinearModel(coef=coef, intercept=intercept, noise_factor=noise)


def apart_from(
    model: LinearModel, X: DesignMatrix, predictions: np.ndarray, *, n_classes: int, head: str
) -> float:
    """Return how far predictions of rows are from those of a linear model; NaN where one is."""
    z = np.asarray(X @ model.coef.T) + model.intercept
    made = decision_to_probabilities(z, n_classes) if n_classes else loss_of(head, 0).response(z)
    return float(np.abs(made - predictions).max())
