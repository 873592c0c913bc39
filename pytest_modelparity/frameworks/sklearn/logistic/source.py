"""Writes the program that fits a LogisticRegression."""

from __future__ import annotations

from sklearn.linear_model import LogisticRegression

from pytest_modelparity.frameworks.sklearn.logistic.recipes import (
    Standardised,
    Subject,
    estimator_of,
)
from pytest_modelparity.sides.dataset import Dataset


def program(subject: Subject, data: Dataset, side: str) -> str:
    """Return the code that fits an estimator, or a recipe, to ``X`` and ``y``."""
    estimator = estimator_of(subject)
    scaler = scaler_text(estimator) if isinstance(subject, Standardised) else ""
    # scikit-learn's repr shows what differs from the defaults, and numbers as Python prints them.
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
        # make_pipeline names a step by its class in lower case; `fit` takes a step's arguments
        # under that name only.
        step = type(estimator).__name__.lower()
        weights = f", {f'{step}__' if scaler else ''}sample_weight=sample_weight"
    # np.ravel: a column of labels raises a DataConversionWarning.
    return "\n".join([*lines, "", f"{side} = {model}", f"{side}.fit(X, np.ravel(y){weights})", ""])


def scaler_text(estimator: LogisticRegression) -> str:
    """Return the scaler of a pipeline around an estimator, as code."""
    return "StandardScaler()" if estimator.fit_intercept else "StandardScaler(with_mean=False)"


def _module(estimator: LogisticRegression) -> str:
    """Return where an estimator is imported from."""
    # Its `__module__` is the private sklearn.linear_model._logistic.
    kind = type(estimator)
    return "sklearn.linear_model" if kind is LogisticRegression else kind.__module__
