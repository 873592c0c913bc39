"""Case C10, scikit-learn issue 18264: liblinear's l1 path on standardised iris, against saga.

liblinear was stuck there once; the penalised intercept, scaled away in the issue, is still there.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.svm import l1_min_c

from pytest_modelparity import KerasTwin, assert_models_equivalent, compare_models


@pytest.fixture
def data(iris) -> tuple[np.ndarray, np.ndarray, float]:
    """Return two classes, standardised, and the second C of the issue's path."""
    X, y = iris[0][iris[1] != 2], iris[1][iris[1] != 2]
    # The smallest C is that of the raw rows there.
    C = l1_min_c(X, y, loss="log") * 10 ** (10 / 29)
    return StandardScaler().fit_transform(X), y, C


def lasso(solver: str, C: float, **settings) -> LogisticRegression:
    """Return an l1 model in the words of the release that is installed."""
    # Until 1.7 the default penalty is "l2" by name and l1_ratio does nothing beside it.
    old = getattr(LogisticRegression(), "penalty", None) == "l2"
    l1: dict[str, Any] = {"penalty": "l1"} if old else {"l1_ratio": 1.0}
    return LogisticRegression(
        C=C, solver=solver, tol=1e-8, max_iter=100_000, random_state=0, **l1, **settings
    )


def test_both_twins_have_the_coefficient_of_the_case(data) -> None:
    X, y, C = data
    # scale 10000: the penalty on the intercept is divided by it
    liblinear = KerasTwin(lasso("liblinear", C, intercept_scaling=10_000.0)).fit(X, y)
    saga = KerasTwin(lasso("saga", C)).fit(X, y)
    np.testing.assert_allclose(liblinear.coef_, [[0, 0, 0.708427, 0]], atol=1e-6)
    np.testing.assert_allclose(saga.coef_, [[0, 0, 0.708429, 0]], atol=1e-6)
    # Exactly zero, not only small.
    assert np.count_nonzero(saga.coef_) == 1


def test_liblinear_is_no_longer_stuck(data) -> None:
    X, y, C = data
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = assert_models_equivalent(
            lasso("liblinear", C, intercept_scaling=10_000.0), X, y, tolerance=1e-4
        )
    assert report.certificates["reference"].probability < 1e-4


def test_the_penalised_intercept_is_what_is_left_between_the_solvers(data, told, repaired) -> None:
    X, y, C = data
    saga = KerasTwin(lasso("saga", C)).fit(X, y)
    # Balanced classes and centred features: the intercept is 0.0035, and hardly anything is left.
    report = compare_models(lasso("liblinear", C), X, y, candidate=saga.model_, tolerance=1e-4)
    assert report.verdict == "diverged"
    assert told(report).musts == {"intercept_penalty"}
    assert "intercept-penalised" in told(report).slugs
    assert ("candidate", "intercept_penalty") in repaired(report)
    assert compare_models(lasso("liblinear", C), X, y, candidate=saga.model_).equivalent
