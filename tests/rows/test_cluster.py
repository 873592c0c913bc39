"""Passes over rows on a cluster of real processes, whole and broken."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial

import dask.array
import dask.config
import numpy as np
import pytest
from distributed import Client
from passed_reports import classes, numbers, passed_over, without_times
from sklearn.linear_model import LogisticRegression, Ridge

from pytest_modelparity import ModelParityError
from pytest_modelparity.frameworks.dask import workers
from pytest_modelparity.frameworks.dask.matrix import DaskRows
from pytest_modelparity.rows import passes
from pytest_modelparity.sides import passed

N = 9000


@pytest.fixture(autouse=True)
def small_groups(monkeypatch):
    """Groups of a thousand rows: cut here, and worked on there."""
    monkeypatch.setattr(passes, "GROUP_NUMBERS", 5000)
    monkeypatch.setattr(passed, "SAMPLE_NUMBERS", 1000)


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
    assert there.inference["candidate"].settings == {"C"}
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


def once(act, flag):
    """Return what does something the first time that it sees a block, and returns the block."""

    # A function of its own, as workers do not know this file.
    def see(block):
        if not flag.exists():
            flag.touch()
            act()
        return block

    return see


def killing(pid=None):
    """Return what ends a process as the system does where memory is short; by default its own."""

    def kill():
        os.kill(pid or os.getpid(), signal.SIGKILL)
        # Time for another one's end to be noticed.
        time.sleep(60)

    return kill


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


def test_a_client_that_is_closed_is_told():
    reference, candidate, X, y = case("logistic")
    with Client(
        processes=False, n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0"
    ):
        rows = dask.array.from_array(X, chunks=(1300, 5)).persist()
    with pytest.raises(ModelParityError, match="the Client that kept the blocks of X on its"):
        passed_over(reference, rows, y, candidate=candidate)


def start(folder):
    """Start a scheduler and a worker, each a process of its own; return both and their file."""
    file = folder / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    local = ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(file)]
    run = partial(subprocess.Popen, env={**os.environ, "OMP_NUM_THREADS": "1"}, **quiet)
    scheduler = run([sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0", *local])
    worker = run([sys.executable, "-m", "distributed.cli.dask_worker", "--nthreads", "1", *local])
    return scheduler, worker, file


def test_a_scheduler_that_dies_in_a_pass_ends_the_check_at_once(tmp_path):
    scheduler, worker, file = start(tmp_path)
    reference, candidate, X, y = case("logistic")
    try:
        with Client(scheduler_file=str(file), timeout=60) as client:
            client.wait_for_workers(1, timeout=60)
            flag = tmp_path / "killed"
            rows = dask.array.from_array(X, chunks=(1300, 5))
            rows = rows.map_blocks(once(killing(scheduler.pid), flag), meta=X[:0])
            with pytest.raises(
                ModelParityError, match="the dask scheduler cannot be reached"
            ) as told:
                passed_over(reference, rows, y, candidate=candidate)
            assert time.time() - flag.stat().st_mtime < 10
            assert "\n" not in str(told.value)
    finally:
        for process in (scheduler, worker):
            process.kill()
            process.wait()


def test_a_change_of_structure_is_held_against_rows_where_they_lie(cluster):
    reference, _, X, y = case("logistic")
    port = LogisticRegression().fit(X, y)
    port.coef_ = reference.coef_ * X.std(axis=0)
    port.intercept_ = reference.intercept_ + reference.coef_ @ X.mean(axis=0)
    there = passed_over(reference, dask.array.from_array(X, chunks=(1300, 5)), y, candidate=port)
    assert there.relation.exact
    assert "rows-brought-here" not in {finding.slug for finding in there.findings}
    assert without_times(there) == without_times(passed_over(reference, X, y, candidate=port))
