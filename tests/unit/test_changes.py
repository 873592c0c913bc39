"""What changed from one run to another."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from pytest_modelparity import ParityReport, RunReport, Tolerance
from pytest_modelparity.report.changes import CheckChange, change_lines, compare_runs
from pytest_modelparity.report.parts import Cause, DataSummary, Divergence
from pytest_modelparity.report.run import CheckRecord, RefusedCheck


def report(value: float, *settings: str, allowed: float = 0.01, explained: bool = True):
    """Return a report whose causes are objective settings."""
    return ParityReport(
        verdict="equivalent" if value <= allowed else "diverged",
        divergences={"probability": Divergence(value=value, allowed=allowed)},
        tolerance=Tolerance(probability=allowed),
        settings={},
        data=DataSummary(n_samples=4, n_features=2, classes=("a", "b"), n_eval=4),
        explained=explained and not value <= allowed,
        causes=tuple(
            Cause(setting=name, reference="1", candidate="2", kind="objective", role="must")
            for name in settings
        ),
    )


def run(*reports: ParityReport, refusals: tuple[RefusedCheck, ...] = ()) -> RunReport:
    """Return a run whose first test made these checks."""
    checks = tuple(
        CheckRecord(
            test_id="test_a",
            number=i + 1,
            of=len(reports),
            outcome="passed",
            asserted=True,
            report=r,
        )
        for i, r in enumerate(reports)
    )
    return RunReport(checks=checks, refusals=refusals)


def one_of(report: ParityReport, *settings: str, kind: str = "training") -> ParityReport:
    """Return a report with further causes of which one suffices."""
    causes = tuple(
        Cause(setting=name, reference="1", candidate="2", kind=kind, role="one_of")
        for name in settings
    )
    return replace(report, causes=(*report.causes, *causes))


EQUIVALENT, DIVERGED = report(0.001), report(0.3, "penalty")


@pytest.mark.parametrize(
    "old,new,status,worse,text",
    [
        (EQUIVALENT, EQUIVALENT, "same", False, ""),
        (DIVERGED, DIVERGED, "same", False, ""),
        (
            EQUIVALENT,
            DIVERGED,
            "worse",
            True,
            "equivalent -> diverged; probability 0.001 -> 0.3 (+0.299); "
            "causes gained: objective penalty",
        ),
        (
            DIVERGED,
            EQUIVALENT,
            "better",
            False,
            "diverged -> equivalent; probability 0.3 -> 0.001 (-0.299); "
            "causes lost: objective penalty",
        ),
        # Another machine.
        (EQUIVALENT, report(0.002), "same", False, "probability 0.001 -> 0.002 (+0.001)"),
        (
            DIVERGED,
            report(0.305, "penalty"),
            "changed",
            False,
            "probability 0.3 -> 0.305 (+0.005)",
        ),
        (DIVERGED, report(0.32, "penalty"), "worse", True, "probability 0.3 -> 0.32 (+0.02)"),
        (DIVERGED, report(0.1, "penalty"), "changed", False, "probability 0.3 -> 0.1 (-0.2)"),
        (DIVERGED, report(math.nan, "penalty"), "worse", True, "probability 0.3 -> NaN"),
        (report(math.nan, "penalty"), DIVERGED, "changed", False, "probability NaN -> 0.3"),
        (report(math.nan), report(math.nan), "same", False, ""),
        (
            DIVERGED,
            report(0.3, "C", "solver"),
            "worse",
            True,
            "causes gained: objective C and objective solver; causes lost: objective penalty",
        ),
        (report(0.3, "C", "penalty"), DIVERGED, "changed", False, "causes lost: objective C"),
        # More was tried than before: the models are none the worse.
        (
            DIVERGED,
            one_of(DIVERGED, "learning_rate"),
            "changed",
            False,
            "causes gained: training learning_rate",
        ),
        (
            one_of(report(0.3), "penalty", kind="objective"),
            DIVERGED,
            "worse",
            True,
            "",
        ),
        # Nobody looked for causes on one side.
        (DIVERGED, report(0.3, explained=False), "same", False, ""),
        (report(0.3, explained=False), DIVERGED, "same", False, ""),
        (
            DIVERGED,
            report(0.3, allowed=0.5),
            "changed",
            False,
            "diverged -> equivalent; probability 0.3 -> 0.3 (+0), allowed 0.01 -> 0.5; "
            "causes lost: objective penalty",
        ),
        (
            EQUIVALENT,
            report(0.001, allowed=0.5),
            "changed",
            False,
            "probability 0.001 -> 0.001 (+0), allowed 0.01 -> 0.5",
        ),
    ],
)
def test_a_check_of_both_runs(
    old: ParityReport, new: ParityReport, status: str, worse: bool, text: str
) -> None:
    expected = CheckChange(name="test_a", status=status, worse=worse, text=text)
    assert compare_runs(run(old), run(new)) == [expected]


def test_checks_appear_and_vanish() -> None:
    assert compare_runs(run(), run(EQUIVALENT, DIVERGED)) == [
        CheckChange(
            name="test_a #2", status="appeared", worse=True, text="diverged, probability 0.3"
        ),
        CheckChange(
            name="test_a #1", status="appeared", worse=False, text="equivalent, probability 0.001"
        ),
    ]
    assert compare_runs(run(DIVERGED), run()) == [
        CheckChange(name="test_a", status="vanished", worse=False, text="was diverged")
    ]


def test_a_new_refusal_is_worse_and_one_that_was_there_is_not() -> None:
    old, new = (
        RefusedCheck(test_id="test_a", message="old"),
        RefusedCheck(test_id="test_a", message="new"),
    )
    assert compare_runs(run(refusals=(old,)), run(refusals=(old, new))) == [
        CheckChange(name="test_a", status="refused", worse=True, text="new")
    ]


def test_the_worst_comes_first_and_the_last_line_counts() -> None:
    old = run(EQUIVALENT, EQUIVALENT, DIVERGED, DIVERGED)
    new = run(EQUIVALENT, DIVERGED, EQUIVALENT, report(0.299, "penalty"))
    lines = change_lines(compare_runs(old, new))
    assert [line.split()[:3] for line in lines] == [
        ["WORSE", "test_a", "#2:"],
        ["CHANGED", "test_a", "#4:"],
        ["BETTER", "test_a", "#3:"],
        ["4", "compared:", "1"],
    ]
    assert lines[-1] == "4 compared: 1 worse, 1 changed, 1 better, 1 same"
    with_same = change_lines(compare_runs(old, new), with_same=True)
    assert with_same == [*lines[:-1], "SAME      test_a #1", lines[-1]]
    assert change_lines([]) == ["no checks"]


def test_a_test_id_cannot_write_to_the_terminal() -> None:
    (check,) = run(DIVERGED).checks
    hostile = RunReport(checks=(replace(check, test_id="test_a[\x1b[2J\n\N{SNOWMAN}]"),))
    assert change_lines(compare_runs(hostile, RunReport())) == [
        "VANISHED  test_a[\\x1b[2J\\n\\u2603]: was diverged",
        "1 compared: 1 vanished",
    ]
