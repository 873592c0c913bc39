"""A known divergence does not fail its test: pytest calls it an expected failure."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from pytest_modelparity.models_diverge import ModelsDivergeError
from pytest_modelparity.plugin.collector import REPORT_ATTRIBUTE, ungrouped
from pytest_modelparity.plugin.gate_options import GateOptions

if TYPE_CHECKING:
    from pytest_modelparity.baseline.known import Key
    from pytest_modelparity.report.report import ParityReport


class KnownDivergences:
    """Turns the failure of an assertion into an expected one, where the run makes its tests.

    Parameters
    ----------
    options : GateOptions
        With the baseline.
    """

    def __init__(self, options: GateOptions) -> None:
        self._options = options
        self._made = 0

    # Outermost: the checks are on the report by then, and a test that is marked as xfail has had
    # its outcome.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Judge the divergence that a phase failed by."""
        report = yield
        if call.when == "setup":
            self._made = 0
        records = getattr(report, REPORT_ATTRIBUTE, [])
        first, self._made = self._made + 1, self._made + len(records)
        error = call.excinfo.value if call.excinfo is not None else None
        # Only the failure that is the divergence: another error of the same test stays one.
        if report.failed and isinstance(error, ModelsDivergeError) and error.report is not None:
            made = {"asserted": True, "report": error.report.to_dict()}
            # A test ends with the check that fails it: the last of equal ones.
            numbers = [number for number, record in enumerate(records, first) if record == made]
            if numbers:
                test_id = ungrouped(item.config, item.nodeid)
                self._expect(report, (test_id, numbers[-1]), error.report)
        return report

    def _expect(self, report: pytest.TestReport, key: Key, found: ParityReport) -> None:
        """Make a failure an expected one where the baseline knows the divergence."""
        from pytest_modelparity.baseline.known import ACCEPTED, classify, observed

        entry = self._options.baseline.get(key)
        status, _ = classify(entry, observed(*key, found))
        if status not in ACCEPTED and not self._options.update:
            return
        report.outcome = "skipped"
        report.wasxfail = "known divergence: " + (
            entry.reason if entry else "recorded in the baseline by this run"
        )
