"""dask-ml's LogisticRegression looks like scikit-learn's and penalises the intercept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from pytest_modelparity import ParityCase, compare_models, hard_data, parametrize_parity

engine = pytest.importorskip("dask_ml.linear_model", reason="`tox -e engines` installs it")


def standardised(data: hard_data.HardData) -> hard_data.HardData:
    """Return data as dask-ml makes them inside, so that its penalty is that of these."""
    return replace(data, X=StandardScaler().fit_transform(data.X))


def breast_cancer() -> hard_data.HardData:
    """Return a data set whose columns are of many sizes."""
    X, y = load_breast_cancer(return_X_y=True)
    return hard_data.HardData(name="breast_cancer", X=X, y=y)


@pytest.mark.filterwarnings("ignore")
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
def test_its_penalty_on_the_intercept_is_told(parity_case: ParityCase) -> None:
    X, y = parity_case.X, parity_case.y
    model = engine.LogisticRegression(
        C=parity_case.settings["C"], solver="lbfgs", tol=1e-8, max_iter=10_000
    )
    model.fit(X, y)
    assert np.shape(model.coef_) == (X.shape[1],)
    report = compare_models(parity_case.reference, X, y, candidate=model, tolerance=0.001)
    assert report.verdict == "diverged"
    assert [cause.setting for cause in report.causes] == ["intercept_penalty"]
    assert report.inference["candidate"].grade == "proven"
    # Its coefficients are read, though they are a vector.
    np.testing.assert_array_equal(report.coefficients.candidate, [model.coef_])
