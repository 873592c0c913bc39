"""A linear regressor with the objective of an SGDRegressor, by a solver that gets to its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sklearn.linear_model import ElasticNet, LinearRegression, Ridge

from pytest_modelparity.frameworks.sklearn.linear import recipes as linear
from pytest_modelparity.frameworks.sklearn.linear import settings as linear_settings
from pytest_modelparity.frameworks.sklearn.linear import source as linear_source
from pytest_modelparity.frameworks.sklearn.linear.families import Family, family_of
from pytest_modelparity.frameworks.sklearn.sgd.parameters import read_penalty
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import FittedModel

#: The strongest iteration that is tried with an L1 penalty.
TOL, MAX_ITER = 1e-10, 100_000


def solved(params: Mapping[str, Any], data: Dataset) -> Any:
    """Return the regressor: a Ridge of ``alpha n``, or an ElasticNet of ``alpha n / sum_i s_i``."""
    penalty, intercept = read_penalty(params), params["fit_intercept"]
    if penalty.kind == "none":
        return LinearRegression(fit_intercept=intercept)
    if penalty.kind == "l2":
        # Of sparse rows "auto" is one that stops by tol.
        return Ridge(alpha=penalty.alpha * data.n_samples, tol=TOL, fit_intercept=intercept)
    # Its mean is one by weight, where that of SGD is one by rows.
    weights = data.sample_weight
    share = 1.0 if weights is None else data.n_samples / float(weights.sum())
    return ElasticNet(
        alpha=penalty.alpha * share,
        l1_ratio=penalty.l1_ratio,
        fit_intercept=intercept,
        tol=TOL,
        max_iter=MAX_ITER,
    )


def read(params: Mapping[str, Any], data: Dataset) -> ModelSettings:
    """Return the settings of the regressor."""
    estimator = solved(params, data)
    return linear_settings.read_settings(_family(estimator), estimator, data)


def fit(params: Mapping[str, Any], data: Dataset, side: str) -> FittedModel:
    """Fit the regressor."""
    estimator = solved(params, data)
    return linear.fit(_family(estimator), estimator, data, side)


def program(params: Mapping[str, Any], data: Dataset, side: str) -> str:
    """Return the code that fits the regressor."""
    estimator = solved(params, data)
    return linear_source.program(_family(estimator), estimator, data, side)


def model_text(params: Mapping[str, Any], data: Dataset) -> str:
    """Return the regressor as its user would write it."""
    estimator = solved(params, data)
    return linear_settings.model_text(_family(estimator), estimator)


def _family(estimator: Any) -> Family:
    """Return what is known of the regressor's class."""
    family = family_of(estimator)
    assert family is not None, "one of the linear regressors"
    return family
