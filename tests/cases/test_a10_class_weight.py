"""Case A10, keras issues 7394 and 13329: Keras divides a weighted loss by the number of rows.

Reported as a bug; but scikit-learn's objective does the same, so ``L2(1 / (2 * C * n_rows))`` holds
whatever the weights, and who divides by their sum gets another model.
"""

from __future__ import annotations

import keras
import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import (
    KerasTwin,
    assert_models_equivalent,
    compare_models,
    train_to_optimum,
)

C = 0.5
CLASS_WEIGHT = {0: 1, 1: 10}
EXPECTED = [-0.648928, 0.244272, 1.815207, 0.646919, -0.277053]


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray]:
    return make_classification(300, 4, weights=[0.9], random_state=1)


def reference() -> LogisticRegression:
    return LogisticRegression(C=C, class_weight=CLASS_WEIGHT)


def test_the_twin_has_the_coefficients_of_the_case(data) -> None:
    twin = KerasTwin(reference()).fit(*data)
    np.testing.assert_allclose([*twin.coef_[0], *twin.intercept_], EXPECTED, atol=1e-6)


def test_the_strength_does_not_depend_on_the_weights(data, dense) -> None:
    assert_models_equivalent(
        reference(),
        *data,
        candidate=lambda: dense(
            4, l2=1 / (2 * C * 300), optimizer=keras.optimizers.SGD(0.5, momentum=0.9)
        ),
        fit={"epochs": 100, "batch_size": 300, "class_weight": CLASS_WEIGHT},
    )


def test_a_strength_over_the_sum_of_weights_is_named(data, dense, told, repaired) -> None:
    X, y = data
    weights = np.where(y == 1, 10.0, 1.0)
    wrong = train_to_optimum(dense(4, l2=1 / (2 * C * weights.sum())), X, y, weights)
    # Measured once, in three digits.
    found = [*wrong.coef[0], *wrong.intercept]
    np.testing.assert_allclose(found[:4], [-0.665, 0.254, 1.860, 0.662], atol=5e-4)

    # The two are 0.007 apart: below the default tolerance.
    report = compare_models(
        LogisticRegression(C=C, solver="newton-cholesky", tol=1e-8),
        X,
        y,
        candidate=wrong.model,
        sample_weight=weights,
        tolerance=0.003,
    )
    assert report.divergences["probability"].value == pytest.approx(0.00696, abs=1e-4)
    assert report.verdict == "diverged"
    assert told(report).musts == {"C"}
    assert told(report).kinds == {"objective"}
    assert repaired(report)["candidate", "C"] == f"kernel_regularizer=L2({1 / (2 * C * 300):.6g})"
