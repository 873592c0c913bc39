"""What is known, by name: nothing of it is imported before a check needs it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import import_module

from pytest_modelparity.frameworks.dask.kind import CollectionModelKind, DaskKind
from pytest_modelparity.frameworks.keras.kind import KerasFileKind, KerasModelKind, TwinKind
from pytest_modelparity.frameworks.onnx.kind import ONNX
from pytest_modelparity.frameworks.pickled.kind import PickleKind
from pytest_modelparity.frameworks.saved_model.kind import SAVED_MODEL
from pytest_modelparity.frameworks.sharing import before_unknown_training
from pytest_modelparity.frameworks.statsmodels.kind import StatsmodelsKind
from pytest_modelparity.frameworks.tables.kind import TABLES, ParquetRowsKind
from pytest_modelparity.frameworks.tflite.kind import TFLITE
from pytest_modelparity.frameworks.torch.kind import SkorchKind, TorchFitKind, TorchModuleKind
from pytest_modelparity.report.versions import versions
from pytest_modelparity.sides.candidate import CandidateKind
from pytest_modelparity.sides.function import FunctionOfXKind, MakerKind
from pytest_modelparity.sides.mapping import EstimatorMapping
from pytest_modelparity.sides.opaque import EstimatorKind, NumberPredictorKind, PredictorKind
from pytest_modelparity.sides.passed import ArrayKind, NpyKind, RowsKind
from pytest_modelparity.sides.trainer import TrainerKind

# A name and no import: scikit-learn alone costs seconds, and so does every framework, each behind
# the `kind.py` of its folder.
_MAPPINGS = (
    "pytest_modelparity.frameworks.sklearn.mappings",
    "pytest_modelparity.frameworks.dask_ml.mapping",
)


def mappings() -> tuple[EstimatorMapping, ...]:
    """Return the mappings of this package."""
    return tuple(one for module in _MAPPINGS for one in import_module(module).mappings())


def candidate_kinds(known: tuple[EstimatorMapping, ...]) -> tuple[CandidateKind, ...]:
    """Return the kinds of candidates of this package, in the order in which they are asked.

    Parameters
    ----------
    known : tuple of EstimatorMapping
        Whose estimators can be candidates too.
    """
    # The first that knows a candidate makes it. An estimator has predict_proba too, so it is asked
    # about before `PredictorKind` takes it for a model without settings; functions come late, since
    # almost anything can be called.
    read = EstimatorKind(known)
    estimators = read, CollectionModelKind(), PredictorKind(), NumberPredictorKind()
    functions = MakerKind(), FunctionOfXKind(), TrainerKind(before_unknown_training)
    torch = TorchModuleKind(), TorchFitKind(), SkorchKind()
    models = TwinKind(), KerasModelKind(), *torch, StatsmodelsKind()
    files = KerasFileKind(), SAVED_MODEL, ONNX, TFLITE, PickleKind()
    return *models, *files, *estimators, *functions, TABLES


def row_kinds() -> tuple[RowsKind, ...]:
    """Return the kinds of X that need not be held in memory."""
    return ArrayKind(), NpyKind(), DaskKind(), ParquetRowsKind()


def environment() -> Mapping[str, str]:
    """Return the versions that a report holds, and the backend of Keras where that is loaded."""
    # Not imported for its version: nothing in a check without Keras depends on it.
    keras = getattr(sys.modules.get("keras"), "backend", None)
    backend = {} if keras is None else {"keras backend": str(keras.backend())}
    return versions() | backend


@contextmanager
def many_models() -> Iterator[None]:
    """Keep the frameworks from minding many trainings of many models, which is the task here.

    TensorFlow advises against them by a line in its log, for each from the fifth compiled function
    on, and keeps something of every name that a variable ever had. Keras on another backend would
    import TensorFlow by the way.
    """
    # A filter of the log, since it is no Python warning (TensorFlow 2.21, polymorphic_function.py);
    # raising the log's level would hide what else TensorFlow has to say.
    log = logging.getLogger("tensorflow")
    log.addFilter(_is_no_advice)
    try:
        with _keras_kept():
            yield
    finally:
        log.removeFilter(_is_no_advice)


@contextmanager
def _keras_kept() -> Iterator[None]:
    """Leave Keras's names as they are found; nothing to do before it is imported."""
    if "keras" not in sys.modules:
        yield
        return
    internals = import_module("pytest_modelparity.frameworks.keras.internals")
    with ExitStack() as stack:
        stack.enter_context(internals.names_kept())
        stack.enter_context(internals.tensorflow_left_out())
        stack.enter_context(internals.own_warnings_left_out())
        yield


def _is_no_advice(record: logging.LogRecord) -> bool:
    """Whether a line of the log is something else than advice against tracing functions again."""
    return "triggered tf.function retracing" not in record.getMessage()
