"""A LogisticRegression with the objective of an SGDClassifier."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import scipy.sparse
from sklearn.linear_model import LogisticRegression

from pytest_modelparity.frameworks.sklearn.logistic import recipes as logistic
from pytest_modelparity.frameworks.sklearn.logistic.parameters import L1_RATIO_DECIDES
from pytest_modelparity.frameworks.sklearn.logistic.refusals import class_key
from pytest_modelparity.frameworks.sklearn.logistic.remedies import NEWTON_COEFFICIENTS
from pytest_modelparity.frameworks.sklearn.logistic.settings import read_settings
from pytest_modelparity.frameworks.sklearn.sgd.parameters import read_penalty
from pytest_modelparity.frameworks.sklearn.sgd.settings import read_objective, weights_of_classes
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.estimator import EstimatorRecipe
from pytest_modelparity.sides.fitted import FittedModel


@dataclass(frozen=True, slots=True, kw_only=True)
class BySolver:
    """The objective of an SGDClassifier, minimised by a LogisticRegression.

    Parameters
    ----------
    recipe : EstimatorRecipe
        The SGDClassifier.
    """

    recipe: EstimatorRecipe


def solved(subject: BySolver, data: Dataset) -> LogisticRegression:
    """Return the LogisticRegression, with ``C = 1/(alpha n)``."""
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
        "class_weight": _class_weight(params, data),
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


def read(subject: BySolver, data: Dataset) -> ModelSettings:
    """Return the settings of the LogisticRegression; the objective is the SGDClassifier's."""
    return _with_objective(read_settings(solved(subject, data), data), subject, data)


def fit(subject: BySolver, data: Dataset, *, side: str) -> FittedModel:
    """Fit the LogisticRegression."""
    fitted = logistic.fit(solved(subject, data), data, side=side)
    return replace(fitted, settings=_with_objective(fitted.settings, subject, data))


def _with_objective(settings: ModelSettings, subject: BySolver, data: Dataset) -> ModelSettings:
    """Return settings with the objective to the last bit, which the way over C rounds."""
    return replace(settings, objective=read_objective(subject.recipe.parameters, data))
