"""The terminal section: what is told in full, in which order, and how wide."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from pytest_modelparity import ParityReport
from pytest_modelparity.report.parts import Divergence
from pytest_modelparity.report.run import CheckRecord, RunReport
from pytest_modelparity.report.section import (
    Line,
    section_lines,
    sorted_checks,
    table_lines,
)

Section = Callable[[RunReport, int], list[str]]


def texts(run: RunReport, verbosity: int = 0) -> list[str]:
    return [line.text for line in section_lines(run, verbosity)]


def record(name: str, report: ParityReport, value: float) -> CheckRecord:
    divergences = {"probability": Divergence(value=value, allowed=0.01)}
    report = dataclasses.replace(report, divergences=divergences)
    return CheckRecord(test_id=name, outcome="passed", asserted=True, report=report)


def test_a_run_without_checks_has_one_line() -> None:
    assert section_lines(RunReport()) == [Line(text="0 checks: no test compared two models")]


def test_the_worst_check_comes_first_and_equals_keep_their_order(
    diverged_report: ParityReport, equivalent_report: ParityReport
) -> None:
    checks = [
        record("near", equivalent_report, 0.001),
        record("nearly", equivalent_report, 0.009),
        record("far", diverged_report, 0.5),
        record("further", diverged_report, 0.9),
        record("as far", diverged_report, 0.5),
        record("nan", diverged_report, float("nan")),
    ]
    order = [check.test_id for check in sorted_checks(checks)]
    assert order == ["nan", "further", "far", "as far", "nearly", "near"]


@pytest.mark.parametrize("verbosity,in_full", [(-1, 0), (0, 3), (1, 5), (2, 5)])
def test_verbosity_decides_what_is_told_in_full(
    sample_run: RunReport, verbosity: int, in_full: int
) -> None:
    lines = texts(sample_run, verbosity)
    assert sum(line.startswith("models ") for line in lines) == in_full
    headings = [line for line in lines if line.startswith(("DIVERGED  ", "EQUIVALENT  "))]
    assert len(headings) == 5


@pytest.mark.parametrize("verbosity", [-1, 0, 1])
def test_refusals_and_problems_are_always_told(sample_run: RunReport, verbosity: int) -> None:
    lines = texts(sample_run, verbosity)
    assert "REFUSED     tests/test_port.py::test_refused" in lines
    assert "PROBLEM     the worker gw1 crashed: checks of 1 test are missing" in lines
    assert lines[-1].endswith("; 2 checks could not be made")


def test_the_reason_of_a_refusal_is_told(sample_run: RunReport) -> None:
    reason = "  X and y must have the same number of rows, got 150 and 149"
    assert reason in texts(sample_run, 0)
    assert reason not in texts(sample_run, -1)


def test_quiet_is_a_line_for_each_check(sample_run: RunReport) -> None:
    # Five checks, two refusals, a problem, two lines of a port suite and the count.
    assert len(texts(sample_run, -1)) == 11


def test_lines_of_equivalent_checks_are_aligned(equivalent_report: ParityReport) -> None:
    run = RunReport(
        checks=(
            record("t::a", equivalent_report, 0.00999999),
            record("t::b", equivalent_report, 0.0),
        )
    )
    assert texts(run)[:2] == [
        "EQUIVALENT  probability 0.00999999 <= 0.01  t::a",
        "EQUIVALENT  probability 0 <= 0.01           t::b",
    ]


def test_what_must_be_known_stands_below_an_equivalent_check(sample_run: RunReport) -> None:
    lines = texts(sample_run, 0)
    index = lines.index("EQUIVALENT  probability 1.2e-5 <= 0.01  tests/test_port.py::test_notes #1")
    assert lines[index + 1].startswith("  note         [inert-setting] ")
    assert lines[index + 2].startswith("  warning      reference: ConvergenceWarning (2 times)")


def test_the_table_has_every_divergence(diverged_report: ParityReport) -> None:
    assert table_lines(diverged_report) == [
        "measure      apart  allowed  where",
        "probability  0.489     0.01  row 73, class 'b'",
        "labels       0.032        0",
        "coef           2.5        -  x1",
    ]
    run = RunReport(checks=(record("t", diverged_report, 0.5),))
    assert "  measure      apart  allowed  where" in texts(run, 1)
    assert "  measure      apart  allowed  where" not in texts(run, 0)


@pytest.mark.parametrize("verbosity", [-1, 0, 1])
def test_every_line_is_harmless_ascii(sample_run: RunReport, verbosity: int) -> None:
    for line in texts(sample_run, verbosity):
        assert line.isascii()
        assert line.isprintable()
        assert len(line) <= 620


def test_our_own_words_fit_into_80_columns(
    diverged_report: ParityReport, equivalent_report: ParityReport
) -> None:
    checks = (record("t", diverged_report, 0.5), record("t", equivalent_report, 0.001))
    lines = texts(RunReport(checks=checks, problems=("word " * 100,)), 1)
    assert max(map(len, lines)) <= 79
