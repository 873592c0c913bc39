"""Case A13, hummingbird issues 254 and 261: a converted model says sigmoid(2z) for sigmoid(z).

The binary model was converted to two softmax units of -z and z. Every label is right, so a test of
labels passes; probabilities are up to 0.15 off.
"""

from __future__ import annotations

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import ParityReport, assert_models_equivalent, compare_models

#: 1 / (2 * C * n), which is what one sigmoid unit needs.
L2 = 1 / (2 * 569)


@pytest.fixture(scope="module")
def fitted(bundled) -> tuple[LogisticRegression, np.ndarray, np.ndarray]:
    X, y = bundled("breast_cancer", standardised=True)
    return LogisticRegression().fit(X, y), X, y


@pytest.fixture(scope="module")
def converted(dense, fitted):
    """Return a function that makes two softmax units of minus and plus so many times z."""
    coef, intercept = fitted[0].coef_[0], fitted[0].intercept_[0]

    def build(times: float, **settings: float) -> keras.Model:
        signs = times * np.array([-1.0, 1.0])
        return dense(30, units=2, weights=(np.outer(signs, coef), signs * intercept), **settings)

    return build


@pytest.fixture(scope="module")
def report(fitted, converted) -> ParityReport:
    """Return the check of the converted model: as it came, for inference, without a penalty."""
    return compare_models(*fitted, candidate=converted(1.0))


def test_labels_are_identical_and_probabilities_are_not(report, told) -> None:
    assert report.verdict == "diverged"
    assert report.divergences["labels"].value == 0
    assert report.divergences["probability"].value == pytest.approx(0.1498, abs=5e-4)
    assert "same-score-different-model" in told(report).slugs


def test_the_reference_has_no_part_in_it(report, told) -> None:
    assert "reference" not in told(report).kinds
    assert "reference-not-converged" not in told(report).slugs


def test_it_is_said_to_be_twice_the_logit_and_no_setting_is_blamed(report, told) -> None:
    assert "structure-differs" in told(report).slugs
    assert told(report).musts == {"logit-factor"}
    assert told(report).one_of == set()
    assert report.relation.detail == "factor 2"
    assert report.relation.left < 1e-6


@pytest.mark.parametrize("units", [1, 2])
def test_with_the_right_penalty_training_is_not_blamed_either(
    fitted, dense, converted, told, units: int
) -> None:
    twice = (2 * fitted[0].coef_, 2 * fitted[0].intercept_)
    model = dense(30, l2=L2, weights=twice) if units == 1 else converted(1.0, l2=2 * L2)
    report = compare_models(*fitted, candidate=model)
    assert report.verdict == "diverged"
    assert told(report).musts == {"logit-factor"}
    assert told(report).kinds == {"structure"}
    assert {"candidate-not-converged", "same-score-different-model"} <= told(report).slugs


def test_minus_and_plus_a_half_is_the_right_conversion(fitted, converted) -> None:
    # float32 weights
    report = assert_models_equivalent(*fitted, candidate=converted(0.5, l2=2 * L2), tolerance=1e-5)
    # Both are as far from the one optimum that they share: lbfgs stops at tol=1e-4.
    assert report.split.objective_gap.largest < 1e-6
    assert report.split.reference_error.largest == pytest.approx(0.0037, abs=2e-3)
