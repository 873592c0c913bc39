"""What both twins do: scikit-learn's conventions for their rows, their source and their state."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from pytest_modelparity.errors import InvalidDataError, ModelParityError
from pytest_modelparity.sides.dataset import Dataset, Features, GivenRows
from pytest_modelparity.sides.finite import Matrix, as_matrix


class FittedTwin(BaseEstimator):
    """The base of the twins of classifiers and of regressors."""

    _data: Dataset | None
    _features: Features | None

    def source(self) -> str:
        """Return stock Keras code that builds and trains the same model, ready to paste.

        It defines a function of X and y and calls it, and needs TensorFlow and numpy alone. The
        code was run on the twin's data before it is returned; a comment on top says how near the
        twin its plain first-order training came.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the twin is not fitted.
        ModelParityError
            If the twin was unpickled: its data did not travel with it.
        """
        check_is_fitted(self)
        if self._data is None:
            raise ModelParityError(
                "source() checks its code on the data of fit, which a pickled twin does not "
                "carry; fit it again"
            )
        return self._source_on(self._data)

    @abstractmethod
    def _source_on(self, data: Dataset) -> str:
        """Return the code, run on the data of `fit`."""

    def __sklearn_tags__(self) -> Tags:
        """Return what scikit-learn's tools may do with the twin."""
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without the training data."""
        # The rows are only for `source`, and a pickle of a model should not carry its data.
        state = dict(super().__getstate__())
        if "_data" in state:
            state["_data"] = None
        return state

    def _remember(self, data: Dataset) -> None:
        """Keep the data of `fit`, and set the number and the names of their columns."""
        self._data, self._features = data, data.features
        self.n_features_in_ = data.n_features
        named = all(isinstance(name, str) for name in getattr(data.X_given, "columns", [None]))
        if named and data.features is None:
            self.feature_names_in_ = np.array(data.feature_names, dtype=object)
        # A refit without names must not keep those of the last fit, which scikit-learn would
        # compare.
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def _rows(self, X: GivenRows) -> Matrix:
        """Return rows as the features that the twin has coefficients of.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If it is not fitted.
        InvalidDataError
            If they are no finite numbers, or have other columns than those of `fit`.
        """
        check_is_fitted(self)
        # The steps of a pipeline look after the rows that they take.
        if self._features is not None:
            return as_matrix(self._features(X), "X")
        rows = as_matrix(X, "X")
        try:
            # Their number and names against those of `fit`, in scikit-learn's words.
            validate_data(self, X, reset=False, skip_check_array=True)
        except ValueError as error:
            raise InvalidDataError(str(error)) from error
        return rows


def has_tags(estimator: Any) -> bool:
    """Whether it is an estimator object, which `fit` asks for."""
    return hasattr(estimator, "__sklearn_tags__") and not isinstance(estimator, type)
