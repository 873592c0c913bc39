"""Reads an SGD estimator: its objective, its training, and both in scikit-learn's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse

from pytest_modelparity.frameworks.sklearn.domains import refuse_first
from pytest_modelparity.frameworks.sklearn.logistic.settings import (
    class_weights,
    head_text,
    refuse_no_weight,
)
from pytest_modelparity.frameworks.sklearn.parameters import spelled
from pytest_modelparity.frameworks.sklearn.sgd.kinds import CLASSIFIER, REGRESSOR, kind_of
from pytest_modelparity.frameworks.sklearn.sgd.parameters import (
    Estimator,
    averages,
    early_stopping_text,
    is_fitted,
    model_text,
    parameters,
    penalty_text,
    read_penalty,
)
from pytest_modelparity.frameworks.sklearn.sgd.refusals import refusals
from pytest_modelparity.settings import (
    ONE_VS_REST,
    ModelSettings,
    ObjectiveSettings,
    TrainingSettings,
)
from pytest_modelparity.sides.dataset import Dataset


def weights_of_classes(params: Mapping[str, Any], data: Dataset) -> tuple[float, ...] | None:
    """Return the weight of each class in the order of ``data.classes``, or ``None``."""
    if not data.n_classes:
        return None
    # SGDClassifier counts rows for "balanced" whatever they weigh (scikit-learn 1.9,
    # _stochastic_gradient.py, _partial_fit), LogisticRegression by their weight.
    return class_weights(params, replace(data, sample_weight=None))


def read_objective(params: Mapping[str, Any], data: Dataset) -> ObjectiveSettings:
    """Return the objective that these parameters minimise.

    scikit-learn 1.9, user guide, "Mathematical formulation" of SGD: the mean loss and, beside it,
    alpha times ``(1 - l1_ratio)/2 ||w||^2 + l1_ratio ||w||_1``. The loss of a number is half its
    squared error. The intercept is free, and the mean is over the rows, whatever they weigh. Of
    three and more classes each has such an objective against the rest.
    """
    penalty, weights = read_penalty(params), weights_of_classes(params, data)
    kind, one_vs_rest = CLASSIFIER if data.n_classes else REGRESSOR, data.n_classes > 2
    # A class weighs in its own problem alone: the rest weighs 1 there, whatever its own classes
    # weigh (scikit-learn 1.9, _stochastic_gradient.py, fit_binary).
    pairs = None if weights is None else tuple((1.0, weight) for weight in weights)
    return ObjectiveSettings(
        l2_strength=(1.0 - penalty.l1_ratio) * penalty.alpha,
        l1_strength=penalty.l1_ratio * penalty.alpha,
        fit_intercept=bool(params["fit_intercept"]),
        class_weight=None if one_vs_rest else weights,
        binary_weight=pairs if one_vs_rest else None,
        sample_weight=data.sample_weight is not None,
        output_head=ONE_VS_REST if one_vs_rest else kind.head,
    )


def read_settings(
    estimator: Estimator, data: Dataset, *, started: str | None = None
) -> ModelSettings:
    """Return the settings of an SGD estimator by meaning.

    Parameters
    ----------
    estimator : SGDClassifier or SGDRegressor
        Fitted or not; what was counted in a fit is read only where there was one.
    data : Dataset
        What it is, or was, fitted on.
    started : str, optional
        Where its coefficients started, if the caller knows better.

    Raises
    ------
    InvalidParameterError
        For the first of `refusals`.
    InvalidDataError
        If no row has a weight.
    """
    params = parameters(estimator)
    refuse_first(refusals(kind_of(estimator), params, data.classes))
    objective = read_objective(params, data)
    if data.n_classes:
        refuse_no_weight(objective, data)
    training = _read_training(estimator, params, data, started)
    held_back = early_stopping_text(params)
    return ModelSettings(
        framework="scikit-learn",
        model=model_text(estimator),
        objective=objective,
        training=training,
        written=_written(params, data, objective, training),
        unmodelled=(f"{held_back}, and the optimum is that of all rows",) if held_back else (),
    )


def _read_training(
    estimator: Estimator, params: Mapping[str, Any], data: Dataset, started: str | None
) -> TrainingSettings:
    """Return how the estimator is, or was, trained."""
    # What an estimator was fitted with earlier is in its attributes; its parameters may have been
    # changed since, and nothing shows that.
    fitted = is_fitted(estimator)
    given = str(getattr(data.X_given, "dtype", "")) == "float32"
    dtype = np.dtype(estimator.coef_.dtype).name if fitted else "float32" if given else "float64"
    restarted = params["warm_start"] and fitted
    return TrainingSettings(
        solver="sgd",
        iterations=int(params["max_iter"]),
        iterations_run=int(estimator.n_iter_) if fitted else None,
        learning_rate=first_rate(params),
        batch_size=1,
        initialization=started or ("warm start" if restarted else "zeros"),
        dtype=dtype,
        tol=None if params["tol"] is None else float(params["tol"]),
    )


def first_rate(params: Mapping[str, Any]) -> float:
    """Return the learning rate of the first step.

    scikit-learn 1.9, ``_sgd_fast.pyx.tp``: "optimal" starts at ``sqrt(1 / sqrt(alpha))``, which
    the slope of either loss at the point that is asked, below 1, does not change.
    """
    if params["learning_rate"] == "optimal":
        return float(params["alpha"]) ** -0.25
    return float(params["eta0"])


def _written(
    params: Mapping[str, Any],
    data: Dataset,
    objective: ObjectiveSettings,
    training: TrainingSettings,
) -> dict[str, str]:
    """Return every setting in scikit-learn's words."""
    run, limit = training.iterations_run, params["max_iter"]
    kind = CLASSIFIER if data.n_classes else REGRESSOR
    counted = "" if run is None else f" (stopped at {run})" if run >= limit else f" ({run} run)"
    penalty = read_penalty(params)
    return {
        "penalty": penalty_text(params),
        "C": _alpha_text(params, data),
        "l1_ratio": "none (no penalty)" if penalty.kind == "none" else f"{penalty.l1_ratio:g}",
        "fit_intercept": f"fit_intercept={bool(params['fit_intercept'])}",
        "intercept_penalty": "none" if params["fit_intercept"] else "none (fit_intercept=False)",
        "class_weight": _class_weight_text(params, data),
        "sample_weight": "given" if objective.sample_weight else "none",
        "loss": kind.words,
        "output_head": head_text(objective, data) if data.n_classes else kind.head_words,
        "label_smoothing": "none",
        "feature_scaling": "none",
        "rows_used": early_stopping_text(params) or f"all {data.n_samples} rows",
        "iterations": f"max_iter={limit}{counted}",
        "solver": f"sgd, averaged (average={spelled(params['average'])})"
        if averages(params)
        else "sgd",
        "learning_rate": _rate_text(params, data),
        "batch_size": "1 row a step",
        "initialization": training.initialization or "zeros",
        "dtype": training.dtype or "float64",
        "tol": _tol_text(params),
        "weight_decay": "none",
        "logits": "a loss of logits",
    }


