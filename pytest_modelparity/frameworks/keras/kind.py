"""What is known as a Keras candidate, without Keras: it is imported when one is made."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from types import ModuleType

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.loading import load
from pytest_modelparity.frameworks.sharing import before_tensorflow
from pytest_modelparity.sides.artefact import is_path
from pytest_modelparity.sides.candidate import (
    SETTINGS,
    AdjustableObjective,
    Candidate,
    CandidateRequest,
)
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import FittedModel, Predict
from pytest_modelparity.sides.given_rows import on_its_rows
from pytest_modelparity.sides.training import Retraining


class TwinKind:
    """No candidate: the Keras model that is built from the reference's settings."""

    name = "None, for the reference's Keras twin"
    reads = SETTINGS

    def knows(self, request: CandidateRequest) -> bool:
        """Whether nothing was given."""
        return request.given is None

    def make(self, request: CandidateRequest) -> Candidate:
        """Return the twin."""
        if request.fit is not None:
            raise ModelParityError(
                "fit was given without a candidate; the twin is trained to its optimum: "
                "pass the Keras model to train as candidate=..."
            )
        twin: Candidate = _load("twin_candidate").TwinCandidate(request)
        return twin


class KerasModelKind:
    """A Keras model, of which a copy is trained."""

    name = "a compiled keras.Model"
    reads = SETTINGS

    def knows(self, request: CandidateRequest) -> bool:
        """Whether it is a Keras model; nobody can hold one unless Keras is loaded."""
        # A folder of tests named keras can be imported too, and has no such class.
        return isinstance(request.given, getattr(sys.modules.get("keras"), "Model", ()))

    def make(self, request: CandidateRequest) -> Candidate:
        """Return the candidate; of one on other features than the check's its predictions."""

        def on(data: Dataset) -> Candidate:
            made: Candidate = _load("candidate").KerasCandidate(
                request.maker or request.given,
                request.fit,
                data,
                request.seed,
                shortcut=request.training != "fit",
            )
            return made

        return on_its_rows(on, request.data)


class KerasFileKind(KerasModelKind):
    """A Keras model in a file, which is loaded and then one as any other."""

    name = "the path of a .keras or .h5 file"
    word = "keras"

    def knows(self, request: CandidateRequest) -> bool:
        """Whether it is the path of such a file."""
        return request.kind == self.word or is_path(request.given, ".keras", ".h5", ".hdf5")

    def make(self, request: CandidateRequest) -> Candidate:
        """Return the candidate; refuses what cannot be loaded, or trained for want of a loss."""
        model, lost = _load("files").load_file(request.given)
        if lost and request.fit is not None:
            raise ModelParityError(
                f"{lost}, and fit trains with it; load the model yourself with "
                f"keras.saving.load_model(path, custom_objects={{...}}) and pass that"
            )
        made = super().make(replace(request, given=model))
        # Of a model as it is, its loss is one more thing that is not known.
        return _SaidBeside(made, lost) if lost else made


class _SaidBeside:
    """A candidate with something more to be said of what is not modelled."""

    def __init__(self, inner: Candidate, said: str) -> None:
        self._inner, self._said = inner, said

    @property
    def objective(self) -> AdjustableObjective | None:
        """Its objective, where that can be changed."""
        return self._inner.objective

    @property
    def training(self) -> Retraining | None:
        """Its training, where that can be repeated."""
        return self._inner.training

    def train(self) -> FittedModel:
        """Train it, and say what is to be said."""
        fitted = self._inner.train()
        unmodelled = (self._said, *fitted.settings.unmodelled)
        return replace(fitted, settings=replace(fitted.settings, unmodelled=unmodelled))

    def inject(self, coef: np.ndarray, intercept: np.ndarray) -> Predict | None:
        """Return what it predicts with these parameters."""
        return self._inner.inject(coef, intercept)


def _load(module: str) -> ModuleType:
    """Import a module of this folder, with Keras."""
    # Keras does not fall back to a backend that is installed (keras 3.15, backend/config.py): with
    # KERAS_BACKEND unset and no TensorFlow, `import keras` raises ModuleNotFoundError.
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    if backend == "tensorflow":
        before_tensorflow()
    return load(
        f"keras.{module}",
        f"KERAS_BACKEND is {backend!r}: install that, or set it to what is installed of "
        f"tensorflow, jax and torch, before Keras is imported",
    )
