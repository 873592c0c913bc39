"""The report of the run in the summary of a GitHub Actions step, by the controller only."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from pytest_modelparity.plugin.collector import RunCollector

VARIABLE = "GITHUB_STEP_SUMMARY"


class StepSummary:
    """Appends the report to the file that GitHub names; whether it can changes no outcome.

    Parameters
    ----------
    collector : RunCollector
        Holds the checks.
    reasons : sequence of str
        Why the run fails where no test says so; the gate has filled it by the end of the run.
    """

    def __init__(self, collector: RunCollector, reasons: Sequence[str]) -> None:
        self._collector = collector
        self._reasons = reasons
        self._message = ""
        self._failed = False

    # Last: what else ends the session may still set the exit status.
    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Append the report."""
        if not self._collector.tests_ran:
            return
        name = os.environ.get(VARIABLE, "")
        try:
            self._message = self._append(Path(name), int(session.exitstatus)) if name else ""
        except OSError as error:
            self._message = f"the parity report was not added to the step summary: {error}"
            self._failed = True
        if not name:
            self._message = (
                f"the parity report was not added to a step summary: {VARIABLE} is not set"
            )
            self._failed = True

    def _append(self, path: Path, exit_status: int) -> str:
        """Append what fits, and say so."""
        from pytest_modelparity.reporters.markdown import LIMIT, render

        run = self._collector.run_report(exit_status)
        # Appended to: other commands of the step have written there too.
        with open(path, "ab") as file:
            # What earlier commands of the step wrote counts too.
            start = b"\n\n" if file.tell() else b""
            room = LIMIT - file.tell() - len(start)
            data = render(run, room, self._reasons).encode("utf-8")
            if not data:
                self._failed = True
                return f"the parity report was not added to the step summary: {path} is full"
            file.write(start + data)
        return f"parity report added to the step summary {path}"

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, config: pytest.Config
    ) -> None:
        """Say whether the summary was written."""
        if self._message and (self._failed or config.get_verbosity() >= 0):
            terminalreporter.write_line(self._message, yellow=self._failed)
