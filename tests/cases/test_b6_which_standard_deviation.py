"""Case B6, R-help 2009: three R packages, one penalty, and three answers.

``lrm`` and ``penalized`` standardise inside, with n - 1 and with n in the standard deviation, and
return coefficients of the raw feature. The penalty then acts on something else than it seems to.
"""

from __future__ import annotations

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import KerasTwin, compare_models, train_to_optimum

X = np.array([[-2.0]] * 4 + [[-1.0]] * 3 + [[2.0]] * 3 + [[3.0]] * 4)
y = np.array([0, 0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1])
LRM = (-0.1620727, 0.3241454)
PENALIZED = (-0.1651565, 0.3303130)


def on_raw_features(X: np.ndarray, ddof: int, penalty: float = 1.0) -> tuple[float, float]:
    """Return intercept and coefficient of the raw feature, penalised on the standardised one."""
    mean, deviation = X.mean(), X.std(ddof=ddof)
    twin = KerasTwin(LogisticRegression(C=1 / penalty)).fit((X - mean) / deviation, y)
    coef = twin.coef_[0, 0] / deviation
    return twin.intercept_[0] - coef * mean, coef


@pytest.mark.parametrize("ddof,posted", [(1, LRM), (0, PENALIZED)], ids=["lrm", "penalized"])
def test_each_package_has_its_standard_deviation(ddof: int, posted: tuple) -> None:
    # Seven decimals were posted.
    assert on_raw_features(X, ddof) == pytest.approx(posted, abs=1e-7)


def test_fourteen_thirteenths_of_the_penalty_make_up_for_it() -> None:
    # 14 rows: the two variances differ by 14/13.
    assert on_raw_features(X, 0, penalty=14 / 13) == pytest.approx(LRM, abs=1e-7)


def test_scikit_learn_penalises_the_raw_feature() -> None:
    twin = KerasTwin(LogisticRegression(C=1.0)).fit(X, y)
    assert twin.intercept_[0] == pytest.approx(-0.206066, abs=1e-6)
    assert twin.coef_[0, 0] == pytest.approx(0.412132, abs=1e-6)


def standardising(dense, ddof: int) -> keras.Model:
    """Return the Keras model of a package: it standardises inside, and then penalises."""
    scaling = keras.layers.Normalization(mean=X.mean(axis=0), variance=X.var(axis=0, ddof=ddof))
    return dense(
        1, l2=1 / (2 * len(y)), before=(scaling,), optimizer=keras.optimizers.SGD(0.3, momentum=0.5)
    )


@pytest.mark.parametrize("ddof,posted", [(1, LRM), (0, PENALIZED)], ids=["lrm", "penalized"])
def test_a_model_that_standardises_inside_is_told_so(
    dense, repaired, ddof: int, posted: tuple
) -> None:
    trained = train_to_optimum(standardising(dense, ddof), X, y)
    # Normalization is float32.
    assert (trained.intercept[0], trained.coef[0, 0]) == pytest.approx(posted, abs=1e-6)

    report = compare_models(LogisticRegression(), X, y, candidate=trained.model)
    assert report.verdict == "diverged"
    assert [(cause.setting, cause.role) for cause in report.causes] == [("feature_scaling", "must")]
    # The link, the order and the shapes are right: the same weights give the same predictions.
    assert report.split.reference_error.largest < 0.01
    assert report.split.candidate_error.largest < 0.01
    assert ("candidate", "feature_scaling") in repaired(report)


def test_the_other_standard_deviation_is_a_strength_of_14_13ths(dense, repaired) -> None:
    scaled = (X - X.mean()) / X.std()
    # What lrm penalises with 1 is the same feature times the root of 13/14.
    lrm = train_to_optimum(dense(1, l2=14 / 13 / (2 * len(y))), scaled, y)
    coef = lrm.coef[0, 0] / X.std()
    assert (lrm.intercept[0] - coef * X.mean(), coef) == pytest.approx(LRM, abs=1e-6)

    # The two are 0.003 apart: below the default tolerance.
    report = compare_models(
        LogisticRegression(tol=1e-8), scaled, y, candidate=lrm.model, tolerance=1e-3
    )
    assert report.verdict == "diverged"
    assert [(cause.setting, cause.role) for cause in report.causes] == [("C", "must")]
    assert repaired(report)["candidate", "C"] == "kernel_regularizer=L2(0.0357143)"
