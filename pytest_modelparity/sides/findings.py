"""Findings that plugins add to those of this package."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.report.parts import Finding
from pytest_modelparity.report.report import ParityReport
from pytest_modelparity.report.slugs import is_contributed


class FindingSource(Protocol):
    """What the hook ``pytest_modelparity_findings`` adds: somebody who reads every report.

    ``name`` comes first in the slug of each of its findings: ``"parity-newton/few-steps"``. So no
    two plugins say the same slug, nor does one of them say one of this package's.
    """

    name: str

    def find(self, report: ParityReport) -> Iterable[Finding]:
        """Return what the user must know beside the verdict.

        ``report`` is complete but for what the sources add, and cannot be changed. It is the
        same whichever source is asked first.
        """


def contributed_findings(
    sources: Iterable[FindingSource], report: ParityReport
) -> tuple[Finding, ...]:
    """Return what all sources find.

    A source that raises, or that returns something else than its findings, does not end the
    check: the verdict stands without it. The finding ``finding-source-failed`` says so.
    """
    return tuple(finding for source in sources for finding in _findings_of(source, report))


def _findings_of(source: FindingSource, report: ParityReport) -> Iterable[Finding]:
    """Return what one source finds, or that it failed."""
    # An error here is a plugin's, and no reason to lose a verdict that took minutes.
    try:
        # In full inside: a generator raises only when it is read.
        findings = tuple(source.find(report))
        for finding in findings:
            _refuse_foreign(source, finding)
    except Exception as error:
        text = f"the finding source {source.name} failed: {type(error).__name__}: {error}"
        return (Finding(slug="finding-source-failed", text=text),)
    return findings


def _refuse_foreign(source: FindingSource, finding: Finding) -> None:
    """Refuse what is no finding, or stands under another one's slug."""
    if not isinstance(finding, Finding):
        raise ModelParityError(f"find() must return findings, got {finding!r}")
    if not is_contributed(finding.slug) or not finding.slug.startswith(f"{source.name}/"):
        raise ModelParityError(
            f"the slug of a finding must be its source's name, a slash and a name, got "
            f"{finding.slug!r}; write {source.name + '/' + finding.slug.rpartition('/')[2]!r}"
        )
