"""The verdict that an assertion raises."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_modelparity.report.report import ParityReport


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


# What pytest prints is the name that a user can import.
ModelsDivergeError.__module__ = "pytest_modelparity"
