"""The report of a run in each format: a module each, whose ``render`` makes the text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pytest_modelparity.report.run import RunReport


# A protocol: a plugin's reporter need not import this package.
class Reporter(Protocol):
    """What the hook ``pytest_modelparity_reporters`` adds: a format of a plugin's own.

    Attributes
    ----------
    name : str
        As in ``--parity-report-to=NAME=PATH``.
    """

    name: str

    def render(self, run: RunReport) -> str:
        """Return the text of the file, which is written in UTF-8."""
