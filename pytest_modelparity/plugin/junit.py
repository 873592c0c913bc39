"""The checks of a test as a property of its test case in the file of ``--junit-xml``."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from pytest_modelparity.plugin.collector import (
    CASE_ATTRIBUTE,
    REPORT_ATTRIBUTE,
    SUITE_ATTRIBUTE,
)

#: Names of the properties: the checks; where a test of a port suite stands in its matrix; and, of
#: the first of these that a process ran, the suite.
PROPERTY, CASE_PROPERTY, SUITE_PROPERTY = "modelparity", "modelparity_case", "modelparity_suite"

#: What only a picture needs, and what stands for it: without these a check is a few kilobytes.
PICTURES: dict[str, Any] = {
    "coefficients": None,
    "predictions": [],
    "trajectory": [],
    "training_map": None,
}


class JUnitProperty:
    """Adds the property where the test runs, so that pytest carries it to the file's writer."""

    def __init__(self) -> None:
        self._checks: list[dict[str, Any]] = []
        self._suites: list[tuple[str, str]] = []

    # Around the one that puts the checks on the report.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Gather the checks of all phases, and add them to the last one's report."""
        report = yield
        self._checks += getattr(report, REPORT_ATTRIBUTE, ())
        # pytest writes the properties of this phase's report. The list is the report's own: a
        # test that is run again does not find them on its item.
        if call.when == "teardown" and self._checks:
            report.user_properties.append((PROPERTY, property_text(self._checks)))
            self._checks = []
        self._suites += _suite_properties(report)
        if call.when == "teardown" and self._suites:
            report.user_properties += self._suites
            self._suites = []
        return report


def _suite_properties(report: pytest.TestReport) -> list[tuple[str, str]]:
    """Return where a test stands in the matrix of a port suite, as properties."""
    import json

    places = ((CASE_PROPERTY, CASE_ATTRIBUTE), (SUITE_PROPERTY, SUITE_ATTRIBUTE))
    return [
        (name, json.dumps(found, separators=(",", ":")))
        for name, attribute in places
        if (found := getattr(report, attribute, None))
    ]


def property_text(checks: list[dict[str, Any]]) -> str:
    """Return checks as strict JSON in one line of ASCII, without what only a picture needs."""
    import json

    from pytest_modelparity.reporters.json import strict

    small = [{**check, "report": _without_pictures(check["report"])} for check in checks]
    return json.dumps(strict(small), allow_nan=False, separators=(",", ":"))


def _without_pictures(report: dict[str, Any]) -> dict[str, Any]:
    """Return a report that `ParityReport.from_dict` reads, without its long parts."""
    seeds = report["seeds"] and {**report["seeds"], "trajectory": []}
    worst = report["worst_case"] and _without_inputs(report["worst_case"])
    return {**report, **PICTURES, "seeds": seeds, "worst_case": worst}


def _without_inputs(worst_case: dict[str, Any]) -> dict[str, Any]:
    """Return a worst case without a number for every column."""
    sets = {
        name: {**worst, "x": []} for name, worst in worst_case.items() if isinstance(worst, dict)
    }
    return {**worst_case, **sets, "names": [], "low": [], "high": []}
