"""Case B7: R's glmnet as an independent judge, from scikit-learn's own test of it.

The numbers are glmnet's, with alpha=0, lambda=1, standardize=F; C is then 1/9 for the nine rows.
"""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import KerasTwin, assert_models_equivalent, compare_models

X = np.array([[-4, -3, -2, -1, 0, 1, 2, 3, 4], [0, 0, 1, 0, 1, 1, 1, 0, 0]]).T
TWO = np.array([0, 0, 0, 1, 1, 1, 1, 1, 1])
THREE = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2])
TWO_COEF, TWO_INTERCEPT = [[0.44464569182, 0.01457563448]], [0.89230405539]
THREE_COEF = [
    [-0.38023389305, -0.01226499932],
    [-8.164030176e-05, 4.734548012e-02],
    [0.3803155334, -0.0350804808],
]
THREE_INTERCEPT = [-0.12004759652, 2.251747383e-01, -0.1051271418]
# glmnet stops at thresh=1e-10 and agrees with the exact optimum in about six digits.
GLMNET = {"rtol": 1e-5, "atol": 1e-8}


@pytest.mark.parametrize("solver", ["lbfgs", "newton-cg", "newton-cholesky", "sag", "saga"])
def test_the_twin_of_every_solver_is_glmnet(solver: str) -> None:
    twin = KerasTwin(LogisticRegression(C=1 / 9, solver=solver)).fit(X, TWO)
    np.testing.assert_allclose(twin.coef_, TWO_COEF, **GLMNET)
    np.testing.assert_allclose(twin.intercept_, TWO_INTERCEPT, **GLMNET)
    assert twin.certificate_.coef < 1e-6


def test_the_twin_of_three_classes_is_glmnet() -> None:
    twin = KerasTwin(LogisticRegression(C=1 / 9)).fit(X, THREE)
    # glmnet centres coefficients over classes, as a penalty does by itself; intercepts are free.
    np.testing.assert_allclose(twin.coef_, THREE_COEF, **GLMNET)
    centred = twin.intercept_ - twin.intercept_.mean()
    np.testing.assert_allclose(centred, THREE_INTERCEPT, **GLMNET)


@pytest.mark.parametrize("solver", ["lbfgs", "newton-cg", "newton-cholesky"])
def test_a_keras_model_with_glmnets_coefficients_is_the_same_model(solver: str, dense) -> None:
    model = dense(2, l2=0.5, weights=(TWO_COEF, TWO_INTERCEPT))
    report = assert_models_equivalent(
        LogisticRegression(C=1 / 9, solver=solver, tol=1e-8, max_iter=300),
        X,
        TWO,
        candidate=model,
        # float32 coefficients, and a solver that stops at 1e-8
        tolerance=1e-5,
    )
    assert not report.findings


def test_liblinear_is_another_model_because_of_its_intercept(dense, told, repaired) -> None:
    liblinear = LogisticRegression(C=1 / 9, solver="liblinear", tol=1e-8)
    twin = KerasTwin(liblinear).fit(X, TWO)
    # Six decimals were given.
    np.testing.assert_allclose(twin.coef_, [[0.409426, 0.078609]], atol=1e-6)
    np.testing.assert_allclose(twin.intercept_, [0.132624], atol=1e-6)

    model = dense(2, l2=0.5, weights=(TWO_COEF, TWO_INTERCEPT))
    report = compare_models(liblinear, X, TWO, candidate=model)
    assert report.verdict == "diverged"
    assert [(cause.setting, cause.role) for cause in report.causes] == [
        ("intercept_penalty", "must")
    ]
    assert "intercept-penalised" in told(report).slugs
    # lambda/2, for kernel and bias alike; then a model that was given must be trained.
    assert repaired(report)["candidate", "intercept_penalty"] == "bias_regularizer=L2(0.5)"
