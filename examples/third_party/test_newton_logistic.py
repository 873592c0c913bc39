"""An estimator of your own in the check: the conftest beside this file adds it through a hook."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler

from pytest_modelparity import ModelParityError, assert_models_equivalent, compare_models


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def test_it_has_a_keras_twin(newton_logistic, data) -> None:
    report = assert_models_equivalent(newton_logistic(ridge=0.1), *data, tolerance=1e-6)
    assert report.certificates["reference"].probability < 1e-6


def test_too_few_steps_are_its_own_error(newton_logistic, data) -> None:
    report = compare_models(newton_logistic(ridge=0.001, steps=1), *data)
    assert report.verdict == "diverged"
    assert [(cause.setting, cause.kind) for cause in report.causes] == [("iterations", "reference")]
    assert report.repair is not None
    assert report.repair.verified
    assert [change.text for change in report.repair.changes] == ["steps=10"]


def test_what_it_cannot_do_is_refused_before_training(newton_logistic, data) -> None:
    X, y = data
    three_classes = np.where(X[:, 0] > 1, 2, y)
    with pytest.raises(ModelParityError, match="takes two classes, got 3"):
        compare_models(newton_logistic(), X, three_classes)
