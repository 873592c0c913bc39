"""Reads a LogisticRegression: its objective, its training, and both in scikit-learn's words."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_class_weight

from pytest_modelparity.errors import InvalidDataError
from pytest_modelparity.frameworks.sklearn.binary import problems_of
from pytest_modelparity.frameworks.sklearn.domains import refuse_first
from pytest_modelparity.frameworks.sklearn.logistic.parameters import (
    Penalty,
    model_text,
    output_head,
    parameters,
    penalty_text,
    read_penalty,
)
from pytest_modelparity.frameworks.sklearn.logistic.refusals import class_key, refusals
from pytest_modelparity.frameworks.sklearn.parameters import (
    is_fitted,
    spelled,
)
from pytest_modelparity.settings import (
    ONE_VS_REST,
    ModelSettings,
    ObjectiveSettings,
    TrainingSettings,
)
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.objective import SideObjective
from pytest_modelparity.theory.strength import l1_strength_from_c, l2_strength_from_c

#: Since 1.7 ``class_weight="balanced"`` counts rows by their weight.
BALANCED_COUNTS_WEIGHTS = "sample_weight" in inspect.signature(compute_class_weight).parameters


def class_weights(params: Mapping[str, Any], data: Dataset) -> tuple[float, ...] | None:
    """Return the weight of each class in the order of ``data.classes``, or ``None``."""
    given = params["class_weight"]
    # An empty dict is uniform weights (scikit-learn 1.9, utils/class_weight.py).
    if given is None or not len(given):
        return None
    if isinstance(given, dict):
        # A class that it does not name weighs 1 (the same).
        return tuple(float(given.get(class_key(label), 1.0)) for label in data.classes)
    _refuse_unbalanced(data)
    counted = {"sample_weight": data.sample_weight} if BALANCED_COUNTS_WEIGHTS else {}
    codes = np.arange(data.n_classes)
    weights: Any = compute_class_weight("balanced", classes=codes, y=data.y, **counted)
    return tuple(map(float, weights))


def _weights(params: Mapping[str, Any], data: Dataset) -> dict[str, Any]:
    """Return the weights of classes as an objective has them.

    Of one-vs-rest (scikit-learn up to 1.7, ``_logistic.py``): liblinear weighs a class in its own
    problem alone; other solvers balance each problem by itself, and weigh rows as a dict says.
    """
    given = params["class_weight"]
    if output_head(params, data.n_classes) != ONE_VS_REST or given is None or not len(given):
        return {"class_weight": class_weights(params, data)}
    if params["solver"] == "liblinear":
        weights = class_weights(params, data) or ()
        return {"binary_weight": tuple((1.0, weight) for weight in weights)}
    if isinstance(given, dict):
        return {"class_weight": class_weights(params, data)}
    return {"binary_weight": tuple(class_weights(params, problem) for problem in problems_of(data))}


def _refuse_unbalanced(data: Dataset) -> None:
    """Refuse to balance a class whose rows have no weight."""
    if data.sample_weight is None or not BALANCED_COUNTS_WEIGHTS:
        return
    weights = np.bincount(data.y, data.sample_weight, minlength=data.n_classes)
    if not weights.all():
        # scikit-learn 1.9 divides by it and multiplies by 0: it trains on NaN.
        raise InvalidDataError(
            f"class_weight='balanced' needs a row with sample_weight > 0 of every class, got none "
            f"of class {data.classes[int(np.argmin(weights))]!r}; drop these rows first"
        )


def read_objective(params: Mapping[str, Any], data: Dataset) -> ObjectiveSettings:
    """Return the objective that these parameters minimise.

    liblinear appends a column of ``intercept_scaling`` to X and
    penalises its coefficient ``w0 = intercept / intercept_scaling`` like the others
    (scikit-learn 1.9, ``svm/_base.py``, ``_fit_liblinear``).
    """
    penalty = read_penalty(params)
    # By rows, not by weight: scikit-learn 1.9 divides loss and penalty by the sum of the weights
    # (_logistic.py, l2_reg_strength), which cancels; the canonical objective divides both by n.
    l2 = l2_strength_from_c(penalty.C, data.n_samples, penalty.l1_ratio)
    l1 = l1_strength_from_c(penalty.C, data.n_samples, penalty.l1_ratio)
    on_intercept = params["solver"] == "liblinear" and params["fit_intercept"]
    c = float(params["intercept_scaling"])
    return ObjectiveSettings(
        l2_strength=l2,
        l1_strength=l1,
        intercept_l2_strength=l2 / c**2 if on_intercept else 0.0,
        intercept_l1_strength=l1 / c if on_intercept else 0.0,
        fit_intercept=bool(params["fit_intercept"]),
        **_weights(params, data),
        sample_weight=data.sample_weight is not None,
        output_head=output_head(params, data.n_classes),
    )


def read_settings(
    estimator: LogisticRegression, data: Dataset, *, started: str | None = None
) -> ModelSettings:
    """Return the settings of a LogisticRegression by meaning.

    Parameters
    ----------
    estimator : LogisticRegression
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
        If no row has a weight, or a class that is to be balanced has none.
    """
    params = parameters(estimator)
    refuse_first(refusals(params, data.classes))
    objective = read_objective(params, data)
    refuse_no_weight(objective, data)
    training = _read_training(estimator, params, data, started)
    return ModelSettings(
        framework="scikit-learn",
        model=model_text(estimator),
        objective=objective,
        training=training,
        written=_written(params, data, objective, training),
    )


def refuse_no_weight(objective: ObjectiveSettings, data: Dataset) -> None:
    """Refuse rows of which none has a weight, those of the classes counted in."""
    side = SideObjective(settings=objective, sample_weight=data.sample_weight)
    weights = side.fit_weights(data)
    if weights is not None and not weights.any():
        raise InvalidDataError(
            "one row at least must have a weight > 0, got sample_weight and class_weight that "
            "leave none; nothing is trained otherwise"
        )


def _read_training(
    estimator: LogisticRegression, params: Mapping[str, Any], data: Dataset, started: str | None
) -> TrainingSettings:
    """Return how the estimator is, or was, trained."""
    # What an estimator was fitted with earlier is in its attributes; its parameters may have been
    # changed since, and nothing shows that.
    fitted = is_fitted(estimator)
    counts = getattr(estimator, "n_iter_", None) if fitted else None
    if fitted:
        dtype: str | None = np.dtype(estimator.coef_.dtype).name
    else:
        # Which solver keeps float32 depends on the version: it is known after the fit.
        kept = str(getattr(data.X_given, "dtype", "")) == "float32"
        dtype = None if kept and params["solver"] != "liblinear" else "float64"
    restarted = params["warm_start"] and fitted and params["solver"] != "liblinear"
    return TrainingSettings(
        solver=params["solver"],
        iterations=int(params["max_iter"]),
        iterations_run=None if counts is None else int(np.max(counts)),
        initialization=started or ("warm start" if restarted else "zeros"),
        dtype=dtype,
        tol=float(params["tol"]),
    )


def _written(
    params: Mapping[str, Any],
    data: Dataset,
    objective: ObjectiveSettings,
    training: TrainingSettings,
) -> dict[str, str]:
    """Return every setting in scikit-learn's words."""
    solver, run, limit = params["solver"], training.iterations_run, params["max_iter"]
    penalty = read_penalty(params)
    stochastic = solver in ("sag", "saga")
    counted = "" if run is None else f" (stopped at {run})" if run >= limit else f" ({run} run)"
    return {
        "penalty": penalty_text(params),
        "C": _c_text(params),
        "l1_ratio": _ratio_text(penalty),
        "fit_intercept": f"fit_intercept={bool(params['fit_intercept'])}",
        "intercept_penalty": _intercept_text(params),
        "class_weight": _class_weight_text(params["class_weight"]),
        "sample_weight": "given" if objective.sample_weight else "none",
        "loss": "log-loss",
        "output_head": head_text(objective, data),
        "label_smoothing": "none",
        "feature_scaling": "none",
        "rows_used": f"all {data.n_samples} rows",
        "iterations": f"max_iter={limit}{counted}",
        "solver": solver,
        "learning_rate": "1/L, set by the solver" if stochastic else "chosen by the solver",
        "batch_size": "1 row a step" if stochastic else f"all {data.n_samples} rows",
        "initialization": training.initialization or "zeros",
        "dtype": training.dtype or "float32 or float64, as the version has it",
        "tol": f"tol={spelled(params['tol'])}",
        "weight_decay": "none",
        "logits": "a loss of logits",
    }


