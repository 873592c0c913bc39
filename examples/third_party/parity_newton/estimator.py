"""An estimator that pytest-modelparity does not know; it has no scikit-learn base."""

from __future__ import annotations

import numpy as np
from scipy.special import expit


class NewtonLogistic:
    """Logistic regression for two classes, by a fixed number of Newton steps.

    It minimises the mean log-loss plus ``ridge / 2`` times the squared length of the coefficients;
    the intercept is free.
    """

    def __init__(self, ridge: float = 0.1, steps: int = 8) -> None:
        self.ridge, self.steps = ridge, steps

    def fit(self, X: np.ndarray, y: np.ndarray) -> NewtonLogistic:
        self.classes_, target = np.unique(y, return_inverse=True)
        rows = np.column_stack([X, np.ones(len(X))])
        penalty = np.diag([self.ridge] * X.shape[1] + [0.0])
        parameters = np.zeros(rows.shape[1])
        for _ in range(self.steps):
            p = expit(rows @ parameters)
            gradient = rows.T @ (p - target) / len(rows) + penalty @ parameters
            hessian = (rows.T * (p * (1 - p))) @ rows / len(rows) + penalty
            parameters = parameters - np.linalg.solve(hessian, gradient)
        self.coef_, self.intercept_ = parameters[None, :-1], parameters[-1:]
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        p = expit(X @ self.coef_[0] + self.intercept_)
        return np.column_stack([1 - p, p])
