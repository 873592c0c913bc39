"""A model that was trained on the lake, and its port, compared where the rows lie.

The rows are a dask array, as they come from parquet files or a feature store. Passes over them run
on whatever Client is active, here two processes of this machine: blocks are worked on where they
are, and sums come home. Needs dask: ``pip install 'pytest-modelparity[dask]'``.
"""

from __future__ import annotations

import dask.array
import numpy as np
import pytest
from distributed import Client, LocalCluster
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import ModelsDivergeError, assert_models_equivalent


@pytest.fixture(scope="module")
def client():
    """Two processes, whose dashboard takes any free port: 8787 may be somebody else's."""
    processes = {"n_workers": 2, "threads_per_worker": 1, "processes": True}
    with (
        LocalCluster(**processes, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as active,
    ):
        yield active


@pytest.fixture(scope="module")
def rows():
    """Forty thousand rows in ten blocks, and labels; `persist` keeps them on the workers."""
    draw = np.random.default_rng(0)
    X = draw.normal(size=(40_000, 8))
    y = (X @ draw.normal(size=8) + draw.logistic(size=len(X)) > 0).astype(int)
    return X, y


@pytest.fixture(scope="module")
def trained(rows):
    """The model in production, trained somewhere else."""
    X, y = rows
    return LogisticRegression(C=0.01, solver="newton-cholesky").fit(X, y)


def test_the_port_is_the_model(client, rows, trained):
    X, y = rows
    lake = dask.array.from_array(X, chunks=(4000, 8)).persist()

    def port(block):
        """What the service answers: the model's formula, written anew."""
        z = np.asarray(block) @ trained.coef_[0] + trained.intercept_[0]
        return 1.0 / (1.0 + np.exp(-z))

    # memory=0: pass over the rows where they lie, though so few would fit in memory here.
    report = assert_models_equivalent(trained, lake, y, candidate=port, memory=0)
    assert report.certificates["reference"].distance < 1e-3


def test_a_retrained_port_forgot_the_penalty(client, rows, trained):
    X, y = rows
    lake = dask.array.from_array(X, chunks=(4000, 8)).persist()
    port = LogisticRegression(solver="newton-cholesky").fit(X, y)
    with pytest.raises(ModelsDivergeError) as told:
        assert_models_equivalent(trained, lake, y, candidate=port, tolerance=1e-3, memory=0)
    assert [cause.setting for cause in told.value.report.causes] == ["C"]
