"""Whether rounding decides how a training ends."""

from __future__ import annotations

import numpy as np

from pytest_modelparity.frameworks.steps.fitted import predictions_of
from pytest_modelparity.frameworks.steps.setup import StepSetup
from pytest_modelparity.frameworks.steps.trainee import Task
from pytest_modelparity.report.numbers import number
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.regression import quantity_of, spread_of
from pytest_modelparity.training.problem import Variant
from pytest_modelparity.training.sensitivity import rounding_spread

#: Two equally right trainings that end further apart in probability are decided by rounding: a
#: tenth of the default tolerance, so that who makes the steps cannot decide a verdict.
DECIDED = 1e-3


def rounding_of(
    setup: StepSetup,
    task: Task,
    variant: Variant,
    epochs: int,
    reached: tuple[np.ndarray, np.ndarray] | None = None,
) -> float:
    """Return how far apart in prediction two equally right trainings end.

    Of numbers it is a part of the standard deviation of y.

    Parameters
    ----------
    reached : tuple of ndarray, optional
        Where the variant itself ends, as `rounding_spread` takes it.
    """
    data, spread = setup.data, rounding_spread(task.problem, variant, epochs, reached)
    ends = zip(spread.kernels, spread.biases, strict=True)
    first, *others = (
        predictions_of(
            np.asarray(data.held_rows @ coef.T) + intercept, data, setup.settings.objective
        )
        for coef, intercept in (task.given_parameters(*end) for end in ends)
    )
    # NaN must not pass for a small difference.
    largest = max(np.abs(other - first).max() for other in others) / spread_of(data)
    return float(largest) if np.isfinite(largest) else 1.0


def decided(rounding: float, data: Dataset) -> str:
    """Say how far rounding alone moves the end of a training."""
    apart = number(rounding * spread_of(data), 2)
    return (
        f"two equally right trainings, whose weights differ by one rounding at the start, end "
        f"{apart} apart in {quantity_of(data).name}; smaller steps, features of one scale or "
        f"averaged weights (use_ema=True) make the end steady"
    )
