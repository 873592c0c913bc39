"""What surrounds a check in a pytest run: where it is recorded, and what it falls back to.

It comes from the pytest plugin through `CURRENT`; outside pytest nothing is there and nothing is
recorded. Every run of pytest loads this module: it imports no other of this package.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pytest_modelparity.check_settings import CheckSettings
    from pytest_modelparity.progress import Listener
    from pytest_modelparity.report.parts import Finding
    from pytest_modelparity.report.report import ParityReport
    from pytest_modelparity.sides.candidate import CandidateKind
    from pytest_modelparity.sides.mapping import EstimatorMapping


def _nothing() -> tuple[()]:
    """Return nothing: what is contributed where no plugin contributes."""
    return ()


def _nothing_noted(error: BaseException, doing: str) -> None:
    """Note nothing, where nobody reports."""


# No dataclass: that would cost every run of pytest a millisecond.
class CheckContext(NamedTuple):
    """What surrounds a check: where it is recorded, and what it falls back to.

    Parameters
    ----------
    record : callable
        Takes the report and whether the check was an assertion.
    refuse : callable
        Takes the message of a check that could not be made.
    interrupt : callable
        Takes what ended a check before it had a result, and what it was doing.
    marker : callable
        Returns the settings of the running test's marker, if it has one.
    ini : CheckSettings, optional
        The settings of the configuration file, where it has any.
    fixture : CheckSettings, optional
        What the fixtures ``parity_tolerance`` and ``parity_seed`` say, where one makes the check.
    mappings, candidates : callable
        Return the mappings and the kinds of candidates that plugins contribute; called when a
        check is made.
    findings : callable, optional
        Returns the findings that plugins add to a report.
    progress : callable, optional
        Shows what a check is doing and how far that is, and takes ``None`` when it is done.
    message : callable
        Returns the text of a report for who reads the run.
    draws_map : bool
        Whether a report is asked for that shows a map of the training.
    """

    record: Callable[[ParityReport, bool], None]
    refuse: Callable[[str], None]
    marker: Callable[[], CheckSettings | None]
    ini: CheckSettings | None = None
    fixture: CheckSettings | None = None
    # Called late: what a plugin contributes may import a framework, which a run without a check
    # must not.
    mappings: Callable[[], tuple[EstimatorMapping, ...]] = _nothing
    candidates: Callable[[], tuple[CandidateKind, ...]] = _nothing
    findings: Callable[[ParityReport], tuple[Finding, ...]] | None = None
    progress: Listener | None = None
    message: Callable[[ParityReport], str] = str
    interrupt: Callable[[BaseException, str], None] = _nothing_noted
    draws_map: bool = False


#: The context of the pytest run that is under way; the only ambient state of the package.
CURRENT: ContextVar[CheckContext | None] = ContextVar("pytest_modelparity", default=None)
