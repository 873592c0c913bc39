"""What was measured, as plain values that travel between processes as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

#: The name of what is measured, among what it is measured beside.
OURS = "ours"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a table.

    Parameters
    ----------
    name : str
        What was done.
    ours : float
        CPU seconds that it took.
    others : mapping of str to float
        CPU seconds of what it is compared with, in the same process.
    ratios : mapping of str to float
        Ours to each other's: the median of the rounds, not of the seconds.
    limit : float, optional
        CPU seconds that its arithmetic and its readings of memory take at least.
    note : str
        What else is to be known.
    noise : float
        Seconds by which ``ours`` may be more without a meaning.
    size : float
        Where it stands in a plot.
    points : sequence of (float, float)
        Its own line in a plot.
    """

    name: str
    ours: float
    others: Mapping[str, float]
    ratios: Mapping[str, float]
    limit: float | None = None
    note: str = ""
    noise: float = 0.005
    size: float = 0.0
    points: Sequence[tuple[float, float]] = field(default_factory=list)


def row_of(name: str, rounds: Sequence[Mapping[str, float]], **rest: Any) -> Row:
    """Return the row of some rounds, each with the seconds of ours and of all others."""
    names = [other for other in rounds[0] if other != OURS]
    return Row(
        name=name,
        ours=median(taken[OURS] for taken in rounds),
        others={other: median(taken[other] for taken in rounds) for other in names},
        ratios={other: median(taken[OURS] / taken[other] for taken in rounds) for other in names},
        **rest,
    )


def duration(value: float) -> str:
    """Return seconds in the unit that reads best."""
    if abs(value) < 1e-3:
        return f"{1e6 * value:.0f} us"
    return f"{1e3 * value:.3g} ms" if abs(value) < 1 else f"{value:.3g} s"
