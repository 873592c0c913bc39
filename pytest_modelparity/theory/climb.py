"""Climbing to where two softmax models differ most, in the coordinates of a set of inputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy.optimize import minimize

from pytest_modelparity.theory.softmax_gap import gain_and_gradient, gains_of

#: So many climbs are made at least, for each class, and where a climb takes long.
CLIMBS, CLIMBS_OF_CLASS, FEWEST_CLIMBS = 9, 2, 3
#: Of every so many-th point the highest is a start of its own.
PARTS = (1, 16, 64)
#: L-BFGS-B ends where it gains no more than rounding, or after so many steps: fewer in many
#: coordinates, where a start is nearer to a summit and a step takes longer.
PRECISION = {"ftol": 1e-14, "gtol": 1e-10}
MOST_STEPS, FEWEST_STEPS, STEPS_OF_ALL = 200, 15, 200_000


class Chart(Protocol):
    """Coordinates of a set of inputs.

    ``bounds`` are the ends of every coordinate, ``None`` where they have none.
    """

    @property
    def bounds(self) -> tuple[float, float] | None: ...

    def logits(self, y: np.ndarray) -> np.ndarray:
        """Return both models' logits at coordinates y, of shape (2 K,)."""
        ...

    def pulled_back(self, y: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        """Return the gradient by y of what has this gradient by the logits."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Summit:
    """Where a climb ended: its aim, its coordinates, and how high it is."""

    aim: int
    y: np.ndarray
    value: float


def climb(chart: Chart, aim: int, start: np.ndarray) -> Summit:
    """Return where a climb from a start ends; never below it."""

    def descend(y: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = gain_and_gradient(chart.logits(y), aim)
        return -value, -chart.pulled_back(y, gradient)

    bounds = None if chart.bounds is None else [chart.bounds] * len(start)
    steps = int(np.clip(STEPS_OF_ALL // len(start), FEWEST_STEPS, MOST_STEPS))
    options = {**PRECISION, "maxiter": steps}
    found: Any = minimize(  # type: ignore[call-overload]
        descend, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options
    )
    before, after = -descend(start)[0], -float(found.fun)
    if not after >= before:
        return Summit(aim=aim, y=start, value=before)
    return Summit(aim=aim, y=np.asarray(found.x), value=after)


def promising(logits: np.ndarray, most: int) -> Iterator[tuple[int, int]]:
    """Yield place and aim of the starts to climb from, the most promising aim first.

    Parameters
    ----------
    logits : ndarray of shape (n, 2 K)
        At all there are.
    most : int
        So many at most, but for `FEWEST_CLIMBS`.
    """
    gains = gains_of(logits)
    n_aims = gains.shape[1]
    # The highest of all, and of fewer and fewer: the highest two mostly lie below one summit.
    starts = [range(0, len(gains), part) for part in PARTS]
    places = np.stack([np.array(some)[np.argmax(gains[some], axis=0)] for some in starts])
    n_climbs = max(FEWEST_CLIMBS, min(most, max(CLIMBS, CLIMBS_OF_CLASS * n_aims // 2)))
    order = np.argsort(-gains.max(axis=0), kind="stable")
    pairs = [(int(place), int(aim)) for aim in order for place in dict.fromkeys(places[:, aim])]
    yield from pairs[:n_climbs]


def highest_of(chart: Chart, summits: Sequence[Summit]) -> Summit:
    """Return the highest summit, of whatever aim.

    Where one aim is highest another may be higher still: that one is climbed from there, too.
    """
    best = max(summits, key=lambda summit: summit.value)
    gains = gains_of(chart.logits(best.y)[None])[0]
    aim = int(np.argmax(gains))
    return climb(chart, aim, best.y) if gains[aim] > best.value else best
