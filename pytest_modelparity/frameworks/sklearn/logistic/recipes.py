"""A LogisticRegression as data, fitted as itself or on standardised features."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from sklearn.linear_model import LogisticRegression

from pytest_modelparity.frameworks.sklearn.fit import (
    EstimatorFit,
    fit_clone,
    linear_parameters,
    predictor,
    refuse_other_data,
)
from pytest_modelparity.frameworks.sklearn.logistic.settings import read_settings
from pytest_modelparity.frameworks.sklearn.parameters import (
    is_fitted,
)
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.estimator import EstimatorRecipe, built
from pytest_modelparity.sides.finite import as_matrix
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.recording import as_records


@dataclass(frozen=True, slots=True, kw_only=True)
class Standardised:
    """An estimator fitted on standardised features.

    Without a penalty its optimum, in the features as given, is that of the estimator alone.

    Parameters
    ----------
    recipe : EstimatorRecipe
        The estimator behind the scaler.
    """

    recipe: EstimatorRecipe


#: An estimator, or one as data.
Subject: TypeAlias = Any


def estimator_of(subject: Subject) -> LogisticRegression:
    """Return the estimator itself; a new one where it came as data."""
    estimator: LogisticRegression = built(
        subject.recipe if isinstance(subject, Standardised) else subject
    )
    return estimator


def fit(subject: Subject, data: Dataset, *, side: str) -> FittedModel:
    """Fit a clone, or take a fitted estimator as it is; refuses before anything is fitted."""
    estimator = estimator_of(subject)
    # For what it refuses: liblinear with C=inf, say, never returns before scikit-learn 1.8.
    read_settings(estimator, data)
    if isinstance(subject, Standardised):
        return _on_standardised(estimator, data, side)
    if is_fitted(estimator):
        refuse_other_data(estimator, data)
        return _as_fitted(EstimatorFit(estimator=estimator), data, side)
    return _as_fitted(fit_clone(estimator, data, side=side), data, side)


def _as_fitted(made: EstimatorFit, data: Dataset, side: str) -> FittedModel:
    """Return a fitted estimator free of scikit-learn."""
    model, recorded = made.estimator, as_records(made.raised, side)
    # `clone` drops coef_, so what was fitted here started at zero under warm_start too.
    started = None if made.seconds is None else "zeros"
    settings = read_settings(model, data, started=started)
    coef, intercept = linear_parameters(model)
    assert settings.objective is not None
    if settings.objective.output_head == "softmax" and len(coef) == 1:
        # scikit-learn <= 1.7 keeps the second of two symmetric outputs.
        coef, intercept = np.vstack([-coef, coef]), np.concatenate([-intercept, intercept])
    # This says only that nothing speaks against it: a quiet solver that stopped by itself may be
    # far from the optimum, which the certificate measures. sag and saga warn at the limit even
    # where their last epoch converged (scikit-learn 1.9, _sag.py).
    run, limit = settings.training.iterations_run, settings.training.iterations
    warned = any(warning.category == "ConvergenceWarning" for warning in recorded)
    stopped = run is not None and limit is not None and run >= limit
    return FittedModel(
        settings=settings,
        predict=predictor(model),
        coef=coef,
        intercept=intercept,
        sample_weight=data.sample_weight,
        warnings=recorded,
        raised=made.raised,
        converged=None if run is None and not warned else not (warned or stopped),
        seconds=made.seconds,
    )


def scaling(estimator: LogisticRegression, data: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return shift and scale of each feature.

    A model without an intercept cannot make up for a shift, so there its features keep their means.
    """
    shift, scale = data.X.mean(axis=0), data.X.std(axis=0)
    if not estimator.fit_intercept:
        shift = np.zeros_like(shift)
    # A constant feature stays as it is, as in StandardScaler; divided by its 0 it would be NaN.
    return shift, np.where(scale > 0, scale, 1.0)


def _on_standardised(estimator: LogisticRegression, data: Dataset, side: str) -> FittedModel:
    """Return the fit on standardised features, its parameters those of the features as given."""
    shift, scale = scaling(estimator, data)
    scaled = (data.X - shift) / scale
    # X_given too: that is what is fitted.
    fitted = fit(estimator, replace(data, X=scaled, X_given=scaled), side=side)
    assert fitted.coef is not None
    assert fitted.intercept is not None
    coef = fitted.coef / scale
    return replace(
        fitted,
        coef=coef,
        intercept=fitted.intercept - coef @ shift,
        predict=lambda X: fitted.predict((as_matrix(X, "X") - shift) / scale),
    )
