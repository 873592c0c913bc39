"""A finding: something the user should know, whatever the verdict."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_modelparity.extend import Finding, ParityReport

#: Fewer Newton steps than this are hardly ever enough.
ENOUGH = 4


class StepsSource:
    """Says where a NewtonLogistic made few steps."""

    name = "parity-newton"

    def find(self, report: ParityReport) -> Iterator[Finding]:
        for side, settings in report.settings.items():
            steps = settings.training.iterations
            if settings.model.startswith("NewtonLogistic") and steps is not None and steps < ENOUGH:
                yield Finding(
                    slug="parity-newton/few-steps",
                    text=f"the {side} makes {steps} Newton steps; {ENOUGH} and more are usual",
                )
