"""The terminal section of ``--parity-report``, printed by the controller only."""

from __future__ import annotations

from typing import Any

import pytest


class TerminalReport:
    """Collects what test reports carry and prints it at the end of the run, worst first.

    Parameters
    ----------
    attribute : str
        Of a test report: a list of ``{"asserted": bool, "report": dict}``.
    """

    def __init__(self, attribute: str) -> None:
        self._attribute = attribute
        self._checks: list[tuple[str, str, bool, dict[str, Any]]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the checks that a test report carries."""
        for record in getattr(report, self._attribute, ()):
            self._checks.append(
                (report.nodeid, report.outcome, record["asserted"], record["report"])
            )

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print every check of the run and one line that counts them."""
        from pytest_modelparity.text import summary_line

        terminalreporter.write_sep("=", "model parity report")
        blocks = self._blocks()
        for verdict, lines in blocks:
            good = verdict == "equivalent"
            terminalreporter.write_line(lines[0], green=good, red=not good, bold=True)
            for line in lines[1:]:
                terminalreporter.write_line(line)
            terminalreporter.write_line("")
        terminalreporter.write_line(summary_line(verdict for verdict, _ in blocks))

    def _blocks(self) -> list[tuple[str, list[str]]]:
        """Return verdict and lines of each check, the worst first."""
        if not self._checks:
            return []
        from pytest_modelparity.result import ParityReport
        from pytest_modelparity.text import report_lines, severity

        totals: dict[str, int] = {}
        for nodeid, *_ in self._checks:
            totals[nodeid] = totals.get(nodeid, 0) + 1
        seen: dict[str, int] = {}
        told = []
        for nodeid, outcome, asserted, values in self._checks:
            seen[nodeid] = seen.get(nodeid, 0) + 1
            name = f"{nodeid} #{seen[nodeid]}" if totals[nodeid] > 1 else nodeid
            report = ParityReport.from_dict(values)
            lines = report_lines(report, name=name, outcome=outcome, asserted=asserted)
            told.append((not report.equivalent, severity(report), report.verdict, lines))
        # Stable: checks that are equally bad stay in the order of the run.
        told.sort(key=lambda check: check[:2], reverse=True)
        return [(verdict, lines) for _, _, verdict, lines in told]
