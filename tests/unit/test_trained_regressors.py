"""Regressors that were trained elsewhere: what their numbers tell of training and structure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, PoissonRegressor, Ridge

from pytest_modelparity import InvalidDataError, ModelParityError, ParityReport, compare_models
from pytest_modelparity.inference.infer import infer_objective
from pytest_modelparity.inference.inferred import Inference
from pytest_modelparity.inference.number_model import recover_number_model
from pytest_modelparity.inference.objectives.given import LinearModel, Rows
from pytest_modelparity.settings import ObjectiveSettings

RAW, Y = load_diabetes(return_X_y=True)
# Off zero, so that the intercept is more than the mean of y.
X = (RAW - RAW.mean(axis=0)) / RAW.std(axis=0) + 0.5
N = len(Y)
WEIGHT = 0.2 + np.random.default_rng(0).exponential(size=N)
ORDER = np.random.default_rng(1).permutation(X.shape[1])
ONES = np.column_stack([X, np.ones(N)])
MEANS = np.exp(1.0 + X[:, :4] @ [0.3, -0.2, 0.1, 0.2])
COUNTS = np.random.default_rng(2).poisson(MEANS).astype(float)


@dataclass(frozen=True)
class Port:
    """Something with predict, of which nothing else can be seen."""

    ask: Callable[[np.ndarray], np.ndarray]

    def predict(self, rows: Any) -> np.ndarray:
        return self.ask(np.asarray(rows))


def single(estimator: Any, *data: np.ndarray) -> Port:
    """Return what a fitted estimator predicts, in float32."""
    fitted = estimator.fit(*(data or (X, Y)))
    return Port(lambda rows: fitted.predict(rows).astype(np.float32))


def counter(
    alpha: float = 1.0,
    *,
    fit_intercept: bool = True,
    rows: slice = slice(None),
    order: slice = slice(None),
) -> Callable[[np.ndarray], np.ndarray]:
    """Return what a fitted PoissonRegressor predicts."""
    estimator = PoissonRegressor(alpha=alpha, fit_intercept=fit_intercept, tol=1e-10, max_iter=1000)
    fitted = estimator.fit(X[rows, :4][:, order], COUNTS[rows])
    return lambda given: fitted.predict(given).astype(np.float32)


#: Reference, candidate, the setting that must change, and its value as the message has it.
TRAINED: dict[str, tuple[Any, Any, str, str]] = {
    "penalty for none": (LinearRegression(), single(Ridge(30.0)), "penalty", "~l2"),
    "none for a penalty": (Ridge(50.0), single(LinearRegression()), "penalty", "~None"),
    "alpha": (Ridge(1.0), single(Ridge(100.0)), "C", "~alpha=100 (Ridge)"),
    "alpha times n": (Ridge(1.0), single(Ridge(float(N))), "C", f"~alpha={N} (Ridge)"),
    "alpha of L1": (Lasso(1.0), single(Lasso(5.0, tol=1e-10)), "C", "~alpha=5 (Lasso)"),
    "L1 for L2": (Ridge(1.0), single(Lasso(5.0, tol=1e-10)), "penalty", "~l1"),
    "l1_ratio": (
        ElasticNet(0.5, l1_ratio=0.5, tol=1e-10),
        single(ElasticNet(0.5, l1_ratio=0.9, tol=1e-10)),
        "l1_ratio",
        "~0.9",
    ),
    "no intercept": (
        Ridge(1.0),
        single(Ridge(1.0, fit_intercept=False)),
        "fit_intercept",
        "~False",
    ),
    "penalised intercept": (
        Ridge(50.0),
        Port(
            lambda rows: (
                Ridge(50.0, fit_intercept=False)
                .fit(ONES, Y)
                .predict(np.column_stack([rows, np.ones(len(rows))]))
            )
        ),
        "intercept_penalty",
        "~as the coefficients",
    ),
    "first rows": (Ridge(1.0), single(Ridge(1.0), X[:353], Y[:353]), "rows_used", "~first 353 of"),
    "a table with one decimal": (
        LinearRegression(),
        Ridge(30.0).fit(X, Y).predict(X).round(1),
        "penalty",
        "~l2",
    ),
}


def musts(report: ParityReport) -> dict[str, str]:
    """Return what must change, with the candidate's value."""
    assert report.verdict == "diverged"
    return {cause.setting: cause.candidate for cause in report.causes if cause.role == "must"}


