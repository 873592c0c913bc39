"""The mapping of dask-ml's linear models keeps the rules of every mapping."""

from __future__ import annotations

import dask.array
import dask.dataframe
import numpy as np
import pandas
import pytest
import scipy.sparse
from sklearn.linear_model import PoissonRegressor, Ridge

from pytest_modelparity import InvalidDataError, InvalidParameterError, compare_models
from pytest_modelparity.extend import check_mapping
from pytest_modelparity.frameworks.dask_ml.mapping import mappings
from pytest_modelparity.sides.mapping import find_mapping
from pytest_modelparity.sides.regression import read_numbers
from pytest_modelparity.theory.optimum import find_optimum

engine = pytest.importorskip("dask_ml.linear_model", reason="`tox -e engines` installs it")
# Of dask and SciPy, about options that dask-glm 0.4 sets.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Dask configuration key:FutureWarning", "ignore:scipy.optimize:DeprecationWarning"
)

CLASSIFIERS, LINEAR, COUNTS = mappings()


def columns() -> np.ndarray:
    """Rows of columns that are neither centred nor of one size."""
    return np.random.default_rng(3).normal(size=(120, 3)) * [1.0, 5.0, 0.2] + [0.5, -4.0, 0.1]


def labels() -> tuple[np.ndarray, np.ndarray]:
    """Rows of two classes that overlap."""
    X = columns()
    z = (X - X.mean(axis=0)) / X.std(axis=0) @ [1.0, -0.7, 0.4] + 0.3
    return X, (np.random.default_rng(4).random(120) < 1 / (1 + np.exp(-z))).astype(int)


@pytest.mark.parametrize(
    "check",
    check_mapping(
        CLASSIFIERS,
        [
            engine.LogisticRegression(C=0.5, solver="lbfgs"),
            engine.LogisticRegression(C=0.2, penalty="l1", solver="proximal_grad"),
            engine.LogisticRegression(solver="newton", tol=1e-10),
            engine.LogisticRegression(C=0.1, solver="lbfgs", solver_kwargs={"normalize": False}),
            engine.LogisticRegression(C=0.1, fit_intercept=False, solver="lbfgs"),
            engine.LogisticRegression(C=0.3, solver="admm"),
        ],
        data=[labels()],
    ),
)
def test_of_classifiers(check):
    check()


