"""The state of a pytest run: which checks were made in which test, and where they are printed.

A check's report rides on the test report of its phase, as builtin types in the attribute
``modelparity``; pytest carries it from a pytest-xdist worker to the controller like any other.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from pytest_modelparity.context import CheckContext
from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.models_diverge import ModelsDivergeError
from pytest_modelparity.plugin.collector import (
    BROKEN_OFF,
    CASE_ATTRIBUTE,
    REFUSAL_ATTRIBUTE,
    REPORT_ATTRIBUTE,
    SUITE_ATTRIBUTE,
)

if TYPE_CHECKING:
    from pytest_modelparity.check_settings import CheckSettings
    from pytest_modelparity.progress import Listener
    from pytest_modelparity.report.parts import Finding
    from pytest_modelparity.report.report import ParityReport
    from pytest_modelparity.sides.candidate import CandidateKind
    from pytest_modelparity.sides.mapping import EstimatorMapping

#: What one hook's plugins contribute together.
Collected = TypeVar("Collected")

SESSION = pytest.StashKey["ParitySession"]()
#: How a worker of pytest-xdist is told the width of the terminal, and what it is where it is not.
WORKER_COLUMNS = "modelparity_columns"
COLUMNS = 80


def terminal_columns(config: pytest.Config) -> int:
    """Return how wide the terminal of a run is; 80 where nobody says so."""
    if hasattr(config, "workerinput"):
        # As of a controller without this plugin's version.
        return int(config.workerinput.get(WORKER_COLUMNS, COLUMNS))
    if config.pluginmanager.get_plugin("terminalreporter") is None:
        return COLUMNS
    return config.get_terminal_writer().fullwidth


class ParitySession:
    """Records the checks of the running test and hands them over with its report."""

    def __init__(
        self, config: pytest.Config, checks: CheckSettings | None, *, draws_map: bool
    ) -> None:
        self._config = config
        self._item: pytest.Item | None = None
        self._records: list[dict[str, Any]] = []
        self._refusals: list[str] = []
        self._contributed: dict[Callable[..., Any], Any] = {}
        self._columns = COLUMNS
        #: Port suites that are told of already.
        self._suites: set[str] = set()
        self.context = CheckContext(
            record=self.record,
            refuse=self.refuse,
            marker=self.marker,
            ini=checks,
            mappings=self.mappings,
            candidates=self.candidates,
            findings=self.findings,
            progress=self._progress(),
            message=self.message,
            interrupt=self.interrupt,
            draws_map=draws_map,
        )

    def record(self, report: ParityReport, asserted: bool) -> None:
        """Keep a report for the running test; a check outside of a test is not recorded."""
        if self._item is not None:
            # To builtin types here, where the user's line is at fault if that fails: a failure
            # while a test report is made ends the whole run.
            self._records.append({"asserted": asserted, "report": report.to_dict()})

    def refuse(self, message: str) -> None:
        """Keep why a check of the running test could not be made."""
        if self._item is not None:
            self._refusals.append(message)

    def interrupt(self, error: BaseException, doing: str) -> None:
        """Keep that a check of the running test was ended before it had a result."""
        during = f" while {doing}" if doing else ""
        self.refuse(f"interrupted by {type(error).__name__}{during}: this check has no result")

    def marker(self) -> CheckSettings | None:
        """Return the settings of the running test's marker, if it has one."""
        if self._item is None or self._item.get_closest_marker("parity") is None:
            return None
        from pytest_modelparity.plugin.marker import read_marker

        return read_marker(self._item)

    def mappings(self) -> tuple[EstimatorMapping, ...]:
        """Return the mappings of all plugins."""
        from pytest_modelparity.plugin.contributions import collect_mappings

        return self._once(collect_mappings)

    def candidates(self) -> tuple[CandidateKind, ...]:
        """Return the kinds of candidates of all plugins."""
        from pytest_modelparity.plugin.contributions import collect_candidates

        return self._once(collect_candidates)

    def findings(self, report: ParityReport) -> tuple[Finding, ...]:
        """Return what the finding sources of all plugins find in a report."""
        from pytest_modelparity.plugin.contributions import collect_findings
        from pytest_modelparity.report.parts import Finding
        from pytest_modelparity.sides.findings import contributed_findings

        sources, problem = self._once(collect_findings)
        failed = (Finding(slug="finding-source-failed", text=problem),) if problem else ()
        return (*failed, *contributed_findings(sources, report))

    def _once(self, collect: Callable[[pytest.Config], Collected]) -> Collected:
        """Return what plugins contribute, which they are asked for when it is first needed."""
        if collect not in self._contributed:
            try:
                self._contributed[collect] = collect(self._config)
            except ModelParityError as error:
                self._contributed[collect] = error
        contributed: Collected | ModelParityError = self._contributed[collect]
        if isinstance(contributed, ModelParityError):
            raise contributed
        return contributed

    def _progress(self) -> Listener | None:
        """Return what shows a long check's progress, where a person watches the terminal."""
        # Before the import: a run in a log, which is most of them, loads nothing for it.
        if not sys.stdout.isatty():
            return None
        from pytest_modelparity.plugin.progress import Progress, terminal_of

        terminal = terminal_of(self._config)
        if terminal is None:
            return None
        self._config.add_cleanup(partial(os.close, terminal))
        return Progress(self._config, terminal)

    def message(self, report: ParityReport) -> str:
        """Return a report's text for the width and the verbosity of this run."""
        from pytest_modelparity.report.text import PREFIX

        return report.text(
            width=max(self._columns - PREFIX, 1),
            verbosity=self._config.get_verbosity(),
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Note how wide the terminal is."""
        # Now: while a test runs, its output is captured, and pytest finds no terminal to ask.
        self._columns = terminal_columns(self._config)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker how wide the terminal is, which it does not see."""
        node.workerinput[WORKER_COLUMNS] = terminal_columns(self._config)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Note the running test."""
        self._item = item
        try:
            return (yield)
        except BaseException:
            # No report of the test comes any more that could carry them.
            self._hand_over(item.nodeid)
            raise
        # Also after an exit in the middle of a test: its checks are not those of the next.
        finally:
            self._item, self._records, self._refusals = None, [], []

    def _hand_over(self, test_id: str) -> None:
        """Hand over the checks of a test that was broken off."""
        if not (self._records or self._refusals):
            return
        collector = self._config.pluginmanager.get_plugin("modelparity-collector")
        if collector is not None:
            collector.broken_off(("", test_id), self._records, self._refusals)
        else:
            broken_off = test_id, self._records, self._refusals
            self._config.workeroutput[BROKEN_OFF] = broken_off  # type: ignore[attr-defined]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """Refuse a wrong marker before the test costs anything."""
        try:
            self.marker()
        except ModelParityError as error:
            pytest.fail(str(error), pytrace=False)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make the tests of a port suite."""
        # Before the import, which needs numpy.
        if metafunc.definition.get_closest_marker("parity_suite") is not None:
            from pytest_modelparity.plugin.suites import parametrize

            parametrize(metafunc)

    def _tell_case(self, report: pytest.TestReport) -> None:
        """Put on the report of a test where it stands in a port suite, if it is of one."""
        item = self._item
        if item is None or item.get_closest_marker("parity_suite") is None:
            return
        from pytest_modelparity.plugin.suites import case_of, suite_of

        if case := case_of(item):
            setattr(report, CASE_ATTRIBUTE, case)
            if case["suite"] not in self._suites:
                self._suites.add(case["suite"])
                setattr(report, SUITE_ATTRIBUTE, suite_of(item))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put the phase's checks on its report, and the verdict first in the short summary."""
        report = yield
        # Builtin types in an attribute: pytest and pytest-xdist carry what they do not know along.
        if self._records:
            setattr(report, REPORT_ATTRIBUTE, self._records)
            self._records = []
        if self._refusals:
            setattr(report, REFUSAL_ATTRIBUTE, self._refusals)
            self._refusals = []
        if call.when == "setup":
            self._tell_case(report)
        if call.excinfo is not None and call.excinfo.errisinstance(ModelsDivergeError):
            crash = getattr(report.longrepr, "reprcrash", None)
            if crash is not None:
                # Without the class name, which fills half of a line of 80 columns.
                crash.message = str(call.excinfo.value)
        return report