def _class_weight_text(params: Mapping[str, Any], data: Dataset) -> str:
    """Return the weights of the classes."""
    if not data.n_classes:
        return "none (numbers have no classes)"
    given = params["class_weight"]
    return given if isinstance(given, str) else spelled(given) if given else "none"


def _alpha_text(params: Mapping[str, Any], data: Dataset) -> str:
    """Return alpha, with the C of a LogisticRegression, or the alpha of a Ridge, that it is."""
    alpha = f"alpha={spelled(params['alpha'])}"
    if params["penalty"] is None:
        return f"{alpha} (no strength: penalty=None)"
    if data.n_classes:
        return f"{alpha} (C={read_penalty(params).inverse(data.n_samples):.6g})"
    smooth = read_penalty(params).kind == "l2"
    return f"{alpha} (Ridge's {params['alpha'] * data.n_samples:.6g})" if smooth else alpha


def _rate_text(params: Mapping[str, Any], data: Dataset) -> str:
    """Return the schedule of the learning rate."""
    name, eta0 = params["learning_rate"], f"eta0={spelled(params['eta0'])}"
    text = {
        "optimal": f"'optimal', from {first_rate(params):.3g}",
        "invscaling": f"'invscaling', {eta0}, power_t={spelled(params['power_t'])}",
        "adaptive": f"'adaptive', {eta0}",
    }.get(name, f"'constant', {eta0}")
    # SPARSE_INTERCEPT_DECAY of scikit-learn 1.9, linear_model/_base.py.
    slowed = scipy.sparse.issparse(data.X_given) and params["fit_intercept"]
    return f"{text}; the intercept's is 0.01 of it (sparse X)" if slowed else text


def _tol_text(params: Mapping[str, Any]) -> str:
    """Return when it stops by itself."""
    patience = f"n_iter_no_change={spelled(params['n_iter_no_change'])}"
    if params["early_stopping"]:
        return f"tol={spelled(params['tol'])}, {patience}, by the score of rows held back"
    return "tol=None" if params["tol"] is None else f"tol={spelled(params['tol'])}, {patience}"
