"""The frame of the benchmarks: what became worse is said, and the page is made of the results."""

from __future__ import annotations

import importlib
import math
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def _on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let modules of the benchmarks be found, as they are where `run.py` runs."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def module(name: str) -> Any:
    """Return a module of the frame."""
    return importlib.import_module(f"measuring.{name}")


def row(name: str = "1000 x 10", ours: float = 1.0, other: float = 2.0, **rest: Any) -> Any:
    """Return a row of one round."""
    rows = module("rows")
    return rows.row_of(name, [{rows.OURS: ours, "lbfgs": other}], **rest)


def test_a_ratio_is_the_median_of_the_rounds() -> None:
    rows = module("rows")
    rounds = [{rows.OURS: ours, "fit": fit} for ours, fit in ((1, 2), (9, 10), (3, 12))]
    made = rows.row_of("a", rounds)
    assert (made.ours, made.others, made.ratios) == (3, {"fit": 10}, {"fit": 0.5})


@pytest.mark.parametrize("now,said", [(1.49, False), (1.51, True), (math.nan, True), (0.1, False)])
def test_a_ratio_that_is_half_as_bad_again_is_said(now: float, said: bool) -> None:
    stored, results = module("stored"), {"optimum": [row(ours=now, other=1.0)]}
    worse = stored.what_is_worse(results, {"optimum: 1000 x 10 / lbfgs": 1.0})
    assert list(worse) == (["optimum: 1000 x 10 / lbfgs"] if said else [])


def test_it_is_said_with_both_ratios() -> None:
    worse = module("stored").Worse(key="optimum: a / lbfgs", now=3.0, before=1.5)
    assert worse.words() == "optimum: a / lbfgs: 3, 2.0 times the stored 1.5"


def test_what_a_clock_cannot_tell_is_not_worse() -> None:
    stored, before = module("stored"), {"idle: a / lbfgs": 0.1}
    # 0.004 s more than stored, where 0.005 mean nothing; then where 0.003 do.
    assert not stored.what_is_worse({"idle": [row("a", 0.005, 0.01)]}, before)
    assert stored.what_is_worse({"idle": [row("a", 0.005, 0.01, noise=0.003)]}, before)


def test_what_is_new_cannot_be_worse_and_what_is_gone_is_named() -> None:
    stored, results = module("stored"), {"optimum": [row("new", 9.0, 1.0)]}
    before = {"optimum: old / lbfgs": 1.0}
    assert not stored.what_is_worse(results, before)
    assert stored.not_measured(results, before) == ["optimum: old / lbfgs"]


def test_ratios_are_stored_and_read(tmp_path: Path) -> None:
    stored, path = module("stored"), tmp_path / "ratios.json"
    assert stored.read(path) == {}
    stored.write(path, {"optimum": [row(ours=1.0, other=3.0)]})
    assert stored.read(path) == {"optimum: 1000 x 10 / lbfgs": 0.333}


def test_the_table_is_made_of_the_results() -> None:
    page, stored = module("page"), module("stored")
    key = "optimum: 1000 x 10 / lbfgs"
    worse = {key: stored.Worse(key=key, now=0.5, before=0.2)}
    rows = [row(limit=0.25, note="ok"), row("fast", 0.00002, 0.5)]
    assert page.table("optimum", rows, worse).splitlines()[2:] == [
        "| 1000 x 10 | 1 s | lbfgs 2 s | **0.5**, worse than the stored 0.2 | 250 ms | 4 | ok |",
        "| fast | 20 us | lbfgs 500 ms | 4e-05 |  |  |  |",
    ]


def test_the_page_has_the_machine_and_each_subject_that_was_measured() -> None:
    page, subjects = module("page"), module("subjects").SUBJECTS
    made = page.page(
        subjects, {"growth": [row()]}, {}, "2 cores of any", {"growth": "benchmarks/growth.svg"}
    )
    assert "The machine: 2 cores of any" in made
    assert "## Growth" in made
    assert "](benchmarks/growth.svg)" in made
    assert "## The idle plugin" not in made


def test_the_machine_is_described_without_a_name() -> None:
    import platform

    machine = module("machine").Machine(cores=2, multiplications=2e10, bytes_=1e10)
    assert "2 cores" in machine.words()
    assert platform.node() not in machine.words()
    assert machine.optimum(1000, 10) == pytest.approx(1e5 / 2e10 + 48e4 / 1e10)
    assert machine.training(1000, 10, 3, 5) == pytest.approx(3 * (1e5 / 2e10 + 4e4 / 1e10))


def test_every_subject_has_a_file_that_measures_it() -> None:
    subjects = module("subjects").SUBJECTS
    for subject in subjects:
        text = (BENCHMARKS / f"{subject.module}.py").read_text(encoding="utf-8")
        assert "def measure(part: str, machine: Machine)" in text
    assert len({subject.name for subject in subjects}) == len(subjects)


@pytest.mark.parametrize("status", [0, 1])
def test_the_run_fails_where_something_is_worse(
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delitem(sys.modules, "run", raising=False)
    run = importlib.import_module("run")
    ratios = tmp_path / "ratios.json"
    ratios.write_text(f'{{"twin: 1000 x 10 / lbfgs": {0.1 if status else 0.5}}}')
    monkeypatch.setattr(run, "RATIOS", ratios)
    monkeypatch.setattr(run, "_measured", lambda *arguments: [row()])
    assert run.main(["--only", "twin"]) == status
    said = "worse: twin: 1000 x 10 / lbfgs: 0.5, 5.0 times the stored 0.1"
    assert (said in capsys.readouterr().out) == bool(status)
    with pytest.raises(SystemExit):
        run.main(["--only", "twin", "--store"])


@pytest.mark.parametrize("subject", ["optimum", "growth", "suite"])
def test_a_plot_of_the_same_results_is_the_same_file(subject: str, tmp_path: Path) -> None:
    rows = [row("rows: 10", size=1.0, limit=0.1, points=[[1, 2], [2, 3]])]
    made = []
    for name in ("one.svg", "two.svg"):
        module("plots").draw(subject, rows, tmp_path / name)
        made.append((tmp_path / name).read_text(encoding="utf-8"))
    assert made[0] == made[1]
    assert "CPU seconds" in made[0]
