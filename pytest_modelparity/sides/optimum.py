"""The exact optimum of a side's objective, found once in a run."""

from __future__ import annotations

from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.memory import remembered
from pytest_modelparity.sides.objective import SideObjective
from pytest_modelparity.theory.optimum import Optimum, find_optimum


def optimum_of(objective: SideObjective, data: Dataset) -> Optimum:
    """Return the exact optimum of an objective on the training rows, remembered."""
    # What an objective is made of, not itself: of its settings follows all else.
    parts = (objective.settings, objective.sample_weight, data.X, data.y, data.n_classes)
    return remembered(("optimum", *parts), lambda: find_optimum(objective.on(data)))
