"""An SGD estimator as data, fitted as itself, on dense rows, or by another solver."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from pytest_modelparity.frameworks.sklearn.fit import (
    EstimatorFit,
    fit_clone,
    linear_parameters,
    number_predictor,
    predictor,
    refuse_other_data,
    refuse_other_numbers,
)
from pytest_modelparity.frameworks.sklearn.sgd import by_solver
from pytest_modelparity.frameworks.sklearn.sgd.by_solver import BySolver
from pytest_modelparity.frameworks.sklearn.sgd.parameters import Estimator, is_fitted
from pytest_modelparity.frameworks.sklearn.sgd.rounding import rounding_findings
from pytest_modelparity.frameworks.sklearn.sgd.settings import read_settings
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.estimator import EstimatorRecipe, built
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.recording import as_records


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDense:
    """An SGD estimator fitted on sparse rows written out, whose intercept is not slowed down.

    Parameters
    ----------
    recipe : EstimatorRecipe
        The estimator.
    """

    recipe: EstimatorRecipe


#: An estimator, or one as data.
Subject: TypeAlias = Any


def recipe_of(estimator: Estimator) -> EstimatorRecipe:
    """Return an estimator, or one of a subclass, as data; it prints nothing."""
    # A remedy may make 100 000 epochs, each of which would print three lines.
    return EstimatorRecipe.of(estimator).changed(verbose=0)


def estimator_of(subject: Subject) -> Estimator:
    """Return the estimator itself; a new one where it came as data."""
    estimator: Estimator = built(subject.recipe if isinstance(subject, OnDense) else subject)
    return estimator


def read(subject: Subject, data: Dataset) -> ModelSettings:
    """Return the settings of an estimator, or of a recipe."""
    if isinstance(subject, BySolver):
        return by_solver.read(subject, data)
    return read_settings(estimator_of(subject), data)


def fit(subject: Subject, data: Dataset, *, side: str) -> FittedModel:
    """Fit a clone, or take a fitted estimator as it is; refuses before anything is fitted."""
    if isinstance(subject, BySolver):
        return by_solver.fit(subject, data, side=side)
    estimator = estimator_of(subject)
    read_settings(estimator, data)
    if isinstance(subject, OnDense):
        data = replace(data, X_given=data.X.toarray())
    if is_fitted(estimator):
        (refuse_other_data if data.n_classes else refuse_other_numbers)(estimator, data)
        return _as_fitted(EstimatorFit(estimator=estimator), data, side)
    made = fit_clone(estimator, data, side=side)
    fitted = _as_fitted(made, data, side)
    # Of its user's own training; what a remedy leaves is judged by what it leaves.
    if subject is not estimator:
        return fitted
    run = fitted.settings.training.iterations_run
    return replace(fitted, findings=rounding_findings(made.estimator, data, epochs=run, side=side))


def _as_fitted(made: EstimatorFit, data: Dataset, side: str) -> FittedModel:
    """Return a fitted estimator free of scikit-learn."""
    recorded = as_records(made.raised, side)
    # `clone` drops coef_, so what was fitted here started at zero under warm_start too.
    started = None if made.seconds is None else "zeros"
    settings = read_settings(made.estimator, data, started=started)
    coef, intercept = linear_parameters(made.estimator)
    training = settings.training
    run, limit = training.iterations_run, training.iterations
    assert run is not None
    assert limit is not None
    return FittedModel(
        settings=settings,
        predict=(predictor if data.n_classes else number_predictor)(made.estimator),
        coef=coef,
        intercept=intercept,
        sample_weight=data.sample_weight,
        warnings=recorded,
        raised=made.raised,
        # Without a tol it makes all its epochs and claims nothing.
        converged=run < limit if training.tol is not None else None,
        seconds=made.seconds,
    )
