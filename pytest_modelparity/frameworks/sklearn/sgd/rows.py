"""An SGD estimator's parameters, one by one: their Keras counterparts, and which do nothing."""

from __future__ import annotations

from typing import Any

from pytest_modelparity.frameworks.keras.write.words import (
    class_weight_text,
    kernel_regularizer_text,
    penalties_of_a_unit,
)
from pytest_modelparity.frameworks.sklearn.parameter_rows import (
    parameter_rows,
    sentences_on_unused,
)
from pytest_modelparity.frameworks.sklearn.sgd.kinds import Kind, kind_of
from pytest_modelparity.frameworks.sklearn.sgd.parameters import (
    Estimator,
    parameters,
    read_penalty,
)
from pytest_modelparity.frameworks.sklearn.sgd.refusals import refusals
from pytest_modelparity.frameworks.sklearn.sgd.settings import read_objective
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.mapping import MappingRow

#: Counterpart, status and reason of a parameter.
_Row = tuple[str, str, str]

#: Parameters that leave the optimum where it is, whatever their value, and that no twin needs.
_WITHOUT_EFFECT = {
    "shuffle": "it orders the rows; the optimum is the same",
    "random_state": "it orders the rows; the optimum is the same",
    "verbose": "it prints progress",
    "warm_start": "it chooses where the training starts; the optimum is the same",
    "n_jobs": "it never changes the result",
    "epsilon": "only other losses of regression use it",
}

#: Parameters that decide how near the optimum the training ends.
_OF_THE_TRAINING = {
    "max_iter": "its epochs end before the optimum: the twin is what enough of them would reach",
    "tol": "the twin has no counterpart of stopping early: it is what tol=None would reach",
    "n_iter_no_change": "it says when tol ends the training, and the twin is at the optimum",
    "learning_rate": "it says how the steps get to the optimum, and the twin is there",
    "eta0": "it says how the steps get to the optimum, and the twin is there",
    "power_t": "it says how the steps get to the optimum, and the twin is there",
    "average": "the mean of all steps has the same limit: the twin is at the optimum",
    "early_stopping": "the twin is trained on all rows, to the optimum",
    "validation_fraction": "the twin is trained on all rows, to the optimum",
}

_STRENGTH = {
    "penalty": "the type of the penalty on the coefficients",
    "alpha": "both stand beside the mean loss, and Keras's L2 has no 1/2: "
    "l2 = (1 - l1_ratio) alpha/2, l1 = l1_ratio alpha; of one-vs-rest both over the number of "
    "units, over which Keras averages",
    "l1_ratio": "the share of L1 in the penalty: l2 = (1 - l1_ratio) alpha/2, l1 = l1_ratio alpha",
}

_TWICE = "Keras's mean_squared_error has no 1/2, and neither has its L2"
_STRENGTH_OF_NUMBERS = {
    "penalty": "the type of the penalty on the coefficients",
    "alpha": f"{_TWICE}: l2 = (1 - l1_ratio) alpha, l1 = 2 l1_ratio alpha",
    "l1_ratio": "the share of L1 in the penalty: l2 = (1 - l1_ratio) alpha, l1 = 2 l1_ratio alpha",
}


def mapping_rows(estimator: Estimator, data: Dataset | None = None) -> tuple[MappingRow, ...]:
    """Return one row for each constructor parameter of the installed version."""
    params, kind = parameters(estimator), kind_of(estimator)
    refused = refusals(kind, params, None if data is None else data.classes)
    unused = {} if refused else _unused(params)

    def counterpart(name: str) -> _Row:
        if name in unused:
            return "-", "inert", unused[name]
        return _counterpart(kind, name, params, data)

    # Backwards, so that the first of several refusals of one parameter is the one that stays.
    return parameter_rows(params, tuple(reversed(refused)), (), counterpart)


