"""Which kind of candidate the user gave: the protocol they share, and the plainest of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.registry import load_backend
from pytest_modelparity.report.report import Change
from pytest_modelparity.settings import LogisticSettings, ObjectiveSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import FittedModel, Remedy, Spread

PredictProba = Callable[[Any], np.ndarray]


class Candidate(Protocol):
    """What the comparison asks of the side under test."""

    def train(self) -> FittedModel:
        """Train it as its user asked, or take it as it is."""

    def inject(self, coef: np.ndarray, intercept: np.ndarray) -> PredictProba | None:
        """Return what it predicts with these parameters; ``None`` where it cannot hold them."""

    def repaired(
        self, objective: ObjectiveSettings, sample_weight: np.ndarray | None
    ) -> tuple[Candidate, tuple[Change, ...]] | None:
        """Return it with another objective, and what its user would change; ``None``: cannot."""

    def as_modelled(self) -> LogisticSettings | None:
        """Return its settings with the log-loss for a loss that is not modelled; ``None``: none."""

    def own_optimum(self) -> FittedModel | None:
        """Return the minimiser of its own loss, modelled or not; ``None``: cannot be had."""

    def unchanged(self) -> Remedy | None:
        """Return its own training once more; ``None``: how it was trained is not known."""

    def remedies(self) -> Iterable[Remedy]:
        """Return changed trainings of the same objective, in the order to try them.

        Of each setting the smallest change comes first. Those that change two settings are for
        where no change of one is enough.
        """

    def spread(self, n_seeds: int) -> Spread | None:
        """Return its own training with several seeds; ``None``: there is no such thing."""

    @property
    def reckoned_seconds(self) -> float | None:
        """Seconds of its own training on an idle machine of two cores, reckoned."""


class OpaqueCandidate:
    """Anything with ``predict_proba``, taken as it is.

    Parameters
    ----------
    model : object
        Trained already.
    data : Dataset
        What it is compared on.
    """

    def __init__(self, model: Any, data: Dataset) -> None:
        self._model, self._data = model, data
        self._columns = _column_order(model, data)

    def train(self) -> FittedModel:
        """Take the model as it is."""
        coef, intercept = _linear_parameters(self._model, self._data)
        return FittedModel(
            settings=LogisticSettings(
                framework="other",
                model=f"{type(self._model).__name__} (taken as trained)",
                unmodelled=("only its predictions can be seen: its settings are unknown",),
            ),
            predict_proba=self._predict_proba,
            coef=coef,
            intercept=intercept,
        )

    def inject(self, coef: np.ndarray, intercept: np.ndarray) -> None:
        """Return nothing: parameters cannot be set."""

    def repaired(self, objective: ObjectiveSettings, sample_weight: np.ndarray | None) -> None:
        """Return nothing: settings cannot be changed."""

    def as_modelled(self) -> None:
        """Return nothing: settings cannot be seen."""

    def own_optimum(self) -> None:
        """Return nothing: its loss is unknown."""

    def unchanged(self) -> None:
        """Return nothing: how it was trained is unknown."""

    def remedies(self) -> tuple[Remedy, ...]:
        """Return nothing: it cannot be trained on."""
        return ()

    def spread(self, n_seeds: int) -> None:
        """Return nothing: it cannot be trained again."""

    @property
    def reckoned_seconds(self) -> None:
        """None: it is not trained."""

    def _predict_proba(self, X: Any) -> np.ndarray:
        """Return the model's probabilities, columns in the order of the classes."""
        try:
            found = np.asarray(self._model.predict_proba(X), dtype=np.float64)
        except ModelParityError:
            raise
        except Exception as error:
            raise ModelParityError(
                f"the candidate's predict_proba raised {type(error).__name__}: {error}; "
                f"pass a trained model that predicts rows of X"
            ) from error
        return found if self._columns is None else found[:, self._columns]


class FittedCandidate(OpaqueCandidate):
    """An estimator that a mapping can read, given as the candidate."""

    def __init__(self, model: Any, data: Dataset, mapping: Any) -> None:
        self._model, self._data, self._mapping = model, data, mapping
        self._columns = None

    def train(self) -> FittedModel:
        """Fit a clone of it, or take it as it is."""
        fitted: FittedModel = self._mapping.as_candidate(self._model, self._data)
        self._fitted = fitted
        return fitted

    def remedies(self) -> tuple[Remedy, ...]:
        """Return changed trainings of the same objective, where the mapping knows any."""
        if not hasattr(self._mapping, "candidate_remedies"):
            return ()
        found: tuple[Remedy, ...] = self._mapping.candidate_remedies(
            self._model, self._data, fitted=self._fitted
        )
        return found


def find_candidate(
    given: Any, fit: Any, reference: Any, mapping: Any, data: Dataset, seed: int | None
) -> Candidate:
    """Return the candidate for what the user gave.

    Order: nothing (the twin), a ``keras.Model``, anything with ``predict_proba``, a function.

    Raises
    ------
    ModelParityError
        If it is none of these, or ``fit`` was given for one that has no Keras ``fit``.
    """
    if given is None:
        if fit is not None:
            raise ModelParityError(
                "fit was given without a candidate; the twin is trained to its optimum: "
                "pass the Keras model to train as candidate=..."
            )
        twin: Candidate = load_backend("twin").TwinCandidate(reference, mapping, data)
        return twin
    if _is_keras_model(given) or (callable(given) and not hasattr(given, "predict_proba")):
        keras: Candidate = load_backend("keras").KerasCandidate(given, fit, data, seed)
        return keras
    if not hasattr(given, "predict_proba"):
        raise ModelParityError(
            f"a candidate must be a keras.Model, a function that returns one, or have "
            f"predict_proba, got {type(given).__name__}"
        )
    if fit is not None:
        raise ModelParityError(
            f"fit holds arguments of keras.Model.fit, got a {type(given).__name__}; "
            f"pass fit=None for a candidate that has predict_proba"
        )
    readable = hasattr(mapping, "as_candidate") and mapping.knows(given)
    return FittedCandidate(given, data, mapping) if readable else OpaqueCandidate(given, data)


def _is_keras_model(given: Any) -> bool:
    """Whether it is a Keras model; nobody can hold one unless Keras is loaded."""
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(given, keras.Model)


def _column_order(model: Any, data: Dataset) -> np.ndarray | None:
    """Return where each class stands among the model's columns, by its ``classes_``."""
    classes = getattr(model, "classes_", None)
    if classes is None:
        return None
    known, wanted = np.asarray(classes).tolist(), data.classes.tolist()
    if sorted(map(str, known)) != sorted(map(str, wanted)):
        raise ModelParityError(
            f"the candidate must know the classes of y ({wanted}), its classes_ are {known}"
        )
    return np.array([known.index(label) for label in wanted])


def _linear_parameters(model: Any, data: Dataset) -> tuple[Any, Any]:
    """Return ``coef_`` and ``intercept_`` where they fit the data, else nothing."""
    coef: Any = getattr(model, "coef_", None)
    intercept: Any = getattr(model, "intercept_", None)
    if coef is None or intercept is None:
        return None, None
    n_outputs = 1 if data.n_classes == 2 else data.n_classes
    if np.shape(coef) != (n_outputs, data.n_features) or np.size(intercept) != n_outputs:
        return None, None
    return np.asarray(coef, np.float64), np.asarray(intercept, np.float64).reshape(-1)
