"""The largest ``s(u) - s(v)`` along a falling chain of edges, with a proven bound; s: the sigmoid.

Two logits that are affine in the input map a set of inputs to a set of points (u, v). The
difference of the probabilities grows in u and falls in v, so its maximum over a convex set lies on
the *chain*: the part of the boundary that leads from the largest u to the smallest v, on which both
fall.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

#: What a bound may be above a value without being looked into: a rounding or two.
NEGLIGIBLE = 1e-14
#: Two doubles in [1/2, 1) are no nearer to each other.
BITS = 53
#: So many points are evaluated at once where few edges are left.
POINTS, MOST_SECTIONS = 4096, 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edges:
    """Edges along which both logits fall: from (u, v) to (u - du, v - dv).

    Parameters
    ----------
    u, v : ndarray of shape (n_edges,)
        Where each begins.
    du, dv : ndarray of shape (n_edges,)
        What each falls by, >= 0.
    """

    u: np.ndarray
    v: np.ndarray
    du: np.ndarray
    dv: np.ndarray

    def take(self, places: np.ndarray) -> Edges:
        """Return some of them."""
        return Edges(u=self.u[places], v=self.v[places], du=self.du[places], dv=self.dv[places])

    def value(self, t: np.ndarray | float) -> np.ndarray:
        """Return the difference of the probabilities at a share of each."""
        return self.corner(t, t)

    def corner(self, first: np.ndarray | float, last: np.ndarray | float) -> np.ndarray:
        """Return what no point between two shares of an edge exceeds."""
        return np.asarray(expit(self.u - first * self.du) - expit(self.v - last * self.dv))

    def slope(self, t: np.ndarray | float) -> np.ndarray:
        """Return h of `peaks_of`: its sign is that of the difference's derivative by t."""
        with np.errstate(divide="ignore"):
            steepness = np.log(self.dv) - np.log(self.du)
        return np.asarray(
            steepness + _log_slope(self.v - t * self.dv) - _log_slope(self.u - t * self.du)
        )

    def bend(self, t: np.ndarray | float) -> np.ndarray:
        """Return R of `peaks_of`: h falls where it is positive, and rises where it is negative."""
        u, v = self.u - t * self.du, self.v - t * self.dv
        return np.asarray(self.du * np.tanh(u / 2) - self.dv * np.tanh(v / 2))

    @property
    def steady(self) -> np.ndarray:
        """Whether each surely has its highest point at an end."""
        # Where h is monotone and has one sign at both ends it has no zero between them.
        alike = [(of(0.0) > 0) == (of(1.0) > 0) for of in (self.bend, self.slope)]
        return np.asarray(alike[0] & alike[1])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Peaks:
    """The highest point of each edge.

    Parameters
    ----------
    t : ndarray of shape (n_edges,)
        Its share of the edge, in [0, 1].
    value, bound : ndarray of shape (n_edges,)
        The difference there, and what no point of the edge exceeds.
    """

    t: np.ndarray
    value: np.ndarray
    bound: np.ndarray


