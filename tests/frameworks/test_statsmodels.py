"""Results of statsmodels as candidates: what is read, what is inferred, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor, Ridge

from pytest_modelparity import ModelParityError, ParityReport, compare_models
from pytest_modelparity.frameworks.sklearn.parameters import VERSION

sm = pytest.importorskip("statsmodels.api", reason="the extra statsmodels installs it")
smf = pytest.importorskip("statsmodels.formula.api", reason="the extra statsmodels installs it")

Rows = tuple[np.ndarray, np.ndarray]


def unpenalised() -> LogisticRegression:
    return LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12)


@pytest.fixture(scope="module")
def rows() -> Rows:
    """Return rows of four columns, and two classes that overlap."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(400, 4))
    z = X @ [1.0, -0.5, 0.3, 0.0] + 0.5
    return X, (z + rng.logistic(size=400) > 0).astype(int)


@pytest.fixture(scope="module")
def design(rows: Rows) -> np.ndarray:
    return sm.add_constant(rows[0])


def named(report: ParityReport) -> list[tuple[str, str]]:
    assert report.verdict == "diverged"
    return [(cause.setting, cause.role) for cause in report.causes]


# --- equivalent


@pytest.mark.parametrize(
    "fit",
    [
        lambda y, E: sm.Logit(y, E).fit(disp=0),
        lambda y, E: sm.GLM(y, E, sm.families.Binomial()).fit(),
        lambda y, E: sm.MNLogit(y, E).fit(disp=0),
    ],
    ids=["Logit", "GLM", "MNLogit"],
)
def test_two_classes_are_read_exactly(rows: Rows, design: np.ndarray, fit: Any) -> None:
    report = compare_models(unpenalised(), *rows, candidate=fit(rows[1], design))
    assert report.equivalent
    assert report.divergences["coef"].value < 1e-6
    settings = report.settings["candidate"]
    assert settings.model.startswith("statsmodels ")
    assert settings.objective is not None
    assert settings.objective.fit_intercept
    assert settings.objective.strength == 0
    # It is proven to be at its optimum.
    assert report.certificates["candidate"].probability < 1e-6


def test_the_constant_is_put_where_the_result_has_it(rows: Rows) -> None:
    X, y = rows
    last = sm.Logit(y, sm.add_constant(X, prepend=False)).fit(disp=0)
    assert compare_models(unpenalised(), X, y, candidate=last).equivalent
    # Of whatever size.
    twos = sm.Logit(y, np.insert(X, 2, 2.0, axis=1)).fit(disp=0)
    assert compare_models(unpenalised(), X, y, candidate=twos).equivalent


def test_several_classes_keep_their_names(rows: Rows, design: np.ndarray) -> None:
    X, _ = rows
    noise = np.random.RandomState(4).gumbel(size=(len(X), 3))
    y = np.array(["b", "a", "c"])[(X[:, :3] + noise).argmax(axis=1)]
    result = sm.MNLogit(y, design).fit(disp=0)
    report = compare_models(unpenalised(), X, y, candidate=result)
    assert report.equivalent
    assert report.divergences["coef"].value < 1e-6


@pytest.mark.parametrize("family", ["Gaussian", "Poisson"])
def test_numbers_are_read(rows: Rows, design: np.ndarray, family: str) -> None:
    X, _ = rows
    y = np.random.RandomState(1).poisson(np.exp(0.3 * X[:, 0])).astype(float)
    result = sm.GLM(y, design, getattr(sm.families, family)()).fit()
    reference = LinearRegression() if family == "Gaussian" else PoissonRegressor(alpha=0, tol=1e-9)
    report = compare_models(reference, X, y, candidate=result)
    assert report.equivalent
    assert report.settings["candidate"].objective is not None


def test_a_formula_gets_a_frame(rows: Rows) -> None:
    pandas = pytest.importorskip("pandas")
    X, y = rows
    frame = pandas.DataFrame(X, columns=list("abcd"))
    result = smf.logit("y ~ a + b + c + d", frame.assign(y=y)).fit(disp=0)
    report = compare_models(unpenalised(), frame, y, candidate=result)
    assert report.equivalent
    # Recovered from what it predicts.
    assert report.divergences["coef"].value < 1e-6
    with pytest.raises(ModelParityError, match=r"by the formula 'y ~ a .* pass X as a DataFrame"):
        compare_models(unpenalised(), X, y, candidate=result)


