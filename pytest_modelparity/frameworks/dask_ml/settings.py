"""Reads a linear model of dask-ml: its objective, its training, and both in dask-ml's words."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse

from pytest_modelparity.errors import InvalidDataError, InvalidParameterError
from pytest_modelparity.frameworks.dask_ml.families import (
    DEFAULTS,
    WITHOUT_PENALTY,
    Family,
    Params,
    SolverArguments,
    parameters,
    refusals,
    solver_arguments,
)
from pytest_modelparity.frameworks.sklearn.parameters import spelled, written
from pytest_modelparity.settings import ModelSettings, ObjectiveSettings, TrainingSettings
from pytest_modelparity.sides.dataset import Dataset


def read_settings(family: Family, estimator: Any, data: Dataset) -> ModelSettings:
    """Return the settings of a linear model of dask-ml by meaning.

    Parameters
    ----------
    family : Family
        Its class.
    estimator : object
        It, fitted or not.
    data : Dataset
        What it is, or was, fitted on.

    Raises
    ------
    InvalidParameterError
        If a parameter is refused.
    InvalidDataError
        If dask-ml cannot be fitted to such data, or fits something else to them.
    """
    params = parameters(estimator)
    for refusal in refusals(params):
        raise InvalidParameterError(f"{family.kind}: {refusal.text}")
    arguments = solver_arguments(params)
    _refuse_data(family, data)
    if arguments.normalize:
        _refuse_constant(family, data)
    objective = read_objective(family, params, data)
    training = TrainingSettings(
        solver=params["solver"],
        iterations=arguments.max_iter,
        initialization="zeros",
        dtype="float32" if str(getattr(data.X_given, "dtype", "")) == "float32" else "float64",
        tol=arguments.tol,
    )
    return ModelSettings(
        framework="dask-ml",
        model=f"dask-ml {type(estimator).__name__}({written(params, DEFAULTS)})",
        objective=objective,
        training=training,
        written=_written(family, params, arguments, data),
    )


def read_objective(family: Family, params: Params, data: Dataset) -> ObjectiveSettings:
    """Return the objective that these parameters minimise.

    dask-glm 0.4 minimises ``sum_i loss_i + lamduh R(beta)`` with ``R`` the L1 norm or half the
    squared L2 norm (regularizers.py), and dask-ml 2025.1 passes ``lamduh = 1 / C``. Two things are
    not scikit-learn's: ``beta`` has the intercept as its last entry, which the penalty counts like
    a coefficient; and columns are divided by their deviations before that, and centred where one
    is constant, as that of the intercept is (utils.py, ``normalize``). Dividing by n, and by what
    the loss of a row is multiplied by, gives the canonical form.
    """
    arguments, intercept = solver_arguments(params), bool(params["fit_intercept"])
    strength = arguments.strength / (data.n_samples * family.times)
    l2, l1 = (strength if arguments.penalty == kind else 0.0 for kind in ("l2", "l1"))
    return ObjectiveSettings(
        l2_strength=l2,
        l1_strength=l1,
        intercept_l2_strength=l2 if intercept else 0.0,
        intercept_l1_strength=l1 if intercept else 0.0,
        fit_intercept=intercept,
        output_head=family.output_head,
        feature_shift=_numbers(data.X.mean(axis=0)) if arguments.normalize and intercept else None,
        feature_scale=_numbers(data.X.std(axis=0)) if arguments.normalize else None,
    )


def _numbers(values: np.ndarray) -> tuple[float, ...]:
    """Return an array as settings hold it."""
    return tuple(map(float, values))


def _refuse_data(family: Family, data: Dataset) -> None:
    """Refuse what dask-ml cannot be fitted to, or would fit something else to."""
    if scipy.sparse.issparse(data.X):
        raise InvalidDataError(
            f"X must be dense for dask-ml's {family.kind}, got a sparse matrix; pass X.toarray(), "
            f"or scikit-learn's estimator"
        )
    if data.sample_weight is not None:
        raise InvalidDataError(
            f"sample_weight was given, and fit of dask-ml's {family.kind} takes none: it would "
            f"train on other weights; leave them out, or pass scikit-learn's estimator"
        )
    if family.output_head == "sigmoid" and data.classes.tolist() != [0, 1]:
        raise InvalidDataError(
            f"y must hold the labels 0 and 1 for dask-ml's {family.kind}, which takes them for "
            f"probabilities, got {spelled(data.classes.tolist()[:5])}; encode them, such as by "
            f"(y == {spelled(data.classes.tolist()[-1])}).astype(int)"
        )
    if family.output_head == "exponential" and data.y.min() < 0:
        row = int(np.argmin(data.y))
        raise InvalidDataError(
            f"y must not be negative for dask-ml's {family.kind}, got {float(data.y[row])!r} at "
            f"row {row}; pass counts or rates >= 0"
        )


def _refuse_constant(family: Family, data: Dataset) -> None:
    """Refuse a constant column, which dask-glm takes for that of the intercept."""
    constant = np.flatnonzero(np.asarray(data.X.max(axis=0)) == np.asarray(data.X.min(axis=0)))
    if len(constant):
        name = data.feature_names[int(constant[0])]
        raise InvalidDataError(
            f"no column of X may be constant for dask-ml's {family.kind}, which takes it for the "
            f"intercept's, got column {name!r}; drop it, or pass "
            f"solver_kwargs={{'normalize': False}}"
        )


def _written(
    family: Family, params: Params, arguments: SolverArguments, data: Dataset
) -> dict[str, str]:
    """Return every setting in dask-ml's words."""
    penalty, intercept = arguments.penalty, bool(params["fit_intercept"])
    by_c, counted = _strength_text(params), "counted like a coefficient" if penalty else "none"
    return {
        "penalty": f"{penalty or 'none'} ({by_c})",
        "C": by_c,
        "l1_ratio": {"l1": "1", "l2": "0"}.get(penalty or "", "none (no penalty)"),
        "fit_intercept": f"fit_intercept={intercept}",
        "intercept_penalty": counted if intercept else "none (fit_intercept=False)",
        "class_weight": "none (dask-ml ignores class_weight)",
        "sample_weight": "none",
        "loss": f"{family.loss}, summed",
        "output_head": family.link,
        "label_smoothing": "none",
        "feature_scaling": _scaling_text(arguments, centred=intercept),
        "rows_used": f"all {data.n_samples} rows",
        "iterations": f"max_iter={arguments.max_iter}",
        "solver": f"solver={params['solver']!r}",
        "learning_rate": "chosen by the solver",
        "batch_size": f"all {data.n_samples} rows",
        "initialization": "zeros",
        "dtype": "that of X",
        "tol": _stop_text(params, arguments),
        "weight_decay": "none",
        "logits": "none (the loss is one of the decision)",
    }


def _strength_text(params: Params) -> str:
    """Return where the strength of the penalty comes from."""
    more = params["solver_kwargs"] or {}
    if params["solver"] in WITHOUT_PENALTY:
        return f"solver={params['solver']!r}, which has none"
    if "lamduh" in more:
        return f"solver_kwargs={{'lamduh': {spelled(more['lamduh'])}}}"
    return f"C={spelled(params['C'])}"


def _scaling_text(arguments: SolverArguments, *, centred: bool) -> str:
    """Return what is done to columns before the fit."""
    if not arguments.normalize:
        return "none (normalize=False)"
    return f"columns {'centred and ' if centred else ''}divided by their deviations"


def _stop_text(params: Params, arguments: SolverArguments) -> str:
    """Return what stops the solver; ADMM's two tolerances are those of dask-glm 0.4."""
    more = params["solver_kwargs"] or {}
    if params["solver"] != "admm":
        return f"tol={spelled(arguments.tol)}"
    return f"abstol={spelled(more.get('abstol', 1e-4))}, reltol={spelled(more.get('reltol', 1e-2))}"
