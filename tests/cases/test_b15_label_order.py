"""Case B15, statsmodels issue 5535: a model of P(False), with every sign turned."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import assert_models_equivalent, compare_models

# Posted for P(False): intercept 0.172, coefficient -0.8556.
COEF, INTERCEPT = 0.8556, -0.172


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray]:
    state = np.random.RandomState(0)
    x = np.linspace(-10, 10, 200)
    return x[:, None], state.uniform(size=200) < expit(x)


class OfFalse:
    """A formula model with a Boolean response: its first column is P(True)."""

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        p_false = expit(-INTERCEPT - COEF * X[:, 0])
        return np.column_stack([1 - p_false, p_false])


def reference() -> LogisticRegression:
    return LogisticRegression(C=np.inf, solver="newton-cg")


def test_swapped_columns_are_named(data, told) -> None:
    report = compare_models(reference(), *data, candidate=OfFalse())
    assert report.verdict == "diverged"
    assert "class-order" in told(report).slugs
    # No setting is to blame.
    assert report.causes == ()
    # Recovered from its predictions.
    assert report.coefficients is not None
    assert report.coefficients.candidate == ((pytest.approx(-COEF, rel=1e-9),),)


@pytest.mark.parametrize("kind", ["bool", "str"])
def test_a_keras_model_of_the_other_label_is_named(data, dense, told, repaired, kind: str) -> None:
    X, y = data
    y = y if kind == "bool" else y.astype(str)
    fast = keras.optimizers.SGD(0.05, momentum=0.9)
    model = dense(1, optimizer=fast, weights=([[-COEF]], [-INTERCEPT]))
    report = compare_models(reference(), X, y, candidate=model)
    assert report.verdict == "diverged"
    assert "class-order" in told(report).slugs
    # The objective is the reference's; trained on these labels the model turns its signs.
    # Four digits were posted: what the change leaves is more than rounding, and no proven cause.
    assert report.causes == ()
    assert "no setting; class-order (swapped) leaves 2.9e-5, more than" in str(report)
    assert "at-no-optimum" not in told(report).slugs
    assert len(repaired(report)) == 1


@pytest.mark.parametrize("kind", ["bool", "str"])
def test_the_order_of_the_sorted_labels_is_the_same_model(data, dense, kind: str) -> None:
    X, y = data
    y = y if kind == "bool" else y.astype(str)
    model = dense(1, weights=([[COEF]], [INTERCEPT]))
    assert_models_equivalent(reference(), X, y, candidate=model, tolerance=1e-3)
