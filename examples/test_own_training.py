"""A function: a logistic regression written by hand, as every course does it.

Gradient descent in ten lines of NumPy, handed over as it is: a function of X and y that trains and
returns what predicts. Is it scikit-learn's LogisticRegression?
"""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import expit
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from pytest_modelparity import assert_models_equivalent, compare_models

#: Radius, texture, smoothness and symmetry.
COLUMNS = [0, 1, 4, 8]

Predict = Callable[[np.ndarray], np.ndarray]


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(X[:, COLUMNS]), y


def train(X: np.ndarray, y: np.ndarray, steps: int = 6000, l2: float = 0.0) -> Predict:
    """Return the model of a course, trained by gradient descent."""
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(steps):
        error = expit(X @ w + b) - y
        w -= 1.0 * (X.T @ error / len(y) + l2 * w)
        b -= 1.0 * error.mean()
    return lambda rows: expit(rows @ w + b)


def test_the_course_has_no_penalty(data: tuple) -> None:
    report = compare_models(LogisticRegression(C=0.1, tol=1e-8), *data, candidate=train)
    assert report.verdict == "diverged"
    assert [(cause.setting, cause.role) for cause in report.causes] == [("penalty", "must")]
    assert report.inference["candidate"].grade == "proven"


def test_with_the_penalty_it_is_the_same_model(data: tuple) -> None:
    # scikit-learn sums the loss: C=1 is 1 / n beside a mean.
    def penalised(X: np.ndarray, y: np.ndarray) -> Predict:
        return train(X, y, l2=1.0 / len(y))

    report = assert_models_equivalent(LogisticRegression(tol=1e-8), *data, candidate=penalised)
    # Found from what it predicts.
    assert report.divergences["coef"].value < 0.05


def test_a_sum_in_place_of_the_mean_is_told(data: tuple) -> None:
    # The penalty of a textbook whose loss is a sum, beside a mean.
    def too_strong(X: np.ndarray, y: np.ndarray) -> Predict:
        return train(X, y, l2=1.0)

    report = compare_models(LogisticRegression(tol=1e-8), *data, candidate=too_strong)
    (cause,) = report.causes
    assert cause.setting == "C"
    assert cause.note == "569 times too strong: scikit-learn sums the loss, so divide by n = 569"
