"""What a test of a suite is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pytest_modelparity.hard_data.data_set import HardData
from pytest_modelparity.suites.references import Reference


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ParityCase:
    """One setting of the reference on one data set; the fixture ``parity_case``.

    Parameters
    ----------
    reference : object
        The estimator with its settings, not fitted; each test has its own.
    X, y : object
        Features and target; those of `hard_data` are the test's own too.
    sample_weight : object, optional
        Weights of the rows, where the data set has some.
    settings : mapping of str to object
        What the grid set.
    dataset : HardData
        The data set with its name, task and reason.
    id : str
        As the test's id has it.
    """

    reference: Any
    X: Any
    y: Any
    sample_weight: Any
    settings: Mapping[str, Any]
    dataset: HardData
    id: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlannedCase:
    """A case that is to run."""

    reference: Reference
    dataset: HardData

    @property
    def id(self) -> str:
        """As the test's id has it; made of values, so that others may come and go."""
        return f"{self.reference.id}-{self.dataset.name}"

    def make(self) -> ParityCase:
        """Return what the test is given."""
        data = self.dataset
        return ParityCase(
            reference=self.reference.make(),
            X=_own(data.X),
            y=_own(data.y),
            sample_weight=_own(data.sample_weight),
            settings=dict(self.reference.settings),
            dataset=data,
            id=self.id,
        )


def _own(values: Any) -> Any:
    """Return an array that the test may change, where the data set's is for all."""
    array = values if isinstance(values, np.ndarray) else getattr(values, "data", None)
    if isinstance(array, np.ndarray) and not array.flags.writeable:
        return values.copy()
    return values
