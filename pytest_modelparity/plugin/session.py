"""The state of a pytest run: which checks were made in which test, and where they are printed.

A check's report rides on the test report of its phase, as builtin types in the attribute
``modelparity``; pytest carries it from a pytest-xdist worker to the controller like any other.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from pytest_modelparity.assertion import CURRENT, CheckContext, CheckSettings
from pytest_modelparity.errors import ModelParityError, ModelsDivergeError
from pytest_modelparity.plugin.contributions import collect_mappings
from pytest_modelparity.plugin.marker import DECLARATION, read_marker
from pytest_modelparity.plugin.options import ParityOptions

if TYPE_CHECKING:
    from pytest_modelparity.result import ParityReport

OPTIONS = pytest.StashKey[ParityOptions]()
SESSION = pytest.StashKey["ParitySession"]()

#: Attribute of a test report: a list of ``{"asserted": bool, "report": dict}``, one for each
#: check; absent where the phase made none.
REPORT_ATTRIBUTE = "modelparity"


def start_session(config: pytest.Config, options: ParityOptions) -> None:
    """Register what a run needs, and take it back when the run ends."""
    config.addinivalue_line("markers", DECLARATION)
    session = ParitySession(config, options.checks)
    config.stash[OPTIONS] = options
    config.stash[SESSION] = session
    config.pluginmanager.register(session, "modelparity-session")
    # A run may start inside another one (pytester): each leaves the other's context in place.
    outer = CURRENT.get()
    CURRENT.set(session.context)
    config.add_cleanup(partial(_restore, outer))
    if options.report and not hasattr(config, "workerinput"):
        from pytest_modelparity.plugin.terminal import TerminalReport

        config.pluginmanager.register(TerminalReport(REPORT_ATTRIBUTE), "modelparity-terminal")


def _restore(outer: CheckContext | None) -> None:
    """Put back what was current before this run."""
    CURRENT.set(outer)


class ParitySession:
    """Records the checks of the running test and hands them over with its report."""

    def __init__(self, config: pytest.Config, ini: CheckSettings) -> None:
        self._config = config
        self._item: pytest.Item | None = None
        self._records: list[dict[str, Any]] = []
        self._mappings: tuple[Any, ...] | None = None
        self.context = CheckContext(
            record=self.record, marker=self.marker, ini=ini, mappings=self.mappings
        )

    def record(self, report: ParityReport, asserted: bool) -> None:
        """Keep a report for the running test; outside of a test there is nobody to keep it for."""
        if self._item is not None:
            # To builtin types here, where the user's line is at fault if that fails: a failure
            # while a test report is made ends the whole run.
            self._records.append({"asserted": asserted, "report": report.to_dict()})

    def marker(self) -> CheckSettings:
        """Return the settings of the running test's marker."""
        return CheckSettings() if self._item is None else read_marker(self._item)

    def mappings(self) -> tuple[Any, ...]:
        """Return the mappings of all plugins, collected when first asked for."""
        if self._mappings is None:
            self._mappings = collect_mappings(self._config)
        return self._mappings

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Know the running test."""
        self._item = item
        try:
            return (yield)
        finally:
            self._item, self._records = None, []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Refuse a wrong marker before the test costs anything."""
        try:
            read_marker(item)
        except ModelParityError as error:
            pytest.fail(str(error), pytrace=False)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put the phase's checks on its report, and the verdict first in the short summary."""
        report = yield
        if self._records:
            setattr(report, REPORT_ATTRIBUTE, self._records)
            self._records = []
        if call.excinfo is not None and call.excinfo.errisinstance(ModelsDivergeError):
            crash = getattr(report.longrepr, "reprcrash", None)
            if crash is not None:
                # Without the class name, which fills half of a line of 80 columns.
                crash.message = str(call.excinfo.value)
        return report