@pytest.mark.parametrize("kind", TRAINED)
def test_another_objective_is_told_from_predictions_alone(kind: str) -> None:
    reference, candidate, setting, text = TRAINED[kind]
    told = musts(compare_models(reference, X, Y, candidate=candidate))
    assert list(told) == [setting]
    assert told[setting].startswith(text)


def test_weights_that_were_dropped_are_told() -> None:
    told = musts(compare_models(Ridge(), X, Y, candidate=single(Ridge()), sample_weight=WEIGHT))
    assert told == {"sample_weight": "~dropped"}


def test_a_penalty_on_scaled_features_is_told() -> None:
    rows = X * np.logspace(-1, 1, X.shape[1])
    deviation = rows.std(axis=0)
    inside = Ridge(50.0).fit(rows / deviation, Y)
    port = Port(lambda given: inside.predict(given / deviation))
    report = compare_models(Ridge(50.0), rows, Y, candidate=port)
    assert list(musts(report)) == ["feature_scaling"]


def test_the_slope_through_the_origin_is_told_of_one_feature() -> None:
    # stats.stackexchange.com/questions/249892: OLS without a constant against LinearRegression.
    x = np.array([26, 31, 47, 51, 50, 49, 37, 33, 49, 54, 31, 49, 48, 49, 49, 47, 44, 48, 35, 43.0])
    y = [116, 94, 100, 102, 116, 116, 68, 118, 91, 104, 78, 116, 90, 109, 116, 118, 108, 119, 110]
    y, x = np.array([*y, 102.0]), x[:, None]
    slope = float(x[:, 0] @ y / (x[:, 0] @ x[:, 0]))
    report = compare_models(LinearRegression(), x, y, candidate=Port(lambda rows: rows @ [slope]))
    assert musts(report) == {"fit_intercept": "~False"}
    assert report.divergences["prediction"].value == pytest.approx(36.3, abs=0.1)


#: Columns of several sizes.
UNEVEN = X * np.linspace(0.5, 2.0, X.shape[1])
#: What was done to a Ridge, and the relation that it is told by.
STRUCTURE: dict[str, tuple[Callable[[Any], Port], str]] = {
    "y scaled": (lambda m: Port(lambda r: (m.predict(r) - Y.mean()) / Y.std()), "target-scaled"),
    "y scaled to a range": (
        lambda m: Port(lambda r: (m.predict(r) - Y.min()) / np.ptp(Y)),
        "target-scaled",
    ),
    "y unscaled": (lambda m: Port(lambda r: m.predict(r) * Y.std() + Y.mean()), "target-unscaled"),
    "y centred": (lambda m: Port(lambda r: m.predict(r) - Y.mean()), "target-centred"),
    "thousands": (lambda m: Port(lambda r: m.predict(r) / 1000.0), "target-factor"),
    "another sign": (lambda m: Port(lambda r: -m.predict(r)), "sign-flipped"),
    "no intercept": (lambda m: Port(lambda r: m.predict(r) - m.intercept_), "intercept-dropped"),
    "a shift": (lambda m: Port(lambda r: m.predict(r) + 7.0), "intercept-shifted"),
    "columns": (lambda m: Port(lambda r: m.predict(r[:, ORDER])), "columns-permuted"),
    "a column": (
        lambda m: Port(lambda r: r[:, 1:] @ m.coef_[1:] + m.intercept_),
        "columns-dropped",
    ),
    "a unit": (lambda m: Port(lambda r: m.predict(r * np.r_[60.0, np.ones(9)])), "column-in-other"),
    "scaler": (
        lambda m: Port(lambda r: m.predict(r * UNEVEN.std(axis=0) + UNEVEN.mean(axis=0))),
        "scaler-forgotten",
    ),
    "float16": (
        lambda m: Port(lambda r: r @ m.coef_.astype(np.float16).astype(float) + m.intercept_),
        "rounded-to-float16",
    ),
}


