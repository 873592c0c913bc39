"""dask-ml's LogisticRegression looks like scikit-learn's and penalises the intercept."""

from __future__ import annotations

from dataclasses import replace

import dask.array
import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from pytest_modelparity import ParityCase, compare_models, hard_data, parametrize_parity

engine = pytest.importorskip("dask_ml.linear_model", reason="`tox -e engines` installs it")
naive_bayes = pytest.importorskip("dask_ml.naive_bayes", reason="`tox -e engines` installs it")


# Of dask and SciPy, about options that dask-glm 0.4 sets.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Dask configuration key:FutureWarning", "ignore:scipy.optimize:DeprecationWarning"
)


class Unread(engine.LogisticRegression):
    """One whose settings are not read, since it predicts by a method of its own."""

    def predict_proba(self, X):
        return super().predict_proba(X)


def standardised(data: hard_data.HardData) -> hard_data.HardData:
    """Return data as dask-ml makes them inside, so that its penalty is that of these."""
    return replace(data, X=StandardScaler().fit_transform(data.X))


def breast_cancer() -> hard_data.HardData:
    """Return a data set whose columns are of many sizes."""
    X, y = load_breast_cancer(return_X_y=True)
    return hard_data.HardData(name="breast_cancer", X=X, y=y)


@parametrize_parity(
    LogisticRegression(tol=1e-8, max_iter=10_000),
    [
        standardised(data)
        for data in (
            breast_cancer(),
            *hard_data.classification("quasi_separable", "imbalanced", "wide"),
        )
    ],
    grid={"C": [0.1, 1.0, 10.0]},
)
@pytest.mark.parametrize("kind", [engine.LogisticRegression, Unread])
def test_its_penalty_on_the_intercept_is_told(parity_case: ParityCase, kind: type) -> None:
    X, y = parity_case.X, parity_case.y
    model = kind(C=parity_case.settings["C"], solver="lbfgs", tol=1e-8, max_iter=10_000)
    model.fit(X, y)
    assert np.shape(model.coef_) == (X.shape[1],)
    report = compare_models(parity_case.reference, X, y, candidate=model, tolerance=0.001)
    assert report.verdict == "diverged"
    assert [cause.setting for cause in report.causes] == ["intercept_penalty"]
    if kind is Unread:
        assert report.inference["candidate"].grade == "proven"
    else:
        assert report.settings["candidate"].framework == "dask-ml"
    # Its coefficients are read, though they are a vector.
    np.testing.assert_array_equal(report.coefficients.candidate, [model.coef_])


@pytest.mark.parametrize("trained", [True, False])
def test_it_is_fitted_on_and_asked_for_rows_of_dask(trained: bool) -> None:
    data = standardised(breast_cancer())
    rows = dask.array.from_array(data.X, chunks=(100, data.X.shape[1]))
    labels = dask.array.from_array(data.y, chunks=100)
    candidate = naive_bayes.GaussianNB()
    if trained:
        candidate.fit(rows, labels)
    reference = LogisticRegression(solver="newton-cholesky").fit(data.X, data.y)
    report = compare_models(
        reference, rows, labels, candidate=candidate, memory=0, tolerance=0.001, explain=False
    )
    assert report.verdict == "diverged"
    assert report.trained_by == ("" if trained else "fit")
    assert (candidate.theta_ is not None) == trained
