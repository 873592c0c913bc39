"""What is known as a Keras candidate, without Keras: it is imported when one is made."""

from __future__ import annotations

import os
import sys
from types import ModuleType

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.loading import load
from pytest_modelparity.frameworks.sharing import before_tensorflow
from pytest_modelparity.sides.candidate import Candidate, CandidateRequest
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.given_rows import OnGivenRows


class TwinKind:
    """No candidate: the Keras model that is built from the reference's settings."""

    name = "None, for the reference's Keras twin"

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

    def knows(self, request: CandidateRequest) -> bool:
        """Whether it is a Keras model; nobody can hold one unless Keras is loaded."""
        keras = sys.modules.get("keras")
        return keras is not None and isinstance(request.given, keras.Model)

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

        if request.data.features is not None:
            return OnGivenRows(on, request.data)
        return on(request.data)


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
