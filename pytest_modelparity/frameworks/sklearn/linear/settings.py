"""Reads a linear regressor: its objective, its training, and both in scikit-learn's words."""

from __future__ import annotations

from typing import Any

import numpy as np

from pytest_modelparity.errors import InvalidDataError, InvalidParameterError
from pytest_modelparity.frameworks.sklearn.domains import Refusal, out_of_domain
from pytest_modelparity.frameworks.sklearn.linear.families import DOMAINS, Family, Params
from pytest_modelparity.frameworks.sklearn.parameters import spelled, written
from pytest_modelparity.settings import ModelSettings, ObjectiveSettings, TrainingSettings
from pytest_modelparity.sides.dataset import Dataset


def refusals(family: Family, params: Params) -> tuple[Refusal, ...]:
    """Return why these parameters cannot be fitted, or fit what is not modelled."""
    return out_of_domain(params, {**DOMAINS, **family.domains})


def is_fitted(estimator: Any) -> bool:
    """Whether the estimator holds coefficients."""
    return hasattr(estimator, "coef_")


def model_text(family: Family, estimator: Any) -> str:
    """Return the estimator as its user would write it: what differs from the defaults."""
    changed = written(family.parameters(estimator), family.defaults)
    return f"{type(estimator).__name__}({changed})"


def read_objective(family: Family, params: Params, data: Dataset) -> ObjectiveSettings:
    """Return the objective that these parameters minimise."""
    l2, l1 = family.strengths(params, data)
    return ObjectiveSettings(
        l2_strength=l2,
        l1_strength=l1,
        fit_intercept=bool(params["fit_intercept"]),
        sample_weight=data.sample_weight is not None,
        output_head=family.output_head,
    )


def read_settings(
    family: Family, estimator: Any, data: Dataset, *, started: str | None = None
) -> ModelSettings:
    """Return the settings of a regressor by meaning.

    Parameters
    ----------
    family : Family
        Its class.
    estimator : object
        It, fitted or not.
    data : Dataset
        What it is, or was, fitted on.
    started : str, optional
        Where its fit started, if that is known.

    Raises
    ------
    InvalidParameterError
        If a parameter is refused.
    InvalidDataError
        If y holds what the class cannot be fitted to.
    """
    params = family.parameters(estimator)
    for refusal in refusals(family, params):
        raise InvalidParameterError(refusal.text)
    _refuse_negative(family, estimator, data)
    objective = read_objective(family, params, data)
    training = _read_training(family, estimator, data, started)
    return ModelSettings(
        framework="scikit-learn",
        model=model_text(family, estimator),
        objective=objective,
        training=training,
        written=_written(params, data, objective, training),
    )


def _refuse_negative(family: Family, estimator: Any, data: Dataset) -> None:
    """Refuse negative counts, which scikit-learn refuses when it fits."""
    if family.output_head != "exponential" or not data.y.min() < 0:
        return
    row = int(np.argmin(data.y))
    raise InvalidDataError(
        f"y must not be negative for {type(estimator).__name__}, got {float(data.y[row])!r} at row "
        f"{row}: Some value(s) of y are out of the valid range of the loss 'HalfPoissonLoss'; pass "
        f"counts or rates >= 0, or Ridge as the reference"
    )


def _read_training(
    family: Family, estimator: Any, data: Dataset, started: str | None
) -> TrainingSettings:
    """Return how the estimator is, or was, trained."""
    params, fitted = family.parameters(estimator), is_fitted(estimator)
    # None for solvers that make no iterations, or do not tell.
    counts = getattr(estimator, "n_iter_", None) if fitted else None
    if fitted:
        dtype: str | None = np.dtype(estimator.coef_.dtype).name
    else:
        kept = str(getattr(data.X_given, "dtype", "")) == "float32"
        dtype = None if kept else "float64"
    limit, tol = params.get("max_iter"), params.get("tol")
    return TrainingSettings(
        solver=params.get("solver", next(iter(family.exact_solvers), "coordinate descent")),
        iterations=None if limit is None else int(limit),
        iterations_run=None if counts is None else int(np.max(counts)),
        initialization=started or "zeros",
        dtype=dtype,
        tol=None if tol is None else float(tol),
    )


#: By output head: its loss and its link, in words.
_HEADS = {
    "identity": ("squared error", "none (the decision is the prediction)"),
    "exponential": ("half Poisson deviance", "exponential (the decision is its logarithm)"),
}


def _written(
    params: Params, data: Dataset, objective: ObjectiveSettings, training: TrainingSettings
) -> dict[str, str]:
    """Return every setting in scikit-learn's words."""
    run, limit = training.iterations_run, training.iterations
    stopped = run is not None and limit is not None and run >= limit
    counted = "" if run is None else f" (stopped at {run})" if stopped else f" ({run} run)"
    alpha = f"alpha={spelled(params['alpha'])}" if "alpha" in params else "no penalty"
    drawn = params.get("solver") in ("sag", "saga")
    loss, head = _HEADS[objective.output_head]
    return {
        "penalty": _penalty_text(objective, alpha),
        "C": alpha,
        "l1_ratio": f"{objective.l1_ratio:g}" if objective.strength else "none (no penalty)",
        "fit_intercept": f"fit_intercept={objective.fit_intercept}",
        "intercept_penalty": "none" if objective.fit_intercept else "none (fit_intercept=False)",
        "class_weight": "none (numbers have no classes)",
        "sample_weight": "given" if objective.sample_weight else "none",
        "loss": loss,
        "output_head": head,
        "label_smoothing": "none",
        "feature_scaling": "none",
        "rows_used": f"all {data.n_samples} rows",
        "iterations": "no limit" if limit is None else f"max_iter={limit}{counted}",
        "solver": str(training.solver),
        "learning_rate": "1/L, set by the solver" if drawn else "chosen by the solver",
        "batch_size": "1 row a step" if drawn else f"all {data.n_samples} rows",
        "initialization": training.initialization or "zeros",
        "dtype": training.dtype or "float32 or float64, as the version has it",
        "tol": "none" if training.tol is None else f"tol={spelled(params['tol'])}",
        "weight_decay": "none",
        "logits": "none (numbers have no logits)",
    }


def _penalty_text(objective: ObjectiveSettings, alpha: str) -> str:
    """Return the penalty in scikit-learn's words."""
    if not objective.strength:
        return "none" if alpha == "no penalty" else f"none ({alpha})"
    kinds = {0.0: "l2", 1.0: "l1"}
    return f"{kinds.get(objective.l1_ratio, 'elasticnet')} ({alpha})"
