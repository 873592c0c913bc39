"""Benchmarks of many rows: what is measured is what is said, and the page has its tables."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let modules of the benchmarks be found, as they are where they run."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))


def module(name: str) -> Any:
    """Return a module of the benchmarks."""
    return importlib.import_module(name)


def rows(**sizes: Any) -> Any:
    """Return a few rows."""
    return module("measuring.many").Rows(**{"n": 120_000, "p": 3, **sizes})


def test_rows_in_a_file_are_those_in_memory() -> None:
    there = module("measuring.many").written(rows(held="mapped"))
    X, y = there.made()
    held, labels = rows().made()
    assert isinstance(X, np.memmap)
    assert np.array_equal(X, held)
    assert np.array_equal(y, labels)
    assert set(y) == {0, 1}


def test_sparse_rows_have_so_many_values_each() -> None:
    X, y = rows(n=500, p=2000, held="sparse").made()
    values = module("measuring.many").VALUES
    assert X.has_canonical_format
    assert np.array_equal(np.diff(X.indptr), np.full(500, values))
    assert set(y) == {0, 1}


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_memory_is_that_above_what_there_was() -> None:
    apart = module("measuring.apart")
    before = np.ones(20_000_000)
    taken, made = apart.Meter().run(np.ones, 5_000_000)
    assert len(before) > len(made)
    assert 39 < taken.peak < 60


PASSES = {"n": 1000, "p": 10, "groups": 5, "tasks": 7}


def runs(constants: Any) -> list[Any]:
    """Return runs that take what a model with these constants says."""
    model = module("scaling.model")
    made = []
    for n in (1000, 10_000, 300_000):
        for cores in (1, 2):
            for number, cluster in enumerate((False, True, True)):
                passes = model.Passes(
                    n=n,
                    p=10 + 90 * number,
                    groups=n // 100,
                    tasks=n // 100 ** (1 + number % 2),
                    passes=3,
                    labelled=2,
                    sent=number,
                    work=1e3 * n**1.5,
                    verdicts=number,
                    checks=number,
                )
                run = model.Run(
                    what="check",
                    cluster=cluster,
                    cores=cores,
                    phases={"all": passes},
                    seconds=1.0,
                    fitted=True,
                )
                made.append(replace(run, seconds=model.predicted(constants, run)))
    return made


def test_constants_that_made_the_runs_explain_them(monkeypatch: pytest.MonkeyPatch) -> None:
    model = module("scaling.model")
    monkeypatch.setattr(model, "PULL", 0.0)
    true = dict(
        zip(model.CONSTANTS, (1e-10, 1e-10, 1e-8, 1e-7, 1e-2, 1e-3, 1e-9, 0.5), strict=True)
    )
    made = runs(true)
    assert max(model.off(model.constants_of(made), made)) < 1.01


def test_a_cluster_alone_pays_for_tasks_and_for_what_moves() -> None:
    passes = module("scaling.model").Passes(
        **PASSES, passes=2, labelled=1, sent=3, work=6.0, verdicts=1
    )
    assert passes.amounts(2, cluster=False).tolist() == [3, 80_000, 500, 1000, 0, 0, 0, 0]
    assert passes.moved == 1000 * 3
    # Workers share the rows that both models predict; here one core has them all.
    assert passes.amounts(2, cluster=True).tolist()[3:] == [500, 2 + 1, 7 * 3, 1000 * 3, 0]


def test_the_same_passes_over_more_rows_make_as_many_multiplications_a_row() -> None:
    few = module("scaling.model").Passes(**PASSES, passes=2, labelled=1, sent=3, work=6.0)
    many = few.scaled(10_000, 50, 70)
    assert many == replace(few, n=10_000, groups=50, tasks=70, work=60.0)


def test_a_pass_over_chunks_of_a_hundred_megabytes_is_a_task_for_two_groups() -> None:
    tasks_of_pass = module("scaling.chunks").tasks_of_pass
    assert tasks_of_pass(16_000_000, 100) == pytest.approx(550, rel=0.02)


def test_the_page_has_the_tables_of_the_stored_runs() -> None:
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    for table in module("scale_model").tables():
        assert table in page
