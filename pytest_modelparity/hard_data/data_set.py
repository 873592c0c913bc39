"""One data set, and what it is hard for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pytest_modelparity.errors import ModelParityError

CLASSIFICATION, REGRESSION, COUNTS = TASKS = ("classification", "regression", "counts")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HardData:
    """A data set with a name and a reason.

    Parameters
    ----------
    name : str
        Stands in the ids of tests and over a column of the matrix.
    X : array-like or sparse matrix, (n, p)
        The features.
    y : array-like, (n,)
        The target: labels of any kind for a classification, numbers for a regression, whole
        numbers >= 0 for counts.
    sample_weight : array-like, (n,), optional
        Weights >= 0.
    task : str
        ``"classification"``, ``"regression"`` or ``"counts"``.
    hard_for : str
        What it is hard for, in one sentence.
    """

    name: str
    X: Any
    y: Any
    sample_weight: Any = None
    task: str = CLASSIFICATION
    hard_for: str = ""

    def __post_init__(self) -> None:
        """Refuse what could not be a column of a matrix."""
        if not str(self.name).strip():
            raise ModelParityError(
                f"the name of a data set must be text that is not empty, got {self.name!r}"
            )
        if self.task not in TASKS:
            raise ModelParityError(
                f"the task of a data set must be {', '.join(TASKS[:-1])} or {TASKS[-1]}, "
                f"got {self.task!r}"
            )

    def weighted(self, seed: int = 0) -> HardData:
        """Return the same rows with weights: of ten rows one weighs 0, the others 0.1 to 10.

        Its name is that of this set with ``+weights``.
        """
        # Its streams are frozen (NEP 19), those of `default_rng` are not.
        rng = np.random.RandomState(seed)
        n = len(self.y)
        weights = 10.0 ** rng.uniform(-1, 1, n)
        weights[rng.permutation(n)[: n // 10]] = 0.0
        weights.flags.writeable = False
        return replace(
            self,
            name=f"{self.name}+weights",
            sample_weight=weights,
            hard_for=f"{self.hard_for.rstrip('.')}; each row has a weight of its own.",
        )
