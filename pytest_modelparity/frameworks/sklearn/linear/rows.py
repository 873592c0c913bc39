"""A linear regressor's parameters, one by one: their Keras counterparts, and which do nothing."""

from __future__ import annotations

from typing import Any

from pytest_modelparity.frameworks.keras.write.words import kernel_regularizer_text
from pytest_modelparity.frameworks.sklearn.linear.families import Family, Params
from pytest_modelparity.frameworks.sklearn.linear.settings import (
    is_fitted,
    read_objective,
    refusals,
)
from pytest_modelparity.frameworks.sklearn.parameter_rows import (
    parameter_rows,
    sentences_on_unused,
)
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.mapping import MappingRow

#: Why the others have no effect on the optimum.
_WITHOUT_EFFECT = {
    "copy_X": "it chooses whether X is copied",
    "n_jobs": "it never changes the result",
    "precompute": "it chooses how the Gram matrix is computed; the optimum is the same",
    "random_state": "it orders the steps of a solver that draws; the optimum is the same",
    "selection": "it orders the steps of the coordinate descent; the optimum is the same",
    "verbose": "it only prints",
    "warm_start": "it chooses where a search starts; the optimum is the same",
    "solver": "every solver minimises the same objective",
}

_APPROXIMATE = {
    "tol": "the twin has no counterpart of stopping early: it is what tol -> 0 would reach",
    "max_iter": "iterations are not epochs: the twin is what enough of them would reach",
}

_STRENGTH = {
    "alpha": "Keras's mean_squared_error has no 1/2 and divides by the rows, and its L2 has no 1/2",
    "l1_ratio": "the share of L1 in the penalty",
}
_STRENGTH_OF_COUNTS = "Keras's Poisson loss divides by the rows, and its L2 has no 1/2"


def mapping_rows(family: Family, estimator: Any, data: Dataset | None) -> tuple[MappingRow, ...]:
    """Return one row for each constructor parameter of the installed version."""
    params = family.parameters(estimator)
    return parameter_rows(
        params,
        refusals(family, params),
        _WITHOUT_EFFECT,
        lambda name: _counterpart(family, name, params, data),
    )


def _counterpart(
    family: Family, name: str, params: Params, data: Dataset | None
) -> tuple[str, str, str]:
    """Return Keras counterpart, status and reason of a parameter that is not refused."""
    if name in _WITHOUT_EFFECT:
        return "-", "inert", _WITHOUT_EFFECT[name]
    if name in _APPROXIMATE:
        return "trained to the optimum", "approximate", _APPROXIMATE[name]
    if name in _STRENGTH:
        counts = family.output_head == "exponential"
        reason = _STRENGTH_OF_COUNTS if counts else _STRENGTH[name]
        return f"kernel_regularizer={_kernel(family, params, data)}", "exact", reason
    if name == "fit_intercept":
        reason = "the Dense layer's bias is the intercept"
        return f"use_bias={bool(params[name])}", "exact", reason
    if name == "positive":
        return "kernel_constraint=None", "exact", "coefficients may have either sign"
    return "-", "unsupported", f"no counterpart of {name} is known to this version"


def _kernel(family: Family, params: Params, data: Dataset | None) -> str:
    """Return the regularizer of the kernel, as a formula where the rows are not known."""
    if data is not None:
        objective = read_objective(family, params, data)
        # Twice: of the squared error without its 1/2.
        times = 2 if family.output_head == "identity" else 1
        return kernel_regularizer_text(times * objective.l2_strength, times * objective.l1_strength)
    l2, l1 = family.formula
    return f"L1L2(l1={l1}, l2={l2})" if l1 and l2 else f"L2({l2})" if l2 else f"L1({l1})"


def inert_settings(family: Family, estimator: Any) -> tuple[str, ...]:
    """Return a sentence for each parameter that its user changed and that has no effect."""
    params = family.parameters(estimator)
    if refusals(family, params):
        return ()
    return sentences_on_unused(params, family.defaults, _unused(family, estimator, params))


def _unused(family: Family, estimator: Any, params: Params) -> dict[str, str]:
    """Return why a parameter has no effect beside the others, by name."""
    reasons = {"n_jobs": "one target is fitted, by one job"}
    if not {params.get("solver"), params.get("selection")} & set(family.drawing):
        reasons["random_state"] = "nothing is drawn here"
    if not is_fitted(estimator):
        reasons["warm_start"] = "the estimator is not fitted yet"
    if not params.get("alpha", 1.0):
        reasons["l1_ratio"] = "there is no penalty to share"
    return reasons
