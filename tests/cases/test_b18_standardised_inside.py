"""Case B18, Spark 8700 and 13372 and CVXR 124: the penalty acts on standardised coefficients.

Spark and glmnet standardise inside, and give back coefficients of the raw features. A Keras model
does so with a Normalization layer.
"""

from __future__ import annotations

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import assert_models_equivalent, compare_models, train_to_optimum

STRENGTH = 0.1


@pytest.fixture(scope="module")
def inside(breast_cancer, dense):
    """Return a model that standardises inside, at its optimum."""
    scaling = keras.layers.Normalization()
    scaling.adapt(breast_cancer[0])
    return train_to_optimum(dense(30, l2=STRENGTH / 2, before=(scaling,)), *breast_cancer)


def reference() -> LogisticRegression:
    return LogisticRegression(C=1 / (STRENGTH * 569), solver="newton-cholesky")


def test_it_is_scikit_learns_model_of_standardised_features(inside, bundled) -> None:
    X, y = bundled("breast_cancer", standardised=True)
    fitted = reference().fit(X, y)
    raw = bundled("breast_cancer")[0]
    # Three numbers were measured once, with another trainer; Normalization is float32.
    np.testing.assert_allclose(fitted.coef_[0, :3] / raw.std(axis=0)[:3], inside.coef[0, :3], 1e-4)
    np.testing.assert_allclose(inside.coef[0, :3], [-0.07635, -0.05708, -0.01091], atol=1e-4)


def test_the_scaling_is_named_and_removing_it_repairs_it(inside, breast_cancer, repaired) -> None:
    report = compare_models(reference(), *breast_cancer, candidate=inside.model)
    found = report.coefficients.reference[0][:3]
    np.testing.assert_allclose(found, [0.02651, -0.00786, -0.12350], atol=1e-4)
    assert report.verdict == "diverged"
    assert [(cause.setting, cause.kind, cause.role) for cause in report.causes] == [
        ("feature_scaling", "objective", "must")
    ]
    assert ("candidate", "feature_scaling") in repaired(report)


def test_without_the_layer_it_is_the_same_model(breast_cancer, dense) -> None:
    # "Perfect agreement" with standardize=FALSE in CVXR.
    raw = train_to_optimum(dense(30, l2=STRENGTH / 2), *breast_cancer)
    assert_models_equivalent(reference(), *breast_cancer, candidate=raw.model, tolerance=1e-4)
