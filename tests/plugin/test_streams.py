"""Comparisons of rows in blocks in small projects: fixture, record, settings, interrupt."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_modelparity import RunReport, read_report

Write = Callable[..., None]

#: Blocks of ten rows, of which one may raise what the test says.
BLOCKS = """
def blocks(at=None, error=None):
    for number in range(15):
        if number == at:
            raise error("enough")
        yield X[10 * number : 10 * number + 10]
"""


def run(pytester: pytest.Pytester, *arguments: str) -> tuple[pytest.RunResult, RunReport]:
    """Return the run of a small project, and what it wrote."""
    result = pytester.runpytest_inprocess(
        "-p",
        "no:hypothesispytest",
        "--parity-report-json=parity.json",
        *arguments,
        no_reraise_ctrlc=True,
    )
    return result, read_report(pytester.path / "parity.json")


@pytest.mark.parametrize("mode", [(), ("-n", "1")], ids=["one process", "xdist"])
def test_a_stream_is_recorded_as_any_check(
    pytester: pytest.Pytester, parity_tests: Write, mode: tuple[str, ...]
) -> None:
    parity_tests(
        BLOCKS
        + """
def test_function():
    assert pytest_modelparity.compare_stream(fitted(1.0), fitted(1.0), blocks())

def test_fixture(compare_stream):
    report = compare_stream(fitted(1.0), fitted(0.1), blocks())
    assert report, str(report)

@pytest.mark.parity(tolerance=0.5)
def test_marker():
    assert pytest_modelparity.compare_stream(fitted(1.0), fitted(0.1), blocks())
"""
    )
    result, written = run(pytester, "--parity-report", *mode)
    result.assert_outcomes(passed=2, failed=1)
    found = {check.name.partition("::")[2]: check.report for check in written.checks}
    assert {name: (report.verdict, report.data.n_samples) for name, report in found.items()} == {
        "test_function": ("equivalent", 150),
        "test_fixture": ("diverged", 150),
        "test_marker": ("equivalent", 150),
    }
    result.stdout.fnmatch_lines(["E *models diverge: probability * > 0.01 (row * in block *"])


def test_a_block_that_is_refused_is_recorded_with_what_came_before(
    pytester: pytest.Pytester, parity_tests: Write
) -> None:
    parity_tests(
        BLOCKS
        + """
def test_broken(compare_stream):
    compare_stream(fitted(1.0), fitted(1.0), blocks(7, OSError))
"""
    )
    result, written = run(pytester)
    result.assert_outcomes(failed=1)
    (refusal,) = written.refusals
    assert refusal.message == (
        "block 7 (rows from 70): it could not be made, OSError: enough; rows before it: 70, which "
        "agree"
    )


def test_an_interrupt_says_how_the_rows_before_it_stand(
    pytester: pytest.Pytester, parity_tests: Write
) -> None:
    parity_tests(
        BLOCKS
        + """
SMALL = "pytest_modelparity.parity.stream.OPENING"

def test_broken(compare_stream, monkeypatch):
    compare_stream(fitted(1.0), fitted(1.0), [X[:3]])
    monkeypatch.setattr(SMALL, 20)
    compare_stream(fitted(1.0), fitted(1.0), blocks(7, KeyboardInterrupt))
"""
    )
    result, written = run(pytester)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    (refusal,) = written.refusals
    assert refusal.message == (
        "interrupted by KeyboardInterrupt while comparing block 6; rows before it: 60, which "
        "agree: this check has no result"
    )


def test_an_interrupt_after_a_divergence_leaves_its_report(
    pytester: pytest.Pytester, parity_tests: Write
) -> None:
    parity_tests(
        BLOCKS
        + """
SMALL = "pytest_modelparity.parity.stream.OPENING"

def test_broken(compare_stream, monkeypatch):
    compare_stream(fitted(1.0), fitted(1.0), [X[:3]])
    monkeypatch.setattr(SMALL, 20)
    compare_stream(fitted(1.0), fitted(0.1), blocks(7, KeyboardInterrupt))
"""
    )
    result, written = run(pytester)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert written.refusals == ()
    report = written.checks[-1].report
    assert (report.verdict, report.explained, report.data.n_samples) == ("diverged", False, 70)
    assert report.effort is not None
    assert report.effort.interrupted_while.startswith("comparing block ")