@pytest.mark.parametrize("kind", STRUCTURE)
def test_one_change_of_structure_is_told_of_a_regressor(kind: str) -> None:
    make, relation = STRUCTURE[kind]
    report = compare_models(
        Ridge(1.0), UNEVEN, Y, candidate=make(Ridge(1.0).fit(UNEVEN, Y)), tolerance=1e-3
    )
    assert report.relation is not None
    assert report.relation.exact
    assert report.relation.name.startswith(relation)
    assert [cause.kind for cause in report.causes] == ["structure"]


#: What a model of counts was trained on, the setting that must change, and its value.
COUNTED: dict[str, tuple[Any, str, str]] = {
    "alpha": (counter(0.1), "C", "~alpha=0.1 (PoissonRegressor)"),
    "no penalty": (counter(0.0), "penalty", "~None"),
    "no intercept": (counter(fit_intercept=False), "fit_intercept", "~False"),
    "first rows": (counter(rows=slice(353)), "rows_used", "~first 353 of 442 rows"),
    "columns": (counter(order=slice(None, None, -1)), "columns-reversed", "yes"),
    "tens": (lambda rows: 10 * counter()(rows), "target-factor", "yes: factor 10"),
}


@pytest.mark.parametrize("kind", COUNTED)
def test_what_a_model_of_counts_was_trained_on_is_told(kind: str) -> None:
    candidate, setting, text = COUNTED[kind]
    reference = PoissonRegressor(alpha=1.0, tol=1e-10, max_iter=1000)
    report = compare_models(reference, X[:, :4], COUNTS, candidate=Port(candidate))
    assert musts(report) == {setting: text}
    assert "not-linear" not in {finding.slug for finding in report.findings}


def stopped(rows: np.ndarray, y: np.ndarray, steps: int) -> np.ndarray:
    """Return the coefficients of a linear regression by gradient descent from zeros."""
    A = np.column_stack([rows, np.ones(len(rows))])
    theta, rate = np.zeros(A.shape[1]), 1.0 / np.linalg.eigvalsh(A.T @ A / len(A))[-1]
    for _ in range(steps):
        theta -= rate * A.T @ (A @ theta - y) / len(A)
    return theta


def inferred(rows: np.ndarray, y: np.ndarray, theta: np.ndarray) -> Inference:
    """Infer the objective of coefficients that should be those of a linear regression."""
    model = LinearModel(
        coef=theta[None, :-1],
        intercept=theta[-1:],
        predictions=(rows @ theta[:-1, None]) + theta[-1],
    )
    expected = ObjectiveSettings(output_head="identity")
    return infer_objective(
        Rows(X=rows, y=y, n_classes=0), model, expected, tolerance=0.01 * float(y.std())
    )


@pytest.mark.parametrize("steps", [10, 100, 1000])
def test_a_training_that_was_stopped_is_no_other_objective(steps: int) -> None:
    assert inferred(X, Y, stopped(X, Y, steps)).grade == "none"


def test_where_stopping_and_a_penalty_are_the_same_nothing_is_proven() -> None:
    # Of columns without correlation and of one size gradient descent is a penalty, exactly.
    white = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)[0] * np.sqrt(N)
    y = Y - Y.mean()
    shrunk = np.append(0.8 * LinearRegression().fit(white, y).coef_, 0.0)
    found = inferred(white, y, shrunk)
    assert found.text.startswith("penalty=l2, alpha=")
    assert found.grade == "measured"
    report = compare_models(LinearRegression(), white, y, candidate=Port(lambda r: r @ shrunk[:-1]))
    assert report.causes == ()
    said = " ".join(finding.text for finding in report.findings)
    assert "which does not prove that it was trained so" in said