def peaks_of(edges: Edges) -> Peaks:
    """Return the highest point of each edge.

    Notes
    -----
    Along an edge the derivative of ``s(u) - s(v)`` has the sign of
    ``h = log(dv s'(v)) - log(du s'(u))``, and ``h' = -R`` with ``R = du tanh(u/2) - dv tanh(v/2)``.
    ``R cosh(u/2) cosh(v/2)`` is monotone, since its derivative is
    ``-(du^2 - dv^2) (cosh((u+v)/2) + cosh((u-v)/2)) / 4``: R changes its sign once at most, h is
    monotone on both sides of that, and the edge has two stationary points at most. A bracket
    around each, the ends and the monotony between them bound the whole edge.
    """
    zero, one = np.zeros(len(edges.u)), np.ones(len(edges.u))
    turn = _change(edges.bend, zero, one)[1]
    brackets = [_change(edges.slope, zero, turn), _change(edges.slope, turn, one)]
    points = np.stack([zero, one, *(low for low, _ in brackets), *(high for _, high in brackets)])
    values = np.stack([edges.value(t) for t in points])
    best = np.argmax(values, axis=0)
    value = np.take_along_axis(values, best[None], 0)[0]
    bound = np.max([value, *(edges.corner(low, high) for low, high in brackets)], axis=0)
    return Peaks(t=np.take_along_axis(points, best[None], 0)[0], value=value, bound=bound)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The highest point of a chain: on which edge, at which share, how high, and the bound."""

    edge: int
    t: float
    value: float
    bound: float


def highest(edges: Edges, floor: float = -np.inf) -> Peak:
    """Return the highest point of a chain of one edge at least.

    Parameters
    ----------
    floor : float
        What is reached elsewhere: below that the bound may be a coarse one.
    """
    peaks = peaks_above(edges, floor)
    edge = int(np.argmax(peaks.value))
    return Peak(
        edge=edge,
        t=float(peaks.t[edge]),
        value=float(peaks.value[edge]),
        bound=float(peaks.bound.max()),
    )


def peaks_above(edges: Edges, floor: float) -> Peaks:
    """Return what `peaks_of` does, at less cost.

    An edge that is not above ``floor`` or above the others' ends has only its own higher end, and a
    coarse bound.
    """
    ends = edges.value(0.0), edges.value(1.0)
    t, value = (ends[1] > ends[0]).astype(float), np.maximum(*ends)
    bound = edges.corner(0.0, 1.0)
    # `not <=`: an edge with a NaN is looked into.
    places = np.flatnonzero(~(bound <= max(float(value.max()), floor) + NEGLIGIBLE))
    steady = edges.take(places).steady
    bound[places[steady]] = value[places[steady]]
    places = places[~steady]
    if len(places):
        peaks = peaks_of(edges.take(places))
        t[places], value[places], bound[places] = peaks.t, peaks.value, peaks.bound
    return Peaks(t=t, value=value, bound=bound)


def chain_through(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return the indices of the points that the chain of their convex hull leads through, in order.

    Parameters
    ----------
    u, v : ndarray of shape (n_points,)
        The points.
    """
    order = np.lexsort((v, -u))
    # The others lie above and to the left of one of these.
    falling = v[order]
    before = np.concatenate([[np.inf], np.minimum.accumulate(falling)[:-1]])
    order = order[falling < before]
    points = zip(u[order].tolist(), v[order].tolist(), strict=True)
    return np.asarray(order[hull_of(list(points))])


def hull_of(points: Sequence[tuple[float, ...]]) -> list[int]:
    """Return the places of the points that the chain leads through.

    Parameters
    ----------
    points : sequence of tuple
        Each with u and v first; u falls from point to point, and v strictly.
    """
    kept: list[int] = []
    for place, (u, v, *_) in enumerate(points):
        while len(kept) > 1:
            (before_u, before_v, *_), (last_u, last_v, *_) = points[kept[-2]], points[kept[-1]]
            # Convex: each edge falls less in v for what it falls in u than the one before.
            if (before_u - last_u) * (last_v - v) < (last_u - u) * (before_v - last_v):
                break
            kept.pop()
        kept.append(place)
    return kept


def _log_slope(x: np.ndarray) -> np.ndarray:
    """Return ``log s'(x)``, also where ``s'`` underflows."""
    size = np.abs(x)
    return np.asarray(-size - 2.0 * np.log1p(np.exp(-size)))


def _change(
    function: Callable[[np.ndarray], np.ndarray], low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return a bracket around the one change of sign of a function between two shares.

    Where there is none the bracket closes at the end. Many points at once: an evaluation of few
    takes as long as one of many.
    """
    sections = int(np.clip(POINTS // max(len(low), 1), 2, MOST_SECTIONS))
    inner = np.arange(1, sections)[:, None] / sections
    sign = function(low) > 0
    for _ in range(int(np.ceil(BITS / np.log2(sections)))):
        width = high - low
        same = (function(low + inner * width) > 0) == sign
        # Only as far as it has not changed: what is beyond is not looked at.
        passed = np.logical_and.accumulate(same, axis=0).sum(axis=0)
        low, high = (
            low + passed * width / sections,
            np.minimum(low + (passed + 1) * width / sections, high),
        )
    return low, high
