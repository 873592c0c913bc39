"""The Keras twin of a scikit-learn regressor, itself a regressor."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.exceptions import DataConversionWarning
from sklearn.utils import Tags, get_tags

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks import registry
from pytest_modelparity.frameworks.keras.fitted_twin import FittedTwin, has_tags
from pytest_modelparity.frameworks.keras.internals import tensorflow_left_out
from pytest_modelparity.frameworks.keras.train.twin import train_twin
from pytest_modelparity.frameworks.keras.write.regressor_source import checked_source
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.mapping import (
    EstimatorMapping,
    features_of,
    find_mapping,
    predicts_numbers,
)
from pytest_modelparity.sides.regression import read_numbers
from pytest_modelparity.theory.losses import loss_of

#: As scikit-learn 1.9 has it (utils/validation.py, column_or_1d).
COLUMN = (
    "A column-vector y was passed when a 1d array was expected. Please change the shape of y to "
    "(n_samples, ), for example using ravel()."
)


class KerasRegressorTwin(RegressorMixin, FittedTwin):
    """The Keras model that minimises the same objective as a scikit-learn regressor.

    Parameters
    ----------
    estimator : LinearRegression, Ridge, Lasso, ElasticNet or PoissonRegressor
        Whose settings are mapped; it need not be fitted and is never changed.

    Attributes
    ----------
    model_ : keras.Model
        A stock float32 Keras model, compiled: ``fit`` works on it, and it saves and loads
        without this package.
    coef_ : ndarray of shape (n_features,)
        float64.
    intercept_ : float
        0.0 without an intercept.
    n_iter_ : int
        Iterations made.
    n_features_in_ : int
        Columns of X.
    mapping_ : tuple of MappingRow
        As of `KerasTwin`.
    certificate_ : Certificate
        Proven bounds on the distance to the exact optimum, in the unit of y.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from pytest_modelparity import KerasRegressorTwin
    >>> twin = KerasRegressorTwin(Ridge(alpha=0.5)).fit(X, y)  # doctest: +SKIP
    """

    def __init__(self, estimator: Any) -> None:
        # As it is: scikit-learn's `clone` compares what the constructor got with what it kept.
        self.estimator = estimator

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> KerasRegressorTwin:
        """Build the twin for these data and train it to the optimum of its objective.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            Numbers.
        sample_weight : array-like of shape (n_samples,), optional
            Weights of the rows.

        Returns
        -------
        KerasRegressorTwin
            Itself.

        Raises
        ------
        InvalidDataError
            If the data are not usable; the twin is then as it was, here and below.
        InvalidParameterError
            If a parameter of the estimator is invalid, or not modelled.
        ModelParityError
            If the estimator is no regressor that has a Keras twin.

        Warns
        -----
        DataConversionWarning
            If y is a column.
        """
        mapping = find_mapping(self.estimator, registry.mappings())
        if not predicts_numbers(mapping, self.estimator):
            raise ModelParityError(
                f"KerasRegressorTwin is of regressors, got {type(self.estimator).__name__}; write "
                f"KerasTwin(...) for a classifier"
            )
        features = features_of(mapping, self.estimator, X, y)
        data = read_numbers(X, y, sample_weight=sample_weight, features=features)
        with registry.many_models():
            self.fit_dataset(data, mapping)
        if data.column_labels:
            warnings.warn(COLUMN, DataConversionWarning, stacklevel=2)
        return self

    def fit_dataset(self, data: Dataset, mapping: EstimatorMapping) -> KerasRegressorTwin:
        """Do what `fit` does, for data that are validated and any regressor's mapping."""
        trained = train_twin(self.estimator, data, mapping)
        self.coef_, self.intercept_ = trained.reached.coef[0], float(trained.reached.intercept[0])
        self.n_iter_ = trained.reached.n_iter
        self._remember(data)
        self.model_, self.mapping_ = trained.model, trained.rows
        self.certificate_ = trained.reached.certificate
        self._settings = trained.settings
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return predictions of shape (n,), from the float64 parameters."""
        decision = np.asarray(self._rows(X) @ self.coef_) + self.intercept_
        loss = loss_of(self._settings.output_head, 0)
        return np.asarray(loss.response(decision[:, None])[:, 0])

    def __sklearn_tags__(self) -> Tags:
        """Return what scikit-learn's tools may do with the twin."""
        tags = super().__sklearn_tags__()
        if has_tags(self.estimator):
            # Counts are not negative.
            tags.target_tags.positive_only = get_tags(self.estimator).target_tags.positive_only
        return tags

    @tensorflow_left_out()
    def _source_on(self, data: Dataset) -> str:
        """Return the code, run on the data of `fit`."""
        return checked_source(self._settings, data, self.predict)
