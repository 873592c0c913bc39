"""What an update formula is, and how one is applied in place on float32 arrays.

An update holds an optimizer's own options, names its slots (the arrays that it keeps from step to
step, by the names and with the first values that Keras gives them) and makes the function that
moves weights by a gradient. All elements of a stack move at once; none depends on another.

What changes from step to step is computed before, for many steps at once, as `factors`: it
depends on the learning rate and on the number of the step alone. Keras does so in float32, and
float64 here would be ten times further from it: ``1 - 0.999**t`` loses four digits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

#: Moves the weights by one step; called with that step's factors.
Move = Callable[..., None]
Factors = tuple[np.ndarray, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arrays:
    """What an update works on, all of one shape.

    Parameters
    ----------
    weights, gradient : ndarray
        The gradient is spoilt.
    slots : mapping of str to ndarray
        By name.
    spare, other : ndarray
        For what comes between.
    """

    weights: np.ndarray
    gradient: np.ndarray
    slots: Mapping[str, np.ndarray]
    spare: np.ndarray
    other: np.ndarray


class Update(Protocol):
    """The update formula of one optimizer with its options."""

    def slots(self) -> Mapping[str, float]:
        """Return the first value of each slot, by name."""

    def factors(self, rates: np.ndarray, steps: np.ndarray) -> Factors:
        """Return what the steps are called with, each of the rates' shape.

        Parameters
        ----------
        rates : ndarray of float32
            Learning rates; the steps are its first axis.
        steps : ndarray of float32
            Numbers of the steps, from 1, to be broadcast with the rates.
        """

    def move(self, arrays: Arrays) -> Move:
        """Return the function that makes one step on these arrays."""


# Of RMSprop, Adadelta and Lion. Adam writes the same number as `v + (g² - v) (1 - beta)`, which
# rounds otherwise: each is computed as Keras does.
def running_average(
    average: np.ndarray, new: np.ndarray, kept: np.ndarray, rest: np.ndarray
) -> None:
    """Move a running average on; ``new`` is spoilt."""
    np.multiply(average, kept, average)
    np.multiply(new, rest, new)
    np.add(average, new, average)


def constants(*values: Any) -> tuple[np.ndarray, ...]:
    """Return numbers as arrays of float32: NumPy takes 1 us longer to convert a Python float."""
    return tuple(np.array(value, dtype=np.float32) for value in values)
