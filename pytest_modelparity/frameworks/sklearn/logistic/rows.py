"""A LogisticRegression's parameters, one by one: their Keras counterparts, and which do nothing."""

from __future__ import annotations

from typing import Any

from sklearn.linear_model import LogisticRegression

from pytest_modelparity.frameworks.keras.write.words import (
    class_weight_text,
    kernel_regularizer_text,
    penalties_of_a_unit,
)
from pytest_modelparity.frameworks.sklearn.logistic.parameters import (
    DEFAULTS,
    output_head,
    parameters,
    penalty_text,
    read_penalty,
)
from pytest_modelparity.frameworks.sklearn.logistic.refusals import class_key, refusals
from pytest_modelparity.frameworks.sklearn.logistic.settings import read_objective
from pytest_modelparity.frameworks.sklearn.parameter_rows import sentences_on_unused
from pytest_modelparity.frameworks.sklearn.parameters import (
    is_fitted,
    spelled,
)
from pytest_modelparity.settings import ONE_VS_REST, ObjectiveSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.mapping import MappingRow

#: Solvers that draw random numbers; liblinear only does for its coordinate descents.
_DRAWING = ("sag", "saga")


def mapping_rows(
    estimator: LogisticRegression, data: Dataset | None = None
) -> tuple[MappingRow, ...]:
    """Return one row for each constructor parameter of the installed version."""
    params = parameters(estimator)
    refused = {
        refusal.parameter: refusal.text
        # Backwards, so that the first of several refusals of one parameter is the one that stays.
        for refusal in reversed(refusals(params, None if data is None else data.classes))
    }
    objective = None
    if data is not None and not refused:
        objective = penalties_of_a_unit(read_objective(params, data), data.n_classes)
    unused = {} if refused else _unused(estimator, params, data)
    rows = []
    for name, value in params.items():
        if name in refused:
            keras, status, reason = "-", "unsupported", refused[name]
        elif refused:
            keras, status, reason = _blocked(name, next(iter(refused)))
        # A class_weight that names a label too many still weighs the others.
        elif name in unused and (name != "class_weight" or not value):
            keras, status, reason = "-", "inert", unused[name]
        else:
            keras, status, reason = _counterpart(name, params, data, objective)
        text = penalty_text(params) if name == "penalty" and not refused else spelled(value)
        rows.append(MappingRow(name=name, value=text, keras=keras, status=status, reason=reason))
    return tuple(rows)


def _blocked(name: str, culprit: str) -> tuple[str, str, str]:
    """Return the row of a parameter of an estimator that another parameter rules out."""
    if name in _WITHOUT_EFFECT:
        return "-", "inert", _WITHOUT_EFFECT[name]
    return "-", "unsupported", f"no twin is built while {culprit} is unsupported"


#: Parameters that leave the optimum where it is, whatever their value.
_WITHOUT_EFFECT = {
    "dual": "it chooses how liblinear computes; the optimum is the same",
    "random_state": "it orders the rows of a stochastic solver; the optimum is the same",
    "verbose": "it prints progress",
    "warm_start": "it chooses where a search starts; the optimum is the same",
    "n_jobs": "it never changes the result",
}


def _counterpart(
    name: str, params: dict[str, Any], data: Dataset | None, objective: ObjectiveSettings | None
) -> tuple[str, str, str]:
    """Return Keras counterpart, status and reason of a parameter that has an effect."""
    if name in _WITHOUT_EFFECT:
        return "-", "inert", _WITHOUT_EFFECT[name]
    if name in ("penalty", "C", "l1_ratio"):
        return _kernel(params, objective), "exact", _STRENGTH[name]
    if name == "solver":
        return _solver_row(params, objective)
    if name == "intercept_scaling":
        return (
            f"bias_regularizer={_bias(params, objective)}",
            "exact",
            "liblinear penalises intercept / intercept_scaling like a coefficient",
        )
    if name == "class_weight":
        return _class_weight_row(params, data)
    if name == "multi_class":
        return _head_row(params, data)
    return {
        "fit_intercept": (
            f"use_bias={bool(params['fit_intercept'])}",
            "exact",
            "the Dense layer's bias is the intercept",
        ),
        # No epoch of Keras stops by a gradient, so early stopping by tol has no counterpart that
        # could be exact.
        "tol": (
            "trained to the optimum",
            "approximate",
            "the twin has no counterpart of stopping early: it is what tol -> 0 would reach",
        ),
        "max_iter": (
            "trained to the optimum",
            "approximate",
            "iterations are not epochs: the twin is what enough of them would reach",
        ),
    }.get(name, ("-", "unsupported", f"no counterpart of {name} is known to this version"))


_STRENGTH = {
    "penalty": "the type of the penalty on the coefficients",
    "C": "scikit-learn sums the loss where Keras averages it over the rows, and Keras's L2 has "
    "no 1/2: l2 = (1 - l1_ratio)/(2 C n), l1 = l1_ratio/(C n)",
    "l1_ratio": "the share of L1 in the penalty: l2 = (1 - l1_ratio)/(2 C n), l1 = l1_ratio/(C n)",
}


def _kernel(params: dict[str, Any], objective: ObjectiveSettings | None) -> str:
    """Return the regularizer of the kernel, as a formula where the rows are not known."""
    if objective is not None:
        return "kernel_regularizer=" + kernel_regularizer_text(
            objective.l2_strength, objective.l1_strength
        )
    return f"kernel_regularizer={_formula(params, '', '')}"


