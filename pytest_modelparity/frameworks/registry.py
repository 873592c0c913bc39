"""What is known, by name: nothing of it is imported before a check needs it."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from types import ModuleType

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.report.versions import versions
from pytest_modelparity.sides.candidate import Candidate, CandidateKind, CandidateRequest
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.function import FunctionOfXKind
from pytest_modelparity.sides.given_rows import OnGivenRows
from pytest_modelparity.sides.mapping import EstimatorMapping
from pytest_modelparity.sides.opaque import EstimatorKind, NumberPredictorKind, PredictorKind
from pytest_modelparity.sides.signature import is_function, takes
from pytest_modelparity.sides.table import TableKind

# Names and no imports: TensorFlow alone costs 8 s and 610 MB (measured), and a check of a model
# from elsewhere needs none of it.
_MODULES = {
    "scikit-learn": "pytest_modelparity.frameworks.sklearn.mappings",
    "keras": "pytest_modelparity.frameworks.keras.candidate",
    "twin": "pytest_modelparity.frameworks.keras.twin_candidate",
}


def mappings() -> tuple[EstimatorMapping, ...]:
    """Return the mappings of this package."""
    known: tuple[EstimatorMapping, ...] = load("scikit-learn").mappings()
    return known


def candidate_kinds(known: tuple[EstimatorMapping, ...]) -> tuple[CandidateKind, ...]:
    """Return the kinds of candidates of this package, in the order in which they are asked.

    Parameters
    ----------
    known : tuple of EstimatorMapping
        Whose estimators can be candidates too.
    """
    # The first that knows a candidate makes it. An estimator has predict_proba too, so it is asked
    # about before `PredictorKind` takes it for a model without settings; functions come late, since
    # almost anything can be called, and those that need no argument before those of X.
    estimators = EstimatorKind(known), PredictorKind(), NumberPredictorKind()
    functions = KerasFunctionKind(), FunctionOfXKind()
    return TwinKind(), KerasModelKind(), *estimators, *functions, TableKind()


def environment() -> Mapping[str, str]:
    """Return the versions that a report holds, and the backend of Keras where that is loaded."""
    # Not imported for its version: nothing in a check without Keras depends on it.
    keras = sys.modules.get("keras")
    backend = {} if keras is None else {"keras backend": str(keras.backend.backend())}
    return versions() | backend


def load(name: str) -> ModuleType:
    """Import one framework's module; TensorFlow alone costs eight seconds.

    Parameters
    ----------
    name : str
        ``"scikit-learn"``, ``"pipeline"``, ``"keras"`` or ``"twin"``.

    Raises
    ------
    ModelParityError
        If Keras cannot be imported, such as with a ``KERAS_BACKEND`` that is not installed.
    """
    try:
        # Keras does not fall back to a backend that is installed (keras 3.15, backend/config.py):
        # with KERAS_BACKEND unset and no TensorFlow, `import keras` raises ModuleNotFoundError.
        return import_module(_MODULES[name])
    except ImportError as error:
        if (error.name or "").partition(".")[0] == "pytest_modelparity":
            # A fault of this package's own is not the backend's.
            raise
        backend = os.environ.get("KERAS_BACKEND", "tensorflow")
        raise ModelParityError(
            f"{name} cannot be imported ({error}); KERAS_BACKEND is {backend!r}: this package "
            f"needs Keras on TensorFlow, so unset it or set it to 'tensorflow'"
        ) from error


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
        twin: Candidate = load("twin").TwinCandidate(request)
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
            made: Candidate = load("keras").KerasCandidate(
                request.given,
                request.fit,
                data,
                request.seed,
                shortcut=request.training != "fit",
            )
            return made

        if request.data.features is not None:
            return OnGivenRows(on, request.data)
        return on(request.data)


class KerasFunctionKind(KerasModelKind):
    """A function that makes a Keras model, for every seed afresh."""

    name = "a function without arguments that returns a compiled keras.Model"

    def knows(self, request: CandidateRequest) -> bool:
        """Whether it is a function that can be called without arguments.

        Objects that can be called are functions of rows where they come from other frameworks (a
        `torch.nn.Module` takes anything by its signature), so only functions, methods and what
        binds their arguments are called.
        """
        return is_function(request.given) and takes(request.given, 0)


@contextmanager
def many_models() -> Iterator[None]:
    """Keep the frameworks from minding many trainings of many models, which is the task here.

    TensorFlow advises against them by a line in its log, for each from the fifth compiled function
    on, and keeps something of every name that a variable ever had.
    """
    # A filter of the log, since it is no Python warning (TensorFlow 2.21, polymorphic_function.py);
    # raising the log's level would hide what else TensorFlow has to say.
    log = logging.getLogger("tensorflow")
    log.addFilter(_is_no_advice)
    try:
        with _names_kept():
            yield
    finally:
        log.removeFilter(_is_no_advice)


def _names_kept() -> AbstractContextManager[None]:
    """Leave Keras's names as they are found; nothing to do before it is imported."""
    if "keras" not in sys.modules:
        return nullcontext()
    internals = import_module("pytest_modelparity.frameworks.keras.internals")
    kept: AbstractContextManager[None] = internals.names_kept()
    return kept


def _is_no_advice(record: logging.LogRecord) -> bool:
    """Whether a line of the log is something else than advice against tracing functions again."""
    return "triggered tf.function retracing" not in record.getMessage()
