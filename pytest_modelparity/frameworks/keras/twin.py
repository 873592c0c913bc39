"""The Keras twin of a scikit-learn estimator, itself an estimator."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.exceptions import DataConversionWarning
from sklearn.utils import Tags, get_tags

from pytest_modelparity.errors import InvalidParameterError, ModelParityError
from pytest_modelparity.frameworks import registry
from pytest_modelparity.frameworks.keras.fitted_twin import FittedTwin, has_tags
from pytest_modelparity.frameworks.keras.internals import tensorflow_left_out
from pytest_modelparity.frameworks.keras.regressor_twin import COLUMN
from pytest_modelparity.frameworks.keras.train.twin import train_twin
from pytest_modelparity.frameworks.keras.write.source import checked_source
from pytest_modelparity.frameworks.sklearn.warned import parameter_warnings
from pytest_modelparity.sides.dataset import Dataset, read_dataset
from pytest_modelparity.sides.mapping import (
    EstimatorMapping,
    features_of,
    find_mapping,
    predicts_numbers,
)
from pytest_modelparity.theory.one_vs_rest import class_probabilities

OUTPUTS = ("logits", "probability")


class KerasTwin(ClassifierMixin, FittedTwin):
    """The Keras model that minimises the same objective as a scikit-learn estimator.

    Parameters
    ----------
    estimator : LogisticRegression, SGDClassifier or OneVsRestClassifier
        Whose settings are mapped; it need not be fitted and is never changed.
    output : {"logits", "probability"}
        What ``model_`` gives: the decision function, or probabilities; of a one-vs-rest model
        the sigmoids, which are to be divided by their sum.

    Attributes
    ----------
    model_ : keras.Model
        A stock float32 Keras model, compiled: ``fit`` works on it, and it saves and loads
        without this package.
    coef_ : ndarray of shape (n_outputs, n_features)
        float64; one row for two classes.
    intercept_ : ndarray of shape (n_outputs,)
        float64; zeros without an intercept.
    classes_ : ndarray of shape (n_classes,)
        The sorted labels.
    n_iter_ : ndarray of shape (1,)
        Iterations made.
    n_features_in_ : int
        Columns of X; of a pipeline whose first steps stay outside, those that they leave.
    mapping_ : tuple of MappingRow
        One row for each parameter of the estimator: ``name``, ``value``, ``keras``, ``status``
        (``exact``, ``approximate``, ``inert``, ``outside`` or ``unsupported``) and
        ``reason``.
    certificate_ : Certificate
        Proven bounds on the distance to the exact optimum.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from pytest_modelparity import KerasTwin
    >>> twin = KerasTwin(LogisticRegression(C=0.5)).fit(X, y)  # doctest: +SKIP
    >>> twin.model_.summary()  # doctest: +SKIP
    """

    def __init__(self, estimator: Any, *, output: str = "logits") -> None:
        # As it is: scikit-learn's `clone` compares what the constructor got with what it kept.
        self.estimator = estimator
        self.output = output

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> KerasTwin:
        """Build the twin for these data and train it to the optimum of its objective.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            Labels.
        sample_weight : array-like of shape (n_samples,), optional
            Weights of the rows.

        Returns
        -------
        KerasTwin
            Itself.

        Raises
        ------
        InvalidDataError
            If the data are not usable; the twin is then as it was, here and below.
        InvalidParameterError
            If a parameter of the estimator is invalid.
        ModelParityError
            If the estimator has no Keras twin.

        Warns
        -----
        FutureWarning, UserWarning
            What scikit-learn's ``fit`` warns of the estimator's parameters.
        DataConversionWarning
            If y is a column.
        """
        mapping = find_mapping(self.estimator, registry.mappings())
        if predicts_numbers(mapping, self.estimator):
            raise ModelParityError(
                f"KerasTwin is of classifiers, got {type(self.estimator).__name__}; write "
                f"KerasRegressorTwin(...) for a regressor"
            )
        features = features_of(mapping, self.estimator, X, y)
        data = read_dataset(X, y, sample_weight=sample_weight, features=features)
        with registry.many_models():
            self.fit_dataset(data, mapping)
        for message in parameter_warnings(self.estimator):
            warnings.warn(message, stacklevel=2)
        if data.column_labels:
            warnings.warn(COLUMN, DataConversionWarning, stacklevel=2)
        return self

    def fit_dataset(self, data: Dataset, mapping: EstimatorMapping) -> KerasTwin:
        """Do what `fit` does, for data that are validated and any estimator's mapping."""
        # Here, not in the constructor: scikit-learn's conventions leave validation to `fit`.
        if self.output not in OUTPUTS:
            raise InvalidParameterError(
                f"output must be one of {', '.join(map(repr, OUTPUTS))}, got {self.output!r}"
            )
        # All that may fail comes before the first attribute is set: a refused fit leaves the twin
        # as it was.
        trained = train_twin(self.estimator, data, mapping, self.output)
        reached = trained.reached
        self.coef_, self.intercept_ = reached.coef, reached.intercept
        self.classes_ = data.classes
        self.n_iter_ = np.array([reached.n_iter], dtype=np.int32)
        self._remember(data)
        self.model_, self.mapping_, self.certificate_ = (
            trained.model,
            trained.rows,
            reached.certificate,
        )
        self._settings = trained.settings
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the decision function, of shape (n,) for two classes, else (n, n_classes)."""
        decision = self._decision(X)
        return decision[:, 0] if decision.shape[1] == 1 else decision

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return probabilities of shape (n, n_classes), from the float64 parameters."""
        decision, head = self._decision(X), self._settings.output_head
        return class_probabilities(decision, len(self.classes_), head)

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable labels."""
        decision = self._decision(X)
        if decision.shape[1] == 1:
            # By the decision, since probabilities round to 0.5 and to 1 where it still has a sign.
            codes = (decision[:, 0] > 0).astype(int)
        else:
            codes = np.argmax(decision, axis=1)
        labels: np.ndarray = self.classes_[codes]
        return labels

    @tensorflow_left_out()
    def _source_on(self, data: Dataset) -> str:
        """Return the code, run on the data of `fit`."""
        return checked_source(self._settings, data, self.output, self.predict_proba)

    def __sklearn_tags__(self) -> Tags:
        """Return what scikit-learn's tools may do with the twin."""
        tags: Tags = super().__sklearn_tags__()
        own = get_tags(self.estimator).classifier_tags if has_tags(self.estimator) else None
        if own is not None:
            tags.classifier_tags.multi_class = own.multi_class
        return tags

    def _decision(self, X: Any) -> np.ndarray:
        """Return the decision function, always two-dimensional."""
        return np.asarray(self._rows(X) @ self.coef_.T) + self.intercept_
