"""Case B9, scikit-learn issue 13705: coefficients of a two-class softmax are half of the sigmoid's.

Both are the same model. Wrong is only to read the softmax's coefficients as the sigmoid's.
"""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import assert_models_equivalent, compare_models, train_to_optimum


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    return make_classification(
        n_classes=2,
        n_samples=1000,
        n_features=5,
        n_informative=2,
        n_redundant=2,
        random_state=0,
    )


@pytest.fixture(scope="module")
def fitted(data) -> LogisticRegression:
    model = LogisticRegression(C=np.inf, solver="newton-cg", tol=1e-10).fit(*data)
    # Measured once, in seven digits.
    assert model.coef_[0, 0] == pytest.approx(2.356558, abs=1e-5)
    return model


def test_two_softmax_units_have_half_of_everything_and_are_the_same_model(
    data, fitted, dense
) -> None:
    X, y = data
    softmax = train_to_optimum(dense(5, units=2), X, y)
    assert_models_equivalent(fitted, X, y, candidate=softmax.model, tolerance=1e-5)
    # Two features are combinations of others and nothing is penalised: what is determined is not
    # each coefficient but their sum with a row's features.
    logits = X @ softmax.coef.T + softmax.intercept
    centred = logits[:, 1] - logits.mean(axis=1)
    np.testing.assert_allclose(centred, fitted.decision_function(X) / 2, atol=1e-5)


def test_the_halves_on_one_sigmoid_unit_are_half_the_logit(data, fitted, dense, told) -> None:
    halves = (fitted.coef_ / 2, fitted.intercept_ / 2)
    report = compare_models(fitted, *data, candidate=dense(5, weights=halves))
    assert report.verdict == "diverged"
    assert report.divergences["labels"].value == 0
    assert {"candidate-not-converged", "same-score-different-model"} <= told(report).slugs
    # No setting of the objective or of the training is to blame.
    assert told(report).kinds == {"structure"}
    assert told(report).musts == {"logit-factor"}
    assert (report.relation.detail, report.relation.exact) == ("factor 1/2", True)