def numbers(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Rows with numbers, or with counts."""
    X, rng = columns(), np.random.default_rng(5)
    z = X @ [0.4, -0.1, 1.5]
    y = rng.poisson(np.exp(z)) if kind == "PoissonRegression" else z + rng.normal(size=len(X)) + 9
    return X, y.astype(float)


@pytest.mark.parametrize(
    "settings",
    [
        {"C": 0.05},
        {"C": 0.05, "fit_intercept": False},
        {"C": 2.0, "solver_kwargs": {"normalize": False}},
        {"solver_kwargs": {"lamduh": 30.0}},
        {"penalty": None},
        {"C": float("inf")},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["LinearRegression", "PoissonRegression"])
def test_a_regressor_ends_at_the_exact_optimum_of_what_is_read(kind, settings):
    X, y = numbers(kind)
    model = getattr(engine, kind)(solver="lbfgs", tol=1e-10, max_iter=10_000, **settings)
    data = read_numbers(X, y)
    fitted = find_mapping(model, mappings()).fit(model, data)
    optimum = find_optimum(fitted.objective.on(data))
    # Its L-BFGS stops where the loss falls by less than 2e-9 of it.
    assert optimum.certificate.distance < 1e-8 * y.std()
    assert np.abs(optimum.predictions - fitted.predict(X)).max() < 1e-3 * y.std()


@pytest.mark.parametrize("kind", ["LinearRegression", "PoissonRegression"])
def test_what_a_regressor_of_scikit_learn_does_otherwise_is_named(kind):
    X, y = numbers(kind)
    ours = {
        "LinearRegression": Ridge(alpha=20.0),
        "PoissonRegression": PoissonRegressor(alpha=20.0 / len(X), tol=1e-8, max_iter=1000),
    }[kind]
    theirs = getattr(engine, kind)(C=0.05, solver="lbfgs", tol=1e-10, max_iter=10_000)
    report = compare_models(ours, X, y, candidate=theirs)
    named = [cause.setting for cause in report.causes if cause.kind == "objective"]
    # Of numbers that are 9 from 0 the penalty on the intercept matters, too.
    expected = {
        "LinearRegression": ["C", "feature_scaling", "intercept_penalty"],
        "PoissonRegression": ["feature_scaling"],
    }
    assert sorted(named) == expected[kind]


@pytest.mark.parametrize("name", ["lbfgs", "newton", "admm"])
def test_a_reference_is_fitted_on_the_collection_where_its_rows_lie(name, seen_types):
    X, y = labels()
    rows, codes = dask.array.from_array(X, chunks=(50, 3)), dask.array.from_array(y, chunks=50)
    model = engine.LogisticRegression(solver=name, tol=1e-10)
    report = compare_models(model, rows, codes, candidate=model, memory=0)
    assert report.equivalent
    assert seen_types == [dask.array.Array] * 2
    settings = report.settings["reference"]
    assert settings.framework == "dask-ml"
    assert settings.model.startswith("dask-ml LogisticRegression(")
    assert settings.objective.intercept_l2_strength == settings.objective.l2_strength
    assert report.certificates["reference"].distance < (0.01 if name == "admm" else 1e-4)
    assert not hasattr(model, "coef_")


@pytest.fixture
def seen_types(monkeypatch):
    """The types of X that dask-ml is fitted on."""
    seen, fit = [], engine.LogisticRegression.fit

    def noting(self, X, y=None):
        seen.append(type(X))
        return fit(self, X, y)

    monkeypatch.setattr(engine.LogisticRegression, "fit", noting)
    return seen


@pytest.mark.parametrize("held", ["pandas", "dask", "npy"])
def test_rows_of_a_table_or_a_file_are_arrays_to_it(held, tmp_path):
    X, y = labels()
    table = pandas.DataFrame(X, columns=list("abc"))
    np.save(tmp_path / "X.npy", X)
    rows = {
        "pandas": table,
        "dask": dask.dataframe.from_pandas(table, npartitions=3),
        "npy": tmp_path / "X.npy",
    }[held]
    model = engine.LogisticRegression(solver="lbfgs")
    if held != "npy":
        assert compare_models(model, rows, y, candidate=model)
    assert compare_models(model.fit(X, y), rows, y, candidate=model, memory=0)


@pytest.mark.parametrize(
    "change, words",
    [
        ({"penalty": "l1", "solver": "lbfgs"}, "starts at 0, where L1 has no gradient"),
        ({"penalty": "elastic_net"}, "penalty must be 'l1' or 'l2', or None with solver='lbfgs'"),
        ({"solver": "liblinear"}, "solver must be one of 'admm', 'lbfgs'"),
        ({"C": 0}, "C must be a number > 0, got C=0"),
        ({"solver_kwargs": {"family": None}}, "solver_kwargs must not replace the family"),
        ({"solver_kwargs": {"lamduh": -1}}, "must have a finite lamduh >= 0, got -1"),
    ],
)
def test_what_cannot_be_fitted_is_refused_before_anything_is(change, words):
    X, y = labels()
    with pytest.raises(InvalidParameterError, match=words):
        compare_models(engine.LogisticRegression(**change), X, y)


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda X, y: (X, y + 1), r"labels 0 and 1 .* got \[1, 2\]; encode them, such as by"),
        (lambda X, y: (X, np.where(y, "yes", "no")), r"by \(y == 'yes'\).astype\(int\)"),
        (lambda X, y: (np.hstack([X, np.full((120, 1), 0.1)]), y), "constant .* column 'x3'"),
        (lambda X, y: (scipy.sparse.csr_array(X), y), "X must be dense for dask-ml's Logistic"),
    ],
)
def test_data_that_it_would_fit_wrongly_are_refused(make, words):
    X, y = make(*labels())
    with pytest.raises(InvalidDataError, match=words):
        compare_models(engine.LogisticRegression(), X, y)


def test_weights_and_negative_counts_are_refused():
    X, y = labels()
    with pytest.raises(InvalidDataError, match="takes none: it would train on other weights"):
        compare_models(engine.LogisticRegression(), X, y, sample_weight=np.ones(120))
    with pytest.raises(InvalidDataError, match=r"not be negative .* got -1.0 at row 7"):
        compare_models(engine.PoissonRegression(), X, np.where(np.arange(120) == 7, -1.0, y))


def test_what_it_ignores_is_told():
    X, y = labels()
    for change, words in (
        ({"class_weight": "balanced"}, "class_weight='balanced' has no effect: dask-ml ignores it"),
        ({"solver": "newton", "C": 0.1}, "C=0.1 has no effect: solver='newton' knows no penalty"),
    ):
        model = engine.LogisticRegression(**change)
        report = compare_models(model, X, y, candidate=model)
        assert words in [finding.text for finding in report.findings]


def test_a_solver_that_ends_elsewhere_is_told_and_repaired():
    X, y = labels()
    settings = {"penalty": "l1", "C": 0.2}
    exact = engine.LogisticRegression(
        solver="admm", max_iter=1000, solver_kwargs={"abstol": 1e-9, "reltol": 1e-9}, **settings
    )
    reference = engine.LogisticRegression(solver="proximal_grad", **settings)
    report = compare_models(reference, X, y, candidate=exact)
    assert [cause.setting for cause in report.causes] == ["solver"]
    assert report.certificates["reference"].distance > 0.1
    assert report.repair.changes[0].text.startswith("solver='admm', solver_kwargs={'abstol'")
