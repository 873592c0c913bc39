"""The exact optimum of a side's objective, found once in a run, and what it predicts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.finite import Matrix
from pytest_modelparity.sides.memory import remembered
from pytest_modelparity.sides.objective import SideObjective
from pytest_modelparity.theory.class_by_class import find_optimum
from pytest_modelparity.theory.design import scaled_features
from pytest_modelparity.theory.logistic import on_outputs
from pytest_modelparity.theory.losses import loss_of
from pytest_modelparity.theory.one_vs_rest import class_probabilities
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AtOptimum:
    """A linear model where it is at an optimum, without the rows that this is the optimum on.

    Parameters
    ----------
    settings : ObjectiveSettings
        Those of the objective; its features are scaled as they say.
    coef, intercept : ndarray
        As the penalty sees them.
    n_classes : int
        0 where numbers are predicted.
    """

    settings: ObjectiveSettings
    coef: np.ndarray
    intercept: np.ndarray
    n_classes: int

    @classmethod
    def of(cls, objective: SideObjective, optimum: Optimum, n_classes: int) -> AtOptimum:
        """Return the model at the optimum of an objective."""
        return cls(
            settings=objective.settings,
            coef=optimum.coef,
            intercept=optimum.intercept,
            n_classes=n_classes,
        )

    def __call__(self, X: Matrix) -> np.ndarray:
        """Return what it predicts of rows as the mathematics has them, (n_rows, n_columns)."""
        scaled = scaled_features(self.settings, X)
        decision = np.asarray(scaled @ self.coef.T) + self.intercept
        head = self.settings.output_head
        if self.n_classes:
            return class_probabilities(decision, self.n_classes, head)
        return loss_of(head, 0).response(decision)
