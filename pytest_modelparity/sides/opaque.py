"""Candidates that need no framework: whatever predicts, and estimators that a mapping reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.sides.candidate import PREDICTIONS, SETTINGS, Candidate, CandidateRequest
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.estimator import EstimatorCandidate
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.mapping import EstimatorMapping, predicts_numbers
from pytest_modelparity.sides.predictions import as_class_columns, as_numbers, refuse_labels
from pytest_modelparity.sides.seen import Seen, seen_model
from pytest_modelparity.sides.seen_regressor import seen_regressor
from pytest_modelparity.sides.unlabelled import has_labels


class PredictorKind:
    """Anything with ``predict_proba``, taken as it is."""

    name = "a trained object with predict_proba"
    reads = PREDICTIONS

    def knows(self, request: CandidateRequest) -> bool:
        """Whether it is an object with that method."""
        return bool(request.data.n_classes) and has_method(request)

    def make(self, request: CandidateRequest) -> Candidate:
        """Return the candidate; refuses ``fit`` and other classes than those of y."""
        refuse_fit(request)
        return OpaqueCandidate(request.given, request.data)


class NumberPredictorKind(PredictorKind):
    """Anything with ``predict``, taken as it is, where the reference is a regressor."""

    name = "a trained regressor with predict"

    def knows(self, request: CandidateRequest) -> bool:
        """Whether it is an object with that method."""
        return not request.data.n_classes and has_method(request)


def has_method(request: CandidateRequest) -> bool:
    """Whether a candidate is an object that predicts what is compared."""
    # A class has the method too, as a function that no object is bound to.
    given = request.given
    return not isinstance(given, type) and callable(getattr(given, _method(request.data), None))


class EstimatorKind:
    """An estimator that a mapping knows.

    Parameters
    ----------
    mappings : tuple of EstimatorMapping
        The first that knows it reads it.
    """

    def __init__(self, mappings: tuple[EstimatorMapping, ...]) -> None:
        self._mappings = mappings
        self.name = " or ".join(mapping.name for mapping in mappings)
        self.reads = SETTINGS

    def knows(self, request: CandidateRequest) -> bool:
        """Whether a mapping does; without labels there are no settings to read of it."""
        if not has_labels(request.data):
            return False
        return any(mapping.knows(request.given) for mapping in self._mappings)

    def make(self, request: CandidateRequest) -> Candidate:
        """Return the candidate; refuses ``fit`` and what the mapping refuses."""
        refuse_fit(request)
        mapping = next(one for one in self._mappings if one.knows(request.given))
        if predicts_numbers(mapping, request.given) == bool(request.data.n_classes):
            kinds = ("classifier", "regressor")
            wanted, got = kinds[:: 1 if request.data.n_classes else -1]
            raise ModelParityError(
                f"the candidate must be a {wanted}, as the reference is, got the {got} "
                f"{type(request.given).__name__}; pass what predicts the same"
            )
        # Whatever it refuses is refused now: the reference would be trained first.
        mapping.read(request.given, request.data)
        return EstimatorCandidate(mapping, request.given, request.data)


def refuse_fit(request: CandidateRequest) -> None:
    """Refuse arguments of Keras's ``fit`` for what is no Keras model."""
    if request.fit is not None:
        raise ModelParityError(
            f"fit holds arguments of keras.Model.fit, got a {type(request.given).__name__}; "
            f"pass fit=None for a candidate that is no Keras model"
        )


