"""Quickstart: is the Keras port the same model as the scikit-learn estimator?

You have a ``LogisticRegression`` and want to know two things. Can Keras hold the same model at
all? And is the port that a colleague wrote that model?
"""

import keras
import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from pytest_modelparity import assert_models_equivalent, compare_models

N_ROWS = 569


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def port(l2: float) -> keras.Model:
    """Return the colleague's model, ready for training."""
    model = keras.Sequential(
        [
            keras.Input((30,)),
            keras.layers.Dense(
                1, activation="sigmoid", kernel_regularizer=keras.regularizers.L2(l2)
            ),
        ]
    )
    model.compile(optimizer=keras.optimizers.SGD(1.0, momentum=0.9), loss="binary_crossentropy")
    return model


def test_the_twin_of_an_estimator_is_the_same_model(data: tuple) -> None:
    # Without a candidate, the estimator is compared with the Keras twin built from its settings.
    report = assert_models_equivalent(LogisticRegression(), *data)
    assert report.certificates["candidate"].probability < 1e-6


def test_the_port_is_the_same_model(data: tuple) -> None:
    # scikit-learn sums the loss over the rows and halves the penalty, Keras takes the mean and
    # does not: C=1 is L2(1 / (2 * C * n_rows)).
    assert_models_equivalent(
        LogisticRegression(),
        *data,
        candidate=lambda: port(l2=1 / (2 * N_ROWS)),
        fit={"epochs": 200, "batch_size": N_ROWS},
    )


def test_the_port_with_a_forgotten_half_is_another_model(data: tuple) -> None:
    report = compare_models(
        LogisticRegression(),
        *data,
        candidate=lambda: port(l2=1 / N_ROWS),
        fit={"epochs": 200, "batch_size": N_ROWS},
    )
    assert report.verdict == "diverged"
    assert [(cause.setting, cause.role) for cause in report.causes] == [("C", "must")]
    # Nobody who looks at labels would see it.
    assert report.divergences["labels"].value < 0.01
