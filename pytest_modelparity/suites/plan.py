"""What a suite is made of, and which of it is to run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from pytest_modelparity.hard_data.data_set import HardData
from pytest_modelparity.report.suite import LeftOut, PortSuite, SuiteData
from pytest_modelparity.suites.case import PlannedCase
from pytest_modelparity.suites.references import Reference
from pytest_modelparity.suites.trial import refusals


# Without slots, for what is worked out once.
@dataclass(frozen=True, kw_only=True, eq=False)
class SuitePlan:
    """Every reference on every data set.

    Parameters
    ----------
    references : tuple of Reference
        The rows of the matrix.
    datasets : tuple of HardData
        Its columns.
    """

    references: tuple[Reference, ...]
    datasets: tuple[HardData, ...]

    @cached_property
    def left_out(self) -> tuple[LeftOut, ...]:
        """The combinations that the reference refuses."""
        return tuple(
            LeftOut(reference=reference.id, dataset=data.name, reason=reason)
            for reference in self.references
            for data, reason in refusals(reference, self.datasets)
        )

    @property
    def cases(self) -> list[PlannedCase]:
        """Those that are to run."""
        out = {(one.reference, one.dataset) for one in self.left_out}
        return [
            PlannedCase(reference=reference, dataset=data)
            for reference in self.references
            for data in self.datasets
            if (reference.id, data.name) not in out
        ]

    def suite(self, name: str) -> PortSuite:
        """Return the suite as a report has it, before any case ran."""
        return PortSuite(
            name=name,
            references=tuple(reference.id for reference in self.references),
            datasets=tuple(
                SuiteData(name=data.name, hard_for=data.hard_for) for data in self.datasets
            ),
            left_out=self.left_out,
        )
