"""An estimator with the objective of an SGD estimator, and a solver that gets to its optimum."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import scipy.sparse
from sklearn.linear_model import LogisticRegression

from pytest_modelparity.frameworks.sklearn.logistic import recipes as logistic
from pytest_modelparity.frameworks.sklearn.logistic.parameters import L1_RATIO_DECIDES
from pytest_modelparity.frameworks.sklearn.logistic.parameters import (
    model_text as logistic_model_text,
)
from pytest_modelparity.frameworks.sklearn.logistic.refusals import class_key
from pytest_modelparity.frameworks.sklearn.logistic.remedies import NEWTON_COEFFICIENTS
from pytest_modelparity.frameworks.sklearn.logistic.settings import read_settings
from pytest_modelparity.frameworks.sklearn.logistic.source import program as logistic_program
from pytest_modelparity.frameworks.sklearn.sgd import by_least_squares, of_each_class
from pytest_modelparity.frameworks.sklearn.sgd.parameters import read_penalty
from pytest_modelparity.frameworks.sklearn.sgd.settings import read_objective, weights_of_classes
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.estimator import EstimatorRecipe
from pytest_modelparity.sides.fitted import FittedModel


@dataclass(frozen=True, slots=True, kw_only=True)
class BySolver:
    """The objective of an SGD estimator, minimised by another one.

    A LogisticRegression of classes, one for each of more than two; one of `by_least_squares` of
    numbers.

    Parameters
    ----------
    recipe : EstimatorRecipe
        The SGD estimator.
    """

    recipe: EstimatorRecipe


def solved(subject: BySolver, data: Dataset) -> LogisticRegression:
    """Return the LogisticRegression, with ``C = 1/(alpha n)``.

    Of more than two classes that of each problem, but for its class weights.
    """
    params = subject.recipe.parameters
    penalty = read_penalty(params)
    smooth = penalty.kind in ("l2", "none")
    factorised = not scipy.sparse.issparse(data.X) and data.n_features <= NEWTON_COEFFICIENTS
    newton = "newton-cholesky" if factorised else "newton-cg"
    chosen: dict[str, Any] = {
        "C": penalty.inverse(data.n_samples),
        "solver": newton if smooth else "saga",
        "tol": 1e-8,
        "max_iter": 1000 if smooth else 10_000,
        "fit_intercept": params["fit_intercept"],
        "class_weight": _class_weight(params, data) if data.n_classes == 2 else None,
    }
    if L1_RATIO_DECIDES:
        chosen |= {} if smooth else {"l1_ratio": penalty.l1_ratio}
    elif penalty.kind != "l2":
        chosen["penalty"] = None if penalty.kind == "none" else penalty.kind
        chosen |= {"l1_ratio": penalty.l1_ratio} if penalty.kind == "elasticnet" else {}
    # saga draws its rows.
    return LogisticRegression(**chosen, random_state=None if smooth else 0)


def _class_weight(params: Any, data: Dataset) -> Any:
    """Return the class weights; written out where both count "balanced" otherwise."""
    given, weights = params["class_weight"], weights_of_classes(params, data)
    if isinstance(given, str) and data.sample_weight is not None and weights is not None:
        return dict(zip(map(class_key, data.classes), weights, strict=True))
    return given


def model_text(subject: BySolver, data: Dataset) -> str:
    """Return the estimator as its user would write it."""
    if not data.n_classes:
        return by_least_squares.model_text(subject.recipe.parameters, data)
    text = logistic_model_text(solved(subject, data))
    return text if data.n_classes == 2 else of_each_class.model_text(text, _weights(subject, data))


def program_by_solver(subject: BySolver, data: Dataset, side: str) -> str:
    """Return the code that fits the estimator."""
    if not data.n_classes:
        return by_least_squares.program(subject.recipe.parameters, data, side)
    if data.n_classes == 2:
        return logistic_program(solved(subject, data), data, side)
    return of_each_class.program(solved(subject, data), _weights(subject, data), data, side)


def read(subject: BySolver, data: Dataset) -> ModelSettings:
    """Return the settings of the estimator; the objective is that of the recipe."""
    if not data.n_classes:
        settings = by_least_squares.read(subject.recipe.parameters, data)
    elif data.n_classes == 2:
        settings = read_settings(solved(subject, data), data)
    else:
        settings = of_each_class.read(solved(subject, data), _weights(subject, data), data)
    return _with_objective(settings, subject, data)


def fit(subject: BySolver, data: Dataset, *, side: str) -> FittedModel:
    """Fit the estimator."""
    if not data.n_classes:
        fitted = by_least_squares.fit(subject.recipe.parameters, data, side)
    elif data.n_classes == 2:
        fitted = logistic.fit(solved(subject, data), data, side=side)
    else:
        weights = _weights(subject, data)
        fitted = of_each_class.fit(solved(subject, data), weights, data, side)
    return replace(fitted, settings=_with_objective(fitted.settings, subject, data))


def _weights(subject: BySolver, data: Dataset) -> tuple[float, ...] | None:
    """Return what each class weighs in its own problem; ``None``: 1, as the rest does."""
    return weights_of_classes(subject.recipe.parameters, data)


def _with_objective(settings: ModelSettings, subject: BySolver, data: Dataset) -> ModelSettings:
    """Return settings with the objective to the last bit, which the way over C rounds."""
    return replace(settings, objective=read_objective(subject.recipe.parameters, data))
