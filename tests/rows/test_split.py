"""The split of a divergence, and what each setting does, on all rows that are passed over."""

from __future__ import annotations

import re

import dask.array
import numpy as np
import pytest
from passed_reports import classes, cut_small, numbers, passed_over, without_times
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.multiclass import OneVsRestClassifier

from pytest_modelparity import compare_models

N = 6000


@pytest.fixture(autouse=True)
def small_groups(monkeypatch):
    """Groups of a thousand rows, and few rows that stand for all."""
    cut_small(monkeypatch, group=5000, sample=1000, fewest_samples=200)


def case(name):
    """A reference that stopped early, and a port that differs in two settings, both trained."""
    if name in ("squared", "counts"):
        X, y = numbers(N)
        if name == "squared":
            return Ridge().fit(X, y), Ridge(alpha=2000.0, fit_intercept=False).fit(X, y), X, y
        y = np.random.default_rng(2).poisson(np.exp(0.2 * X[:, 0]))
        both = PoissonRegressor(tol=1e-2), PoissonRegressor(alpha=3.0, fit_intercept=False)
        return *(one.fit(X, y) for one in both), X, y
    X, y = classes(N, 2 if name == "logistic" else 3)
    both = (LogisticRegression(tol=0.01), LogisticRegression(C=1e-3, fit_intercept=False))
    if name == "one-vs-rest":
        both = tuple(map(OneVsRestClassifier, both))
    return *(one.fit(X, y) for one in both), X, y


@pytest.mark.parametrize("name", ["logistic", "softmax", "one-vs-rest", "squared", "counts"])
def test_it_is_that_of_rows_in_memory(name):
    reference, candidate, X, y = case(name)
    whole = compare_models(reference, X, y, candidate=candidate)
    over = passed_over(reference, X, y, candidate=candidate)
    assert over.split.rows == whole.split.rows == ""
    for part in ("reference_error", "objective_gap", "candidate_error"):
        mine, theirs = getattr(over.split, part), getattr(whole.split, part)
        for measure in ("rms", "largest", "share"):
            wanted = getattr(theirs, measure)
            # Optima are found to rounding, by sums in another order.
            assert getattr(mine, measure) == pytest.approx(wanted, rel=1e-6, abs=1e-8)
        assert mine.rows == ""
    objective = [cause for cause in over.causes if cause.kind == "objective"]
    assert sorted(cause.setting for cause in objective) == ["C", "fit_intercept"]
    for cause in objective:
        theirs = next(one for one in whole.causes if one.setting == cause.setting)
        assert cause.role == theirs.role
        for measure in ("share", "alone", "last"):
            wanted = getattr(theirs, measure)
            assert getattr(cause, measure) == pytest.approx(wanted, rel=1e-6, abs=1e-8)


def test_what_a_reference_beside_a_function_lacks_is_of_all_rows():
    reference, candidate, X, y = case("logistic")
    whole, over = (
        compare_models(reference, X, y, candidate=candidate.predict_proba, memory=memory)
        for memory in (np.inf, 0)
    )
    sentences = [
        finding.text
        for report in (whole, over)
        for finding in report.findings
        if finding.slug == "reference-not-converged"
    ]
    assert len(sentences) == 2
    assert sentences[0] == sentences[1]
    assert re.search(r"is 0\.\d+ in probability away", sentences[0])


def test_it_is_that_of_what_a_candidate_was_inferred_to_be_trained_on():
    X, y = classes(N, 2)
    reference = LogisticRegression(tol=1e-8).fit(X, y)
    candidate = LogisticRegression(C=1e-3, tol=1e-8).fit(X, y).predict_proba
    whole, over = (
        compare_models(reference, X, y, candidate=candidate, memory=memory)
        for memory in (np.inf, 0)
    )
    assert [cause.setting for cause in over.causes] == ["C"]
    assert over.split.rows == whole.split.rows == ""
    for part in ("reference_error", "objective_gap", "candidate_error"):
        mine, theirs = getattr(over.split, part), getattr(whole.split, part)
        assert mine.largest == pytest.approx(theirs.largest, rel=1e-4, abs=1e-8)


def test_where_an_optimum_has_no_end_it_is_of_a_sample_and_says_so():
    X, _ = classes(N, 2)
    y = (X[:, 0] > 0).astype(int)
    reference, candidate = (LogisticRegression(C=C).fit(X, y) for C in (np.inf, 1.0))
    report = passed_over(reference, X, y, candidate=candidate)
    assert report.certificates["reference"].finite_optimum is False
    assert report.split.rows == "sampled"


@pytest.mark.parametrize("name", ["softmax", "one-vs-rest", "counts"])
def test_it_is_the_same_whatever_holds_the_rows(name, tmp_path):
    reference, candidate, X, y = case(name)
    # The reference stopped early: on rows in memory it would be trained again.
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    first = passed_over(reference, X, y, candidate=candidate, n_jobs=2)
    for rows, n_jobs in ((mapped, 1), (dask.array.from_array(X, chunks=(1111, 3)), None)):
        other = passed_over(reference, rows, y, candidate=candidate, n_jobs=n_jobs)
        assert without_times(first) == without_times(other)
    assert re.match(
        r"training either side again, which takes rows in memory: 1 MB \(memory=1,",
        first.effort.left_out[0],
    )