def test_an_inference_is_told_in_the_units_of_y() -> None:
    least = LinearRegression().fit(X, Y).predict(X)
    apart = np.ptp(Lasso(5.0, tol=1e-12).fit(X, Y).predict(X) - least)
    for unit in (1e-6, 1e6):
        fitted = Lasso(5.0 * unit, tol=1e-12).fit(X, Y * unit)
        found = inferred(X, Y * unit, np.append(fitted.coef_, fitted.intercept_))
        assert found.text == f"penalty=l1, alpha={5.0 * unit:.8g} (Lasso)"
        assert found.settings is not None
        assert found.settings.l1_strength == pytest.approx(5.0 * unit, rel=1e-6)
        assert apart / 2 * unit <= found.base_distance <= apart * unit


@pytest.mark.parametrize(
    "rounded,form,error",
    [
        (lambda z: z, "float64", 1e-12),
        (lambda z: z.astype(np.float32), "float32", 1e-4),
        (lambda z: z.round(1), "1 decimal", 0.05),
        (lambda z: z.round(), "0 decimals", 0.5),
        (lambda z: z.astype(np.float16), "float16", 0.05),
    ],
)
def test_coefficients_are_known_as_well_as_numbers_are_rounded(
    rounded: Callable[[np.ndarray], np.ndarray], form: str, error: float
) -> None:
    fitted = Ridge(1.0).fit(X, Y)
    found = recover_number_model(X, rounded(fitted.predict(X)))
    assert (found.form.name, found.linear) == (form, True)
    assert found.coef is not None
    assert found.deviation is not None
    # At most four standard deviations off, and these no more than rounding makes of them.
    off = np.abs(np.append(found.coef[0] - fitted.coef_, found.intercept - fitted.intercept_))
    assert (off <= 4 * found.deviation[0]).all()
    assert found.deviation.max() <= error
    assert recover_number_model(X, rounded(np.clip(fitted.predict(X), 60, 280))).linear is False


def test_two_regressors_without_y_are_compared_as_they_are() -> None:
    fitted = Ridge(1.0).fit(X, Y)
    for candidate in (Port(fitted.predict), fitted.predict(X).round(1), Ridge(1.0).fit(X, Y)):
        report = compare_models(fitted, X, candidate=candidate)
        assert report.equivalent
        allowed = report.divergences["prediction"].allowed
        assert allowed == pytest.approx(0.01 * fitted.predict(X).std())
    report = compare_models(fitted, X, candidate=STRUCTURE["columns"][0](fitted))
    assert list(musts(report)) == ["columns-permuted"]
    assert "0.01 of the standard deviation of the predictions" in str(report)
    assert compare_models(fitted, X, candidate=Ridge(3.0).fit(X, Y), tolerance=20.0).equivalent


@pytest.mark.parametrize(
    "reference,kind,message",
    [
        (Ridge(), ModelParityError, "Ridge.predict raised NotFittedError: .*; pass it trained"),
        (Lasso(1e9).fit(X, Y), InvalidDataError, "Lasso predicts 152.* of every row of X"),
        (
            Ridge().fit(X, np.column_stack([Y, Y])),
            ModelParityError,
            r"one finite number for each of the 442 rows, got .* \(442, 2\) from Ridge",
        ),
    ],
)
def test_what_predicts_no_numbers_to_compare_is_one_sentence(
    reference: Any, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        compare_models(reference, X, candidate=Ridge().fit(X, Y))


def test_strengths_of_two_kinds_of_penalty_are_not_said_to_be_equal() -> None:
    report = compare_models(Ridge(), X, Y, candidate=single(Lasso(5.0, tol=1e-10)))
    rows = {line.split()[0]: line for line in str(report).splitlines()[2:4]}
    assert rows["penalty"].split()[1:] == ["l2", "(alpha=1.0)", "~l1", "MUST", "CHANGE"]
    assert rows["C"].split()[1:] == ["alpha=1.0", "~alpha=5", "(Lasso)", "with", "the", "penalty"]
    report = compare_models(Ridge(), X, Y, candidate=single(Ridge(100.0)))
    assert "~l2 " in str(report).splitlines()[2]
    assert "~l2 (alpha" not in str(report)
