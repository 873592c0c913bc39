"""What a side was trained on, told of rows that are passed over as of rows in memory."""

from __future__ import annotations

from pathlib import Path

import dask.array
import numpy as np
import pytest
from passed_reports import classes, cut_small, numbers, passed_over, without_times
from sklearn.decomposition import PCA
from sklearn.linear_model import ElasticNet, Lasso, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, normalize

from pytest_modelparity import compare_models
from pytest_modelparity.extend import nothing_remembered
from pytest_modelparity.inference import costs

N = 6000
EXACT = {"solver": "newton-cholesky", "tol": 1e-10, "max_iter": 1000}
#: A solver that reaches what has an L1 penalty.
SPARSE = {"solver": "saga", "tol": 1e-12, "max_iter": 20_000, "l1_ratio": 1.0}
WEIGHTS = {0: 1.0, 1: 2.5, 2: 4.0}


@pytest.fixture(autouse=True)
def small_groups(monkeypatch):
    """Groups of some hundred rows, and few rows that stand for all."""
    cut_small(monkeypatch, group=5000, sample=1000, fewest_samples=200)


def seen(model):
    """A trained model as a function of X, which tells nothing of its settings."""
    if hasattr(model, "predict_proba"):
        return lambda X: model.predict_proba(X).astype(np.float32)
    return model.predict


def case(name):
    """A reference, a port that was trained otherwise, and the rows of both."""
    kind, _, what = name.partition(" ")
    if kind == "squared":
        X, y = numbers(N)
        other = {
            "alpha": Ridge(alpha=2000.0),
            "l1": Lasso(alpha=0.3, tol=1e-12),
            "elastic net": ElasticNet(alpha=0.3, tol=1e-12),
        }[what]
        return Ridge(alpha=1.0).fit(X, y), seen(other.fit(X, y)), X, y
    X, y = classes(N, 2 if kind == "logistic" else 3)
    weights = {label: WEIGHTS[label] for label in np.unique(y).tolist()}
    settings = {
        "class weights": {"class_weight": weights},
        "C": {"C": 1e-3},
        "both": {"class_weight": weights, "C": 1e-3},
        "l1": {"C": 1e-2} | SPARSE,
        "no intercept": {"fit_intercept": False},
        "normalised": {},
    }[what]
    rows = normalize(X) if what == "normalised" else X
    other = LogisticRegression(**EXACT | settings).fit(rows, y)
    return LogisticRegression(**EXACT).fit(X, y), seen(other), X, y


CASES = [
    *(f"logistic {what}" for what in ("class weights", "C", "both", "l1", "no intercept")),
    *(f"softmax {what}" for what in ("class weights", "C", "both", "l1")),
    *(f"squared {what}" for what in ("alpha", "l1", "elastic net")),
    "logistic normalised",
]


@pytest.mark.parametrize("name", CASES)
def test_it_is_told_as_of_rows_in_memory(name):
    reference, candidate, X, y = case(name)
    whole = compare_models(reference, X, y, candidate=candidate)
    over = passed_over(reference, X, y, candidate=candidate)
    mine, theirs = over.inference["candidate"], whole.inference["candidate"]
    assert (mine.grade, mine.text, mine.is_cause) == ("proven", theirs.text, True)
    assert theirs.grade == "proven"
    assert mine.distance == pytest.approx(theirs.distance, abs=1e-7)
    assert mine.expected_distance == pytest.approx(theirs.expected_distance, rel=1e-6)
    assert mine.resolution == pytest.approx(theirs.resolution, rel=1e-6)
    for one, other in zip(mine.values, theirs.values, strict=True):
        assert one.values == pytest.approx(other.values, rel=1e-5)
    assert [cause.setting for cause in over.causes] == [cause.setting for cause in whole.causes]
    assert over.settings["candidate"].written == whole.settings["candidate"].written


@pytest.mark.parametrize("components", [3, 5])
def test_behind_a_matrix_of_features_it_is_told_too(components):
    X, y = classes(N, 2)
    steps = [
        make_pipeline(StandardScaler(), PCA(components), LogisticRegression(**EXACT | settings))
        for settings in ({}, {"C": 1e-3})
    ]
    reference, candidate = (one.fit(X, y) for one in steps)
    whole = compare_models(reference, X, y, candidate=seen(candidate))
    over = passed_over(reference, X, y, candidate=seen(candidate))
    mine, theirs = over.inference["candidate"], whole.inference["candidate"]
    assert (mine.grade, mine.text) == (theirs.grade, theirs.text) == ("proven", "C=0.001")
    assert mine.expected_distance == pytest.approx(theirs.expected_distance, rel=1e-6)


def held(how, X, folder: Path):
    """The rows of X, held in another way."""
    if how == "dask":
        return dask.array.from_array(X, chunks=(1111, 3))
    np.save(folder / "X.npy", X)
    return np.load(folder / "X.npy", mmap_mode="r") if how == "memmap" else folder / "X.npy"


