"""The two ways a check can end without a report of equivalence."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_modelparity.report.report import ParityReport


class ModelParityError(Exception):
    """The check could not be made: the input, a setting or the environment prevents it.

    Never a verdict: two models that were compared and differ raise `ModelsDivergeError`.
    """


class ModelsDivergeError(AssertionError):
    """The two models were compared and are not equivalent.

    Parameters
    ----------
    message : str
        The report as text; its first line serves pytest's short summary.
    report : ParityReport, optional
        What was measured.
    """

    def __init__(self, message: str, report: ParityReport | None = None) -> None:
        super().__init__(message)
        self.report = report


for _error in (ModelParityError, ModelsDivergeError):
    _error.__module__ = "pytest_modelparity"
