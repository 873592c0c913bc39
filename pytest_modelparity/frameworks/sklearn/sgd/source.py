"""Writes the program that fits an SGD estimator."""

from __future__ import annotations

from pytest_modelparity.frameworks.sklearn.sgd.by_solver import BySolver, program_by_solver
from pytest_modelparity.frameworks.sklearn.sgd.kinds import kind_of
from pytest_modelparity.frameworks.sklearn.sgd.recipes import OnDense, Subject, estimator_of
from pytest_modelparity.sides.dataset import Dataset


def program(subject: Subject, data: Dataset, side: str) -> str:
    """Return the code that fits an estimator, or a recipe, to ``X`` and ``y``."""
    if isinstance(subject, BySolver):
        return program_by_solver(subject, data, side)
    estimator = estimator_of(subject)
    kind = type(estimator)
    # Its `__module__` is the private sklearn.linear_model._stochastic_gradient.
    stock = kind is kind_of(estimator).estimator
    module = "sklearn.linear_model" if stock else kind.__module__
    rows = "X.toarray()" if isinstance(subject, OnDense) else "X"
    weights = "" if data.sample_weight is None else ", sample_weight=sample_weight"
    lines = [
        "import numpy as np",
        f"from {module} import {kind.__name__}",
        "",
        f"{side} = {estimator!r}",
        # np.ravel: a column of labels raises a DataConversionWarning.
        f"{side}.fit({rows}, np.ravel(y){weights})",
        "",
    ]
    return "\n".join(lines)