def _ratio_text(penalty: Penalty) -> str:
    """Return the share of the L1 penalty in words."""
    return "none (no penalty)" if penalty.kind == "none" else f"{penalty.l1_ratio:g}"


def _c_text(params: Mapping[str, Any]) -> str:
    """Return C, and whether it is used."""
    if params.get("penalty", "deprecated") is None:
        return f"C={spelled(params['C'])} (ignored: penalty=None)"
    return "C=inf" if math.isinf(params["C"]) else f"C={spelled(params['C'])}"


def _intercept_text(params: Mapping[str, Any]) -> str:
    """Return whether the intercept is penalised, and by whom."""
    if not params["fit_intercept"]:
        return "none (fit_intercept=False)"
    if params["solver"] == "liblinear":
        scale = spelled(params["intercept_scaling"])
        return f"liblinear penalises the intercept (intercept_scaling={scale})"
    return "none"


def _class_weight_text(given: Any) -> str:
    """Return the class weights as written."""
    if isinstance(given, str):
        return given
    return spelled(given) if given else "none"


def head_text(objective: ObjectiveSettings, data: Dataset) -> str:
    """Return the link between coefficients and probabilities."""
    if objective.output_head == "sigmoid":
        return "sigmoid (two classes)"
    if objective.output_head == ONE_VS_REST:
        return f"one-vs-rest ({data.n_classes} sigmoids, divided by their sum)"
    note = ", multi_class='multinomial'" if data.n_classes == 2 else ""
    return f"softmax ({data.n_classes} classes{note})"
