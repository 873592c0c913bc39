"""Passes over rows on a cluster of real processes, whole and broken."""

from __future__ import annotations

import os
import time

import dask.array
import dask.config
import numpy as np
import pytest
from clusters import PATCH, killing, once, put_back, scheduler_and_worker
from distributed import Client, LocalCluster
from passed_reports import classes, numbers, passed_over, without_times
from sklearn.linear_model import LogisticRegression, Ridge

from pytest_modelparity import ModelParityError
from pytest_modelparity.frameworks.dask import opening, workers
from pytest_modelparity.frameworks.dask.computing import PATIENCE
from pytest_modelparity.frameworks.dask.matrix import DaskRows

N = 9000

pytestmark = pytest.mark.usefixtures("small_groups")


def case(name):
    """A reference and a port with another strength of the penalty, both trained."""
    if name == "squared":
        X, y = numbers(N)
        return Ridge(alpha=1.0).fit(X, y), Ridge(alpha=2000.0).fit(X, y), X, y
    X, y = classes(N, 2 if name == "logistic" else 3)
    first, second = (
        LogisticRegression(C=C, solver="newton-cholesky").fit(X, y) for C in (1.0, 1e-3)
    )
    return first, second, X, y


@pytest.mark.parametrize("name", ["logistic", "softmax", "squared"])
def test_the_report_is_that_of_rows_here(cluster, name):
    reference, candidate, X, y = case(name)
    there = passed_over(
        reference, dask.array.from_array(X, chunks=(1300, 5)), y, candidate=candidate
    )
    assert there.causes
    assert without_times(there) == without_times(passed_over(reference, X, y, candidate=candidate))


@pytest.mark.parametrize("name", ["logistic", "softmax", "squared"])
def test_what_a_port_was_trained_on_is_told_there_as_here(cluster, name):
    reference, candidate, X, y = case(name)
    port = candidate.predict if name == "squared" else candidate.predict_proba
    there = passed_over(reference, dask.array.from_array(X, chunks=(1300, 5)), y, candidate=port)
    assert "C" in there.inference["candidate"].settings
    assert without_times(there) == without_times(passed_over(reference, X, y, candidate=port))


def test_labels_that_travel_are_no_graph_to_be_warned_of(cluster):
    X, y = numbers(N)
    rows = dask.array.from_array(X, chunks=(1000, 5)).persist()

    def dot(X, rows, y):
        return [X.T @ y]

    # Warnings are errors here; each pass takes 72 kB of numbers with it.
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": 50_000}):
        found = DaskRows(rows).total(dot, (y,))
    np.testing.assert_allclose(found[0], X.T @ y)


def test_a_worker_that_dies_in_a_pass_changes_nothing(cluster, tmp_path):
    reference, candidate, X, y = case("logistic")
    rows = dask.array.from_array(X, chunks=(1300, 5))
    last = rows[7800:].map_blocks(once(killing(), tmp_path / "died"), meta=X[:0])
    rows = dask.array.concatenate([rows[:7800], last])
    there = passed_over(reference, rows, y, candidate=candidate)
    assert (tmp_path / "died").exists()
    assert without_times(there) == without_times(passed_over(reference, X, y, candidate=candidate))


def test_a_worker_of_another_version_is_named(cluster, monkeypatch):
    reference, candidate, X, y = case("logistic")
    here, home = workers.versions(), os.getpid()

    def versions():
        return here if os.getpid() == home else {**here, "numpy": "1.0"}

    monkeypatch.setattr(workers, "versions", versions)
    with pytest.raises(ModelParityError, match=r"worker tcp://\S+ has numpy 1.0 and this process"):
        passed_over(reference, dask.array.from_array(X), y, candidate=candidate)


def test_a_worker_of_another_version_that_joins_later_is_named(cluster, monkeypatch):
    reference, candidate, X, y = case("logistic")
    check = opening.check_workers

    def joined():
        check()
        # As if those that were asked had left, and others come.
        cluster.run(replace_numpy)

    monkeypatch.setattr(opening, "check_workers", joined)
    try:
        with pytest.raises(ModelParityError, match=r"^worker tcp://\S+ has numpy 1.0 and this pr"):
            passed_over(reference, dask.array.from_array(X), y, candidate=candidate)
    finally:
        cluster.run(put_back)


def replace_numpy():
    """Give this process another version of NumPy."""
    found = {**workers.versions(), "numpy": "1.0"}
    PATCH.setattr(workers, "versions", lambda: found)


def test_a_worker_that_leaves_while_it_is_asked_is_no_error(cluster, monkeypatch, tmp_path):
    reference, _, X, y = case("logistic")
    here, home, leave = workers.versions(), os.getpid(), once(killing(), tmp_path / "left")

    def versions():
        return here if os.getpid() == home else leave(here)

    monkeypatch.setattr(workers, "versions", versions)
    assert passed_over(reference, dask.array.from_array(X), y, candidate=reference)
    assert (tmp_path / "left").exists()


def test_a_client_that_is_closed_is_told():
    reference, candidate, X, y = case("logistic")
    with Client(
        processes=False, n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0"
    ):
        rows = dask.array.from_array(X, chunks=(1300, 5)).persist()
    with pytest.raises(ModelParityError, match="the Client that kept the blocks of X on its"):
        passed_over(reference, rows, y, candidate=candidate)


def test_a_scheduler_that_dies_in_a_pass_ends_the_check_at_once(tmp_path):
    reference, candidate, X, y = case("logistic")
    with scheduler_and_worker(tmp_path) as (pid, file), Client(scheduler_file=file, timeout=60):
        flag = tmp_path / "killed"
        rows = dask.array.from_array(X, chunks=(1300, 5))
        rows = rows.map_blocks(once(killing(pid), flag), meta=X[:0])
        with pytest.raises(ModelParityError, match="the dask scheduler cannot be reached") as told:
            passed_over(reference, rows, y, candidate=candidate)
        assert time.time() - flag.stat().st_mtime < 10
        assert "\n" not in str(told.value)


@pytest.fixture
def empty():
    """A cluster without workers, and little patience."""
    quick = dask.config.set({PATIENCE: "500ms"})
    local = LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0")
    with quick, local as cluster, Client(cluster):
        yield cluster


def test_a_cluster_without_workers_is_not_waited_for_without_end(empty):
    reference, candidate, X, y = case("logistic")
    words = rf"scheduler at {empty.scheduler_address} has no worker, and none came in 0.5 s \(dis"
    with pytest.raises(ModelParityError, match=words):
        passed_over(reference, dask.array.from_array(X), y, candidate=candidate)


def test_a_cluster_that_grows_gets_its_time(empty):
    reference, candidate, X, y = case("logistic")
    empty.adapt(minimum=0, maximum=1, interval="50ms", wait_count=1000)
    with dask.config.set({PATIENCE: "60s"}):
        there = passed_over(reference, dask.array.from_array(X), y, candidate=candidate)
    assert without_times(there) == without_times(passed_over(reference, X, y, candidate=candidate))


def test_a_change_of_structure_is_held_against_rows_where_they_lie(cluster):
    reference, _, X, y = case("logistic")
    port = LogisticRegression().fit(X, y)
    port.coef_ = reference.coef_ * X.std(axis=0)
    port.intercept_ = reference.intercept_ + reference.coef_ @ X.mean(axis=0)
    there = passed_over(reference, dask.array.from_array(X, chunks=(1300, 5)), y, candidate=port)
    assert there.relation.exact
    assert "rows-brought-here" not in {finding.slug for finding in there.findings}
    assert without_times(there) == without_times(passed_over(reference, X, y, candidate=port))
