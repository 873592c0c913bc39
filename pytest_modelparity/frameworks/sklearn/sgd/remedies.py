"""Trainings of an SGD estimator with one setting changed, its objective as it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import scipy.sparse

from pytest_modelparity.frameworks.sklearn.parameters import arguments
from pytest_modelparity.frameworks.sklearn.sgd.by_solver import BySolver, model_text
from pytest_modelparity.frameworks.sklearn.sgd.parameters import Estimator, averages, parameters
from pytest_modelparity.frameworks.sklearn.sgd.recipes import OnDense, recipe_of
from pytest_modelparity.frameworks.sklearn.sgd.settings import read_settings
from pytest_modelparity.report.parts import Change
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.estimator import seconds_an_iteration
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.training import Remedy

#: Seconds that a remedy may be reckoned to take.
REMEDY_SECONDS = 60.0
#: Values of X that are written out of a sparse matrix.
DENSE_VALUES = 10_000_000

#: One change: the setting, and the parameters that change it.
_Changes = tuple[str, dict[str, Any]]


def remedies(
    estimator: Estimator, data: Dataset, *, fitted: FittedModel, side: str = "reference"
) -> tuple[Remedy, ...]:
    """Return changed trainings that may bring the estimator to the optimum of its own objective.

    Parameters
    ----------
    estimator : SGDClassifier or SGDRegressor
        As its user configured it; never touched.
    data : Dataset
        What it is fitted on.
    fitted : FittedModel
        What the mapping's `fit` returned: it says where the training stopped.
    side : str
        Whose remedies these are.
    """
    read_settings(estimator, data)
    params, recipe = parameters(estimator), recipe_of(estimator)
    found = [
        _remedy(recipe.changed(**changes), side, setting, _text(changes, params))
        for setting, changes in (
            *_longer(params, data, fitted),
            *_without_average(params),
            *_other_rates(params),
        )
    ]
    if scipy.sparse.issparse(data.X_given) and data.X.shape[0] * data.n_features <= DENSE_VALUES:
        dense = OnDense(recipe=recipe.changed(**_to_the_end(params)))
        text = ", ".join(filter(None, ("X.toarray()", _text(_to_the_end(params), params))))
        found.append(_remedy(dense, side, "learning_rate", text))
    # Exact whatever the schedule does, and a program of another kind: last.
    by_solver = BySolver(recipe=recipe)
    found.append(_remedy(by_solver, side, "solver", model_text(by_solver, data)))
    return tuple(found)


def _remedy(recipe: Any, side: str, setting: str, text: str) -> Remedy:
    """Return the remedy that changes one setting."""
    return Remedy(changes=(Change(side=side, setting=setting, text=text),), recipe=recipe)


def _text(changes: dict[str, Any], params: dict[str, Any]) -> str:
    """Return those parameters that are changed as their user writes them."""
    return arguments({name: value for name, value in changes.items() if value != params[name]})


def _to_the_end(params: dict[str, Any]) -> dict[str, Any]:
    """Return what makes it train all its epochs, on all rows."""
    # The adaptive schedule lowers its rate by tol, and ends by itself once that is below 1e-6
    # (scikit-learn 1.9, _sgd_fast.pyx.tp); without a tol it would be a constant one.
    tol = 1e-6 if params["learning_rate"] == "adaptive" else None
    return {"early_stopping": False, "tol": tol}


def _longer(params: dict[str, Any], data: Dataset, fitted: FittedModel) -> Iterator[_Changes]:
    """Yield more epochs: as many as it may make, then 10 and 100 times as many."""
    run, limit = fitted.settings.training.iterations_run, int(params["max_iter"])
    stopped_by_itself = run is not None and run < limit
    setting = "tol" if stopped_by_itself else "iterations"
    to_the_end = _to_the_end(params)
    if stopped_by_itself and any(params[name] != value for name, value in to_the_end.items()):
        yield setting, to_the_end
    most = int(REMEDY_SECONDS / seconds_an_iteration(data, "sgd"))
    # Its error falls as 1/t: 100 epochs leave 8e-2 at alpha=1e-3 on breast_cancer, 1000 leave
    # 4e-3, 10 000 leave 5e-4 (measured).
    for factor in (10, 100, 1000)[: 2 if stopped_by_itself else 3]:
        if limit * factor <= most:
            yield setting, {**to_the_end, "max_iter": limit * factor}


def _without_average(params: dict[str, Any]) -> Iterator[_Changes]:
    """Yield the last step in place of the mean of all, in which the first ones stay for ever."""
    if averages(params):
        yield "solver", {"average": False, **_to_the_end(params)}


def _other_rates(params: dict[str, Any]) -> Iterator[_Changes]:
    """Yield schedules that get nearer: lower rates at the end, or higher ones on the way."""
    schedule, to_the_end = params["learning_rate"], {"early_stopping": False, "tol": None}
    if schedule == "optimal":
        adaptive = {"learning_rate": "adaptive", "early_stopping": False, "tol": 1e-6}
        yield "learning_rate", {**adaptive, "eta0": 0.01}
        return
    if schedule == "constant":
        for factor in (0.1, 0.01):
            rate = float(f"{params['eta0'] * factor:.3g}")
            yield "learning_rate", {"eta0": rate, **to_the_end}
    if params["alpha"]:
        yield "learning_rate", {"learning_rate": "optimal", **to_the_end}
