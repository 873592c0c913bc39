"""The worst inputs of two softmax models that a search finds: more than two classes.

There is no chain in more than two dimensions, and no bound here: what is found is reached by an
input that is named, and some other input may be worse. Starts are the rows, random inputs, and the
extreme points in directions that gradients can have; the best are climbed from.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pytest_modelparity.theory.climb import FEWEST_CLIMBS, Summit, climb, highest_of, promising
from pytest_modelparity.theory.softmax_gap import gain_and_gradient, likely_directions
from pytest_modelparity.theory.worst_case import Worst

#: So many directions and random starts.
N_STARTS = 1000
#: So often rows are added to a mixture, and what they must promise.
ROUNDS, PROMISE = 5, 1e-10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Mixtures:
    """Shares of rows, up to their sum."""

    rows: np.ndarray
    bounds: tuple[float, float] = (0.0, 1.0)

    def logits(self, y: np.ndarray) -> np.ndarray:
        """Return the logits of a mixture."""
        return np.asarray(y @ self.rows / max(float(y.sum()), np.finfo(float).tiny))

    def pulled_back(self, y: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        """Return the gradient by the shares."""
        total = max(float(y.sum()), np.finfo(float).tiny)
        return np.asarray((self.rows - self.logits(y)) @ gradient / total)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sphere:
    """The surface of an ellipsoid as the image of a sphere: a point counts by its direction."""

    centre: np.ndarray
    axes: np.ndarray
    bounds: None = None

    def logits(self, y: np.ndarray) -> np.ndarray:
        """Return the logits of a point of the surface."""
        return np.asarray(self.centre + self.axes @ (y / np.linalg.norm(y)))

    def pulled_back(self, y: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        """Return the gradient by the point."""
        length = float(np.linalg.norm(y))
        by_point, to_point = gradient @ self.axes, y / length
        return np.asarray((by_point - (by_point @ to_point) * to_point) / length)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Ball:
    """An ellipsoid as the image of a ball; what is outside counts as its nearest point."""

    centre: np.ndarray
    axes: np.ndarray
    bounds: None = None

    def logits(self, y: np.ndarray) -> np.ndarray:
        """Return the logits of a point of the ellipsoid."""
        return np.asarray(self.centre + self.axes @ inside(y))

    def pulled_back(self, y: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        """Return the gradient by the point."""
        by_point, length = gradient @ self.axes, float(np.linalg.norm(y))
        if length <= 1.0:
            return np.asarray(by_point)
        return np.asarray((by_point - (by_point @ y) * y / length**2) / length)


def inside(y: np.ndarray) -> np.ndarray:
    """Return the nearest point of the unit ball."""
    return y / max(1.0, float(np.linalg.norm(y)))


def search_mixtures(logits: np.ndarray) -> Worst:
    """Return the worst mixture of rows that is found.

    Parameters
    ----------
    logits : ndarray of shape (n_rows, 2 K)
        Of both models on the rows.
    """
    n_classes, random = logits.shape[1] // 2, np.random.default_rng(0)
    directions = likely_directions(N_STARTS, n_classes, random)
    extreme = np.argmax(logits @ directions.T, axis=0)
    # Two at a time: the worst mixture is mostly one of two or three.
    pairs = random.choice(np.unique(extreme), size=(N_STARTS, 2))
    pairs = np.concatenate([np.repeat(np.arange(len(logits)), 2).reshape(-1, 2), pairs])
    share = random.random(len(pairs))
    starts = share[:, None] * logits[pairs[:, 0]] + (1 - share)[:, None] * logits[pairs[:, 1]]
    found = []
    for place, aim in promising(starts, N_STARTS):
        # The rows that are extreme for this aim: a climb over all takes long.
        pool = np.unique([*extreme[aim :: 2 * n_classes], *pairs[place]])
        y = np.zeros(len(pool))
        np.add.at(y, np.searchsorted(pool, pairs[place]), [share[place], 1 - share[place]])
        found.append((pool, climb(_Mixtures(rows=logits[pool]), aim, y)))
    pool, best = _with_more_rows(logits, *max(found, key=lambda end: end[1].value))
    used = np.flatnonzero(best.y > 0)
    return Worst(value=best.value, rows=pool[used], shares=best.y[used] / best.y[used].sum())


def _with_more_rows(
    logits: np.ndarray, pool: np.ndarray, best: Summit
) -> tuple[np.ndarray, Summit]:
    """Climb on with rows that would add to a mixture; return all rows and the end."""
    best = highest_of(_Mixtures(rows=logits[pool]), [best])
    for _ in range(ROUNDS):
        at = best.y @ logits[pool] / best.y.sum()
        promise = (logits - at) @ gain_and_gradient(at, best.aim)[1]
        row = int(np.argmax(promise))
        if not promise[row] > PROMISE or row in pool:
            break
        pool = np.append(pool, row)
        chart = _Mixtures(rows=logits[pool])
        best = highest_of(chart, [climb(chart, best.aim, np.append(best.y, 0.0))])
    return pool, best


def search_ellipsoid(X: Any, logits: np.ndarray, radius: float) -> Worst:
    """Return the worst input that is found in the ellipsoid around rows.

    Parameters
    ----------
    X : ndarray or sparse matrix of shape (n_rows, n_features)
        The rows.
    logits : ndarray of shape (n_rows, 2 K)
        Of both models on these rows.
    radius : float
        As `theory.ellipsoid.radius_of` returns it.
    """
    random = np.random.default_rng(0)
    reach = radius / math.sqrt(max(len(logits) - 1, 1))
    left, sizes, right = np.linalg.svd(logits - logits.mean(axis=0), full_matrices=False)
    ball = _Ball(centre=logits.mean(axis=0), axes=reach * right.T * sizes)
    summits = [Summit(aim=0, y=np.zeros(len(sizes)), value=-np.inf)]
    # Where nothing varies the ellipsoid is a point.
    if sizes[0] > 0:
        summits += _climbs(ball, likely_directions(N_STARTS, logits.shape[1] // 2, random), random)
    best = highest_of(ball, summits)
    q = left @ inside(best.y)
    centre = np.asarray(X.mean(axis=0)).reshape(-1)
    x = centre + reach * (np.asarray(q @ X).reshape(-1) - q.sum() * centre)
    return Worst(value=best.value, x=x)


def _climbs(ball: _Ball, directions: np.ndarray, random: np.random.Generator) -> list[Summit]:
    """Climb on the surface of an ellipsoid, and from inside of it."""
    sphere, ends = _Sphere(centre=ball.centre, axes=ball.axes), []
    points = directions @ ball.axes
    # A narrow summit may lie in none of the likely directions.
    points = np.concatenate([points, random.normal(size=points.shape) * (points != 0).any(axis=0)])
    points = points / np.linalg.norm(points, axis=1, keepdims=True)
    for place, aim in promising(ball.centre + points @ ball.axes.T, N_STARTS):
        end = climb(sphere, aim, points[place])
        ends.append(replace(end, y=end.y / np.linalg.norm(end.y)))
    points = points * random.random((len(points), 1))
    # Few: mostly the worst input is on the surface.
    starts = promising(ball.centre + points @ ball.axes.T, FEWEST_CLIMBS)
    return [*ends, *(climb(ball, aim, points[place]) for place, aim in starts)]
