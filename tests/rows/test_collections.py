"""Models that insist on dask's collections: fitted on those of a check, and asked for them."""

from __future__ import annotations

import dask.array
import dask.dataframe
import numpy as np
import pytest
from passed_reports import classes, passed_over
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import ModelParityError, compare_models
from pytest_modelparity.frameworks.dask.matrix import DaskRows

N = 9000

pytestmark = pytest.mark.usefixtures("small_groups")


class Insisting:
    """A logistic regression that takes collections alone, as estimators of `lightgbm.dask` do."""

    #: Where its user has it from.
    __module__ = "engine.dask"

    def __init__(self, C=1.0):
        # As GaussianNB of dask-ml has it before its fit.
        self.C, self.classes_ = C, None

    def fit(self, X, y):
        """Fit it, and keep what it was given."""
        refuse_others(X, y)
        self.given_ = X, y
        self.model_ = LogisticRegression(C=self.C, solver="newton-cholesky")
        self.model_.fit(np.asarray(X), np.asarray(y))
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, X):
        """Return the probabilities of a collection, which nobody has computed."""
        refuse_others(X)
        rows = X.to_dask_array(lengths=True) if hasattr(X, "columns") else X
        chunks, kind = (rows.chunks[0], (2,)), np.float64
        return rows.map_blocks(self.model_.predict_proba, chunks=chunks, dtype=kind)

    def __getstate__(self):
        return {name: value for name, value in vars(self).items() if name != "given_"}


def refuse_others(*given):
    """Refuse what is no collection."""
    for one in given:
        if not dask.is_dask_collection(one):
            raise TypeError(f"expecting a collection of dask, got {type(one).__name__}")


def check(X, candidate, **arguments):
    """Return the report of a check of one port, not explained."""
    rows, y = classes(N, 2)
    reference = LogisticRegression(solver="newton-cholesky").fit(rows, y)
    return passed_over(reference, X, y, candidate=candidate, explain=False, **arguments)


def over_rows():
    """The rows of a check in a collection."""
    return dask.array.from_array(classes(N, 2)[0], chunks=(1300, 5))


def trained(C):
    """Return one that its user trained."""
    X, y = map(dask.array.from_array, classes(N, 2))
    return Insisting(C).fit(X, y)


def test_an_unfitted_one_is_fitted_on_the_collection_as_given(monkeypatch):
    fits, fit = [], Insisting.fit

    def seen(self, *given):
        fits.append(given)
        return fit(self, *given)

    monkeypatch.setattr(Insisting, "fit", seen)
    X, candidate = over_rows(), Insisting(1e-3)
    report = check(X, candidate)
    ((rows, labels),) = fits
    assert rows is X
    assert labels.chunks == (X.chunks[0],)
    np.testing.assert_array_equal(labels, classes(N, 2)[1])
    assert not hasattr(candidate, "model_")
    assert report.trained_by == "fit"
    assert report.divergences == check(X, trained(1e-3)).divergences
    assert not report
    assert check(X, Insisting(1.0))


def test_a_trained_one_is_asked_for_blocks_where_they_lie(cluster, monkeypatch):
    candidate = trained(1e-3)
    with monkeypatch.context() as patch:
        patch.delattr(DaskRows, "read")
        there = check(over_rows().persist(), candidate)
    assert there.divergences == check(classes(N, 2)[0], candidate).divergences
    assert there.divergences["probability"].value > 0.1


class Spreading(Insisting):
    """Goes around a trained estimator, as `dask_ml.wrappers.ParallelPostFit` does."""

    __module__ = "engine.dask"

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y):
        """Refuse to."""
        raise AssertionError

    def predict_proba(self, X):
        """Return the other's probabilities."""
        return self.estimator.predict_proba(X)


def test_what_goes_around_a_trained_one_is_trained():
    report = check(over_rows(), Spreading(trained(1e-3)))
    assert not report.trained_by
    assert report.divergences == check(over_rows(), trained(1e-3)).divergences


def test_a_table_is_one_too():
    X = dask.dataframe.from_dask_array(over_rows(), columns=list("abcde"))
    seen = []

    def train(rows, labels):
        seen.append(rows)
        refuse_others(rows, labels)
        return trained(1e-3)

    report, expected = check(X, train), check(over_rows(), trained(1e-3))
    assert seen == [X]
    largest = expected.divergences["probability"].value
    assert report.divergences["probability"].value == pytest.approx(largest, rel=1e-12)


def test_rows_in_memory_are_made_a_collection():
    X, y = classes(N, 2)
    reference = LogisticRegression(solver="newton-cholesky")
    assert compare_models(reference, X, y, candidate=Insisting(1.0))
    assert not compare_models(reference, X, y, candidate=Insisting(1e-3))


def test_a_fit_that_fails_is_told():
    words = "the candidate could not be fitted: TypeError: .*unexpected keyword argument 'sample_we"
    with pytest.raises(ModelParityError, match=words):
        check(over_rows(), Insisting(), sample_weight=np.ones(N))
