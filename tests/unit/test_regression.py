"""Regression data: numbers in place of labels, their spread, and what is allowed of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge

from pytest_modelparity import InvalidDataError, ModelParityError, Tolerance, compare_models
from pytest_modelparity.report.quantity import Quantity
from pytest_modelparity.sides.regression import quantity_of, read_numbers, spread_of

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3))
Y = 5000.0 + X @ [300.0, -200.0, 50.0] + 100.0 * RNG.normal(size=40)
WEIGHT = RNG.integers(1, 4, size=40).astype(float)


def compare(candidate: Any, reference: Any = None, y: Any = Y, **arguments: Any) -> Any:
    """Compare without looking for causes."""
    reference = LinearRegression() if reference is None else reference
    return compare_models(reference, X, y, candidate=candidate, explain=False, **arguments)


def test_a_weight_of_two_counts_as_two_rows_in_the_spread() -> None:
    weighted = read_numbers(X, Y, sample_weight=WEIGHT)
    rows = np.repeat(np.arange(40), WEIGHT.astype(int))
    assert spread_of(weighted) == pytest.approx(Y[rows].std(), rel=1e-12)
    assert spread_of(read_numbers(X, Y)) == pytest.approx(Y.std(), rel=1e-12)


def test_the_unit_is_that_of_the_named_column() -> None:
    assert quantity_of(read_numbers(X, Y)) == Quantity(name="prediction", unit="units of y")
    named = read_numbers(X, pd.Series(Y, name="price"))
    assert quantity_of(named).unit == "units of price"


@pytest.mark.parametrize(
    "y,message",
    [
        (Y.astype(str), r"y must hold numbers for a regressor, got '.*'; convert them"),
        (Y > 0, "y must hold numbers for a regressor, got True"),
        (np.full(40, 3.0), "y must hold different numbers, got 3.0 in every row"),
        (np.full(40, 0.1) + 1e-16 * np.arange(40), "y must hold different numbers"),
        (np.where(np.arange(40) == 7, np.nan, Y), "y must be finite, got .*nan.* at row 7"),
        (np.stack([Y, Y], axis=1), r"y must have shape \(n,\) or \(n, 1\), got \(40, 2\)"),
        (Y[:-1], "X and y must have the same number of rows, got 40 and 39"),
        (np.array([1.0, None] * 20, dtype=object), "y must be finite|y must hold numbers"),
    ],
)
def test_what_are_no_numbers_is_one_sentence(y: Any, message: str) -> None:
    with pytest.raises(InvalidDataError, match=message):
        compare(LinearRegression(), y=y)


def test_a_column_and_pandas_numbers_are_taken() -> None:
    column = read_numbers(X, Y.reshape(-1, 1), X_eval=X[:5], y_eval=pd.Series(Y[:5]))
    assert column.column_labels is True
    np.testing.assert_array_equal(column.y, Y)
    np.testing.assert_array_equal(column.y_eval, Y[:5])
    assert (column.n_classes, column.n_columns) == (0, 1)


def test_rows_compared_need_as_many_numbers() -> None:
    with pytest.raises(InvalidDataError, match="X_eval and y_eval must have the same number"):
        read_numbers(X, Y, X_eval=X[:5], y_eval=Y[:4])


@pytest.mark.parametrize(
    "given,allowed,derived",
    [
        (None, 0.01 * Y.std(), True),
        (Tolerance(coef=0.1), 0.01 * Y.std(), True),
        (7.0, 7.0, False),
        (Tolerance(prediction=7.0), 7.0, False),
    ],
)
def test_what_is_allowed_of_numbers(given: Any, allowed: float, derived: bool) -> None:
    divergence = compare(LinearRegression(), tolerance=given).divergences["prediction"]
    assert divergence.allowed == pytest.approx(allowed, rel=1e-12)
    assert ("0.01 of the standard deviation of y" in divergence.note) is derived


def test_the_message_says_what_was_derived() -> None:
    text = compare(Ridge(alpha=20.0)).text()
    assert f"0.01 of the standard deviation of y, {Y.std():.3g}" in " ".join(text.split())
    assert "units of y" in text.splitlines()[0]


@pytest.mark.parametrize(
    "reference,tolerance,message",
    [
        (Ridge(), Tolerance(labels=0.0), "labels is for classifiers"),
        (Ridge(), Tolerance(log_loss=0.1), "log_loss is for classifiers"),
        (Ridge(), Tolerance(worst_case=0.1), "worst_case is for classifiers"),
        (Ridge(), Tolerance(probability=0.02), "probability is for classifiers"),
        (LogisticRegression(), Tolerance(prediction=1.0), "prediction is for regressors"),
        (LogisticRegression(), Tolerance(prediction_rms=1.0), "prediction_rms is for regressors"),
    ],
)
def test_a_tolerance_of_what_is_not_predicted_is_refused(
    reference: Any, tolerance: Tolerance, message: str
) -> None:
    y = Y if isinstance(reference, Ridge) else Y.mean() < Y
    with pytest.raises(ModelParityError, match=message):
        compare(reference, reference=reference, y=y, tolerance=tolerance)


def test_every_divergence_of_numbers_and_none_of_classes() -> None:
    fitted, other = LinearRegression().fit(X, Y), Ridge(alpha=20.0).fit(X, Y)
    report = compare(Ridge(alpha=20.0), tolerance=Tolerance(prediction=1e9, prediction_rms=1.0))
    apart = np.abs(fitted.predict(X) - other.predict(X))
    found = report.divergences
    assert set(found) == {"prediction", "prediction_rms", "coef", "intercept", "score"}
    assert found["prediction"].value == pytest.approx(apart.max(), rel=1e-9)
    assert found["prediction"].place == f"row {int(np.argmax(apart))}"
    assert found["prediction_rms"].value == pytest.approx(np.sqrt((apart**2).mean()), rel=1e-9)
    assert not found["prediction_rms"].within
    assert found["coef"].value == pytest.approx(np.abs(fitted.coef_ - other.coef_).max(), rel=1e-9)
    assert report.scores["R2"] == pytest.approx((fitted.score(X, Y), other.score(X, Y)), rel=1e-9)


@pytest.mark.parametrize(
    "estimator,candidate,causes",
    [
        (Ridge(alpha=3.0), Ridge(alpha=30.0), {"C"}),
        (Ridge(alpha=30.0), LinearRegression(), {"penalty"}),
        (Lasso(alpha=20.0), ElasticNet(alpha=20.0, l1_ratio=0.5), {"penalty"}),
        (ElasticNet(alpha=5.0, l1_ratio=0.9), ElasticNet(alpha=5.0, l1_ratio=0.2), {"l1_ratio"}),
        (LinearRegression(), LinearRegression(fit_intercept=False), {"fit_intercept"}),
    ],
)
def test_settings_of_the_objective_are_told_as_musts(
    estimator: Any, candidate: Any, causes: set[str]
) -> None:
    report = compare_models(estimator, X, Y, candidate=candidate)
    assert {cause.setting for cause in report.causes if cause.role == "must"} == causes


def test_a_solver_that_stops_early_is_told() -> None:
    report = compare_models(Ridge(), X, Y, candidate=Ridge(solver="sag", tol=0.9, random_state=0))
    assert report.verdict == "diverged"
    assert {cause.setting for cause in report.causes} <= {"tol", "solver", "iterations"}
    assert report.repair is not None
    assert report.repair.verified


class TestSeen:
    """Regressors of which only predictions can be seen."""

    fitted = LinearRegression().fit(X, Y)

    def test_a_function_a_table_and_an_object_are_candidates(self) -> None:
        table = self.fitted.predict(X)
        for candidate in (lambda rows: self.fitted.predict(rows), table, table[:, None]):
            report = compare(candidate)
            assert report.equivalent
            # Recovered by least squares.
            assert report.divergences["coef"].value < 1e-8

        class Port:
            def predict(self, rows: np.ndarray) -> np.ndarray:
                return TestSeen.fitted.predict(rows) + 90.0

        report = compare(Port())
        assert not report.equivalent
        assert report.divergences["intercept"].value == pytest.approx(90.0)

    def test_what_is_no_linear_function_is_said(self) -> None:
        report = compare(self.fitted.predict(X) + X[:, 0] ** 2)
        assert [finding.slug for finding in report.findings] == ["not-linear"]
        assert "coef" not in report.divergences

    def test_float32_predictions_are_a_linear_function(self) -> None:
        report = compare(self.fitted.predict(X).astype(np.float32))
        assert not report.findings
        assert report.divergences["coef"].value < 1e-2

    def test_a_number_that_is_missing_diverges(self) -> None:
        assert not compare(np.where(np.arange(40) == 3, np.nan, Y)).equivalent

    def test_two_columns_are_no_predictions_of_numbers(self) -> None:
        with pytest.raises(ModelParityError, match="one number for each of the 40 rows"):
            compare(np.zeros((40, 2)))

    def test_a_classifier_is_no_candidate(self) -> None:
        with pytest.raises(ModelParityError, match="must be a regressor, as the reference is"):
            compare(LogisticRegression())
