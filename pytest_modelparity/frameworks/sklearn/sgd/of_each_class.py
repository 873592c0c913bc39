"""A LogisticRegression for each class against the rest, each with its own class weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from pytest_modelparity.frameworks.sklearn.binary import problems_of
from pytest_modelparity.frameworks.sklearn.logistic import recipes as logistic
from pytest_modelparity.frameworks.sklearn.logistic import source as logistic_source
from pytest_modelparity.frameworks.sklearn.logistic.parameters import model_text as logistic_text
from pytest_modelparity.frameworks.sklearn.logistic.settings import read_settings
from pytest_modelparity.frameworks.sklearn.one_vs_rest.parts import joined_fit, joined_settings
from pytest_modelparity.frameworks.sklearn.one_vs_rest.source import around
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.theory.one_vs_rest import normalised

#: What each class weighs in its own problem; ``None``: 1, as the rest does.
Weights = tuple[float, ...] | None


def _each(
    model: LogisticRegression, weights: Weights, data: Dataset
) -> Iterator[tuple[LogisticRegression, Dataset]]:
    """Yield the LogisticRegression of each class, with the data of its problem."""
    for code, problem in enumerate(problems_of(data)):
        own = clone(model)
        if weights is not None:
            own.class_weight = {0: 1.0, 1: weights[code]}
        yield own, problem


def model_text(text: str, weights: Weights) -> str:
    """Return them as their user would write them, of one without its weights."""
    own = "" if weights is None else ", each with the weight of its class"
    return f"OneVsRestClassifier({text}){own}"


def read(model: LogisticRegression, weights: Weights, data: Dataset) -> ModelSettings:
    """Return the settings of all, as those of one model."""
    each = [read_settings(own, problem) for own, problem in _each(model, weights, data)]
    return joined_settings(each, data, model_text(logistic_text(model), weights))


def fit(model: LogisticRegression, weights: Weights, data: Dataset, side: str) -> FittedModel:
    """Fit all of them, as one model."""
    each = [logistic.fit(own, problem, side=side) for own, problem in _each(model, weights, data)]

    def predict(X: Any) -> np.ndarray:
        return normalised(np.column_stack([one.predict(X)[:, 1] for one in each]))

    text = model_text(logistic_text(model), weights)
    settings = joined_settings([one.settings for one in each], data, text)
    return joined_fit(each, settings, predict)


def program(model: LogisticRegression, weights: Weights, data: Dataset, side: str) -> str:
    """Return the code that fits all of them, as the estimators of a OneVsRestClassifier."""
    plain = logistic_source.program(model, replace(data, sample_weight=None), side)
    code, weighted = around(plain, OneVsRestClassifier, side), data.sample_weight is not None
    if weights is None and not weighted:
        return code
    given = ", sample_weight=sample_weight" if weighted else ""
    lines = [
        "# Again, each class with its own weight and those of the rows: `fit` above takes neither.",
        f"weights = {list(weights or [1.0] * data.n_classes)!r}",
        f"for label, weight, model in zip(np.unique(y), weights, {side}.estimators_):",
        "    model.class_weight = {0: 1.0, 1: weight}",
        f"    model.fit(X, (np.ravel(y) == label).astype(int){given})",
        "",
    ]
    return code + "\n".join(lines)
