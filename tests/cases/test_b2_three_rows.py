"""Case B2, "sklearn Logistic Regression converging to unexpected coefficient": three rows."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import assert_models_equivalent, compare_models

X = np.array([[1.0], [1.0], [1.0]])
y = np.array([1, 0, 1])


def model(dense) -> keras.Model:
    # Curvature 0.22, and 0.58 with the penalty: rate 2 leaves at most 0.56 in each step.
    return dense(1, use_bias=False, optimizer=keras.optimizers.SGD(2.0))


FIT = {"epochs": 30, "batch_size": 3}


def test_the_default_penalty_is_the_whole_difference(dense, told, repaired) -> None:
    report = compare_models(
        LogisticRegression(fit_intercept=False), X, y, candidate=lambda: model(dense), fit=FIT
    )
    # Two ones and a zero without penalty: p = 2/3, a coefficient of log 2.
    assert report.coefficients.candidate[0][0] == pytest.approx(math.log(2), abs=1e-6)
    assert report.coefficients.reference[0][0] == pytest.approx(0.2865409, abs=1e-5)
    assert report.verdict == "diverged"
    assert [(cause.setting, cause.role) for cause in report.causes] == [("penalty", "must")]
    # One label everywhere on both sides: every score that counts labels agrees.
    assert told(report).slugs == {"same-score-different-model"}
    # 1 / (2 * C * n)
    assert repaired(report) == {("candidate", "penalty"): "kernel_regularizer=L2(0.166667)"}


def test_without_a_penalty_both_are_the_same_model(dense) -> None:
    # C=inf is the spelling that every release knows.
    assert_models_equivalent(
        LogisticRegression(fit_intercept=False, C=np.inf, solver="newton-cg"),
        X,
        y,
        candidate=lambda: model(dense),
        fit=FIT,
    )
