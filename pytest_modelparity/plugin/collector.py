"""Every check of the run, gathered from the test reports by the process that reports."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_modelparity.report.run import CheckRecord, RunReport
    from pytest_modelparity.report.suite import PortSuite

#: Attribute of a test report: a list of ``{"asserted": bool, "report": dict}``, one for each
#: check; absent where the phase made none.
REPORT_ATTRIBUTE = "modelparity"
#: Attribute of a test report: the messages of the checks that could not be made, likewise.
REFUSAL_ATTRIBUTE = "modelparity_refusals"

#: Attributes of a test report of a port suite: where its test stands in it; and, of the first one
#: that a process ran, the suite.
CASE_ATTRIBUTE = "modelparity_case"
SUITE_ATTRIBUTE = "modelparity_suite"

#: Key of what a pytest-xdist worker hands back of the test that an interrupt broke off.
BROKEN_OFF = "modelparity_broken_off"

#: A test: the pytest-xdist worker that ran it, if any, and pytest's node id.
Test = tuple[str, str]


class _Gathered:
    """What a test's reports brought so far."""

    def __init__(self) -> None:
        self.checks: list[dict[str, Any]] = []
        self.refusals: list[str] = []


class RunCollector:
    """Keeps the checks that test reports carry, and the problems that make the run incomplete."""

    def __init__(self, config: pytest.Config) -> None:
        #: Whether this session is there to run tests; another one writes no report and has no gate.
        self.tests_ran = False
        self._config = config
        self._started = datetime.now(timezone.utc)
        self._clock = time.perf_counter()
        self._collected: Sequence[pytest.Item | str] = ()
        self._tests: dict[Test, _Gathered] = {}
        #: Tests that did not pass: the others need no entry.
        self._outcomes: dict[Test, str] = {}
        self._cases: dict[Test, dict[str, str]] = {}
        self._suites: dict[str, dict[str, Any]] = {}
        self._stopped: list[str] = []
        #: Workers that died, and the test that each was running.
        self._died: dict[str, str] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note the order of the tests."""
        self._collected = session.items

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Note the order of the tests; every worker collects the same."""
        self._collected = ids

    # First: a plugin that runs the tests itself, as pytest-xdist does, ends this hook.
    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Note that tests are about to run."""
        self.tests_ran = not session.config.option.collectonly

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the checks that a test report carries, and how its test ended."""
        # With `--dist=each` every worker runs the same test.
        test = _worker(report), report.nodeid
        if report.outcome == "rerun":  # type: ignore[comparison-overlap]
            # pytest-rerunfailures starts the test again: what it did before does not count.
            self._tests.pop(test, None)
            self._outcomes.pop(test, None)
            return
        self._note_outcome(test, report)
        self._note_case(test, report)
        checks = getattr(report, REPORT_ATTRIBUTE, ())
        refusals = getattr(report, REFUSAL_ATTRIBUTE, ())
        if checks or refusals:
            self._gather(test, checks, refusals)

    def broken_off(self, test: Test, checks: list[dict[str, Any]], refusals: list[str]) -> None:
        """Keep the checks of a test that was interrupted, of which there is no report."""
        self._outcomes.setdefault(test, "interrupted")
        self._gather(test, checks, refusals)

    def _gather(
        self, test: Test, checks: Iterable[dict[str, Any]], refusals: Iterable[str]
    ) -> None:
        """Keep what a phase of a test brought."""
        gathered = self._tests.setdefault(test, _Gathered())
        gathered.checks.extend(checks)
        gathered.refusals.extend(refusals)

    def _note_case(self, test: Test, report: pytest.TestReport) -> None:
        """Keep where a test stands in a port suite."""
        if case := getattr(report, CASE_ATTRIBUTE, None):
            self._cases[test] = case
        if suite := getattr(report, SUITE_ATTRIBUTE, None):
            self._suites[suite["name"]] = suite

    def _note_outcome(self, test: Test, report: pytest.TestReport) -> None:
        """Keep the worst outcome of the test's phases."""
        if report.failed:
            self._outcomes[test] = "failed"
        elif report.skipped:
            self._outcomes.setdefault(test, "skipped")
        elif report.when == "call" and self._outcomes.get(test) == "skipped":
            # Only a subtest of it was skipped.
            del self._outcomes[test]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Note that a worker died; one that ended in its own time has no error."""
        output = getattr(node, "workeroutput", None) or {}
        # A worker that was interrupted is told of twice.
        if broken_off := output.pop(BROKEN_OFF, None):
            test_id, checks, refusals = broken_off
            self.broken_off((node.gateway.id, test_id), checks, refusals)
        if error and error != "keyboard-interrupt":
            self._died.setdefault(node.gateway.id, "")

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: pytest.TestReport) -> None:
        """Note which test a worker died in."""
        self._died[_worker(report)] = self._name(crashitem)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Note that the run was broken off, other than by the failures it was to stop after."""
        reason = str(excinfo.value)
        if not reason.startswith("stopping after"):
            why = f" ({reason})" if reason else ""
            self._stopped.append(
                f"the run was interrupted{why}; checks that were not made by then are missing"
            )

    def pytest_internalerror(self) -> None:
        """Note that pytest, or a plugin of it, failed."""
        self._stopped.append(
            "pytest stopped at an internal error; checks that were not made by then are missing"
        )

    def run_report(self, exit_status: int | None = None) -> RunReport:
        """Return all that was gathered so far, in the order in which tests were collected."""
        # Loaded where a check was made or a report is asked for, never by a run without either.
        from pytest_modelparity.report.run import RefusedCheck, RunReport
        from pytest_modelparity.report.versions import versions

        tests = self._in_order(self._tests)
        return RunReport(
            checks=tuple(self._records(tests)),
            refusals=tuple(
                RefusedCheck(test_id=self._name(test[1]), message=message)
                for test in tests
                for message in self._tests[test].refusals
            ),
            suites=self._port_suites() if self._suites else (),
            problems=tuple(self._problems()),
            started=self._started.isoformat(timespec="seconds"),
            duration=time.perf_counter() - self._clock,
            exit_status=exit_status,
            environment=versions("pytest"),
        )

    def _port_suites(self) -> tuple[PortSuite, ...]:
        """Return the port suites with the tests of them that ran."""
        from pytest_modelparity.report.suite import SuiteCase, suites_with_cases

        cases = (
            (
                self._cases[test]["suite"],
                SuiteCase(
                    reference=self._cases[test]["reference"],
                    dataset=self._cases[test]["dataset"],
                    test_id=self._name(test[1]),
                    outcome=self._outcomes.get(test, "passed"),
                ),
            )
            for test in self._in_order(self._cases)
        )
        return suites_with_cases(self._suites, cases)

    def _in_order(self, tests: Collection[Test]) -> list[Test]:
        """Return tests in the order of the run, whichever worker ended first."""
        if not tests:
            return []
        ids = (item if isinstance(item, str) else item.nodeid for item in self._collected)
        places = {test_id: place for place, test_id in enumerate(ids)}
        # A test that was not collected, as of a plugin that runs its own, stands last.
        return sorted(tests, key=lambda test: (places.get(test[1], len(places)), test[1], test[0]))

    def _records(self, tests: Iterable[Test]) -> Iterable[CheckRecord]:
        """Yield the checks of the tests."""
        from pytest_modelparity.report.report import ParityReport
        from pytest_modelparity.report.run import CheckRecord

        # By id without the worker: with `--dist=each` the checks of one test are numbered through.
        totals = Counter(test[1] for test in self._tests for _ in self._tests[test].checks)
        seen: Counter[str] = Counter()
        for test in tests:
            for check in self._tests[test].checks:
                seen[test[1]] += 1
                yield CheckRecord(
                    test_id=self._name(test[1]),
                    number=seen[test[1]],
                    of=totals[test[1]],
                    outcome=self._outcomes.get(test, "passed"),
                    asserted=check["asserted"],
                    report=ParityReport.from_dict(check["report"]),
                )

    def _problems(self) -> Iterable[str]:
        """Yield what makes the report incomplete."""
        for worker, test_id in self._died.items():
            where = f" while it ran {test_id}; its checks are lost" if test_id else ""
            yield f"worker {worker} died{where}"
        yield from self._stopped

    def _name(self, test_id: str) -> str:
        """Return the id as the user knows it."""
        return ungrouped(self._config, test_id)


def ungrouped(config: pytest.Config, test_id: str) -> str:
    """Return an id without pytest-xdist's group, as in ``test_a.py::test@group``."""
    # pytest-xdist adds the group to the id with this option only, which a worker has as a flag.
    option = config.option
    grouped = getattr(option, "dist", "no") == "loadgroup" or getattr(option, "loadgroup", False)
    if grouped and test_id.rfind("@") > test_id.rfind("]"):
        return test_id.rpartition("@")[0]
    return test_id


def _worker(report: pytest.TestReport) -> str:
    """Return the pytest-xdist worker that a report comes from; empty without one."""
    node = getattr(report, "node", None)
    return "" if node is None else str(node.gateway.id)
