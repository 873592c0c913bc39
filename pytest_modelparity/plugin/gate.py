"""The gate: what fails a run whose tests passed, and with which exit status.

This is the only place that decides it. pytest's own status wins where it is not 0.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from pytest_modelparity.plugin.collector import RunCollector
from pytest_modelparity.plugin.gate_options import WORKER_BASELINE, GateOptions
from pytest_modelparity.plugin.selection import Selection

if TYPE_CHECKING:
    from pytest_modelparity.baseline.known import DivergenceStatus, RunOutcome
    from pytest_modelparity.report.run import RunReport

#: pytest itself uses 0 to 6.
GATE_FAILED = 10
#: What the last line of pytest counts, beside passed and failed tests.
BANNER = "parity gate failed"
#: Lines of divergences that the baseline accepts: printed with -v only.
QUIET = ("KNOWN", "NOTED")


def register_gate(
    config: pytest.Config, options: GateOptions, collector: RunCollector | None
) -> list[str]:
    """Register what the options ask for; return the list of reasons, which the gate will fill.

    A pytest-xdist worker has no collector: it only knows which divergences are expected.
    """
    plugins = config.pluginmanager
    if options.path is not None:
        from pytest_modelparity.plugin.known import KnownDivergences

        plugins.register(KnownDivergences(options), "modelparity-known")
    selection = Selection(config)
    plugins.register(selection, "modelparity-selection")
    if collector is None:
        return []
    gate = ParityGate(collector, selection, options)
    plugins.register(gate, "modelparity-gate")
    return gate.reasons


class ParityGate:
    """Judges the run against the baseline and the findings that fail it.

    Parameters
    ----------
    collector : RunCollector
        Holds the checks.
    selection : Selection
        Knows what the run left out.
    options : GateOptions
        What to judge by.
    """

    def __init__(self, collector: RunCollector, selection: Selection, options: GateOptions) -> None:
        self._collector = collector
        self._selection = selection
        self._options = options
        self._decided = False
        self._raised = False
        #: What fails the run, in a few words each.
        self.reasons: list[str] = []
        #: A word in capitals, what it is about, and more; for each line of the section.
        self._lines: list[tuple[str, str, str]] = []
        self._summary = ""

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Hand the baseline to a worker: it may be elsewhere, and the file may change meanwhile."""
        if self._options.path is not None:
            from pytest_modelparity.baseline.file import render

            node.workerinput[WORKER_BASELINE] = render(self._options.baseline)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Decide once all tests ran, early enough for every plugin to see a status other than 0."""
        result = yield
        if self._collector.tests_ran and session.testscollected:
            self._decide(session)
            if self.reasons and not session.testsfailed:
                # The hooks at the end get 1, with which pytest still prints its summary; it
                # would not for a status that it does not know.
                session.testsfailed, self._raised = 1, True
        return result

    # Outermost: the first to know pytest's status, and the last to print.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(
        self, session: pytest.Session, exitstatus: int | pytest.ExitCode
    ) -> Generator[None, object, object]:
        """Set the exit status, and say in the last line why."""
        # After -x or Ctrl-C the loop raised before it could decide; no tests or a usage error have
        # nothing to decide about.
        stopped = (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)
        if self._collector.tests_ran and exitstatus in stopped:
            self._decide(session)
        # Only the failure that was made up for the gate becomes its status: a failed test wins.
        if self._raised and exitstatus == pytest.ExitCode.TESTS_FAILED:
            session.exitstatus = GATE_FAILED
        result = yield
        terminal = session.config.pluginmanager.get_plugin("terminalreporter")
        if self.reasons and terminal is not None:
            terminal.write_line(
                f"model parity gate failed (exit status {int(session.exitstatus)}): "
                f"{'; '.join(self.reasons)}",
                red=True,
                bold=True,
            )
        return result

    # Last: whoever walks over the reports has done so when one is added.
    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, config: pytest.Config
    ) -> None:
        """Say what was judged, each divergence that is not known in a line of its own."""
        if self.reasons:
            # Without it pytest's last line would be green.
            terminalreporter.stats[BANNER] = [_report_of_gate()]
        # With -q nothing is said of a gate that holds.
        quiet = config.get_verbosity() < 0 and not (self.reasons or self._options.update)
        if quiet or not self._decided:
            return
        from pytest_modelparity.report.printable import ascii_printable

        terminalreporter.write_sep("=", "model parity gate")
        for word, name, more in self._lines:
            if word not in QUIET or config.get_verbosity() > 0:
                line = f"{word:<8}  {ascii_printable(name)}: {ascii_printable(more)}"
                terminalreporter.write_line(line, red=word not in (*QUIET, "VANISHED"))
        for line in self._summary.splitlines():
            terminalreporter.write_line(ascii_printable(line))

    def _decide(self, session: pytest.Session) -> None:
        """Judge the run, once."""
        # An interrupted run decides at its end, any other after its last test; both come here.
        if self._decided:
            return
        self._decided = True
        run = self._collector.run_report()
        if self._options.fail_on:
            self._judge_findings(run)
        if self._options.path is not None:
            self._judge_baseline(session, run)

    def _judge_findings(self, run: RunReport) -> None:
        """Fail the run on the findings that it is to fail on."""
        found = [
            (check.name, finding)
            for check in run.checks
            for finding in check.report.findings
            if finding.slug in self._options.fail_on
        ]
        self._lines += [("FINDING", name, f"[{item.slug}] {item.text}") for name, item in found]
        slugs = [item.slug for _, item in found]
        self.reasons += [
            f"{slugs.count(slug)} x {slug}" for slug in self._options.fail_on if slug in slugs
        ]
        self._summary += f"fail on {', '.join(self._options.fail_on)}: {len(found)} found\n"

    def _judge_baseline(self, session: pytest.Session, run: RunReport) -> None:
        """Fail the run on what the baseline does not know, or write that to the baseline."""
        from pytest_modelparity.baseline.known import (
            FAILING,
            RunOutcome,
            compare_with_baseline,
            counts,
        )

        outcome = RunOutcome.of(
            run.checks, self._selection.passed(), self._selection.all_tests(session)
        )
        statuses = compare_with_baseline(self._options.baseline, outcome)
        self._summary += f"baseline {self._options.path}: {counts(statuses)}"
        if self._options.update:
            self._summary += f"; {self._update(outcome)}\n"
            return
        # What vanished is good news, and a baseline that is out of date: the user chooses.
        failing = (*FAILING, "vanished") if self._options.strict else FAILING
        self._lines += [(item.status.upper(), item.name, item.text) for item in statuses]
        self._summary += "\n" + self._advice(statuses)
        bad = [item for item in statuses if item.status in failing]
        if bad:
            self.reasons.append(f"baseline: {counts(bad)}")

    def _advice(self, statuses: list[DivergenceStatus]) -> str:
        """Say how to accept divergences that are not in the baseline, where there are any."""
        if all(item.status.upper() in QUIET for item in statuses):
            return ""
        return "to record what this run found, run it with --parity-update-baseline"

    def _update(self, outcome: RunOutcome) -> str:
        """Write the baseline, and return the outcome in a few words."""
        from pytest_modelparity.baseline.file import render
        from pytest_modelparity.baseline.known import updated
        from pytest_modelparity.report.writing import write_whole

        assert self._options.path is not None
        entries = updated(self._options.baseline, outcome)
        try:
            write_whole(self._options.path, render(entries))
        # Unlike a report file: who asked for an update relies on it.
        except OSError as error:
            self.reasons.append("the baseline was not written")
            return f"not written: {error}"
        left = (
            "" if outcome.all_tests is not None else "; this run left tests out: theirs were kept"
        )
        return f"written, with {len(entries)} in it{left}"


def _report_of_gate() -> pytest.TestReport:
    """Return what pytest's last line can count."""
    return pytest.TestReport(
        "", ("", None, ""), keywords={}, outcome="failed", longrepr=None, when="call"
    )
