"""Case C12, scikit-learn issue 6738: eight rows whose optimum is known, and a huge C."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import assert_models_equivalent, compare_models

X = np.array([[0.0]] * 4 + [[1.0]] * 4)
y = np.array([1, 0, 0, 0, 1, 1, 1, 0])
# A quarter of ones where x = 0, three quarters where x = 1.
INTERCEPT, COEF = -math.log(3), 2 * math.log(3)
# Curvatures 0.04 to 0.46, penalties included: rate 4 leaves at most 0.86 of any direction.
FIT = {"epochs": 60, "batch_size": 8}


@pytest.fixture
def model(dense):
    """Return a function that makes the plain Keras model."""
    return lambda: dense(1, optimizer=keras.optimizers.SGD(4.0))


@pytest.mark.parametrize("C", [1e200, np.inf], ids=["1e200", "inf"])
def test_a_huge_c_is_no_penalty(model, C: float) -> None:
    report = assert_models_equivalent(LogisticRegression(C=C), X, y, candidate=model, fit=FIT)
    assert report.coefficients.candidate[0][0] == pytest.approx(COEF, abs=1e-3)
    assert report.coefficients.candidate_intercept[0] == pytest.approx(INTERCEPT, abs=1e-3)
    # lbfgs stops at tol=1e-4
    assert report.coefficients.reference[0][0] == pytest.approx(COEF, abs=1e-2)


@pytest.mark.parametrize("solver,coef", [("lbfgs", 0.6687), ("liblinear", 0.6023)])
def test_the_default_penalty_is_the_only_must(
    model, told, repaired, solver: str, coef: float
) -> None:
    report = compare_models(LogisticRegression(solver=solver), X, y, candidate=model, fit=FIT)
    assert report.coefficients.reference[0][0] == pytest.approx(coef, abs=1e-3)
    assert report.verdict == "diverged"
    assert [(cause.setting, cause.role) for cause in report.causes] == [("penalty", "must")]
    assert ("intercept-penalised" in told(report).slugs) == (solver == "liblinear")
    # All labels agree, and every score that counts labels.
    assert "same-score-different-model" in told(report).slugs
    # 1 / (2 * C * n), and the intercept goes with it where the reference penalises that.
    changes = repaired(report)
    assert changes["candidate", "penalty"] == "kernel_regularizer=L2(0.0625)"
    assert (("candidate", "intercept_penalty") in changes) == (solver == "liblinear")
