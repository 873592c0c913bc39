"""A linear model of dask-ml, fitted where its rows lie, and other trainings of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from pytest_modelparity.frameworks.dask_ml.families import (
    Family,
    Params,
    parameters,
    solver_arguments,
)
from pytest_modelparity.frameworks.dask_ml.settings import read_settings
from pytest_modelparity.frameworks.sklearn.fit import (
    EstimatorFit,
    fit_clone,
    linear_parameters,
    number_predictor,
    predictor,
    refuse_other_numbers,
)
from pytest_modelparity.frameworks.sklearn.linear.remedies import FACTORS, SMALL_TOL
from pytest_modelparity.frameworks.sklearn.linear.settings import is_fitted
from pytest_modelparity.frameworks.sklearn.parameters import arguments
from pytest_modelparity.report.parts import Change
from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.sides.dataset import Dataset, GivenRows
from pytest_modelparity.sides.estimator import EstimatorRecipe, built
from pytest_modelparity.sides.fitted import FittedModel, Predict
from pytest_modelparity.sides.recording import as_records
from pytest_modelparity.sides.training import Remedy

#: An estimator, or one as data.
Subject: TypeAlias = Any

#: Stops where the loss without the penalty falls no further (dask-glm 0.4, algorithms.py), which
#: neither iterations nor a tolerance change: 0.1 in a probability away (measured).
_ENDS_ELSEWHERE = "proximal_grad"
#: The solver that gets nearest to the optimum of a penalty.
_NEAREST = {"l1": "admm", "l2": "lbfgs", None: "newton"}


def fit(family: Family, subject: Subject, data: Dataset, side: str) -> FittedModel:
    """Fit a clone, or take a fitted estimator as it is; refuses before anything is fitted."""
    estimator = built(subject)
    settings = read_settings(family, estimator, data)
    if is_fitted(estimator):
        refuse_other_numbers(estimator, data)
        made = EstimatorFit(estimator=estimator)
    else:
        made = fit_clone(estimator, _as_arrays(data), side=side)
    model = made.estimator
    coef, intercept = linear_parameters(model)
    return FittedModel(
        settings=settings,
        predict=_predictor(family, model),
        coef=coef,
        intercept=intercept,
        warnings=as_records(made.raised, side),
        raised=made.raised,
        seconds=made.seconds,
    )


def _as_arrays(data: Dataset) -> Dataset:
    """Return data whose rows are the arrays that dask-ml takes: no tables, of dask or pandas."""
    X: Any = data.X_given
    y: Any = data.y_given
    if isinstance(X, RowMatrix):
        X, y = X.for_training(y)
        # Of a file there is no collection: the rows would have to be brought here.
        X = np.asarray(X) if isinstance(X, RowMatrix) else X
    if hasattr(X, "to_dask_array"):
        X = X.to_dask_array(lengths=y.chunks[0])
    return replace(data, X_given=np.asarray(X) if hasattr(X, "columns") else X, y_given=y)


def _predictor(family: Family, model: Any) -> Predict:
    """Return what it predicts of rows in memory, a table's among them."""
    ask = predictor(model) if family.predicts == "probability" else number_predictor(model)

    def predict(X: GivenRows) -> np.ndarray:
        # Its sigmoid is 1 / (1 + exp(-z)), which overflows where that is 0.
        with np.errstate(over="ignore"):
            return ask(np.asarray(X))

    return predict


def remedies(subject: Subject, side: str) -> tuple[Remedy, ...]:
    """Return changed trainings that may bring a model to the optimum of its own objective."""
    estimator = built(subject)
    recipe = EstimatorRecipe.of(estimator)
    return tuple(
        Remedy(
            changes=(Change(side=side, setting=setting, text=arguments(changed)),),
            recipe=recipe.changed(**changed),
        )
        for setting, changed in _changes(parameters(estimator))
    )


def _changes(params: Params) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what to change, and the setting that it is one of."""
    arguments = solver_arguments(params)
    more = dict(params["solver_kwargs"] or {})

    def changed(**named: Any) -> dict[str, Any]:
        # What solver_kwargs say wins over parameters.
        kept = {name: value for name, value in more.items() if name not in named}
        return {**named, **({"solver_kwargs": kept} if kept != more else {})}

    def to_the_end(by: str) -> dict[str, Any]:
        longest = arguments.max_iter * FACTORS[-1]
        if by != "admm":
            return changed(tol=SMALL_TOL, max_iter=longest)
        stops = {"abstol": SMALL_TOL, "reltol": SMALL_TOL, "max_iter": longest}
        return {"solver_kwargs": {**more, **stops}}

    solver, nearest = params["solver"], _NEAREST[arguments.penalty]
    if solver != _ENDS_ELSEWHERE:
        for factor in FACTORS:
            yield "iterations", changed(max_iter=arguments.max_iter * factor)
        if arguments.tol is None or arguments.tol > SMALL_TOL:
            yield "tol", to_the_end(solver)
    if solver != nearest:
        yield "solver", {"solver": nearest, **to_the_end(nearest)}


def program(family: Family, subject: Subject, side: str) -> str:
    """Return the code that fits an estimator, or a recipe, to ``X`` and ``y``."""
    estimator = built(subject)
    kind = type(estimator)
    module = "dask_ml.linear_model" if kind.__name__ == family.kind else kind.__module__
    lines = [
        f"from {module} import {kind.__name__}",
        "",
        f"{side} = {estimator!r}",
        f"{side}.fit(X, y)",
        "",
    ]
    return "\n".join(lines)