def test_rows_that_weigh_more_are_read(rows: Rows, design: np.ndarray) -> None:
    X, y = rows
    weights = np.random.RandomState(2).randint(1, 4, size=len(y))
    result = sm.GLM(y, design, sm.families.Binomial(), freq_weights=weights).fit()
    reference = unpenalised()
    assert compare_models(reference, X, y, candidate=result, sample_weight=weights).equivalent
    report = compare_models(reference, X, y, candidate=result, tolerance=1e-3)
    assert named(report) == [("sample_weight", "must")]


# --- what differs


def test_a_forgotten_constant_is_named(rows: Rows) -> None:
    X, y = rows
    report = compare_models(unpenalised(), X, y, candidate=sm.Logit(y, X).fit(disp=0))
    assert named(report) == [("fit_intercept", "must")]
    numbers = X @ [1.0, 2.0, 0.0, 0.0] + 3
    report = compare_models(LinearRegression(), X, numbers, candidate=sm.OLS(numbers, X).fit())
    assert named(report) == [("fit_intercept", "must")]
    assert report.causes[0].candidate == "no constant column"


def test_a_penalty_that_was_forgotten_is_named(rows: Rows, design: np.ndarray) -> None:
    X, y = rows
    result = sm.Logit(y, design).fit(disp=0)
    report = compare_models(LogisticRegression(C=0.01, tol=1e-8), X, y, candidate=result)
    assert named(report) == [("penalty", "must")]


def test_a_lasso_says_its_strength(rows: Rows, design: np.ndarray) -> None:
    X, y = rows
    free = np.array([0.0, 10.0, 10.0, 10.0, 10.0])
    result = sm.Logit(y, design).fit_regularized(alpha=free, disp=0, acc=1e-12)
    # Until 1.7 the penalty had a name.
    l1 = {"penalty": "l1"} if VERSION < (1, 8) else {"l1_ratio": 1.0}
    lasso = LogisticRegression(C=0.1, solver="saga", tol=1e-8, max_iter=10_000, **l1)
    report = compare_models(lasso, X, y, candidate=result)
    assert report.equivalent
    assert report.settings["candidate"].word("penalty") == "l1 (alpha=10)"
    # One alpha for all is one for the constant too.
    result = sm.Logit(y, design).fit_regularized(alpha=10.0, disp=0, acc=1e-12)
    report = compare_models(lasso, X, y, candidate=result, tolerance=1e-3)
    assert named(report) == [("intercept_penalty", "must")]


def test_a_strength_that_was_not_kept_is_inferred(rows: Rows, design: np.ndarray) -> None:
    X, _ = rows
    y = X @ [1.0, -2.0, 0.5, 0.0] + np.random.RandomState(3).normal(size=len(X))
    free = np.array([0.0, 1.0, 1.0, 1.0, 1.0])
    result = sm.OLS(y, design).fit_regularized(L1_wt=0.0, alpha=free)
    report = compare_models(Ridge(alpha=1.0), X, y, candidate=result)
    assert named(report) == [("C", "must")]
    assert report.causes[0].candidate == "~alpha=400 (Ridge)"


def test_another_link_is_told(rows: Rows, design: np.ndarray) -> None:
    X, y = rows
    family = sm.families.Binomial(sm.families.links.Probit())
    result = sm.GLM(y, design, family).fit()
    report = compare_models(unpenalised(), X, y, candidate=result, tolerance=1e-3)
    assert report.verdict == "diverged"
    assert report.settings["candidate"].model.startswith("statsmodels GLM(Binomial, probit link)")
    assert report.settings["candidate"].written["output_head"].startswith("probit")


# --- what is refused


def test_what_does_not_fit_is_refused_in_one_sentence(rows: Rows, design: np.ndarray) -> None:
    X, y = rows
    result = sm.Logit(y, design).fit(disp=0)
    cases: list[tuple[Any, np.ndarray, dict[str, Any], str]] = [
        (sm.Logit(y, design), X, {}, r"must be a result, got the model Logit; pass model.fit\(\)$"),
        (result, X[:, 1:], {}, "fitted on 4 columns and a constant, X has 3; pass X without"),
        (result, X, {"fit": {"epochs": 3}}, "^fit holds arguments of keras.Model.fit"),
    ]
    for candidate, given, arguments, words in cases:
        with pytest.raises(ModelParityError, match=words) as caught:
            compare_models(unpenalised(), given, y, candidate=candidate, **arguments)
        assert "\n" not in str(caught.value)


def test_without_its_data_a_result_is_inferred(rows: Rows, design: np.ndarray) -> None:
    result = sm.Logit(rows[1], design).fit(disp=0)
    result.remove_data()
    report = compare_models(LogisticRegression(C=0.01, tol=1e-8), *rows, candidate=result)
    assert named(report) == [("penalty", "must")]
    assert report.inference["candidate"].grade == "proven"
