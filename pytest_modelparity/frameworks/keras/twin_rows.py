"""The rows that a fitted twin takes, by scikit-learn's conventions."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from pytest_modelparity.errors import InvalidDataError
from pytest_modelparity.sides.dataset import Dataset, GivenRows, Matrix, as_matrix


def remember_rows(twin: BaseEstimator, data: Dataset) -> None:
    """Set the number and the names of the columns that a twin was fitted on."""
    twin.n_features_in_ = data.n_features
    named = all(isinstance(name, str) for name in getattr(data.X_given, "columns", [None]))
    if named and data.features is None:
        twin.feature_names_in_ = np.array(data.feature_names, dtype=object)
    # A refit without names must not keep those of the last fit, which scikit-learn would compare.
    elif hasattr(twin, "feature_names_in_"):
        del twin.feature_names_in_
    twin._features = data.features


def rows_for(twin: BaseEstimator, X: GivenRows) -> Matrix:
    """Return rows as the features that a fitted twin has coefficients of.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    InvalidDataError
        If they are no finite numbers, or have other columns than those of `fit`.
    """
    check_is_fitted(twin)
    features: Any = twin._features
    # The steps of a pipeline look after the rows that they take.
    if features is not None:
        return as_matrix(features(X), "X")
    rows = as_matrix(X, "X")
    try:
        # Their number and names against those of `fit`, in scikit-learn's words.
        validate_data(twin, X, reset=False, skip_check_array=True)
    except ValueError as error:
        raise InvalidDataError(str(error)) from error
    return rows
