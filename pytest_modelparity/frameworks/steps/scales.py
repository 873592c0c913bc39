"""How unlike the features are in size, and the standardisation that keeps an optimum."""

from __future__ import annotations

import numpy as np

from pytest_modelparity.settings import ObjectiveSettings

#: Root mean square of the largest feature over the standard deviation of the smallest from which
#: on one step size does not suit all of them; iris has 14.
SCALES_APART = 30.0


def are_apart(X: np.ndarray) -> bool:
    """Whether features are so unlike in size that steps of one size do not suit them all."""
    # By root mean square, not by deviation alone: a feature far from 0 makes steps as unequal as a
    # large one, since the intercept moves with it.
    spread, size = X.std(axis=0), np.sqrt((X**2).mean(axis=0))
    return bool(size.max() > SCALES_APART * np.where(spread > 0, spread, np.inf).min())


def may_shift(settings: ObjectiveSettings) -> bool:
    """Whether the intercept can take up a shift of the features at no cost."""
    free = not (settings.intercept_l2_strength or settings.intercept_l1_strength)
    return settings.fit_intercept and free


def standardisation(settings: ObjectiveSettings, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return shift and scale under which the objective keeps its optimum.

    Features are shifted only where the intercept can take that up at no cost.
    """
    # Without a free intercept, moving the origin would move the optimum.
    shift = X.mean(axis=0) if may_shift(settings) else np.zeros(X.shape[1])
    scale = np.sqrt(((X - shift) ** 2).mean(axis=0))
    # A constant feature has no scale, and dividing by its 0 makes NaN.
    return shift, np.where(scale > 0, scale, 1.0)
