"""A dask-ml model's parameters, one by one: their Keras counterparts, and which do nothing."""

from __future__ import annotations

from typing import Any

from pytest_modelparity.frameworks.dask_ml.families import (
    DEFAULTS,
    IGNORED,
    WITHOUT_PENALTY,
    Family,
    Params,
    parameters,
    refusals,
    solver_arguments,
)
from pytest_modelparity.frameworks.dask_ml.settings import read_objective
from pytest_modelparity.frameworks.keras.write.words import kernel_regularizer_text
from pytest_modelparity.frameworks.sklearn.parameter_rows import (
    parameter_rows,
    sentences_on_unused,
)
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.mapping import MappingRow

_IGNORED = dict.fromkeys(IGNORED, "dask-ml ignores it")
_APPROXIMATE = {
    "tol": "the twin has no counterpart of stopping early: it is what tol -> 0 would reach",
    "max_iter": "iterations are not epochs: the twin is what enough of them would reach",
}


def mapping_rows(family: Family, estimator: Any, data: Dataset | None) -> tuple[MappingRow, ...]:
    """Return one row for each constructor parameter."""
    params = parameters(estimator)
    return parameter_rows(
        params,
        refusals(params),
        IGNORED,
        lambda name: _counterpart(family, name, params, data),
    )


def _counterpart(
    family: Family, name: str, params: Params, data: Dataset | None
) -> tuple[str, str, str]:
    """Return Keras counterpart, status and reason of a parameter that has an effect."""
    unused = _IGNORED if name in IGNORED else _unused(params)
    if name in unused:
        return "-", "inert", unused[name]
    if name in _APPROXIMATE:
        return "trained to the optimum", "approximate", _APPROXIMATE[name]
    if name in ("penalty", "C"):
        reason = "beside the mean loss, on scaled columns; the intercept has the same"
        return _penalties(family, params, data), "exact", reason
    if name == "solver":
        if params["solver"] in WITHOUT_PENALTY:
            return "kernel_regularizer=None", "exact", f"{params['solver']} knows no penalty"
        reason = "every solver that knows a penalty minimises the same objective"
        return _penalties(family, params, data), "exact", reason
    if name == "solver_kwargs":
        centred = solver_arguments(params).normalize
        how = "Normalization before the Dense layer" if centred else "no Normalization"
        return how, "exact", "columns are scaled before the fit, unless normalize=False"
    reason = "the Dense layer's bias is the intercept"
    return f"use_bias={bool(params['fit_intercept'])}", "exact", reason


def _penalties(family: Family, params: Params, data: Dataset | None) -> str:
    """Return the regularizers of kernel and bias, as formulas where the rows are not known."""
    penalty = solver_arguments(params).penalty
    if data is not None:
        objective = read_objective(family, params, data)
        # Keras's squared error has no half.
        times = 2 if family.output_head == "identity" else 1
        text = kernel_regularizer_text(times * objective.l2_strength, times * objective.l1_strength)
    elif penalty is None:
        text = "None"
    else:
        text = "L2(1/(2 C n))" if penalty == "l2" else "L1(1/(C n))"
    bias = f", bias_regularizer={text}" if params["fit_intercept"] else ""
    return f"kernel_regularizer={text}{bias}"


def inert_settings(estimator: Any) -> tuple[str, ...]:
    """Return a sentence for each parameter that its user changed and that has no effect."""
    params = parameters(estimator)
    if refusals(params):
        return ()
    return sentences_on_unused(params, DEFAULTS, _unused(params))


def _unused(params: Params) -> dict[str, str]:
    """Return why a parameter has no effect beside the others, by name."""
    reasons = dict(_IGNORED)
    more, solver = params["solver_kwargs"] or {}, params["solver"]
    if solver in WITHOUT_PENALTY:
        reasons |= dict.fromkeys(("penalty", "C"), f"solver={solver!r} knows no penalty")
    if solver == "admm":
        reasons["tol"] = "solver='admm' stops by abstol and reltol, which solver_kwargs hold"
    given = {"penalty": "regularizer", "C": "lamduh", "max_iter": "max_iter", "tol": "tol"}
    reasons |= {
        name: f"solver_kwargs hold {other}, which wins"
        for name, other in given.items()
        if other in more
    }
    return reasons
