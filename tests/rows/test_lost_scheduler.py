"""A run of pytest whose scheduler is killed in the middle of a pass: nothing found is lost."""

from __future__ import annotations

import json
import os
from pathlib import Path
from xml.etree import ElementTree

from clusters import scheduler_and_worker

from pytest_modelparity import read_report

#: Two checks; the last block of the second, once it is read, ends the scheduler.
CHECKS = """
from pathlib import Path

import dask.array
import pytest
from clusters import killing, once
from distributed import Client
from passed_reports import classes
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import assert_models_equivalent
from pytest_modelparity.rows import passes

# Many tasks of a pass.
passes.GROUP_NUMBERS = 5000
X, y = classes(6000, 2)
MODEL = LogisticRegression(solver="newton-cholesky").fit(X, y)


@pytest.fixture(scope="module", autouse=True)
def cluster():
    with Client(scheduler_file={file!r}, timeout=60) as client:
        yield client


def test_first():
    rows = dask.array.from_array(X, chunks=(1300, 5))
    assert_models_equivalent(MODEL, rows, y, candidate=MODEL, memory=0)


def test_second():
    rows = dask.array.from_array(X, chunks=(1300, 5))
    last = rows[5200:].map_blocks(once(killing({pid}), Path({flag!r})), meta=X[:0])
    rows = dask.array.concatenate([rows[:5200], last])
    try:
        assert_models_equivalent(MODEL, rows, y, candidate=MODEL, memory=0)
    finally:
        Path({flag!r}).with_suffix(".told").touch()
"""
SAID = "the dask scheduler cannot be reached any more"


REPORTS = [f"--parity-report-{kind}=parity.{kind}" for kind in ("html", "json", "md")]


def test_a_run_has_what_was_finished_and_one_sentence_in_every_report(
    pytester, monkeypatch, tmp_path
):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]), prepend=os.pathsep)
    killed = tmp_path / "killed"
    with scheduler_and_worker(tmp_path) as (pid, file):
        pytester.makepyfile(test_port=CHECKS.format(file=file, pid=pid, flag=str(killed)))
        result = pytester.runpytest_subprocess(
            "--parity-report", *REPORTS, "--junitxml=parity.xml", "-W", "ignore", "-n", "0"
        )
    result.assert_outcomes(passed=1, failed=1)
    assert killed.with_suffix(".told").stat().st_mtime - killed.stat().st_mtime < 10

    stored = read_report(pytester.path / "parity.json")
    (check,) = stored.checks
    assert (check.name.partition("::")[2], check.report.verdict) == ("test_first", "equivalent")
    (refusal,) = stored.refusals
    assert refusal.test_id.endswith("::test_second")
    assert refusal.message.startswith(SAID)
    assert "\n" not in refusal.message

    lines = ["EQUIVALENT*::test_first", "REFUSED*::test_second", f"*{SAID}*"]
    result.stdout.fnmatch_lines(lines)
    for kind in ("html", "md"):
        written = (pytester.path / f"parity.{kind}").read_text(encoding="utf-8")
        assert "1 equivalent, 0 diverged" in written
        assert SAID in written
    first, second = ElementTree.parse(pytester.path / "parity.xml").iter("testcase")
    (kept,) = first.iter("property")
    assert json.loads(kept.attrib["value"])[0]["report"]["verdict"] == "equivalent"
    assert SAID in second.find("failure").attrib["message"]
