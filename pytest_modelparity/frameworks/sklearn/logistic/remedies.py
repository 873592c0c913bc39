"""Trainings of a LogisticRegression with one setting changed, its objective as it was."""

from __future__ import annotations

from typing import Any

import scipy.sparse
from sklearn.linear_model import LogisticRegression

from pytest_modelparity.frameworks.sklearn.logistic.parameters import (
    output_head,
    parameters,
    read_penalty,
)
from pytest_modelparity.frameworks.sklearn.logistic.recipes import Standardised
from pytest_modelparity.frameworks.sklearn.logistic.refusals import refusals
from pytest_modelparity.frameworks.sklearn.logistic.settings import read_settings
from pytest_modelparity.frameworks.sklearn.logistic.source import scaler_text
from pytest_modelparity.frameworks.sklearn.parameters import arguments
from pytest_modelparity.report.parts import Change
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.estimator import EstimatorRecipe
from pytest_modelparity.sides.features import is_standardised
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.training import Remedy

#: Work that a remedy may cost: iterations x stored values of X x outputs.
REMEDY_WORK = 1e10

#: Newton's method factorises a square matrix of this many coefficients at most.
NEWTON_COEFFICIENTS = 2000


def remedies(
    estimator: LogisticRegression, data: Dataset, *, fitted: FittedModel, side: str = "reference"
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
    fitted : FittedModel
        What `LogisticRegressionMapping.fit` returned: it says where the search stopped.
    side : str
        Whose remedies these are.
    """
    read_settings(estimator, data)
    params, recipe = parameters(estimator), EstimatorRecipe.of(estimator)
    head = output_head(params, data.n_classes)
    run = fitted.settings.training.iterations_run
    at_limit = run is not None and run >= params["max_iter"]
    by_iterations = _more_iterations(params, data) if at_limit else []
    # The order decides what the report names: a setting's remedies are tried until one helps.
    by_tol, by_solver = _smaller_tol(params, data), _other_solver(params, data)
    # A search that is out of iterations needs more of them for a smaller tol too: the last resort.
    order = by_iterations + (by_solver or by_tol) if at_limit else by_tol + by_solver
    found = [
        _remedy(recipe.changed(**changes), side, setting, arguments(changes))
        for setting, changes in order
        # A change that the user could not make is no remedy, nor one to another head.
        if not refusals({**params, **changes}, data.classes)
        and output_head({**params, **changes}, data.n_classes) == head
    ]
    # Only there does scaling leave the optimum alone: a penalty on the coefficients of scaled
    # features is another penalty.
    if read_penalty(params).kind == "none" and not is_standardised(data.X):
        text = f"make_pipeline({scaler_text(estimator)}, ...)"
        found.append(_remedy(Standardised(recipe=recipe), side, "feature_scaling", text))
    return tuple(found)


def _remedy(recipe: Any, side: str, setting: str, text: str) -> Remedy:
    """Return the remedy that changes one setting."""
    return Remedy(changes=(Change(side=side, setting=setting, text=text),), recipe=recipe)


def _affordable_iterations(data: Dataset) -> int:
    """Return how many passes over the data a remedy may make."""
    # Every solver's pass is a product with X, whose cost is its stored values.
    stored = int(data.X.nnz) if hasattr(data.X, "nnz") else int(data.X.size)
    outputs = 1 if data.n_classes == 2 else data.n_classes
    most = int(REMEDY_WORK / max(stored * outputs, 1))
    return _written(most)


def _written(number: int) -> int:
    """Return a number, rounded down to the one digit that a person would write."""
    digits = 10 ** (len(str(number)) - 1)
    return number // digits * digits


def _more_iterations(params: dict[str, Any], data: Dataset) -> list[tuple[str, dict[str, Any]]]:
    """Return 10, 100 and 1000 times the limit, as far as that is affordable."""
    limit, most = max(int(params["max_iter"]), 1), _affordable_iterations(data)
    levels = sorted({min(_written(limit * factor), most) for factor in (10, 100, 1000)})
    return [("iterations", {"max_iter": level}) for level in levels if level > limit]


def _smaller_tol(params: dict[str, Any], data: Dataset) -> list[tuple[str, dict[str, Any]]]:
    """Return a tolerance of 1e-10, with iterations that may reach it, then with ever more."""
    if params["tol"] <= 1e-10:
        return []
    limit, most = int(params["max_iter"]), _affordable_iterations(data)
    # A search that stopped by its tol within max_iter would now stop at max_iter.
    wanted = (1000, 10_000, _written(100 * limit))
    levels = sorted({max(limit, min(level, most)) for level in wanted})
    return [
        ("tol", {"tol": 1e-10} | ({"max_iter": level} if level > limit else {})) for level in levels
    ]


def _other_solver(params: dict[str, Any], data: Dataset) -> list[tuple[str, dict[str, Any]]]:
    """Return a more exact solver of the same objective, where there is one.

    liblinear's objective differs from the others' wherever there is an intercept.
    """
    solver, penalty = params["solver"], read_penalty(params)
    if solver == "liblinear" and params["fit_intercept"]:
        return []
    straight: dict[str, Any] = {"dual": False} if params.get("dual") else {}
    if penalty.kind in ("l2", "none"):
        # Newton's steps do not depend on the scale of the features: on breast_cancer as it comes
        # newton-cholesky ends 2e-9 from the optimum in probability, newton-cg 5e-2, lbfgs 0.67
        # (measured).
        wanted = [name for name in _newton_solvers(data) if name != solver]
        if solver == "newton-cholesky":
            return []
        usable = [
            {"solver": name} | straight
            for name in wanted
            if not refusals({**params, **straight, "solver": name}, data.classes)
        ]
        return [("solver", usable[0])] if usable else []
    # liblinear and saga have an L1 objective in common only without an intercept.
    if penalty.kind == "l1" and not params["fit_intercept"]:
        return [("solver", {"solver": "liblinear" if solver == "saga" else "saga"})]
    return []


def _newton_solvers(data: Dataset) -> list[str]:
    """Return Newton's methods, the one that suits the size of the data first."""
    coefficients = data.n_features * (1 if data.n_classes == 2 else data.n_classes)
    dense = not scipy.sparse.issparse(data.X)
    # newton-cholesky forms the square matrix of all coefficients, and takes dense memory for it.
    factorised = dense and coefficients <= NEWTON_COEFFICIENTS
    return ["newton-cholesky", "newton-cg"] if factorised else ["newton-cg"]
