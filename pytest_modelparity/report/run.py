"""The result of one pytest run, as plain values: `RunReport`; every report file is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.report import version1
from pytest_modelparity.report.codec import decode, encode
from pytest_modelparity.report.report import ParityReport
from pytest_modelparity.report.suite import PortSuite

#: What the dictionary of `RunReport.to_dict` says it is.
KIND = "parity-run"
# Beside `kind`, because a single report has a version of its own and no kind.
#: Version of that dictionary; it changes with `report.FORMAT_VERSION`, whose reports it holds.
RUN_FORMAT_VERSION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRecord:
    """One check, and the test that made it.

    Parameters
    ----------
    test_id : str
        pytest's node id.
    number : int
        Which of the test's checks it is, from 1.
    of : int
        How many checks the test made.
    outcome : str
        Of the test in the end: ``"passed"``, ``"failed"``, ``"skipped"`` or ``"interrupted"``;
        ``"unknown"`` where no test made the check.
    asserted : bool
        Whether a divergence fails the test.
    report : ParityReport
        What was found.
    """

    test_id: str
    number: int = 1
    of: int = 1
    outcome: str
    asserted: bool
    report: ParityReport

    @property
    def name(self) -> str:
        """The test's id, with the check's number where the test made several."""
        return self.test_id if self.of == 1 else f"{self.test_id} #{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedCheck:
    """A check that could not be made.

    Parameters
    ----------
    test_id : str
        pytest's node id.
    message : str
        Why, and what to do.
    """

    test_id: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """Every check of one pytest run.

    Parameters
    ----------
    checks : tuple of CheckRecord
        In the order in which the tests were collected.
    refusals : tuple of RefusedCheck
        Checks that could not be made.
    suites : tuple of PortSuite
        Ports that were run over references and data sets.
    problems : tuple of str
        What keeps the report from being whole, such as a worker that died; one sentence each.
    started : str
        When, as ISO 8601 in UTC.
    duration : float
        Seconds the run took.
    exit_status : int, optional
        pytest's, as far as known when the report was written.
    environment : mapping of str to str
        Versions and platform of the process that wrote it.
    """

    checks: tuple[CheckRecord, ...] = ()
    refusals: tuple[RefusedCheck, ...] = ()
    suites: tuple[PortSuite, ...] = ()
    problems: tuple[str, ...] = ()
    started: str = ""
    duration: float = 0.0
    exit_status: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return builtin types only, with ``kind`` and ``format_version``."""
        return {"kind": KIND, "format_version": RUN_FORMAT_VERSION, **encode(self)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RunReport:
        """Build from the output of `to_dict`.

        Raises
        ------
        ModelParityError
            If it is no such dictionary, or one of a version that is not known here.
        """
        kind, version = values.get("kind"), values.get("format_version")
        if kind != KIND:
            raise ModelParityError(f"the report of a run has the kind {KIND!r}, got {kind!r}")
        if version == version1.FORMAT_VERSION:
            values, version = version1.run(values), RUN_FORMAT_VERSION
        if version != RUN_FORMAT_VERSION:
            raise ModelParityError(
                f"the report of a run has format_version {RUN_FORMAT_VERSION}, got {version!r}; "
                f"read it with the version of pytest-modelparity that wrote it"
            )
        return decode(cls, {k: v for k, v in values.items() if k not in ("kind", "format_version")})
