"""An axis of a plot: which values it spans, where a value stands, which ticks it has."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from pytest_modelparity.report.numbers import number

#: Values beyond are not drawn: they would leave nothing to see of the others.
LARGEST = 1e30
#: The smallest value that a logarithmic axis shows; smaller ones stand at its end.
SMALLEST = 1e-18
#: Values this many times apart call for a logarithmic axis.
LOG_FROM = 10.0
MOST_TICKS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """The values from ``low`` to ``high``, which differ, and are positive where it is ``log``."""

    low: float
    high: float
    log: bool = False

    def at(self, value: float) -> float:
        """Return where a value stands, from 0 at ``low`` to 1 at ``high``."""
        if self.log:
            low, high = math.log10(self.low), math.log10(self.high)
            value = math.log10(max(value, self.low))
        else:
            low, high = self.low, self.high
        return min(max((value - low) / (high - low), 0.0), 1.0)

    def ticks(self) -> list[tuple[float, str]]:
        """Return position and text of each tick."""
        values = self._log_ticks() if self.log else self._linear_ticks()
        return [(self.at(value), number(value)) for value in values]

    def _linear_ticks(self) -> list[float]:
        """Return round values, at most `MOST_TICKS` of them."""
        rough = (self.high - self.low) / (MOST_TICKS - 1)
        power = 10.0 ** math.floor(math.log10(rough))
        step = next((m * power for m in (1, 2, 2.5, 5) if m * power >= rough), 10 * power)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [index * step for index in range(first, last + 1)]

    def _log_ticks(self) -> list[float]:
        """Return powers of ten, or 1, 2 and 5 of each where there are few."""
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        every = -(-(last - first + 1) // MOST_TICKS)
        factors = (1, 2, 5) if last - first <= 2 else (1,)
        values = [
            float(f"{factor}e{power}")
            for power in range(first, last + 1, every)
            for factor in factors
        ]
        return [value for value in values if self.low <= value <= self.high]


def drawable(value: float | None) -> bool:
    """Whether a value has a place in a plot."""
    # A NaN has none: it compares with nothing. An integer too large for a float does compare.
    return value is not None and abs(value) <= LARGEST


def axis_of(values: Iterable[float], *, margin: float = 0.05, linear: bool = False) -> Axis:
    """Return an axis that spans values: logarithmic where they are positive and far apart.

    Parameters
    ----------
    values : iterable of float
        Drawable ones.
    margin : float
        What to leave free at both ends, as a share of the axis.
    linear : bool
        Whether zero must have a place.
    """
    given = [0.0 if abs(value) < SMALLEST else value for value in values] or [0.0, 1.0]
    positive = [value for value in given if value > 0]
    apart = not linear and min(given) >= 0 and bool(positive)
    if apart and max(positive) / min(positive) >= LOG_FROM:
        decades = math.log10(max(positive) / min(positive)) * margin
        return Axis(low=min(positive) / 10**decades, high=max(positive) * 10**decades, log=True)
    low, high = min(given), max(given)
    room = (high - low) * margin or abs(high) * 0.5 or 1.0
    return Axis(low=low - room, high=high + room)
