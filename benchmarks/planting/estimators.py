"""The references by the names of their classes: of their parameters the unfitted estimator."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    PoissonRegressor,
    Ridge,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

#: Up to scikit-learn 1.7 the type of the penalty has a name of its own.
_PENALTY_IS_NAMED = inspect.signature(LogisticRegression).parameters["penalty"].default == "l2"
#: From 1.8 on the forms of what was found are chosen.
_FORM_IS_CHOSEN = "use_legacy_attributes" in inspect.signature(LogisticRegressionCV).parameters


def _logistic(options: dict[str, Any]) -> LogisticRegression:
    """Return a LogisticRegression of what any version takes."""
    if _PENALTY_IS_NAMED:
        ratio = options.get("l1_ratio", 0.0)
        options["penalty"] = {0.0: "l2", 1.0: "l1"}.get(ratio, "elasticnet")
        if options["penalty"] != "elasticnet":
            options.pop("l1_ratio", None)
    return LogisticRegression(**options)


def _logistic_cv(options: dict[str, Any]) -> LogisticRegressionCV:
    """Return a LogisticRegressionCV that warns of nothing."""
    more = {"use_legacy_attributes": False, "l1_ratios": (0,)} if _FORM_IS_CHOSEN else {}
    return LogisticRegressionCV(cv=3, scoring="neg_log_loss", **more, **options)


def _grid(options: dict[str, Any]) -> GridSearchCV:
    """Return a grid search over ``Cs``."""
    grid = {"C": options.pop("Cs")}
    return GridSearchCV(_logistic(options), grid, cv=3, scoring="neg_log_loss")


#: By name: what makes the estimator of its parameters, which it may change.
ESTIMATORS: Mapping[str, Callable[[dict[str, Any]], BaseEstimator]] = {
    "LogisticRegression": _logistic,
    "LogisticRegressionCV": _logistic_cv,
    "GridSearchCV": _grid,
    "SGDClassifier": lambda options: SGDClassifier(**options),
    "scaler and LogisticRegression": lambda options: make_pipeline(
        StandardScaler(), _logistic(options)
    ),
    "OneVsRestClassifier": lambda options: OneVsRestClassifier(_logistic(options)),
    "LinearRegression": lambda options: LinearRegression(**options),
    "Ridge": lambda options: Ridge(**options),
    "Lasso": lambda options: Lasso(**options),
    "ElasticNet": lambda options: ElasticNet(**options),
    "SGDRegressor": lambda options: SGDRegressor(**options),
    "PoissonRegressor": lambda options: PoissonRegressor(**options),
    "scaler and Ridge": lambda options: make_pipeline(StandardScaler(), Ridge(**options)),
}
