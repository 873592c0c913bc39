"""A solver of one's own, checked against scikit-learn's on data that are hard for a solver.

    pytest --parity-report examples/test_port_suite.py

The section at the end of the run has a matrix: a row for each setting, a column for each data set.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import (
    ParityCase,
    assert_models_equivalent,
    hard_data,
    parametrize_parity,
)


class NewtonSolver:
    """A logistic regression of two classes with an L2 penalty, by Newton's method."""

    def __init__(self, C: float, steps: int = 50) -> None:
        self.C, self.steps = C, steps

    def fit(self, X, y, sample_weight=None) -> NewtonSolver:
        self.classes_, labels = np.unique(y, return_inverse=True)
        # Far-off columns are moved to 0, which changes the intercept alone.
        self.centre = X.mean(axis=0)
        A = np.column_stack([X - self.centre, np.ones(len(X))])
        weights = np.ones(len(X)) if sample_weight is None else sample_weight
        # scikit-learn's penalty leaves the intercept out.
        penalty = np.append(np.ones(X.shape[1]), 0.0) / self.C
        self.theta = np.zeros(A.shape[1])
        for _ in range(self.steps):
            p = expit(A @ self.theta)
            gradient = A.T @ (weights * (p - labels)) + penalty * self.theta
            hessian = (A.T * (weights * p * (1 - p))) @ A + np.diag(penalty)
            self.theta = self.theta - np.linalg.solve(hessian, gradient)
        return self

    def predict_proba(self, X):
        p = expit((X - self.centre) @ self.theta[:-1] + self.theta[-1])
        return np.column_stack([1 - p, p])


@pytest.mark.parity(tolerance=0.001)
@parametrize_parity(
    LogisticRegression(max_iter=10_000, tol=1e-8),
    [
        *hard_data.classification(
            "nearly_separable", "collinear", "rank_deficient", "imbalanced", "weighted"
        ),
        *(data.weighted() for data in hard_data.classification("rare_levels", "boolean_labels")),
    ],
    grid={"C": [0.1, 10.0], "solver": ["lbfgs", "newton-cholesky"]},
)
def test_newton_solver(parity_case: ParityCase) -> None:
    X, y, weights = parity_case.X, parity_case.y, parity_case.sample_weight
    solver = NewtonSolver(C=parity_case.settings["C"]).fit(X, y, weights)
    assert_models_equivalent(parity_case.reference, X, y, sample_weight=weights, candidate=solver)
