"""The linear regressors of scikit-learn: what each minimises, its parameters, published tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LassoCV,
    LinearRegression,
    MultiTaskLasso,
    Ridge,
)

from pytest_modelparity import InvalidParameterError, ModelParityError, compare_models
from pytest_modelparity.frameworks.sklearn.linear.families import FAMILIES, family_of
from pytest_modelparity.frameworks.sklearn.linear.mapping import RegressorMapping
from pytest_modelparity.frameworks.sklearn.mappings import mappings
from pytest_modelparity.sides.mapping import find_mapping
from pytest_modelparity.sides.regression import read_numbers, spread_of
from pytest_modelparity.theory.optimum import find_optimum

RNG = np.random.default_rng(1)
X = RNG.normal(size=(60, 4)) * [1.0, 3.0, 0.2, 1.0] + [0.0, 5.0, 0.0, 1.0]
Y = X @ [2.0, -1.0, 8.0, 0.0] + 10.0 + RNG.normal(size=60)
WEIGHT = RNG.uniform(0.2, 3.0, size=60)


def exactly(estimator: Any) -> Any:
    """Return an estimator that goes to its optimum, as far as it can be told to."""
    return estimator.set_params(tol=1e-14, max_iter=100_000)


#: The objective matrix of the family.
ESTIMATORS = [
    LinearRegression(),
    LinearRegression(fit_intercept=False),
    Ridge(alpha=5.0),
    Ridge(alpha=0.3, fit_intercept=False),
    Ridge(alpha=0.0),
    exactly(Lasso(alpha=0.3)),
    exactly(Lasso(alpha=0.1, fit_intercept=False)),
    exactly(ElasticNet(alpha=0.4, l1_ratio=0.3)),
    exactly(ElasticNet(alpha=0.2, l1_ratio=1.0)),
    exactly(ElasticNet(alpha=0.2, l1_ratio=0.0)),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=str)
def test_the_exact_optimum_is_where_the_estimator_ends(estimator: Any, weight: Any) -> None:
    data = read_numbers(X, Y, sample_weight=weight)
    fitted = find_mapping(estimator, mappings()).fit(estimator, data)
    assert fitted.objective is not None
    optimum = find_optimum(fitted.objective.on(data))
    apart = np.abs(optimum.predictions - fitted.predict(X)).max()
    assert apart < 1e-7 * spread_of(data)
    assert optimum.certificate.distance is not None
    assert optimum.certificate.distance < 1e-7 * spread_of(data)


def test_scaling_all_weights_changes_ridge_and_not_lasso() -> None:
    for estimator, moves in ((Ridge(alpha=20.0), True), (exactly(Lasso(alpha=0.3)), False)):
        mapping = find_mapping(estimator, mappings())
        once, twice = (
            find_optimum(mapping.fit(estimator, data).objective.on(data)).coef  # type: ignore[union-attr]
            for data in (read_numbers(X, Y, sample_weight=k * WEIGHT) for k in (1.0, 2.0))
        )
        assert bool(np.abs(once - twice).max() > 1e-3) is moves


@pytest.mark.parametrize("estimator", [Ridge(), Lasso(alpha=0.1), LinearRegression()])
def test_sparse_rows_float32_and_fewer_rows_than_columns(estimator: Any) -> None:
    wide = RNG.normal(size=(12, 20))
    for rows in (scipy.sparse.csr_matrix(X), X.astype(np.float32), wide):
        report = compare_models(estimator, rows, Y[: rows.shape[0]], candidate=estimator)
        assert report.equivalent
        distance = report.certificates["reference"].distance
        assert distance is not None
        assert distance < 1e-3 * Y.std()


def test_collinear_columns_predict_the_same_whatever_the_coefficients() -> None:
    twice = np.hstack([X, X[:, :1]])
    fitted = LinearRegression().fit(twice, Y)
    other = LinearRegression().fit(X, Y)

    def port(rows: np.ndarray) -> np.ndarray:
        return other.predict(rows[:, :4])

    report = compare_models(fitted, twice, Y, candidate=port)
    assert report.equivalent


def test_a_class_is_known_and_its_relatives_are_not() -> None:
    known = {type(estimator): family_of(estimator) for estimator in ESTIMATORS}
    assert all(family is not None and family.kind is kind for kind, family in known.items())

    class Own(Ridge):
        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
            return self

    class Renamed(Ridge):
        """Trains and predicts as its base does."""

    assert family_of(Renamed()) is family_of(Ridge())
    for estimator in (LassoCV(), MultiTaskLasso(), Own()):
        assert family_of(estimator) is None


@pytest.mark.parametrize(
    "estimator,message",
    [
        (Ridge(alpha=[1.0]), "alpha must be one finite number >= 0"),
        (Ridge(alpha=-1.0), "alpha must be one finite number >= 0, got alpha=-1.0"),
        (Ridge(alpha=float("nan")), "alpha must be"),
        (Ridge(solver="lbfgs"), "solver must be one of"),
        (Ridge(fit_intercept=1), "fit_intercept must be True or False"),
        (Lasso(positive=True), "positive must be False, got positive=True"),
        (LinearRegression(positive=True), "positive must be False"),
        (ElasticNet(l1_ratio=1.5), "l1_ratio must be a number from 0 to 1"),
        (Lasso(max_iter=0), "max_iter must be an integer >= 1 or None"),
    ],
)
def test_what_is_not_modelled_is_refused_before_a_fit(estimator: Any, message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        compare_models(estimator, X, Y, candidate=LinearRegression())


def test_a_fitted_estimator_of_other_columns_or_targets_is_refused() -> None:
    for fitted in (Ridge().fit(X[:, :3], Y), Ridge().fit(X, np.stack([Y, Y], axis=1))):
        with pytest.raises(ModelParityError, match="must have been fitted on the features of X"):
            compare_models(fitted, X, Y, candidate=Ridge())


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.kind.__name__)
def test_every_parameter_has_a_row_and_none_is_unknown(family: Any) -> None:
    mapping, estimator = RegressorMapping(family), family.kind()
    for data in (None, read_numbers(X, Y, sample_weight=WEIGHT)):
        rows = {row.name: row for row in mapping.mapping_rows(estimator, data)}
        assert set(rows) == set(estimator.get_params())
        assert all(row.status != "unsupported" for row in rows.values())


def test_the_rows_have_the_strengths_that_keras_takes() -> None:
    data = read_numbers(X, Y)
    formula = {
        family.kind: {row.name: row.keras for row in RegressorMapping(family).mapping_rows(kind)}
        for family, kind in ((family, family.kind()) for family in FAMILIES)
    }
    assert formula[Ridge]["alpha"] == "kernel_regularizer=L2(alpha/n)"
    assert formula[Lasso]["alpha"] == "kernel_regularizer=L1(2 alpha)"
    numbers = {
        row.name: row.keras
        for row in find_mapping(Ridge(), mappings()).mapping_rows(Ridge(alpha=6.0), data)
    }
    assert numbers["alpha"] == "kernel_regularizer=L2(0.1)"


def test_parameters_without_effect_are_said() -> None:
    report = compare_models(Lasso(random_state=3, warm_start=True), X, Y, candidate=Lasso())
    said = [finding.text for finding in report.findings if finding.slug == "inert-setting"]
    assert len(said) == 2
    assert said[1].startswith("warm_start=True has no effect")
    assert said[0].startswith("random_state=3 has no effect: nothing is drawn here")


def test_a_program_of_a_repair_runs() -> None:
    report = compare_models(Ridge(solver="sag", tol=0.9, random_state=0), X, Y, candidate=Ridge())
    assert report.repair is not None
    names: dict[str, Any] = {"X": X, "y": Y}
    exec(report.repair.source, names)
    np.testing.assert_allclose(
        names["reference"].predict(X), Ridge().fit(X, Y).predict(X), rtol=1e-3
    )