def _bias(params: dict[str, Any], objective: ObjectiveSettings | None) -> str:
    """Return the regularizer of the bias, the same way."""
    if objective is not None:
        return kernel_regularizer_text(
            objective.intercept_l2_strength, objective.intercept_l1_strength
        )
    if params["solver"] != "liblinear" or not params["fit_intercept"]:
        return "None"
    return _formula(params, " intercept_scaling**2", " intercept_scaling")


def _formula(params: dict[str, Any], l2_more: str, l1_more: str) -> str:
    """Return the regularizer in terms of n, the number of rows."""
    kind = read_penalty(params).kind
    if kind == "none":
        return "None"
    if kind == "elasticnet":
        return "L1L2(l1=l1_ratio/(C n), l2=(1 - l1_ratio)/(2 C n))"
    return f"L2(1/(2 C n{l2_more}))" if kind == "l2" else f"L1(1/(C n{l1_more}))"


def _solver_row(
    params: dict[str, Any], objective: ObjectiveSettings | None
) -> tuple[str, str, str]:
    """Return the row of the solver, which matters to the optimum through the intercept alone."""
    if params["solver"] == "liblinear" and params["fit_intercept"]:
        return (
            f"bias_regularizer={_bias(params, objective)}",
            "exact",
            "liblinear penalises the intercept",
        )
    return (
        "bias_regularizer=None",
        "exact",
        f"{params['solver']} leaves the intercept free; the optimum is that of every such solver",
    )


def _class_weight_row(params: dict[str, Any], data: Dataset | None) -> tuple[str, str, str]:
    """Return the row of the class weights."""
    given = params["class_weight"]
    if not given:
        return "class_weight=None", "exact", "every class weighs 1"
    reason = (
        "both multiply each row's loss, and a class that is not named weighs 1; Keras takes class "
        "codes for labels"
    )
    if data is None:
        return "class_weight={code: weight, ...}", "exact", reason
    return class_weight_text(read_objective(params, data)), "exact", reason


def _head_row(params: dict[str, Any], data: Dataset | None) -> tuple[str, str, str]:
    """Return the row of ``multi_class`` (scikit-learn <= 1.7)."""
    if data is None:
        return "sigmoid for two classes, softmax for more", "exact", "the output of the model"
    if output_head(params, data.n_classes) == "sigmoid":
        return "Dense(1), sigmoid", "exact", "one output decides between two classes"
    if output_head(params, data.n_classes) == ONE_VS_REST:
        return f"Dense({data.n_classes}), sigmoid", "exact", "each class against the rest"
    return f"Dense({data.n_classes}), softmax", "exact", "one output for each class"


def inert_settings(estimator: LogisticRegression, data: Dataset) -> tuple[str, ...]:
    """Return a sentence for each parameter that its user changed and that has no effect."""
    params = parameters(estimator)
    if refusals(params, data.classes):
        return ()
    return sentences_on_unused(params, DEFAULTS, _unused(estimator, params, data))


def _unused(
    estimator: LogisticRegression, params: dict[str, Any], data: Dataset | None
) -> dict[str, str]:
    """Return why a parameter has no effect beside the others, by name."""
    reasons = {
        **_unused_penalty(params),
        **_unused_search(estimator, params),
        **_unused_classes(params, data),
    }
    return {name: reason for name, reason in reasons.items() if name in params}


def _unused_penalty(params: dict[str, Any]) -> dict[str, str]:
    """Return what the penalty does not use."""
    given, reasons = params.get("penalty", "deprecated"), {}
    penalty = read_penalty(params)
    if given is None:
        reasons["C"] = "penalty=None switches the penalty off"
    if penalty.kind == "none":
        reasons["l1_ratio"] = "there is no penalty to share"
    elif given in ("l1", "l2") and params.get("l1_ratio") != penalty.l1_ratio:
        reasons["l1_ratio"] = f"penalty={given!r} decides, and only 'elasticnet' has a share"
    if params["solver"] != "liblinear":
        reasons["intercept_scaling"] = "only solver='liblinear' uses it"
    elif not params["fit_intercept"]:
        reasons["intercept_scaling"] = "there is no intercept"
    return reasons


def _unused_search(estimator: LogisticRegression, params: dict[str, Any]) -> dict[str, str]:
    """Return what the solver does not use."""
    solver, reasons = params["solver"], {"n_jobs": "one model is fitted, by one job"}
    # liblinear permutes rows or features in its coordinate descents, which are its dual and its L1
    # solver; its primal L2 solver is a Newton method (svm/_base.py, _get_liblinear_solver_type).
    descends = params["dual"] or read_penalty(params).spelled == "l1"
    if solver not in _DRAWING and not (solver == "liblinear" and descends):
        reasons["random_state"] = f"solver={solver!r} draws no random numbers here"
    # `fit` returns from liblinear before it looks at coef_ (scikit-learn 1.9, _logistic.py).
    if solver == "liblinear":
        reasons["warm_start"] = "solver='liblinear' always starts at zero"
    elif not is_fitted(estimator):
        reasons["warm_start"] = "the estimator is not fitted yet"
    return reasons


def _unused_classes(params: dict[str, Any], data: Dataset | None) -> dict[str, str]:
    """Return what the labels leave unused."""
    reasons, weights = {}, params["class_weight"]
    if weights == {}:
        reasons["class_weight"] = "it names no class"
    elif isinstance(weights, dict) and data is not None:
        keys = [class_key(label) for label in data.classes]
        strangers = [spelled(key) for key in weights if key not in keys]
        if strangers:
            reasons["class_weight"] = f"no label is {', '.join(strangers)}"
    if data is not None:
        usual = output_head({**params, "multi_class": "auto"}, data.n_classes)
        if output_head(params, data.n_classes) == usual:
            reasons["multi_class"] = f"it is what {data.n_classes} classes get anyway"
    return reasons
