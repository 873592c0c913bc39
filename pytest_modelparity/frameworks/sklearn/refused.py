"""Classifiers of scikit-learn that are no subject of a check, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_HINGE = "has a hinge loss: it predicts no probabilities, and its objective has no smooth optimum"

#: By class: what it does, and what to pass. Subclasses are among them.
REASONS: Mapping[str, str] = {
    "LinearSVC": f"{_HINGE}; pass LogisticRegression",
    "Perceptron": f"{_HINGE}; pass SGDClassifier(loss='log_loss')",
    "PassiveAggressiveClassifier": f"{_HINGE}; pass SGDClassifier(loss='log_loss')",
    "CalibratedClassifierCV": (
        "averages models of several parts of the rows behind a calibration: what it predicts is "
        "the optimum of no objective; pass the estimator that it calibrates, or compare both as "
        "they are with y=None"
    ),
    "OneVsRestClassifier": (
        "fits one binary model for each class, each with an objective of its own; pass "
        "LogisticRegression, or check each of its estimators_ on the labels of its class"
    ),
    "OneVsOneClassifier": (
        "fits one binary model for each pair of classes and predicts no probabilities; pass "
        "LogisticRegression"
    ),
    "RidgeClassifier": (
        "fits labels of -1 and 1 by least squares and predicts no probabilities; pass "
        "LogisticRegression"
    ),
}


def why_not(estimator: Any) -> str:
    """Return why a classifier of scikit-learn cannot be compared; empty where nothing is known."""
    # By name: none of these classes is imported for those who do not use it.
    for kind in type(estimator).__mro__:
        if kind.__module__.startswith("sklearn.") and kind.__name__ in REASONS:
            return f"{type(estimator).__name__} {REASONS[kind.__name__]}"
    return ""
