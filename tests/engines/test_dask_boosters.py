"""Boosted trees that are trained on collections, and predict these by a Client of their own."""

from __future__ import annotations

import dask.array
import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.linear_model import LogisticRegression, Ridge

from pytest_modelparity import compare_models

distributed = pytest.importorskip("distributed", reason="the extra dask installs it")

# Of LightGBM, about the number of its threads, which the cluster decides.
pytestmark = pytest.mark.filterwarnings("ignore:Parameter n_jobs:UserWarning")


@pytest.fixture(scope="module")
def client():
    """Two processes of one thread each."""
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def kinds(package, classifier, regressor):
    """Return both classes, or skip where the package is not installed."""
    module = pytest.importorskip(f"{package}.dask", reason="`tox -e engines` installs it")
    return getattr(module, classifier), getattr(module, regressor)


@pytest.mark.parametrize("trained", [True, False])
@pytest.mark.parametrize("predicts", ["classes", "numbers"])
@pytest.mark.parametrize(
    "names",
    [
        ("lightgbm", "DaskLGBMClassifier", "DaskLGBMRegressor"),
        ("xgboost", "DaskXGBClassifier", "DaskXGBRegressor"),
    ],
    ids=lambda names: names[0],
)
def test_it_is_asked_where_rows_lie(names, predicts, trained, client):
    of_classes = predicts == "classes"
    X, y = (load_breast_cancer if of_classes else load_diabetes)(return_X_y=True)
    kind = kinds(*names)[0 if of_classes else 1]
    rows = dask.array.from_array(X, chunks=(150, X.shape[1])).persist()
    targets = dask.array.from_array(y, chunks=150).persist()
    model = kind(n_estimators=5)
    if trained:
        model.fit(rows, targets)
    reference = LogisticRegression(max_iter=10_000) if of_classes else Ridge()
    report = compare_models(
        reference.fit(X, y), rows, targets, candidate=model, memory=0, explain=False
    )
    value = report.divergences["probability" if of_classes else "prediction"].value
    assert report.trained_by == ("" if trained else "fit")
    assert "rows-brought-here" not in [finding.slug for finding in report.findings]
    # A second training may bin its rows in another way: only one that is trained is known here.
    if trained:
        name = "predict_proba" if of_classes else "predict"
        apart = getattr(reference, name)(X) - getattr(model, name)(rows).compute()
        assert value == pytest.approx(np.abs(apart).max(), rel=1e-6)
    else:
        assert value > 0.01
