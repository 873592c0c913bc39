"""What starts with a run: its settings are read, and what it needs is registered."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from pytest_modelparity.context import CURRENT, CheckContext
from pytest_modelparity.plugin.collector import RunCollector
from pytest_modelparity.plugin.options import (
    CHECK_SETTINGS,
    FILE_SETTINGS,
    GATE_SETTINGS,
    bool_setting,
    is_written,
)
from pytest_modelparity.plugin.session import SESSION, ParitySession

if TYPE_CHECKING:
    from pytest_modelparity.check_settings import CheckSettings
    from pytest_modelparity.plugin.file_options import ReportFile
    from pytest_modelparity.plugin.gate_options import GateOptions

#: The marker whose settings `plugin.marker` reads, as ``pytest --markers`` shows it.
MARKER = (
    "parity(tolerance=, seed=, explain=, budget=, training=, input_ranges=, candidate_rows=, "
    "kind=, allow_pickle=, n_jobs=, memory=): settings of the test's checks that two models are "
    "equivalent; they win over fixtures and ini settings"
)

#: The one that `parametrize_parity` makes.
SUITE_MARKER = (
    "parity_suite: made by pytest_modelparity.parametrize_parity, which runs a test for every "
    "setting of a reference on every data set"
)


def start_session(config: pytest.Config) -> None:
    """Register what a run needs, and take it back when the run ends.

    Raises
    ------
    pytest.UsageError
        If a setting cannot be read; the message names it, its value and what is allowed.
    """
    checks, files, gate = _checks(config), _files(config), _gate(config)
    config.addinivalue_line("markers", MARKER)
    config.addinivalue_line("markers", SUITE_MARKER)
    session = ParitySession(config, checks, draws_map=any(file.has_map for file in files))
    config.stash[SESSION] = session
    config.pluginmanager.register(session, "modelparity-session")
    # A run may start inside another one (pytester): each leaves the other's context in place.
    outer = CURRENT.get()
    CURRENT.set(session.context)
    config.add_cleanup(partial(_restore, outer))
    # In a worker too: the property travels with the test's report.
    if config.getoption("xmlpath", None):
        from pytest_modelparity.plugin.junit import JUnitProperty

        config.pluginmanager.register(JUnitProperty(), "modelparity-junit")
    _register_reporting(config, files, gate)


def _checks(config: pytest.Config) -> CheckSettings | None:
    """Return the run's settings of a check; ``None`` where nobody wrote any."""
    if not is_written(config, CHECK_SETTINGS):
        return None
    from pytest_modelparity.plugin.check_options import read_check_options

    return read_check_options(config)


def _files(config: pytest.Config) -> tuple[ReportFile, ...]:
    """Return the report files that are asked for."""
    if not is_written(config, FILE_SETTINGS):
        return ()
    from pytest_modelparity.plugin.file_options import read_report_files

    return read_report_files(config)


def _gate(config: pytest.Config) -> GateOptions | None:
    """Return the options of the gate; ``None`` where nobody wrote any."""
    if not (is_written(config, GATE_SETTINGS) or config.getoption("parity_update_baseline")):
        return None
    from pytest_modelparity.plugin.gate_options import read_gate_options

    return read_gate_options(config)


def _shows_section(config: pytest.Config) -> bool:
    """Return whether the terminal section is printed; an option wins over its setting."""
    in_file = bool_setting(config, "parity_report")
    return in_file if config.getoption("parity_report") is None else True


def _register_reporting(
    config: pytest.Config, files: tuple[ReportFile, ...], gate: GateOptions | None
) -> None:
    """Register what gathers, judges and writes; a pytest-xdist worker has the gate's part only."""
    plugins = config.pluginmanager
    shows_section = _shows_section(config)
    collector = None if hasattr(config, "workerinput") else RunCollector(config)
    reasons: list[str] = []
    if collector is not None:
        plugins.register(collector, "modelparity-collector")
        if files:
            from pytest_modelparity.plugin.files import ReportFiles

            plugins.register(ReportFiles(collector, files), "modelparity-files")
        if shows_section:
            from pytest_modelparity.plugin.terminal import TerminalReport

            plugins.register(TerminalReport(collector), "modelparity-terminal")
    if gate is None:
        return
    if gate.is_gate:
        from pytest_modelparity.plugin.gate import register_gate

        reasons = register_gate(config, gate, collector)
    if gate.step_summary and collector is not None:
        from pytest_modelparity.plugin.step_summary import StepSummary

        plugins.register(StepSummary(collector, reasons), "modelparity-step-summary")


def _restore(outer: CheckContext | None) -> None:
    """Put back what was current before this run."""
    CURRENT.set(outer)