def _counterpart(kind: Kind, name: str, params: dict[str, Any], data: Dataset | None) -> _Row:
    """Return Keras counterpart, status and reason of a parameter that has an effect."""
    if name in _STRENGTH:
        reason = (_STRENGTH if kind.times == 1 else _STRENGTH_OF_NUMBERS)[name]
        return f"kernel_regularizer={_kernel(kind, params, data)}", "exact", reason
    if name in _OF_THE_TRAINING:
        return "trained to the optimum", "approximate", _OF_THE_TRAINING[name]
    if name == "class_weight":
        return _class_weight_row(params, data)
    return {
        "loss": (kind.keras[0], "exact", kind.keras[1]),
        "fit_intercept": (
            f"use_bias={bool(params['fit_intercept'])}",
            "exact",
            "the Dense layer's bias is the intercept",
        ),
    }.get(name, ("-", "unsupported", f"no counterpart of {name} is known to this version"))


def _kernel(kind: Kind, params: dict[str, Any], data: Dataset | None) -> str:
    """Return the regularizer of the kernel, as a formula where the rows are not known."""
    if data is not None:
        objective = penalties_of_a_unit(read_objective(params, data), data.n_classes)
        l2, l1 = objective.l2_strength, objective.l1_strength
        return kernel_regularizer_text(kind.times * l2, kind.times * l1)
    if kind.times == 2:
        return {
            "none": "None",
            "l2": "L2(alpha)",
            "l1": "L1(2 alpha)",
            "elasticnet": "L1L2(l1=2 l1_ratio alpha, l2=(1 - l1_ratio) alpha)",
        }[read_penalty(params).kind]
    return {
        "none": "None",
        "l2": "L2(alpha/2)",
        "l1": "L1(alpha)",
        "elasticnet": "L1L2(l1=l1_ratio alpha, l2=(1 - l1_ratio) alpha/2)",
    }[read_penalty(params).kind]


def _class_weight_row(params: dict[str, Any], data: Dataset | None) -> _Row:
    """Return the row of the class weights."""
    if not params["class_weight"]:
        return "class_weight=None", "exact", "every class weighs 1"
    reason = "both multiply each row's loss; Keras takes class codes for labels"
    if data is None:
        return "class_weight={code: weight, ...}", "exact", reason
    return class_weight_text(read_objective(params, data)), "exact", reason


def inert_settings(estimator: Estimator, data: Dataset) -> tuple[str, ...]:
    """Return a sentence for each parameter that its user changed and that has no effect."""
    params, kind = parameters(estimator), kind_of(estimator)
    if refusals(kind, params, data.classes):
        return ()
    # What orders the rows has an effect on where this training ends, though not on the optimum.
    reasons = {
        name: reason
        for name, reason in _unused(params).items()
        if name not in ("random_state", "shuffle", "warm_start", "verbose")
    }
    return sentences_on_unused(params, kind.defaults, reasons)


def _unused(params: dict[str, Any]) -> dict[str, str]:
    """Return why a parameter has no effect beside the others, by name."""
    reasons = dict(_WITHOUT_EFFECT)
    schedule = params["learning_rate"]
    if params["penalty"] != "elasticnet":
        reasons["l1_ratio"] = f"penalty={params['penalty']!r} has no share of L1 to choose"
    if params["penalty"] is None and schedule != "optimal":
        reasons["alpha"] = "penalty=None switches the penalty off"
    if schedule == "optimal":
        reasons["eta0"] = "learning_rate='optimal' is made of alpha"
    if schedule != "invscaling":
        reasons["power_t"] = f"learning_rate={schedule!r} does not use it"
    if not params["early_stopping"]:
        reasons["validation_fraction"] = "there is no early stopping"
        if params["tol"] is None and schedule != "adaptive":
            reasons["n_iter_no_change"] = "tol=None never stops"
    if params.get("class_weight") == {}:
        reasons["class_weight"] = "it names no class"
    return reasons
