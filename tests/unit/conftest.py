"""Reports made by hand, for what draws them."""

from __future__ import annotations

import dataclasses

import pytest
from sample_reports import AT_NO_OPTIMUM, DIVERGED, EQUIVALENT, INFERRED, WORST_CASE

from pytest_modelparity import ParityReport
from pytest_modelparity.report.inference import InferredObjective, InferredValue
from pytest_modelparity.report.parts import (
    Cause,
    Change,
    Divergence,
    Finding,
    RecordedWarning,
    Repair,
    StructureCheck,
)
from pytest_modelparity.report.pictures import Seeds
from pytest_modelparity.report.run import CheckRecord, RefusedCheck, RunReport
from pytest_modelparity.report.suite import LeftOut, PortSuite, SuiteCase, SuiteData
from pytest_modelparity.settings import ModelSettings

#: An escape sequence, line ends, a bidirectional mark, what Markdown and HTML would obey, and a
#: mention; then 10,000 characters.
HOSTILE = "\x1b[31m\r\n\t\x00\u202e\u200b|`]<b>&lt;</details>*_#1 @octocat"
LONG = "x" * 10_000

WITH_NOTES = dataclasses.replace(
    EQUIVALENT,
    findings=(Finding(slug="inert-setting", text="C=1.0 does nothing with penalty=None"),),
    warnings=(
        RecordedWarning(side="reference", category="ConvergenceWarning", message="lbfgs\nfailed"),
    )
    * 2,
    worst_case=WORST_CASE,
)
UNDECIDED = dataclasses.replace(
    DIVERGED,
    divergences={"probability": Divergence(value=0.0121, allowed=0.01, place="row 3")},
    split=None,
    causes=(),
    repair=None,
    findings=(),
    scores={},
    seeds=Seeds(
        seeds=(0, 1, 2),
        distances=(0.0121, 0.008, 0.011),
        mean=0.0104,
        lower=0.007,
        upper=0.0138,
        outcome="undecided",
    ),
    inference={"reference": AT_NO_OPTIMUM, "candidate": INFERRED},
)
HOSTILE_REPORT = dataclasses.replace(
    DIVERGED,
    divergences={
        "probability": Divergence(
            value=float("nan"), allowed=0.01, place=f"row 1, class {HOSTILE} {LONG}", note=HOSTILE
        ),
        HOSTILE: Divergence(value=0.5, allowed=0.1, place=LONG),
    },
    settings={
        "reference": ModelSettings(
            framework=HOSTILE, model=HOSTILE + LONG, unmodelled=(HOSTILE, LONG)
        ),
        "candidate": ModelSettings(framework="keras", model=LONG),
    },
    structure=StructureCheck(agrees=False, distance=0.3, note=HOSTILE),
    causes=(
        Cause(
            setting=HOSTILE,
            reference=HOSTILE,
            candidate=LONG,
            kind="objective",
            role="must",
            note=HOSTILE,
        ),
    ),
    repair=Repair(
        changes=(Change(side=HOSTILE, setting=HOSTILE, text=HOSTILE),),
        verified=False,
        source=f"{HOSTILE}\n```\n</details>\n",
        note=HOSTILE,
    ),
    findings=(Finding(slug=HOSTILE, text=HOSTILE + LONG),),
    inference={
        HOSTILE: InferredObjective(
            grade=HOSTILE,
            expected=HOSTILE,
            values=(InferredValue(setting=HOSTILE, text=HOSTILE + LONG),),
            nearest=HOSTILE + LONG,
        )
    },
    warnings=(RecordedWarning(side=HOSTILE, category=HOSTILE, message=HOSTILE + LONG),),
)


#: A suite of one test that is equivalent, one that diverged, one that was refused and one that has
#: any text in it; the sample run has their checks.
SUITE = PortSuite(
    name="tests/test_port.py::test_suite",
    references=("C=0.1", f"C={HOSTILE}", "C=0.1-penalty=l1"),
    datasets=(
        SuiteData(name="separable", hard_for="A plane separates the classes."),
        SuiteData(name=HOSTILE, hard_for=HOSTILE),
    ),
    left_out=(
        LeftOut(reference="C=0.1-penalty=l1", dataset="separable", reason=f"no l1, {HOSTILE}"),
        LeftOut(reference="C=0.1-penalty=l1", dataset=HOSTILE, reason=f"no l1, {HOSTILE}"),
    ),
    cases=tuple(
        SuiteCase(reference=reference, dataset=dataset, test_id=test_id, outcome=outcome)
        for reference, dataset, test_id, outcome in (
            ("C=0.1", "separable", "tests/test_port.py::test_same", "passed"),
            ("C=0.1", HOSTILE, "tests/test_port.py::test_bad", "failed"),
            (f"C={HOSTILE}", "separable", "tests/test_port.py::test_refused", "failed"),
            (f"C={HOSTILE}", HOSTILE, f"tests/test_hostile.py::test[{HOSTILE}]", "failed"),
        )
    ),
)


@pytest.fixture
def sample_run() -> RunReport:
    """Return a run with every kind of check."""
    return RunReport(
        checks=(
            check("tests/test_port.py::test_same", EQUIVALENT),
            check("tests/test_port.py::test_notes", WITH_NOTES, number=1, of=2),
            check("tests/test_port.py::test_notes", UNDECIDED, number=2, of=2, asserted=False),
            check("tests/test_port.py::test_bad", DIVERGED, outcome="failed"),
            check(f"tests/test_hostile.py::test[{HOSTILE}]", HOSTILE_REPORT, outcome="failed"),
        ),
        suites=(SUITE,),
        refusals=(
            RefusedCheck(
                test_id="tests/test_port.py::test_refused",
                message="X and y must have the same number of rows,\ngot 150 and 149",
            ),
            RefusedCheck(test_id=f"tests/test_hostile.py::{HOSTILE}", message=HOSTILE + LONG),
        ),
        problems=("the worker gw1 crashed: checks of 1 test are missing",),
        started="2026-01-01T00:00:00+00:00",
        duration=1.5,
        exit_status=1,
        environment={"python": "3.12.0"},
    )


def check(
    test_id: str,
    report: ParityReport,
    *,
    number: int = 1,
    of: int = 1,
    outcome: str = "passed",
    asserted: bool = True,
) -> CheckRecord:
    """Return a record."""
    return CheckRecord(
        test_id=test_id, number=number, of=of, outcome=outcome, asserted=asserted, report=report
    )


@pytest.fixture
def diverged_report() -> ParityReport:
    """Return a report with several causes and a repair."""
    return DIVERGED


@pytest.fixture
def hostile_report() -> ParityReport:
    """Return a report whose every text is hostile."""
    return HOSTILE_REPORT


@pytest.fixture
def equivalent_report() -> ParityReport:
    """Return a report of an equivalence."""
    return EQUIVALENT
