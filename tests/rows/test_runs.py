"""Which rows a task of a cluster works on: as many as lie together, and no bit comes of it."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc

import dask.array
import dask.config
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_modelparity.frameworks.dask import graph
from pytest_modelparity.frameworks.dask.matrix import DaskRows
from pytest_modelparity.frameworks.dask.runs import runs_of
from pytest_modelparity.rows import passes
from pytest_modelparity.rows.held import HeldRows
from pytest_modelparity.rows.passes import FAN, row_groups

#: Sizes of chunks, some of them empty.
SIZES = st.lists(st.integers(0, 700), min_size=1, max_size=12).filter(any)


@pytest.fixture(autouse=True)
def small_groups(monkeypatch):
    """Groups of ten rows of three features."""
    monkeypatch.setattr(passes, "GROUP_NUMBERS", 30)
    monkeypatch.setattr(passes, "FEWEST_ROWS", 10)


@given(sizes=SIZES)
@settings(max_examples=100, deadline=None)
def test_runs_are_all_groups_once_inside_of_a_chunk_and_of_what_is_added_at_once(sizes):
    groups = row_groups(sum(sizes), 3)
    runs = runs_of(groups, sizes)
    assert [group for run in runs for group in run.groups] == groups
    for run in runs:
        assert groups[run.number] is run.groups[0]
        assert run.number // FAN == (run.number + len(run.groups) - 1) // FAN
        assert len(run.groups) == 1 or len(run.chunks) == 1
        inside = [run.inside(chunk) for _, chunk in run.chunks]
        found = [
            row
            for (_, chunk), part in zip(run.chunks, inside, strict=True)
            for row in range(chunk.start, chunk.stop)[part]
        ]
        assert found == list(range(run.rows.start, run.rows.stop))


def sums(X, rows, y, weight):
    """Return sums whose bits depend on the order, and on what belongs to which row."""
    return [X.T @ (y * weight), np.array(float(rows.start)) ** 0.5]


@given(sizes=SIZES, seed=st.integers(0, 100), kind=st.sampled_from([np.float64, np.float32, int]))
@settings(max_examples=40, deadline=None)
def test_no_bit_depends_on_chunks(sizes, seed, kind):
    rng = np.random.default_rng(seed)
    X = (rng.normal(size=(sum(sizes), 3)) * 1000).astype(kind)
    y, weight = rng.integers(0, 300, len(X)), np.broadcast_to(0.3, len(X))
    rows = dask.array.from_array(X, chunks=(tuple(sizes), (2, 1)))
    here = HeldRows(X).total(sums, (y, weight))
    there = DaskRows(rows).total(sums, (y, weight))
    for mine, other in zip(there, here, strict=True):
        np.testing.assert_array_equal(mine, other)
    smallest = DaskRows(rows).total(lambda X, rows: [X.min(axis=0)], (), [np.minimum])
    np.testing.assert_array_equal(smallest[0], X.min(axis=0))


def tasks_of(sizes, monkeypatch):
    """Return the numbers of tasks of a pass over rows in chunks, by their kinds, and of groups."""
    made = []

    def seen(*arguments):
        made.append(pass_over(*arguments))
        return made[-1]

    pass_over = graph.pass_over
    monkeypatch.setattr("pytest_modelparity.frameworks.dask.matrix.pass_over", seen)
    rows = DaskRows(dask.array.ones((sum(sizes), 3), chunks=(sizes, 3)))
    rows.total(lambda X, rows: [X.sum(axis=0)], ())
    names = [key[0] if isinstance(key, tuple) else key for key in made[0].dask]
    kinds = [name.partition("-")[0] for name in names]
    return {kind: kinds.count(kind) for kind in ("run", "edge", "together")}, len(rows.groups)


def test_chunks_of_whole_sets_are_a_task_each(monkeypatch):
    found, groups = tasks_of((160,) * 20, monkeypatch)
    assert groups == 320
    assert found == {"run": 20, "edge": 0, "together": 2}


def test_of_chunks_that_end_inside_of_a_group_only_its_rows_move(monkeypatch):
    found, groups = tasks_of((78,) * 20, monkeypatch)
    assert groups == 156
    # Groups across each of the borders but those at rows 390, 780, and so on; a run in each chunk,
    # cut where another sixteen groups begin.
    assert found == {"run": 16 + 20 + 7, "edge": 32, "together": 10}


def test_one_group_of_a_chunk_is_widened_at_a_time(monkeypatch):
    monkeypatch.setattr(passes, "GROUP_NUMBERS", 300_000)
    X = np.ones((1_600_000, 3), dtype=np.float32)
    rows = DaskRows(dask.array.from_array(X, chunks=(1_600_000, 3)))
    assert len(rows.groups) == FAN
    with dask.config.set(scheduler="synchronous"):
        tracemalloc.start()
        try:
            rows.total(lambda X, rows: [X.sum(axis=0)], ())
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 2 * 300_000 * 8 + 500_000


UNTOUCHED = """
import dask.array, dask.config, sys
from pytest_modelparity.frameworks.dask.matrix import DaskRows

DaskRows(dask.array.ones((100, 3))).mean(axis=0)
import distributed

print(dask.config.get("distributed.comm.timeouts.connect"))
"""


def test_a_pass_leaves_the_settings_of_distributed():
    run = [sys.executable, "-W", "error", "-c", UNTOUCHED]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout == "30s\n"
