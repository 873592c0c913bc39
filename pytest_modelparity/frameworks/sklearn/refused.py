"""Estimators of scikit-learn that are no subject of a check, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_AS_THEY_ARE = "compare both as they are with y=None"
_HINGE = "has a hinge loss: it predicts no probabilities, and its objective has no smooth optimum"

#: By class: what it does, and what to pass. Subclasses are among them.
REASONS: Mapping[str, str] = {
    "LinearSVC": f"{_HINGE}; pass LogisticRegression",
    "Perceptron": f"{_HINGE}; pass SGDClassifier(loss='log_loss')",
    "PassiveAggressiveClassifier": f"{_HINGE}; pass SGDClassifier(loss='log_loss')",
    "CalibratedClassifierCV": (
        "averages models of several parts of the rows behind a calibration: what it predicts is "
        f"the optimum of no objective; pass the estimator that it calibrates, or {_AS_THEY_ARE}"
    ),
    "OneVsOneClassifier": (
        "fits one binary model for each pair of classes and predicts no probabilities; pass "
        "LogisticRegression or OneVsRestClassifier"
    ),
    "RidgeClassifier": (
        "fits labels of -1 and 1 by least squares and predicts no probabilities; pass "
        "LogisticRegression"
    ),
    "TransformedTargetRegressor": (
        "fits a transform of y; pass its regressor and the y that it is fitted to"
    ),
    "HuberRegressor": f"has a Huber loss, which is not modelled; pass Ridge, or {_AS_THEY_ARE}",
    "PassiveAggressiveRegressor": (
        "has an epsilon-insensitive loss, which is flat within epsilon: no optimum of it is "
        "unique; pass SGDRegressor(loss='squared_error')"
    ),
    "GammaRegressor": f"has a Gamma deviance, which is not modelled; {_AS_THEY_ARE}",
    "TweedieRegressor": (
        "has a Tweedie deviance, which is not modelled; pass PoissonRegressor for power=1 with a "
        f"logarithmic link, Ridge for power=0, or {_AS_THEY_ARE}"
    ),
    "BayesianRidge": (
        "chooses its penalty from the rows by itself; pass Ridge with alpha = lambda_ / alpha_ of "
        "the fitted one"
    ),
    "MultiOutputRegressor": "fits one model for each target; check each of its estimators_",
    "VotingClassifier": (
        f"averages several models; check each of its estimators_, or {_AS_THEY_ARE}"
    ),
    "StackingClassifier": (
        f"fits a model on the predictions of others; check each of its estimators_, or "
        f"{_AS_THEY_ARE}"
    ),
}


def why_not(estimator: Any) -> str:
    """Return why an estimator of scikit-learn cannot be compared; empty where nothing is known."""
    # By name: none of these classes is imported for those who do not use it.
    for kind in type(estimator).__mro__:
        if kind.__module__.startswith("sklearn.") and kind.__name__ in REASONS:
            return f"{type(estimator).__name__} {REASONS[kind.__name__]}"
    return ""
