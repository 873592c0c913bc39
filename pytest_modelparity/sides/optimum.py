"""The exact optimum of a side's objective, found once in a run."""

from __future__ import annotations

import numpy as np

from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.memory import remembered
from pytest_modelparity.sides.objective import SideObjective
from pytest_modelparity.theory.class_by_class import find_optimum
from pytest_modelparity.theory.logistic import on_outputs
from pytest_modelparity.theory.optimum import Optimum


def optimum_of(
    objective: SideObjective, data: Dataset, start: tuple[np.ndarray, np.ndarray] | None = None
) -> Optimum:
    """Return the exact optimum of an objective on the training rows, remembered.

    Parameters
    ----------
    objective : SideObjective
        Whose optimum is meant.
    data : Dataset
        With the training rows.
    start : tuple of ndarray, optional
        Coef and intercept to begin from, as the penalty sees them, of either head for two classes.
        They decide how long it takes, not what is found.
    """
    # What an objective is made of, not itself: of its settings follows all else.
    parts = (objective.settings, objective.sample_weight, data.X, data.y, data.n_classes)

    def find() -> Optimum:
        canonical = objective.on(data)
        if start is None:
            return find_optimum(canonical)
        return find_optimum(canonical, canonical.pack(*on_outputs(*start, canonical.n_outputs)))

    return remembered(("optimum", *parts), find)
