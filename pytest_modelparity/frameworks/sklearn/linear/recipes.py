"""A linear regressor as data, fitted."""

from __future__ import annotations

from typing import Any, TypeAlias

from pytest_modelparity.frameworks.sklearn.fit import (
    EstimatorFit,
    fit_clone,
    linear_parameters,
    number_predictor,
    refuse_other_numbers,
)
from pytest_modelparity.frameworks.sklearn.linear.families import Family
from pytest_modelparity.frameworks.sklearn.linear.settings import is_fitted, read_settings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.estimator import built
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.recording import as_records

#: An estimator, or one as data.
Subject: TypeAlias = Any


def fit(family: Family, subject: Subject, data: Dataset, side: str) -> FittedModel:
    """Fit a clone, or take a fitted estimator as it is; refuses before anything is fitted."""
    estimator = built(subject)
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
    coef, intercept = linear_parameters(model)
    run, limit = settings.training.iterations_run, settings.training.iterations
    warned = any(warning.category == "ConvergenceWarning" for warning in recorded)
    stopped = run is not None and limit is not None and run >= limit
    return FittedModel(
        settings=settings,
        predict=number_predictor(model),
        coef=coef,
        intercept=intercept,
        sample_weight=data.sample_weight,
        warnings=recorded,
        raised=made.raised,
        converged=None if run is None and not warned else not (warned or stopped),
        seconds=made.seconds,
    )
