"""Labels and weights on a cluster: they travel once, and are lost with no worker."""

from __future__ import annotations

import gc
import os
import signal
import time

import dask.array
import numpy as np
import pytest
from passed_reports import classes, passed_over, without_times
from sklearn.linear_model import LogisticRegression

from pytest_modelparity.frameworks.dask import columns, computing
from pytest_modelparity.frameworks.dask.matrix import DaskRows
from pytest_modelparity.rows import passes
from pytest_modelparity.rows.held import HeldRows

N = 9000

pytestmark = pytest.mark.usefixtures("small_groups")


def rows_and_columns(n=N, chunk=1300):
    """Rows of a dask array, the same in memory, labels and weights."""
    X, y = classes(n, 3)
    weight = np.random.default_rng(0).uniform(size=n)
    return DaskRows(dask.array.from_array(X, chunks=(chunk, 5))), HeldRows(X), y, weight


def product():
    """Return sums in which each row has its own label and weight."""

    # A function of its own, as workers do not know this file.
    def of_group(X, rows, y, weight):
        return [X.T @ (y * weight)]

    return of_group


def pieces_on(client, count):
    """Return the names of the pieces that a scheduler keeps, once there are so many."""

    def names(dask_scheduler):
        return {str(key) for key in dask_scheduler.tasks if "column-" in str(key)}

    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        gc.collect()
        found = client.run_on_scheduler(names)
        if len(found) == count:
            return found
    raise AssertionError(f"{len(found)} pieces of columns, not {count}")


def test_what_belongs_to_rows_travels_once_and_goes_with_them(cluster, monkeypatch):
    monkeypatch.setattr(passes, "GROUP_NUMBERS", 250_000)
    # A Client logs messages of less than a megabyte, and with them what they hold.
    there, _, y, weight = rows_and_columns(200_000, chunk=50_000)
    first = there.total(product(), (y, weight))
    found = pieces_on(cluster, 2 * len(there.groups))
    np.testing.assert_array_equal(there.total(product(), (y, weight)), first)
    assert pieces_on(cluster, len(found)) == found
    # A column that nobody has any more goes when another one comes.
    del weight
    there.total(product(), (y, np.ones(len(y))))
    assert len(pieces_on(cluster, len(found)) & found) == len(there.groups)
    del there
    pieces_on(cluster, 0)


def test_one_number_for_all_rows_is_no_column(cluster):
    there, here, y, _ = rows_and_columns()
    ones = np.broadcast_to(1.0, N)
    found = there.total(product(), (y, ones))
    np.testing.assert_array_equal(found, here.total(product(), (y, ones)))
    pieces_on(cluster, len(there.groups))


def test_a_worker_that_dies_between_passes_changes_no_bit(cluster):
    there, here, y, weight = rows_and_columns()
    expected = here.total(product(), (y, weight))
    np.testing.assert_array_equal(there.total(product(), (y, weight)), expected)
    number, *_ = cluster.run(os.getpid).values()
    os.kill(number, signal.SIGKILL)
    np.testing.assert_array_equal(there.total(product(), (y, weight)), expected)


def test_a_check_sends_labels_and_weights_once(cluster, monkeypatch):
    X, y = classes(N, 3)
    weight = np.random.default_rng(0).uniform(size=N)
    first, second = (
        LogisticRegression(C=C, solver="newton-cholesky").fit(X, y, weight) for C in (1.0, 1e-3)
    )
    sent = []

    def persisted(client, array):
        sent.append(array)
        return computing.persisted(client, array)

    monkeypatch.setattr(columns, "persisted", persisted)
    rows = dask.array.from_array(X, chunks=(1300, 5))
    there = passed_over(first, rows, y, candidate=second, sample_weight=weight)
    here = passed_over(first, X, y, candidate=second, sample_weight=weight)
    assert without_times(there) == without_times(here)
    assert [array.dtype for array in sent] == [np.uint8, np.float64]
