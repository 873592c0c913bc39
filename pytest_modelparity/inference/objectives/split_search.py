"""Which of many sets of rows makes a model stationary: all of them at once, by sums over rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pytest_modelparity.inference.objectives.metric import Metric
from pytest_modelparity.inference.objectives.subject import Subject
from pytest_modelparity.inference.objectives.subsets import RowSet, most_sets
from pytest_modelparity.theory.design import FloatArray, canonical_weights

#: Sets whose sums are made at once, by the size of these.
BLOCK = 2_000_000
#: Classes up to which their weights may differ from those expected at the same time.
MOST_CLASSES = 4
#: Multiplications that are worth their time: a second.
MOST_WORK = 2e10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranked:
    """A set of rows with the Newton decrement that it leaves at best."""

    rows: RowSet
    decrement: float


def rank_sets(
    subject: Subject, metric: Metric, sets: Sequence[RowSet], direction: FloatArray
) -> list[Ranked]:
    """Return sets of rows by what they leave of the gradient, the least first.

    Parameters
    ----------
    metric : Metric
        Of all rows: one for all sets.
    direction : ndarray of shape (d,)
        The penalty's gradient, whose factor is free; zeros where there is none.
    """
    w = canonical_weights(subject.base, subject.y, subject.n_classes, subject.sample_weight)
    w = w / w.mean() if w.all() else np.ones(subject.n)
    scores = (subject.slopes * w[:, None])[:, :, None] * subject.A[:, None, :]
    u = scores.reshape(subject.n, -1)[:, metric.kept] @ metric.root.T
    v = metric.root @ direction[metric.kept]
    groups = _groups(subject)
    size = max(1, BLOCK // (u.shape[1] * groups.shape[1]))
    found = []
    for first in range(0, len(sets), size):
        part = sets[first : first + size]
        mask = np.zeros((len(part), subject.n))
        for row, one in zip(mask, part, strict=True):
            row[one.rows] = 1.0
        sums = np.stack([(mask * of) @ u for of in groups.T], axis=1)
        left = _left(sums, np.asarray((mask * w) @ groups), v)
        found += [Ranked(rows=r, decrement=float(nu)) for r, nu in zip(part, left, strict=True)]
    return sorted(found, key=lambda one: one.decrement)


def may_rank(n: int, d: int, n_groups: int) -> bool:
    """Whether `rank_sets` of n rows, d parameters and so many classes is worth its time."""
    n_groups = 1 if n_groups > MOST_CLASSES else n_groups
    return float(n * d) * float(most_sets(n) * n_groups + d) <= MOST_WORK


def _groups(subject: Subject) -> FloatArray:
    """Return which rows (n, g) may have a weight of their own."""
    if subject.n_classes > MOST_CLASSES:
        return np.ones((subject.n, 1))
    return np.asarray(np.eye(subject.n_groups)[subject.codes])


def _left(sums: FloatArray, weight: FloatArray, v: FloatArray) -> FloatArray:
    """Return the least Newton decrement (B,) of sets with sums (B, K, k) over each class.

    With the class weights as expected, balanced within the set, or free.
    """
    total = weight.sum(axis=1)
    given = sums.sum(axis=1) / total[:, None]
    present = np.maximum(weight, 1e-300)
    balanced = np.mean(sums / present[:, :, None], axis=1)
    best = np.minimum(_without(given, v), _without(balanced, v))
    # One of the classes is eliminated by the mean weight of 1.
    largest = np.argmax(weight, axis=1)
    at = np.arange(len(sums))
    anchor = sums[at, largest] / present[at, largest][:, None]
    columns = sums / total[:, None, None] - (present / total[:, None])[:, :, None] * anchor[:, None]
    columns[at, largest] = 0.0
    if np.any(v):
        columns = np.concatenate([columns, np.broadcast_to(v, (len(sums), 1, len(v)))], axis=1)
    gram = columns @ columns.transpose(0, 2, 1)
    ridge = 1e-13 * np.trace(gram, axis1=1, axis2=2)[:, None, None] * np.eye(gram.shape[1])
    right = columns @ anchor[:, :, None]
    x = -np.linalg.solve(gram + ridge + 1e-300 * np.eye(gram.shape[1]), right)
    residual = anchor + np.sum(columns * x, axis=1)
    allowed = (x[:, :, 0] >= 0).all(axis=1)
    free = np.where(allowed, np.linalg.norm(residual, axis=1), np.inf)
    return np.asarray(np.minimum(best, free))


def _without(gradient: FloatArray, v: FloatArray) -> FloatArray:
    """Return the norms (B,) of gradients less what a penalty along v explains."""
    square = float(v @ v)
    if not square > 0:
        return np.asarray(np.linalg.norm(gradient, axis=1))
    strength = np.maximum(0.0, -(gradient @ v) / square)
    return np.asarray(np.linalg.norm(gradient + strength[:, None] * v, axis=1))
