"""The terminal section of ``--parity-report``, printed by the controller only."""

from __future__ import annotations

import pytest

from pytest_modelparity.plugin.collector import RunCollector

#: How a line's tone is shown, by pytest's own markup: nothing where the terminal has no colour.
MARKUP: dict[str, dict[str, bool]] = {
    "good": {"green": True},
    "bad": {"red": True, "bold": True},
    "": {},
}


class TerminalReport:
    """Prints every check at the end of the run, worst first.

    Parameters
    ----------
    collector : RunCollector
        Holds the checks.
    """

    def __init__(self, collector: RunCollector) -> None:
        self._collector = collector

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, config: pytest.Config
    ) -> None:
        """Print every check of the run and one line that counts them."""
        # Imported only where a run prints it.
        from pytest_modelparity.report.section import section_lines

        terminalreporter.write_sep("=", "model parity report")
        columns = config.get_terminal_writer().fullwidth
        run = self._collector.run_report()
        for line in section_lines(run, config.get_verbosity(), columns):
            terminalreporter.write_line(line.text, **MARKUP[line.tone])
