"""The report files, written at the end of the session by the process that reports."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from pytest_modelparity.plugin.collector import RunCollector
from pytest_modelparity.plugin.file_options import ReportFile
from pytest_modelparity.plugin.options import FORMATS

if TYPE_CHECKING:
    from pytest_modelparity.report.run import RunReport
    from pytest_modelparity.reporters import Reporter

#: Whose function ``render`` makes the text of each format.
MODULES = {
    "json": "pytest_modelparity.reporters.json",
    "html": "pytest_modelparity.reporters.html",
    "md": "pytest_modelparity.reporters.markdown",
}


class ReportFiles:
    """Writes the report files and says so in the terminal.

    A file that cannot be written changes neither an outcome nor the exit status.

    Parameters
    ----------
    collector : RunCollector
        Holds the checks.
    files : tuple of ReportFile
        What to write.
    """

    def __init__(self, collector: RunCollector, files: tuple[ReportFile, ...]) -> None:
        self._collector = collector
        self._files = files
        self._contributed: dict[str, Reporter] = {}
        self._written: list[ReportFile] = []
        self._failed: list[str] = []

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Find the reporters that plugins contribute, if one is asked for."""
        from pytest_modelparity.plugin.contributions import collect_reporters

        # Only where one is asked for: a hook may import what it likes, and other runs do not pay.
        asked = [file for file in self._files if file.reporter not in FORMATS]
        if not asked:
            return
        # Before any test: an hour of tests must not end without the file that was asked for.
        self._contributed, problem = collect_reporters(session.config)
        missing = [file for file in asked if file.reporter not in self._contributed]
        for file in missing:
            there = ", ".join(self._contributed) or "none"
            reason = f"no plugin contributes the reporter {file.reporter!r}; there is {there}"
            if not problem:
                raise pytest.UsageError(f"{file.option}: {reason}")
            # It may be one of those that are wrong: the other files are not lost for that.
            self._failed.append(f"{file.option} was not written: {reason}")
        self._files = tuple(file for file in self._files if file not in missing)
        if problem:
            self._failed.append(problem)

    # Last: what else ends the session may still set the exit status.
    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the files."""
        if not self._collector.tests_ran:
            return
        run = self._collector.run_report(int(session.exitstatus))
        for file in self._files:
            self._write(file, run)

    def _write(self, file: ReportFile, run: RunReport) -> None:
        """Write one file and remember how that went."""
        from pytest_modelparity.report.writing import write_whole

        try:
            write_whole(file.path, self._renderer(file.reporter)(run))
        # Whatever a reporter raises: the others are still written, and the run keeps its status.
        except OSError as error:
            self._failed.append(f"{file.option} was not written: {error}")
        except Exception as error:
            text = f"{type(error).__name__}: {error}".splitlines()[0]
            self._failed.append(f"{file.option} was not written, its reporter failed: {text}")
        else:
            self._written.append(file)

    def _renderer(self, reporter: str) -> Callable[[RunReport], str]:
        """Return what makes the text."""
        if reporter in self._contributed:
            return self._contributed[reporter].render
        render: Callable[[RunReport], str] = import_module(MODULES[reporter]).render
        return render

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say which files were written, and which were not."""
        self._say(terminalreporter)

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Print the lines here where there was no summary, as after an internal error."""
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            self._say(reporter)

    def _say(self, reporter: pytest.TerminalReporter) -> None:
        """Print the lines, once."""
        if reporter.config.get_verbosity() >= 0:
            for file in self._written:
                reporter.write_sep("-", f"generated parity report: {file.path}")
        for line in self._failed:
            reporter.write_line(line, red=True, bold=True)
        # Two hooks call this; whichever comes first has said it all.
        self._written, self._failed = [], []
