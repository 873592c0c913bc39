"""Case B3, "Python logistic regression beginner": hours of study, and two columns of ones."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import assert_models_equivalent, compare_models, train_to_optimum

HOURS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 1.75, 2, 2.25, 2.5]
HOURS += [2.75, 3, 3.25, 3.5, 4, 4.25, 4.5, 4.75, 5, 5.5]
X = np.array(HOURS)[:, None]
y = np.array([0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1])
MAXIMUM_LIKELIHOOD = (1.504645, -4.077713)


@pytest.fixture
def likelihood_model(dense):
    """Return the plain Keras model at its optimum: what the asker expected."""
    trained = train_to_optimum(dense(1), X, y)
    found = (trained.coef[0, 0], trained.intercept[0])
    assert found == pytest.approx(MAXIMUM_LIKELIHOOD, abs=1e-6)
    return trained.model


@pytest.mark.parametrize(
    "solver,coef,intercept", [("lbfgs", 1.149, -3.140), ("liblinear", 0.611, -1.366)]
)
def test_the_penalty_is_named(
    solver: str, coef: float, intercept: float, likelihood_model, told, repaired
) -> None:
    report = compare_models(LogisticRegression(solver=solver), X, y, candidate=likelihood_model)
    # Three decimals were posted.
    assert report.coefficients.reference[0][0] == pytest.approx(coef, abs=1e-3)
    assert report.coefficients.reference_intercept[0] == pytest.approx(intercept, abs=1e-3)
    assert report.verdict == "diverged"
    assert told(report).musts == {"penalty"}
    assert told(report).one_of == set()
    assert ("intercept-penalised" in told(report).slugs) == (solver == "liblinear")
    changes = repaired(report)
    assert changes["candidate", "penalty"] == "kernel_regularizer=L2(0.025)"
    assert (("candidate", "intercept_penalty") in changes) == (solver == "liblinear")


def test_a_column_of_ones_beside_the_intercept_splits_it_in_two(dense) -> None:
    ones = np.column_stack([np.ones(20), X])
    weak = LogisticRegression(solver="liblinear", C=1e6).fit(ones, y)
    # liblinear stops at tol=1e-4: three digits.
    np.testing.assert_allclose(weak.coef_, [[-2.038853, 1.504643]], rtol=1e-3)
    np.testing.assert_allclose(weak.intercept_, [-2.038853], rtol=1e-3)
    # Half an intercept and half a coefficient of ones are one intercept: the same model.
    model = dense(2, weights=([[-4.077713, 1.504645]], [0.0]))
    assert_models_equivalent(weak, ones, y, candidate=model)


def test_the_column_of_ones_is_penalised_with_the_default_c() -> None:
    ones = np.column_stack([np.ones(20), X])
    found = LogisticRegression(solver="liblinear", tol=1e-8).fit(ones, y)
    np.testing.assert_allclose(found.coef_, [[-0.924, 0.756]], atol=5e-4)
    np.testing.assert_allclose(found.intercept_, [-0.924], atol=5e-4)
