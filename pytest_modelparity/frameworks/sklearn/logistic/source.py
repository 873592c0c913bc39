"""Writes the program that fits a LogisticRegression."""

from __future__ import annotations

from typing import Any

from sklearn.linear_model import LogisticRegression

from pytest_modelparity.frameworks.sklearn.logistic.recipes import Standardised, estimator_of
from pytest_modelparity.sides.dataset import Dataset


def program(subject: Any, data: Dataset, side: str) -> str:
    """Return the code that fits an estimator, or a recipe, to ``X`` and ``y``."""
    estimator = estimator_of(subject)
    scaler = scaler_text(estimator) if isinstance(subject, Standardised) else ""
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


def scaler_text(estimator: Any) -> str:
    """Return the scaler of a pipeline around an estimator, as code."""
    return "StandardScaler()" if estimator.fit_intercept else "StandardScaler(with_mean=False)"


def _module(estimator: Any) -> str:
    """Return where an estimator is imported from."""
    kind = type(estimator)
    return "sklearn.linear_model" if kind is LogisticRegression else kind.__module__
