"""The twin as the candidate of a check."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np

from pytest_modelparity.frameworks.keras.build.copying import copy_model
from pytest_modelparity.frameworks.keras.build.parameters import (
    predictor,
    set_parameters,
    to_layer_features,
)
from pytest_modelparity.frameworks.keras.internals import tensorflow_left_out
from pytest_modelparity.frameworks.keras.read.head import link_of
from pytest_modelparity.frameworks.keras.read.parts import ModelParts, read_parts
from pytest_modelparity.frameworks.keras.read.settings import dense_text, read_settings
from pytest_modelparity.frameworks.keras.regressor_twin import KerasRegressorTwin
from pytest_modelparity.frameworks.keras.twin import KerasTwin
from pytest_modelparity.frameworks.steps.fitted import for_width
from pytest_modelparity.settings import ModelSettings, ObjectiveSettings, TrainingSettings
from pytest_modelparity.sides.candidate import CandidateRequest
from pytest_modelparity.sides.fitted import FittedModel, Predict


class TwinCandidate:
    """The twin as the candidate of a check: at its optimum, so there is nothing to train again.

    Its objective is the reference's by construction.

    Parameters
    ----------
    request : CandidateRequest
        The estimator whose twin it is, its mapping, and the data.
    """

    objective = None
    training = None

    def __init__(self, request: CandidateRequest) -> None:
        assert request.mapping is not None
        self._data, self._mapping = request.data, request.mapping
        self._numbers = not request.data.n_classes
        kind = KerasRegressorTwin if self._numbers else KerasTwin
        self._twin: KerasRegressorTwin | KerasTwin = kind(request.reference)

    @tensorflow_left_out()
    def train(self) -> FittedModel:
        """Train the twin to its optimum."""
        twin = self._twin.fit_dataset(self._data, self._mapping)
        return FittedModel(
            settings=self._settings(twin._settings),
            predict=self._predict,
            coef=np.atleast_2d(twin.coef_),
            intercept=np.atleast_1d(twin.intercept_),
            sample_weight=self._data.sample_weight,
            certificate=twin.certificate_,
        )

    def _predict(self, X: Any) -> np.ndarray:
        """Return the twin's predictions as columns."""
        if isinstance(self._twin, KerasRegressorTwin):
            return self._twin.predict(X).reshape(-1, 1)
        return self._twin.predict_proba(X)

    @tensorflow_left_out()
    def inject(self, coef: np.ndarray, intercept: np.ndarray) -> Predict | None:
        """Return what the float32 Keras model predicts with these parameters."""
        parts = self._parts(copy_model(self._twin.model_))
        coef, intercept = for_width(coef, intercept, parts.linear.n_outputs)
        coef, intercept = to_layer_features(parts.linear, coef, intercept)
        set_parameters(parts.linear, coef, intercept)
        return predictor(
            parts.model, link_of(parts.linear, parts.loss, self._data.n_classes), self._data
        )

    def _parts(self, model: keras.Model) -> ModelParts:
        """Return what is read of the twin's model."""
        return read_parts(model, self._data.n_features, numbers=self._numbers)

    def _settings(self, objective: ObjectiveSettings) -> ModelSettings:
        """Return the twin's settings in Keras's words."""
        parts = self._parts(self._twin.model_)
        n_iter = int(np.max(self._twin.n_iter_))
        training = TrainingSettings(solver="L-BFGS", iterations_run=n_iter, dtype="float64")
        settings = read_settings(parts, objective, training, self._data, ())
        words = {
            **settings.written,
            "solver": "L-BFGS, to the optimum",
            "iterations": f"{n_iter} steps, to the optimum",
        }
        return replace(settings, model=f"its Keras twin {dense_text(parts.linear)}", written=words)