class OpaqueCandidate:
    """Anything that predicts, of which only the predictions can be seen.

    Parameters
    ----------
    model : object
        Trained already.
    data : Dataset
        What it is compared on.
    title : str, optional
        What to call it; default: its class.
    can_be_asked : bool
        Whether it predicts other rows than those of a check; then it is asked a few times at rows
        around these, where they do not tell its coefficients.
    advice : str, optional
        What to do where it predicts no probabilities; default: what holds for any model.

    Raises
    ------
    ModelParityError
        If its ``classes_`` are not those of y.
    """

    objective = None
    training = None

    def __init__(
        self,
        model: Any,
        data: Dataset,
        *,
        title: str = "",
        can_be_asked: bool = True,
        advice: str = "",
    ) -> None:
        self._model, self._data, self._advice = model, data, advice
        self._title = title or f"{type(model).__name__} (taken as trained)"
        self._can_be_asked = can_be_asked
        # A table or a function of X predicts whatever is compared.
        asked = getattr(model, _method(data), None)
        self._ask: Callable[[Any], Any] = model.predict if asked is None else asked
        self._columns = _column_order(model, data) if data.n_classes else None
        self._known: list[tuple[Any, np.ndarray]] = []

    def __getstate__(self) -> dict[str, Any]:
        """Return what goes to another process: what is remembered of rows stays here."""
        return {**vars(self), "_known": []}

    def check(self) -> None:
        """Refuse it now where it does not predict probabilities of the rows compared."""
        self._predict(self._data.X_eval_given)

    def train(self) -> FittedModel:
        """Take the model as it is.

        Raises
        ------
        ModelParityError
            If what it predicts are no probabilities of the classes.
        """
        coef, intercept = _linear_parameters(self._model, self._data)
        data = self._data
        seen = Seen(
            title=self._title,
            raw=self._raw,
            predict=self._predict,
            # Those that it was trained on, perhaps: they say most of its objective.
            rows=data.held_rows_given if self._can_be_asked else data.X_eval_given,
            can_be_asked=self._can_be_asked,
            coef=coef,
            intercept=intercept,
        )
        fitted = seen_model(seen, data) if data.n_classes else seen_regressor(seen, data)
        return replace(fitted, of_rows=self._of_rows) if hasattr(self._model, "of_rows") else fitted

    def inject(self, coef: np.ndarray, intercept: np.ndarray) -> None:
        """Return nothing: parameters cannot be set."""

    def _predict(self, X: Any) -> np.ndarray:
        """Return the model's probabilities, columns in the order of the classes."""
        raw = self._raw(X)
        n_rows = int(X.shape[0]) if hasattr(X, "shape") else len(X)
        return as_class_columns(raw, n_rows, self._data, self._advice)

    def _of_rows(self, rows: slice) -> np.ndarray:
        """Return what a table holds of some of the rows compared, as `_predict` returns it."""
        held = as_numbers(self._model.of_rows(rows))
        return as_class_columns(held, rows.stop - rows.start, self._data, self._advice)

    def _raw(self, X: Any) -> np.ndarray:
        """Return what the model predicts, columns in the order of the classes."""
        # Predicting may take long: the rows of a check are predicted once.
        for rows, predicted in self._known:
            if rows is X:
                return predicted
        try:
            asked = self._ask(X)
            refuse_labels(asked, self._data)
            predicted = as_numbers(asked)
        # Says what to do already.
        except ModelParityError:
            raise
        except Exception as error:
            why = _why_not_predicted(self._model, _method(self._data), error)
            raise ModelParityError(why) from error
        columns = self._columns
        # A wrong shape is refused where it is known how it should be.
        if columns is not None and predicted.ndim == 2 and predicted.shape[1] == len(columns):
            predicted = predicted[:, columns]
        if X is self._data.X_given or X is self._data.X_eval_given:
            self._known.append((X, predicted))
        return predicted


def _method(data: Dataset) -> str:
    """Return the method that predicts what is compared."""
    return "predict_proba" if data.n_classes else "predict"


def _why_not_predicted(model: Any, method: str, error: Exception) -> str:
    """Return what to say of a ``predict_proba`` or ``predict`` that raised."""
    # scikit-learn's class by its name: this folder needs no framework.
    if any(kind.__name__ == "NotFittedError" for kind in type(error).__mro__):
        return (
            f"a candidate with {method} must be trained already, got an unfitted "
            f"{type(model).__name__}; pass candidate=model.fit(X, y)"
        )
    return (
        f"the candidate's {method} raised {type(error).__name__}: {error}; "
        f"pass a trained model that predicts rows of X"
    )


def _column_order(model: Any, data: Dataset) -> np.ndarray | None:
    """Return where each class stands among the model's columns, by its ``classes_``."""
    classes = getattr(model, "classes_", None)
    if classes is None:
        return None
    known, wanted = np.asarray(classes).tolist(), data.classes.tolist()
    names, asked = [_spelled(label) for label in known], [_spelled(label) for label in wanted]
    if sorted(names) != sorted(asked):
        raise ModelParityError(
            f"the candidate must know the classes of y ({wanted}), its classes_ are {known}"
        )
    return np.array([names.index(label) for label in asked])


def _spelled(label: Any) -> str:
    """Return a label as text: a model trained on "1" and "2" may serve rows labelled 1 and 2."""
    # Files keep True and 1.0 as the number 1.
    whole = isinstance(label, (bool, float)) and label == int(label)
    return str(int(label)) if whole else str(label)


def _linear_parameters(model: Any, data: Dataset) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Return ``coef_`` and ``intercept_`` where they fit the data, else nothing."""
    coef: Any = getattr(model, "coef_", None)
    intercept: Any = getattr(model, "intercept_", None)
    if coef is None or intercept is None:
        return None, None
    n_outputs = 1 if data.n_classes == 2 else data.n_columns
    shapes: list[tuple[int, ...]] = [(n_outputs, data.n_features)]
    if n_outputs == 1:
        # A regressor has a vector, and dask-ml 2025.1 has one for two classes.
        shapes.append((data.n_features,))
    # `coef_` means other things elsewhere: one row a pair of classes in an SVC, components in a
    # PLS.
    if np.shape(coef) not in shapes or np.size(intercept) != n_outputs:
        return None, None
    weights = np.asarray(coef, np.float64).reshape(n_outputs, -1)
    return weights, np.asarray(intercept, np.float64).reshape(-1)
