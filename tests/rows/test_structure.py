"""Structure of rows that are passed over: told from some of them, and held against all."""

from __future__ import annotations

import dask.array
import numpy as np
import pytest
from passed_reports import classes, cut_small, numbers, passed_over, without_times
from scipy.special import expit
from sklearn.linear_model import LogisticRegression, Ridge

from pytest_modelparity import compare_models

N = 6000


@pytest.fixture(autouse=True)
def small_groups(monkeypatch):
    """Groups of a thousand rows, and few rows that stand for all."""
    cut_small(monkeypatch, group=5000, sample=1000, fewest_samples=200)


def sampled():
    """The numbers of the rows that stand for all."""
    return np.linspace(0, N - 1, 200).astype(int)


def scaled():
    """A model of columns of several sizes, and a copy with the weights of standardised ones."""
    X, y = classes(N, 2)
    X = X * [1.0, 1.5, 0.5, 2.0, 0.8] + 0.3
    reference = LogisticRegression(C=0.1, solver="newton-cholesky").fit(X, y)
    port = LogisticRegression().fit(X, y)
    port.coef_ = reference.coef_ * X.std(axis=0)
    port.intercept_ = reference.intercept_ + reference.coef_ @ X.mean(axis=0)
    return reference, port, X, y


def doubled(reference, X, ordinary=()):
    """Return a function with twice the logit of a model, but on rows of some numbers."""
    known = {X[row].tobytes() for row in ordinary}

    def predict(rows):
        rows = np.asarray(rows)
        twice = expit(2.0 * reference.decision_function(rows))
        as_is = np.array([row.tobytes() in known for row in rows])
        p = np.where(as_is, reference.predict_proba(rows)[:, 1], twice)
        return np.column_stack([1.0 - p, p])

    return predict


def test_a_change_that_every_row_confirms_has_the_numbers_of_all_rows():
    reference, port, X, y = scaled()
    whole = compare_models(reference, X, y, candidate=port)
    over = passed_over(reference, X, y, candidate=port)
    for report in (whole, over):
        assert report.relation.name == "scaler-forgotten"
        assert report.relation.exact
        assert report.relation.before == report.divergences["probability"].value
        assert [cause.setting for cause in report.causes] == ["scaler-forgotten"]
    assert over.relation.before == pytest.approx(whole.relation.before, rel=1e-12)
    assert over.relation.left < 1e-12


def test_a_change_that_a_few_rows_refute_is_not_told():
    X, y = classes(N, 2)
    reference = LogisticRegression(C=0.1, solver="newton-cholesky").fit(X, y)
    told = passed_over(reference, X, y, candidate=doubled(reference, X))
    assert (told.relation.name, told.relation.exact) == ("logit-factor", True)
    # No row that differs most is among them, as they do not differ at all.
    few = np.setdiff1d(np.arange(N), sampled())[[7, 3000, -1]]
    refuted = passed_over(reference, X, y, candidate=doubled(reference, X, ordinary=few))
    assert refuted.relation is None
    assert not refuted.causes


def test_a_change_that_no_sampled_row_shows_is_told_of_those_that_differ_most():
    X, y = classes(N, 2)
    X[sampled(), 2] = 0.0
    reference = LogisticRegression(C=0.1, solver="newton-cholesky").fit(X, y)
    port = LogisticRegression().fit(X, y)
    port.coef_ = reference.coef_ * [1.0, 1.0, 0.0, 1.0, 1.0]
    port.intercept_ = reference.intercept_
    relation = passed_over(reference, X, y, candidate=port).relation
    assert (relation.name, relation.columns, relation.exact) == ("columns-dropped", ("x2",), True)


@pytest.mark.parametrize("how", ["memmap", "dask", "one thread"])
def test_what_is_told_is_the_same_whatever_holds_the_rows(how, tmp_path):
    reference, port, X, y = scaled()
    here = passed_over(reference, X, y, candidate=port, n_jobs=2)
    rows, n_jobs = X, None
    if how == "memmap":
        np.save(tmp_path / "X.npy", X)
        rows = np.load(tmp_path / "X.npy", mmap_mode="r")
    elif how == "dask":
        rows = dask.array.from_array(X, chunks=(1111, 3))
    else:
        n_jobs = 1
    there = passed_over(reference, rows, y, candidate=port, n_jobs=n_jobs)
    assert here.relation is not None
    assert without_times(here) == without_times(there)


def test_a_scaled_target_is_told_by_all_its_numbers():
    X, y = numbers(N)
    reference = Ridge(alpha=1.0).fit(X, y)
    port = Ridge(alpha=1.0).fit(X, (y - y.mean()) / y.std())
    over, whole = (
        compare_models(reference, X, y, candidate=port, memory=memory) for memory in (0, np.inf)
    )
    assert whole.relation.name == over.relation.name == "target-scaled"
    assert over.relation.exact
    assert over.relation.before == pytest.approx(whole.relation.before, rel=1e-12)


def test_another_head_says_which_rows_it_does_not_make():
    X, y = classes(N, 2)
    reference = LogisticRegression(C=0.1, solver="newton-cholesky").fit(X, y)
    row = np.setdiff1d(np.arange(N), sampled())[3000]

    def twice(rows):
        p = expit(reference.predict_proba(rows)[:, 1])
        return np.column_stack([1.0 - p, p])

    def but_one(rows):
        found = twice(rows)
        found[(np.asarray(rows) == X[row]).all(axis=1)] = 0.5
        return found

    whole, odd = (passed_over(reference, X, y, candidate=one) for one in (twice, but_one))
    texts = [
        next(finding.text for finding in report.findings if finding.slug == "not-linear")
        for report in (whole, odd)
    ]
    first = row // 1000 * 1000
    words = f"; so it is on an even sample of the rows, and not in rows {first} to {first + 999}"
    assert "an even sample of the rows" not in texts[0]
    assert words in texts[1]
