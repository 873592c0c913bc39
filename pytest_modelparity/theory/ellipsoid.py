"""The worst input of an ellipsoid around some rows, for two classes.

The ellipsoid is ``(x - m)' S^-1 (x - m) <= r^2`` with mean m and covariance S of the rows: for a
normal distribution, and r^2 the quantile of chi-squared, it holds that share of the inputs. Each of
its inputs is ``m + r / sqrt(n - 1) * X_c' q`` with centred rows X_c and a q of length 1 at most, so
only the logits of the rows are needed to map it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.special import chdtri, expit

from pytest_modelparity.theory.chain import Edges, peaks_above
from pytest_modelparity.theory.worst_case import EXACT, Worst

#: Share of a normal distribution's inputs inside.
SHARE = 0.99
#: So many parts the arc is cut into at first, and each that is left over in every round.
FIRST_PARTS, PARTS, ROUNDS = 32, 16, 7


def radius_of(n_rows: int, n_varying: int) -> float:
    """Return r for so many rows, of which so many columns vary."""
    degrees = max(min(n_varying, n_rows - 1), 1)
    return math.sqrt(float(chdtri(degrees, 1.0 - SHARE)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Arc:
    """The chain of an ellipse: ``u = mean_u + size_u cos w``, ``v = mean_v + size_v cos(lag + w)``.

    The angle w goes from 0, where u is largest, to ``pi - lag``, where v is smallest.
    """

    mean: tuple[float, float]
    size: tuple[float, float]
    lag: float

    def point(self, w: np.ndarray, beyond: np.ndarray | float = 1.0) -> tuple[np.ndarray, ...]:
        """Return u and v at angles, or where they are so many times as far out."""
        return (
            self.mean[0] + self.size[0] * beyond * np.cos(w),
            self.mean[1] + self.size[1] * beyond * np.cos(self.lag + w),
        )

    def highest(self) -> tuple[float, float, float]:
        """Return the angle of the largest ``s(u) - s(v)``, its value and a bound."""
        cuts = np.linspace(0.0, math.pi - self.lag, FIRST_PARTS + 1)
        low, high = cuts[:-1], cuts[1:]
        best, at, closed = -math.inf, 0.0, -math.inf
        for _ in range(ROUNDS):
            for ends in (low, high):
                values = np.subtract(*map(expit, self.point(ends)))
                place = int(np.argmax(values))
                if values[place] > best:
                    best, at = float(values[place]), float(ends[place])
            bound = self._bounds(low, high, best)
            kept = bound > best + EXACT / 2
            closed = max(closed, float(bound[~kept].max(initial=-math.inf)))
            if not kept.any():
                return at, best, max(best, closed)
            cuts = np.linspace(low[kept], high[kept], PARTS + 1)
            low, high = cuts[:-1].ravel(), cuts[1:].ravel()
        return at, best, max(best, closed, float(bound[kept].max()))

    def _bounds(self, low: np.ndarray, high: np.ndarray, floor: float) -> np.ndarray:
        """Return what no point between two angles exceeds: the highest of the two tangents."""
        # The tangents meet outside, by the secant of half the angle, and their two edges hold the
        # arc inside: by the square of the angle nearer than the corner of the two points.
        half = (high - low) / 2
        points = [
            self.point(low),
            self.point((low + high) / 2, 1.0 / np.cos(half)),
            self.point(high),
        ]
        bounds = []
        for (u, v), (end_u, end_v) in pairwise(points):
            # Where rounding turns an edge round it has no length.
            falls = np.maximum(u - end_u, 0.0), np.maximum(v - end_v, 0.0)
            bounds.append(peaks_above(Edges(u=u, v=v, du=falls[0], dv=falls[1]), floor).bound)
        return np.asarray(np.maximum(*bounds))


def worst_in_ellipsoid(X: Any, logits: np.ndarray, radius: float) -> Worst:
    """Return the worst input of the ellipsoid around rows, for two classes.

    Parameters
    ----------
    X : ndarray or sparse matrix of shape (n_rows, n_features)
        The rows.
    logits : ndarray of shape (n_rows, 2)
        Of the two models on these rows.
    radius : float
        As `radius_of` returns it.
    """
    # Without a second row there is no covariance, and the ellipsoid is one point.
    reach = radius / math.sqrt(max(len(logits) - 1, 1))
    mean = logits.mean(axis=0)
    centred = logits - mean
    lengths = np.linalg.norm(centred, axis=0)
    axes = centred / np.where(lengths > 0, lengths, 1.0)
    best, bound, q = -1.0, -1.0, axes[:, 0]
    for first, second in ((0, 1), (1, 0)):
        # By the chord, which is exact for nearly equal models where the cosine is all but 1.
        lag = 2 * math.asin(min(float(np.linalg.norm(axes[:, 0] - axes[:, 1])) / 2, 1.0))
        arc = _Arc(
            mean=(float(mean[first]), float(mean[second])),
            size=(reach * float(lengths[first]), reach * float(lengths[second])),
            lag=lag,
        )
        at, value, above = arc.highest()
        bound = max(bound, above)
        if value > best:
            best, q = value, _between(axes[:, first], axes[:, second], lag, at)
    centre = np.asarray(X.mean(axis=0)).reshape(-1)
    x = centre + reach * np.asarray(q @ X).reshape(-1) - reach * q.sum() * centre
    return Worst(value=best, bound=bound, x=x)


def _between(first: np.ndarray, second: np.ndarray, lag: float, at: float) -> np.ndarray:
    """Return the unit vector at an angle from the first of two, away from the second."""
    across = second - math.cos(lag) * first
    # Twice: of nearly equal models the rest is rounding, which points anywhere.
    for _ in range(2):
        across = across / (float(np.linalg.norm(across)) or 1.0)
        across = across - float(across @ first) * first
    return np.asarray(math.cos(at) * first - math.sin(at) * across)
