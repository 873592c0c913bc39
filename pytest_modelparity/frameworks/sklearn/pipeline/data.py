"""The data of a check behind the steps of a pipeline, and parameters before them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse

from pytest_modelparity.frameworks.sklearn.pipeline.maps import Scaling
from pytest_modelparity.frameworks.sklearn.pipeline.steps import Steps
from pytest_modelparity.sides.dataset import Dataset, GivenRows, feature_names_of
from pytest_modelparity.sides.finite import Matrix, as_matrix
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.theory.coordinates import of_given_features

#: Where rows lie that are refused there.
BEHIND = "behind the pipeline's steps"


def data_behind(steps: Steps, data: Dataset) -> Dataset:
    """Return the data as the last step gets them."""
    if steps.every is None:
        return data
    given = steps.transform(data.X_given)
    # Of finite rows that are passed over a matrix makes finite ones.
    X = as_matrix(given, f"X {BEHIND}") if data.is_held else steps.transform(data.X)
    if data.evaluates_training_rows:
        return _with_rows(data, X, given, X, given)
    given_eval = steps.transform(data.X_eval_given)
    X_eval = as_matrix(given_eval, f"X_eval {BEHIND}")
    return _with_rows(data, X, given, X_eval, given_eval)


def _with_rows(
    data: Dataset, X: Matrix, given: GivenRows, X_eval: Matrix, given_eval: GivenRows
) -> Dataset:
    """Return data with other rows."""
    return replace(
        data,
        X=X,
        X_given=given,
        X_eval=X_eval,
        X_eval_given=given_eval,
        features=None,
        feature_names=feature_names_of(given, int(X.shape[1])),
    )


def on_features(
    fitted: FittedModel, steps: Steps, data: Dataset
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Return the parameters on the features of a check."""
    if fitted.coef is None or fitted.intercept is None or not makes_the_features(steps, data):
        return None, None
    whole, coef, intercept = steps.whole, fitted.coef, fitted.intercept
    if whole is None:
        return coef, intercept
    if isinstance(whole, Scaling):
        return of_given_features(whole.shift, whole.scale, coef, intercept)
    return coef @ whole.matrix, intercept + coef @ whole.offset


def makes_the_features(steps: Steps, data: Dataset) -> bool:
    """Whether the features of a check are those that the steps outside make."""
    # A reference's steps are those that made them; a candidate's may be others.
    if steps.outside is None:
        return data.features is None
    made, X = as_matrix(steps.features(data.held_rows_given), "X"), data.held_rows
    if made.shape != X.shape:
        return False
    if scipy.sparse.issparse(made) or scipy.sparse.issparse(X):
        return bool(abs(made - X).max() == 0)
    return bool(np.array_equal(made, X))
