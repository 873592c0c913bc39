"""Writes the program that fits a linear regressor."""

from __future__ import annotations

from pytest_modelparity.frameworks.sklearn.linear.families import Family
from pytest_modelparity.frameworks.sklearn.linear.recipes import Subject
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.estimator import built


def program(family: Family, subject: Subject, data: Dataset, side: str) -> str:
    """Return the code that fits an estimator, or a recipe, to ``X`` and ``y``."""
    estimator = built(subject)
    kind = type(estimator)
    module = "sklearn.linear_model" if kind is family.kind else kind.__module__
    weights = "" if data.sample_weight is None else ", sample_weight=sample_weight"
    lines = [
        "import numpy as np",
        f"from {module} import {kind.__name__}",
        "",
        f"{side} = {estimator!r}",
        f"{side}.fit(X, np.ravel(y){weights})",
        "",
    ]
    return "\n".join(lines)
