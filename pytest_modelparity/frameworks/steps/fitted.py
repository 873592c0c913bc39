"""What a linear model with known parameters predicts."""

from __future__ import annotations

from typing import Any

import numpy as np

from pytest_modelparity.frameworks.steps.setup import StepSetup
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.theory.losses import loss_of
from pytest_modelparity.theory.one_vs_rest import class_probabilities


def predictions_of(
    decision: np.ndarray, data: Dataset, objective: ObjectiveSettings | None
) -> np.ndarray:
    """Return what decisions (n, n_outputs) predict: probabilities, or numbers."""
    if data.n_classes:
        head = "" if objective is None else objective.output_head
        return class_probabilities(decision, data.n_classes, head)
    head = "identity" if objective is None else objective.output_head
    return loss_of(head, 0).response(decision)


def fitted_parameters(setup: StepSetup, coef: np.ndarray, intercept: np.ndarray) -> FittedModel:
    """Return a linear model with these parameters, on the features as given."""
    data, settings = setup.data, setup.settings

    # The NaN of a training that left the numbers tells enough: a warning may be an error to a run.
    @np.errstate(invalid="ignore", over="ignore")
    def predict(X: Any) -> np.ndarray:
        decision = np.asarray(data.matrix_of(X) @ coef.T) + intercept
        return predictions_of(decision, data, settings.objective)

    return FittedModel(
        settings=settings,
        predict=predict,
        coef=coef,
        intercept=intercept,
        sample_weight=setup.sample_weight,
    )


def for_width(
    coef: np.ndarray, intercept: np.ndarray, n_outputs: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return parameters of one head as those of the other: both give the same probabilities."""
    if coef.shape[0] == n_outputs:
        return coef, intercept
    # A softmax depends on differences of outputs alone. The other way, ±half of one output is the
    # choice of least norm.
    if n_outputs == 1:
        return coef[1:] - coef[:1], intercept[1:] - intercept[:1]
    return np.vstack([-coef / 2, coef / 2]), np.concatenate([-intercept / 2, intercept / 2])
