"""Trainings of a LogisticRegression with one setting changed, its objective as it was."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from pytest_modelparity.frameworks.sklearn.fit import fit_clone, trained
from pytest_modelparity.frameworks.sklearn.logistic.parameters import (
    parameters,
    read_penalty,
    spelled,
)
from pytest_modelparity.frameworks.sklearn.logistic.refusals import refusals
from pytest_modelparity.report.parts import Change
from pytest_modelparity.sides.dataset import Dataset, as_matrix, is_standardised
from pytest_modelparity.sides.fitted import FittedModel, Remedy

#: Work that a remedy may cost: iterations x stored values of X x outputs.
REMEDY_WORK = 1e10

#: Newton's method factorises a square matrix of this many coefficients at most.
NEWTON_COEFFICIENTS = 2000


def remedies(
    estimator: Any, data: Dataset, *, fitted: FittedModel | None = None, side: str = "reference"
) -> tuple[Remedy, ...]:
    """Return changed trainings that may bring the estimator to the optimum of its own objective.

    Each changes one training setting and leaves the objective as it is. A search that stopped at
    ``max_iter`` first gets more iterations; one that stopped by itself first a smaller ``tol``.

    Parameters
    ----------
    estimator : LogisticRegression
        As its user configured it; never touched.
    data : Dataset
        What it is fitted on.
    fitted : FittedModel, optional
        What `LogisticRegressionMapping.fit` returned; without it a clone is fitted to see where
        it stops.
    side : str
        Whose remedies these are.
    """
    if fitted is None:
        fitted = trained(estimator, data, side=side)
    params = parameters(estimator)
    run = fitted.settings.training.iterations_run
    at_limit = run is not None and run >= params["max_iter"]
    by_iterations = _more_iterations(params, data) if at_limit else []
    by_tol, by_solver = _smaller_tol(params, data), _other_solver(params, data)
    # A search that is out of iterations needs more of them for a smaller tol too: the last resort.
    order = by_iterations + (by_solver or by_tol) if at_limit else by_tol + by_solver
    found = [
        _remedy(estimator, data, setting, changes, side)
        for setting, changes in order
        if not refusals({**params, **changes}, data.classes)
    ]
    if read_penalty(params).kind == "none" and not is_standardised(data.X):
        found.append(_standardised(estimator, data, side))
    return tuple(found)


def _remedy(
    estimator: Any, data: Dataset, setting: str, changes: dict[str, Any], side: str
) -> Remedy:
    """Return the training of a clone with these parameters changed."""
    text = ", ".join(f"{name}={spelled(value)}" for name, value in changes.items())
    return Remedy(
        setting=setting,
        changes=(Change(side=side, setting=setting, text=text),),
        train=lambda: fit_clone(estimator, data, changes, side=side),
        iterations=changes.get("max_iter"),
        source=lambda: _program(clone(estimator).set_params(**changes), data, side),
    )


def _standardised(estimator: Any, data: Dataset, side: str) -> Remedy:
    """Return the training on standardised features; without a penalty the objective is the same."""
    shift, scale = data.X.mean(axis=0), data.X.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    if not estimator.fit_intercept:
        shift = np.zeros_like(shift)
    scaler = "StandardScaler()" if estimator.fit_intercept else "StandardScaler(with_mean=False)"

    def train() -> FittedModel:
        rows = replace(data, X=(data.X - shift) / scale, X_given=(data.X - shift) / scale)
        fitted = fit_clone(estimator, rows, {}, side=side)
        assert fitted.coef is not None
        assert fitted.intercept is not None
        coef = fitted.coef / scale
        return replace(
            fitted,
            coef=coef,
            intercept=fitted.intercept - coef @ shift,
            predict_proba=lambda X: fitted.predict_proba((as_matrix(X, "X") - shift) / scale),
        )

    text = f"make_pipeline({scaler}, ...)"
    return Remedy(
        setting="feature_scaling",
        changes=(Change(side=side, setting="feature_scaling", text=text),),
        train=train,
        source=lambda: _program(estimator, data, side, scaler=scaler),
    )


def _program(estimator: Any, data: Dataset, side: str, scaler: str = "") -> str:
    """Return the code that fits an estimator to ``X`` and ``y``."""
    model = repr(estimator).replace("=inf", "=np.inf").replace("=nan", "=np.nan")
    lines = ["import numpy as np", f"from {_module(estimator)} import {type(estimator).__name__}"]
    if scaler:
        lines += [
            "from sklearn.pipeline import make_pipeline",
            "from sklearn.preprocessing import StandardScaler",
        ]
        model = f"make_pipeline({scaler}, {model})"
    weights = ""
    if data.sample_weight is not None:
        step = type(estimator).__name__.lower()
        weights = f", {f'{step}__' if scaler else ''}sample_weight=sample_weight"
    return "\n".join([*lines, "", f"{side} = {model}", f"{side}.fit(X, np.ravel(y){weights})", ""])


def _module(estimator: Any) -> str:
    """Return where an estimator is imported from."""
    kind = type(estimator)
    return "sklearn.linear_model" if kind is LogisticRegression else kind.__module__


def _affordable_iterations(data: Dataset) -> int:
    """Return how many passes over the data a remedy may make."""
    stored = int(data.X.nnz) if hasattr(data.X, "nnz") else int(data.X.size)
    outputs = 1 if data.n_classes == 2 else data.n_classes
    return int(REMEDY_WORK / max(stored * outputs, 1))


def _more_iterations(params: dict[str, Any], data: Dataset) -> list[tuple[str, dict[str, Any]]]:
    """Return 10, 100 and 1000 times the limit, as far as that is affordable."""
    limit, most = max(int(params["max_iter"]), 1), _affordable_iterations(data)
    levels = sorted({min(limit * factor, most) for factor in (10, 100, 1000)})
    return [("iterations", {"max_iter": level}) for level in levels if level > limit]


def _smaller_tol(params: dict[str, Any], data: Dataset) -> list[tuple[str, dict[str, Any]]]:
    """Return a tolerance of 1e-10, with iterations enough to reach it."""
    if params["tol"] <= 1e-10:
        return []
    limit = int(params["max_iter"])
    enough = max(limit, min(max(100 * limit, 10_000), _affordable_iterations(data)))
    return [("tol", {"tol": 1e-10} | ({"max_iter": enough} if enough > limit else {}))]


def _other_solver(params: dict[str, Any], data: Dataset) -> list[tuple[str, dict[str, Any]]]:
    """Return a more exact solver of the same objective, where there is one.

    liblinear's objective differs from the others' wherever there is an intercept.
    """
    solver, penalty = params["solver"], read_penalty(params)
    if solver == "liblinear" and params["fit_intercept"]:
        return []
    straight: dict[str, Any] = {"dual": False} if params.get("dual") else {}
    if penalty.kind in ("l2", "none"):
        wanted = [name for name in _newton_solvers(data) if name != solver]
        if solver == "newton-cholesky":
            return []
        usable = [
            {"solver": name} | straight
            for name in wanted
            if not refusals({**params, **straight, "solver": name}, data.classes)
        ]
        return [("solver", usable[0])] if usable else []
    if penalty.kind == "l1" and not params["fit_intercept"]:
        return [("solver", {"solver": "liblinear" if solver == "saga" else "saga"})]
    return []


def _newton_solvers(data: Dataset) -> list[str]:
    """Return Newton's methods, the one that suits the size of the data first."""
    coefficients = data.n_features * (1 if data.n_classes == 2 else data.n_classes)
    dense = not scipy.sparse.issparse(data.X)
    factorised = dense and coefficients <= NEWTON_COEFFICIENTS
    return ["newton-cholesky", "newton-cg"] if factorised else ["newton-cg"]
