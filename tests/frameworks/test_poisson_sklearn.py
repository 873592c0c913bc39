"""PoissonRegressor as a reference: what it minimises, what it is refused for, where it stops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse
from sklearn.linear_model import (
    GammaRegressor,
    LinearRegression,
    PoissonRegressor,
    Ridge,
    TweedieRegressor,
)

from pytest_modelparity import (
    InvalidDataError,
    InvalidParameterError,
    ModelParityError,
    compare_models,
    hard_data,
)
from pytest_modelparity.frameworks.sklearn.linear.families import family_of
from pytest_modelparity.frameworks.sklearn.mappings import mappings
from pytest_modelparity.sides.mapping import find_mapping
from pytest_modelparity.sides.objective import SideObjective
from pytest_modelparity.sides.regression import read_numbers, spread_of
from pytest_modelparity.theory.optimum import find_optimum

RNG = np.random.default_rng(1)
X = RNG.normal(size=(120, 3)) * [1.0, 3.0, 0.2]
Y = RNG.poisson(np.exp(1.0 + X @ [0.4, -0.2, 1.0])).astype(float)
WEIGHT = RNG.uniform(0.2, 3.0, size=120) * (RNG.random(120) < 0.9)


def exactly(**params: Any) -> PoissonRegressor:
    """Return an estimator that goes to its optimum, as far as it can be told to."""
    return PoissonRegressor(solver="newton-cholesky", tol=1e-11, max_iter=1000, **params)


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
@pytest.mark.parametrize(
    "unit,alpha,intercept",
    [
        (1e-3, 1.0, True),
        (1e-3, 0.1, False),
        (1.0, 1.0, True),
        (1.0, 0.0, True),
        (1.0, 0.0, False),
        (1e4, 0.1, False),
        (1e4, 1.0, True),
    ],
)
def test_the_exact_optimum_is_where_the_estimator_ends(
    weight: Any, unit: float, alpha: float, intercept: bool
) -> None:
    estimator = exactly(alpha=alpha * unit, fit_intercept=intercept)
    data = read_numbers(X, unit * Y, sample_weight=weight)
    fitted = find_mapping(estimator, mappings()).fit(estimator, data)
    assert fitted.objective is not None
    optimum = find_optimum(fitted.objective.on(data))
    apart = np.abs(optimum.predictions - fitted.predict(X)).max()
    assert apart < 1e-7 * spread_of(data)
    assert optimum.certificate.method == "newton-decrement"
    assert optimum.certificate.distance is not None
    assert optimum.certificate.distance < 1e-8 * spread_of(data)


@pytest.mark.parametrize("alpha", [0.0, 1.0])
@pytest.mark.parametrize("data", hard_data.counts(), ids=lambda data: data.name)
def test_hard_counts_have_a_certified_optimum(data: Any, alpha: float) -> None:
    read = read_numbers(data.X, data.y, sample_weight=data.sample_weight)
    settings = find_mapping(PoissonRegressor(), mappings()).read(
        PoissonRegressor(alpha=alpha), read
    )
    assert settings.objective is not None
    side = SideObjective(settings=settings.objective, sample_weight=read.sample_weight)
    certificate = find_optimum(side.on(read)).certificate
    assert certificate.finite_optimum
    assert certificate.distance is not None
    assert certificate.distance < 1e-8 * spread_of(read)


def test_scaling_all_weights_changes_nothing() -> None:
    mapping = find_mapping(PoissonRegressor(), mappings())
    once, twice = (
        find_optimum(mapping.fit(PoissonRegressor(), data).objective.on(data)).coef  # type: ignore[union-attr]
        for data in (read_numbers(X, Y, sample_weight=k * WEIGHT) for k in (1.0, 2.0))
    )
    np.testing.assert_allclose(once, twice, rtol=1e-10)


# Of float32 its line search ends in rounding before its tol.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_sparse_rows_float32_and_a_constant_column() -> None:
    constant = np.hstack([X, np.full((120, 1), 3.7)])
    for rows in (scipy.sparse.csr_matrix(X), X.astype(np.float32), constant):
        reference = PoissonRegressor(tol=1e-7)
        report = compare_models(reference, rows, Y, candidate=PoissonRegressor(tol=1e-8))
        assert report.equivalent
        assert report.quantity.name == "prediction"
        # Where the solver stops in float32 depends on the machine: 0.002 of the spread, on one.
        exact = exactly().fit(rows.astype(np.float64), Y).predict(rows.astype(np.float64))
        apart = np.abs(PoissonRegressor(tol=1e-7).fit(rows, Y).predict(rows) - exact).max()
        distance = report.certificates["reference"].distance
        assert distance == pytest.approx(apart, rel=0.01, abs=1e-8)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_where_the_default_solver_stops_is_told_and_repaired() -> None:
    reference = PoissonRegressor(alpha=0.0, max_iter=2)
    report = compare_models(reference, X, Y, candidate=exactly(alpha=0.0))
    assert not report.equivalent
    assert {cause.kind for cause in report.causes} == {"reference"}
    assert {cause.setting for cause in report.causes} <= {"iterations", "solver", "tol"}
    assert report.repair is not None
    names: dict[str, Any] = {"X": X, "y": Y}
    exec(report.repair.source, names)
    fitted = names["reference"].predict(X)
    np.testing.assert_allclose(fitted, exactly(alpha=0.0).fit(X, Y).predict(X), rtol=1e-2)


MANY = RNG.poisson(np.exp(4.0 + X @ [0.2, 0.05, -1.0])).astype(float)


@pytest.mark.parametrize("y", [Y, MANY], ids=["few", "many"])
@pytest.mark.parametrize(
    "candidate,causes",
    [
        (exactly(alpha=1.0), set()),
        (exactly(alpha=0.5), {"C"}),
        (exactly(alpha=120.0), {"C"}),
        (exactly(alpha=0.0), {"penalty"}),
        (exactly(fit_intercept=False), {"fit_intercept"}),
        (Ridge(alpha=60.0), {"output_head"}),
    ],
)
def test_another_objective_is_told_by_its_setting(
    candidate: Any, causes: set[str], y: np.ndarray
) -> None:
    report = compare_models(exactly(alpha=1.0), X, y, candidate=candidate)
    assert report.equivalent is not bool(causes)
    assert {cause.setting for cause in report.causes} == causes
    assert all(cause.role == "must" for cause in report.causes)


def test_what_predicts_by_itself_is_compared_and_its_logarithm_told() -> None:
    fitted = exactly(alpha=0.1).fit(X, Y)
    report = compare_models(fitted, X, Y, candidate=lambda rows: fitted.predict(rows))
    assert report.equivalent
    report = compare_models(fitted, X, Y, candidate=lambda rows: 1.5 * fitted.predict(rows))
    assert not report.equivalent
    assert report.relation is not None
    assert report.relation.name == "intercept-shifted"
    report = compare_models(LinearRegression(), X, Y, candidate=lambda rows: fitted.predict(rows))
    said = [finding.text for finding in report.findings if finding.slug == "not-linear"]
    assert len(said) == 1
    assert "their logarithm is one; the linear model that comes nearest" in said[0]


def test_zeros_that_a_column_tells_apart_leave_no_finite_optimum() -> None:
    rows = np.hstack([X, (np.arange(120) % 4 == 0)[:, None]])
    counts = np.where(rows[:, 3] == 1, 0.0, Y)
    reference = PoissonRegressor(alpha=0.0, solver="newton-cholesky", max_iter=1000)
    report = compare_models(reference, rows, counts, candidate=exactly(alpha=0.0))
    assert report.certificates["reference"].finite_optimum is False
    said = [finding.text for finding in report.findings if finding.slug == "no-finite-optimum"]
    assert len(said) == 1
    assert said[0].startswith("some columns tell rows of zero from the others")
    assert report.equivalent


def test_negative_numbers_are_refused_as_scikit_learn_refuses_them() -> None:
    y = Y.copy()
    y[7] = -1.0
    with pytest.raises(InvalidDataError) as error:
        compare_models(PoissonRegressor(), X, y, candidate=PoissonRegressor())
    assert "y must not be negative for PoissonRegressor, got -1.0 at row 7" in str(error.value)
    with pytest.raises(ValueError, match="out of the valid range") as own:
        PoissonRegressor().fit(X, y)
    assert str(own.value).removesuffix(".") in str(error.value)
    # A Ridge does not mind.
    assert compare_models(Ridge(), X, y, candidate=Ridge()).equivalent


@pytest.mark.parametrize(
    "estimator,message",
    [
        (PoissonRegressor(alpha=-1.0), "alpha must be one finite number >= 0, got alpha=-1.0"),
        (PoissonRegressor(solver="cholesky"), "solver must be one of 'lbfgs', 'newton-cholesky'"),
        (PoissonRegressor(max_iter=0), "max_iter must be an integer >= 1, got"),
        (PoissonRegressor(tol=0.0), "tol must be a finite number > 0, got tol=0.0"),
        (PoissonRegressor(verbose=-1), "verbose must be an integer >= 0 or a boolean"),
        (PoissonRegressor(fit_intercept=1), "fit_intercept must be True or False"),
    ],
)
def test_what_is_not_modelled_is_refused_before_a_fit(estimator: Any, message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        compare_models(estimator, X, Y, candidate=PoissonRegressor())


def test_its_relatives_are_not_known() -> None:
    for estimator, name in ((TweedieRegressor(power=1), "Tweedie"), (GammaRegressor(), "Gamma")):
        assert family_of(estimator) is None
        with pytest.raises(ModelParityError, match=f"has a {name} deviance, which is not modelled"):
            compare_models(estimator, X, Y + 1.0, candidate=PoissonRegressor())
