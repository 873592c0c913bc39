"""A linear regressor as data, fitted."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from pytest_modelparity.frameworks.sklearn.fit import (
    EstimatorFit,
    fit_clone,
    number_predictor,
    refuse_other_numbers,
)
from pytest_modelparity.frameworks.sklearn.linear.families import Family
from pytest_modelparity.frameworks.sklearn.linear.settings import is_fitted, read_settings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.estimator import EstimatorRecipe
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.recording import as_records

#: An estimator, or one as data.
Subject: TypeAlias = Any


def recipe_of(estimator: Any) -> EstimatorRecipe:
    """Return an estimator as data."""
    return EstimatorRecipe(kind=type(estimator), parameters=estimator.get_params(deep=False))


def estimator_of(subject: Subject) -> Any:
    """Return the estimator itself; a new one where it came as data."""
    return subject.build() if isinstance(subject, EstimatorRecipe) else subject


def fit(family: Family, subject: Subject, data: Dataset, side: str) -> FittedModel:
    """Fit a clone, or take a fitted estimator as it is; refuses before anything is fitted."""
    estimator = estimator_of(subject)
    read_settings(family, estimator, data)
    if is_fitted(estimator):
        refuse_other_numbers(estimator, data)
        return _as_fitted(family, EstimatorFit(estimator=estimator), data, side)
    return _as_fitted(family, fit_clone(estimator, data, side=side), data, side)


def _as_fitted(family: Family, made: EstimatorFit, data: Dataset, side: str) -> FittedModel:
    """Return a fitted estimator free of scikit-learn."""
    model, recorded = made.estimator, as_records(made.raised, side)
    started = None if made.seconds is None else "zeros"
    settings = read_settings(family, model, data, started=started)
    run, limit = settings.training.iterations_run, settings.training.iterations
    warned = any(warning.category == "ConvergenceWarning" for warning in recorded)
    stopped = run is not None and limit is not None and run >= limit
    return FittedModel(
        settings=settings,
        predict=number_predictor(model),
        coef=np.array(model.coef_, dtype=np.float64).reshape(1, -1),
        # A float without an intercept, an array of one in SGDRegressor (scikit-learn 1.9).
        intercept=np.array(model.intercept_, dtype=np.float64).reshape(1),
        sample_weight=data.sample_weight,
        warnings=recorded,
        raised=made.raised,
        converged=None if run is None and not warned else not (warned or stopped),
        seconds=made.seconds,
    )
