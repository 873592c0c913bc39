"""An estimator of your own in the check, as its users meet it."""

import numpy as np
import pytest
from parity_newton import NewtonLogistic
from parity_newton.mapping import NewtonLogisticMapping

from pytest_modelparity.extend import ModelParityError, check_mapping


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    X = generator.normal(size=(300, 5))
    scores = X @ generator.normal(size=5) + generator.logistic(size=300)
    return X, (scores > 0).astype(int)


@pytest.mark.parametrize(
    "check", check_mapping(NewtonLogisticMapping(), [NewtonLogistic(), NewtonLogistic(ridge=0.5)])
)
def test_the_mapping_keeps_the_rules(check) -> None:
    check()


def test_it_has_a_keras_twin(assert_models_equivalent, data) -> None:
    report = assert_models_equivalent(NewtonLogistic(ridge=0.1), *data, tolerance=1e-6)
    assert report.certificates["reference"].probability < 1e-6


def test_too_few_steps_are_its_own_error(compare_models, data) -> None:
    report = compare_models(NewtonLogistic(ridge=0.001, steps=1), *data)
    assert report.verdict == "diverged"
    assert [(cause.setting, cause.kind) for cause in report.causes] == [("iterations", "reference")]
    assert report.repair is not None
    assert report.repair.verified
    assert [change.text for change in report.repair.changes] == ["steps=10"]


def test_few_steps_are_a_finding(compare_models, data) -> None:
    same = {"candidate": NewtonLogistic(steps=2), "explain": False}
    report = compare_models(NewtonLogistic(steps=2), *data, **same)
    assert report.equivalent
    found = [item.text for item in report.findings if item.slug == "parity-newton/few-steps"]
    assert found == [
        "the reference makes 2 Newton steps; 4 and more are usual",
        "the candidate makes 2 Newton steps; 4 and more are usual",
    ]


def test_coefficients_that_were_written_down_are_a_candidate(compare_models, data) -> None:
    fitted = NewtonLogistic().fit(*data)
    written = {"coef": fitted.coef_[0].round(6).tolist(), "intercept": float(fitted.intercept_[0])}
    report = compare_models(NewtonLogistic(), *data, candidate=written)
    assert report.equivalent
    assert report.divergences["coef"].value < 1e-6
    with pytest.raises(ModelParityError, match="one number for each of 5 features, got shape"):
        compare_models(NewtonLogistic(), *data, candidate={"coef": [1.0], "intercept": 0.0})


def test_what_it_cannot_do_is_refused_before_training(compare_models, data) -> None:
    X, y = data
    three_classes = np.where(X[:, 0] > 1, 2, y)
    with pytest.raises(ModelParityError, match="takes two classes, got 3"):
        compare_models(NewtonLogistic(), X, three_classes)
    with pytest.raises(ModelParityError, match="takes no sample_weight"):
        compare_models(NewtonLogistic(), X, y, sample_weight=np.ones(300))