@pytest.mark.parametrize("how", ["memmap", "npy", "dask"])
@pytest.mark.parametrize("name", ["logistic both", "softmax class weights", "squared alpha"])
def test_no_bit_depends_on_what_holds_the_rows_or_on_cores(name, how, tmp_path):
    reference, candidate, X, y = case(name)
    here = without_times(passed_over(reference, X, y, candidate=candidate))
    for n_jobs in (1, 2):
        rows = held(how, X, tmp_path)
        there = passed_over(reference, rows, y, candidate=candidate, n_jobs=n_jobs)
        assert there.inference["candidate"].grade == "proven"
        assert without_times(there) == here


def test_sample_weights_that_were_dropped_are_told():
    X, y = classes(N, 2)
    weights = np.random.default_rng(0).uniform(0.1, 3.0, N) * np.where(X[:, 0] > 0, 5.0, 1.0)
    reference = LogisticRegression(**EXACT).fit(X, y, sample_weight=weights)
    candidate = seen(LogisticRegression(**EXACT).fit(X, y))
    report = passed_over(reference, X, y, candidate=candidate, sample_weight=weights)
    assert report.inference["candidate"].text == "sample_weight=dropped"
    assert [cause.setting for cause in report.causes] == ["sample_weight"]


def test_a_model_of_keras_is_held_against_what_it_declares():
    keras = pytest.importorskip("keras")
    X, y = classes(N, 2)
    trained = LogisticRegression(class_weight={0: 1, 1: 2.5}, **EXACT).fit(X, y)
    penalty = keras.regularizers.L2(1 / (2 * N))
    layer = keras.layers.Dense(1, activation="sigmoid", kernel_regularizer=penalty)
    candidate = keras.Sequential([keras.layers.Input((5,)), layer])
    candidate.compile("adam", "binary_crossentropy")
    candidate.set_weights([trained.coef_.T, trained.intercept_])
    reference = LogisticRegression(**EXACT).fit(X, y)
    report = passed_over(reference, X, y, candidate=candidate, fit=None)
    found = report.inference["candidate"]
    assert (found.grade, found.expected) == ("proven", "declared")
    assert [one.setting for one in found.values] == ["class_weight"]
    low, high = found.values[0].values
    assert high / low == pytest.approx(2.5, rel=1e-4)
    assert [cause.setting for cause in report.causes] == ["class_weight"]


def test_a_reference_that_was_trained_on_something_else_is_told():
    X, y = classes(N, 2)
    reference = LogisticRegression(**EXACT).fit(X, np.where(X[:, 0] > 0.5, 1 - y, y))
    candidate = seen(LogisticRegression(**EXACT).fit(X, y))
    report = passed_over(reference, X, y, candidate=candidate)
    assert report.inference["reference"].expected == "declared"
    assert report.inference["reference"].expected_distance > 0.1


def test_what_takes_rows_in_memory_is_named():
    X, y = classes(N, 2)
    # Others than all, in another order than their labels would suggest.
    other = LogisticRegression(**EXACT).fit(X[: N // 2], y[: N // 2])
    reference = LogisticRegression(C=1e-3, **EXACT).fit(X, y)
    with nothing_remembered():
        whole = compare_models(reference, X, y, candidate=seen(other))
    assert "rows_used" in whole.inference["candidate"].settings
    over = passed_over(reference, X, y, candidate=seen(other))
    assert over.inference["candidate"].grade == "none"
    assert any("trained on a part of the rows" in one for one in over.effort.left_out)
    reference, candidate, X, y = case("logistic C")
    told = passed_over(reference, X, y, candidate=candidate)
    assert not any("part of the rows" in one for one in told.effort.left_out)


def test_a_budget_that_is_too_small_says_what_it_may_take(monkeypatch):
    monkeypatch.setattr(costs, "PASSES", 1_000_000)
    reference, candidate, X, y = case("logistic C")
    report = passed_over(reference, X, y, candidate=candidate)
    assert report.inference["candidate"].why == "not looked for: the budget is too small"
    assert any(
        one.startswith("telling what the candidate was trained on, which may take ")
        for one in report.effort.left_out
    )


def test_one_row_that_is_predicted_otherwise_is_no_proof():
    reference, trained, X, y = case("logistic class weights")

    def candidate(rows):
        found = trained(rows)
        # No row of those that stand for all.
        odd = (np.asarray(rows) == X[4321]).all(axis=1)
        found[odd] = 0.5
        return found

    report = passed_over(reference, X, y, candidate=candidate)
    found = report.inference["candidate"]
    assert (found.grade, found.is_cause) == ("none", False)
    assert found.nearest.startswith("class_weight={0: 1, 1: 2.5}")
    there = float(trained(X[4321:4322])[0, 0])
    assert found.nearest_distance == pytest.approx(abs(there - 0.5), abs=1e-6)
