"""Case B13, statsmodels issue 9427: one alpha is beside a mean of the loss, the other beside a sum.

The same alpha is then n times too strong. In Keras the loss is a mean; scikit-learn sums it. The
numbers are those of an l1 penalty of 0.1 with a free intercept.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import compare_models, train_to_optimum

X = np.array([[1.0, 4.0], [2.0, 1.0], [3.0, 3.0], [4.0, 2.0]])
y = np.array([0, 0, 1, 1])
ALPHA = 0.1
#: Intercept and coefficients that were posted, in two decimals.
BESIDE_THE_SUM = [-10.89, 3.68, 0.79]
BESIDE_THE_MEAN = [-5.04, 2.02, 0.0]
#: Where the exact optimum is; what was posted has a larger objective.
OPTIMUM_BESIDE_THE_MEAN = [-5.226, 2.024, 0.075]


def beside_the_sum() -> LogisticRegression:
    # Until 1.7 the default penalty is "l2" by name and l1_ratio does nothing beside it.
    old = getattr(LogisticRegression(), "penalty", None) == "l2"
    l1: dict[str, Any] = {"penalty": "l1"} if old else {"l1_ratio": 1.0}
    return LogisticRegression(
        C=1 / ALPHA, solver="saga", tol=1e-8, max_iter=100_000, random_state=0, **l1
    )


def objective(intercept: float, *coef: float) -> float:
    """Return the mean of the loss plus the penalty."""
    decision = intercept + X @ np.array(coef)
    loss = np.logaddexp(0, np.where(y == 1, -decision, decision)).mean()
    return float(loss + ALPHA * np.abs(coef).sum())


@pytest.fixture(scope="module")
def mean(dense):
    """Return the Keras model that has the alpha as it stands, at its optimum."""
    model = dense(2, kernel_regularizer=keras.regularizers.L1(ALPHA))
    return train_to_optimum(model, X, y)


def test_the_posted_fit_beside_the_mean_stopped_near_the_optimum(mean) -> None:
    found = [*mean.intercept, *mean.coef[0]]
    np.testing.assert_allclose(found, OPTIMUM_BESIDE_THE_MEAN, atol=1e-3)
    assert objective(*found) < objective(*BESIDE_THE_MEAN) < objective(*found) + 1e-3


def test_the_sum_is_named_and_dividing_by_n_repairs_it(mean, repaired) -> None:
    report = compare_models(beside_the_sum(), X, y, candidate=mean.model)
    found = [*report.coefficients.reference_intercept, *report.coefficients.reference[0]]
    np.testing.assert_allclose(found, BESIDE_THE_SUM, atol=6e-3)
    assert report.verdict == "diverged"
    assert [(cause.setting, cause.kind, cause.role) for cause in report.causes] == [
        ("C", "objective", "must")
    ]
    assert "4 times too strong" in report.causes[0].note
    assert repaired(report)["candidate", "C"] == "kernel_regularizer=L1(0.025)"
