"""How unlike the features are in size, and the standardisation that keeps an optimum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_modelparity.feature_map import FeatureMap
from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.settings import ObjectiveSettings

#: Root mean square of the largest feature over the standard deviation of the smallest from which
#: on one step size does not suit all of them; iris has 14.
SCALES_APART = 30.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scaled:
    """Makes of features what a layer sees: ``(x - shift) / scale``, and what a matrix makes of it.

    In float64 and rounded once, where a layer rounds twice: that is within what `Agreement` allows.
    """

    shift: np.ndarray | None
    scale: np.ndarray | None
    then: FeatureMap | None

    @property
    def changes_nothing(self) -> bool:
        """Whether the layer sees the features as they are."""
        return self.scale is None and self.then is None

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return some rows as the layer sees them."""
        if self.shift is not None and self.scale is not None:
            X = (X - self.shift) / self.scale
        if self.then is not None:
            X = X @ np.array(self.then.matrix).T + np.array(self.then.offset)
        return X


def are_apart(X: np.ndarray) -> bool:
    """Whether features are so unlike in size that steps of one size do not suit them all."""
    # By root mean square, not by deviation alone: a feature far from 0 makes steps as unequal as a
    # large one, since the intercept moves with it.
    spread = X.std(axis=0)
    size = np.hypot(X.mean(axis=0), spread)
    return bool(size.max() > SCALES_APART * np.where(spread > 0, spread, np.inf).min())


def may_shift(settings: ObjectiveSettings) -> bool:
    """Whether the intercept can take up a shift of the features at no cost."""
    free = not (settings.intercept_l2_strength or settings.intercept_l1_strength)
    return settings.fit_intercept and free


def standardisation(
    settings: ObjectiveSettings, X: np.ndarray | RowMatrix
) -> tuple[np.ndarray, np.ndarray]:
    """Return shift and scale under which the objective keeps its optimum.

    Features are shifted only where the intercept can take that up at no cost.
    """
    shift, scale = X.mean(axis=0), X.std(axis=0)
    # Without a free intercept, moving the origin would move the optimum.
    if not may_shift(settings):
        shift, scale = np.zeros(X.shape[1]), np.hypot(shift, scale)
    # A constant feature has no scale, and dividing by its 0 makes NaN.
    return shift, np.where(scale > 0, scale, 1.0)
