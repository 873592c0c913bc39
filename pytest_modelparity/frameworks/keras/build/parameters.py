"""What a Keras model predicts, and the parameters that it predicts with."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.read.head import NORMALISE
from pytest_modelparity.frameworks.keras.read.layers import dense_rows
from pytest_modelparity.frameworks.keras.read.model import LinearModel
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.finite import Matrix
from pytest_modelparity.sides.fitted import Predict
from pytest_modelparity.theory.coordinates import of_given_features, of_scaled_features
from pytest_modelparity.theory.one_vs_rest import class_probabilities, normalised

#: Rows predicted in one call.
#: The model itself is called, 2 ms, where `predict` takes 164 ms for its trace (measured).
PREDICTION_ROWS = 8192


def predictor(model: keras.Model, link: str, data: Dataset) -> Predict:
    """Return a function from rows to the model's predictions: a column a class, or numbers.

    Parameters
    ----------
    model : keras.Model
        Trained.
    link : str
        What its outputs still need, as `read.head.link_of` names it.
    data : Dataset
        Whose classes are predicted, and whose rows need no second check.
    """

    def predict(X: Any) -> np.ndarray:
        outputs = _outputs(model, data.matrix_of(X))
        if link == NORMALISE:
            return normalised(outputs)
        if link != "none":
            return class_probabilities(outputs, data.n_classes, link)
        # Near 1 a float32 sigmoid has steps of 6e-8: what is left for the first class has no more
        # digits.
        if outputs.shape[1] == 1 and data.n_classes == 2:
            return np.hstack([1.0 - outputs, outputs])
        return outputs

    return predict


def _outputs(model: keras.Model, rows: Matrix) -> np.ndarray:
    """Return the model's outputs as float64, in chunks."""
    parts = []
    for start in range(0, rows.shape[0], PREDICTION_ROWS):
        part = rows[start : start + PREDICTION_ROWS]
        part_rows = dense_rows(part).astype(np.float32)
        outputs = model(part_rows, training=False)
        # Units that are rows of their own are columns again.
        parts.append(BACKEND.array(outputs).astype(np.float64).reshape(len(part_rows), -1))
    return np.concatenate(parts)


def parameters_of(linear: LinearModel) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients and intercept on the features as given, float64."""
    coef = BACKEND.array(linear.dense.kernel).astype(np.float64).T
    intercept = np.zeros(linear.n_outputs)
    if linear.dense.use_bias:
        intercept = BACKEND.array(linear.dense.bias).astype(np.float64)
    return to_given_features(linear, coef, intercept)


def set_parameters(linear: LinearModel, coef: np.ndarray, intercept: np.ndarray) -> None:
    """Set the Dense layer's parameters, in its own coordinates and dtype."""
    linear.dense.kernel.assign(coef.T)
    if linear.dense.use_bias:
        linear.dense.bias.assign(intercept)


def to_given_features(
    linear: LinearModel, coef: np.ndarray, intercept: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return parameters of the Dense layer as those of the features as given."""
    return of_given_features(linear.shift, linear.scale, coef, intercept, linear.then)


def to_layer_features(
    linear: LinearModel, coef: np.ndarray, intercept: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return parameters of the given features as those of the Dense layer."""
    return of_scaled_features(linear.shift, linear.scale, coef, intercept, linear.then)
