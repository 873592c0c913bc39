"""The worst input of a box that a search finds: more than two classes.

The other sets, and what a search is worth, are in `theory.worst_search`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_modelparity.theory.box import Box
from pytest_modelparity.theory.climb import climb, promising
from pytest_modelparity.theory.softmax_gap import SoftmaxPair, gains_of, likely_directions
from pytest_modelparity.theory.worst_case import Worst

#: So many directions and random starts; fewer of inputs with many columns.
N_STARTS, FEWEST_STARTS, MOST_NUMBERS = 1000, 30, 300_000
#: So many columns are climbed in, over all starts, and so few ends are changed step by step.
MOST_COLUMNS, MOST_ENDS, FEWEST_ENDS = 30_000, 6, 1
#: So often columns of some numbers only and the others are climbed in turn, and so many steps of
#: the first are made each time; fewer where each looks at many changes.
TURNS, MOST_STEPS, FEWEST_STEPS, MOST_CHANGES = 3, 60, 5, 100_000
#: A step that gains no more is the last one.
GAIN = 1e-13


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Columns:
    """Some columns of an input, from 0 (low end) to 1 (high end); the others are fixed."""

    at_low: np.ndarray
    reach: np.ndarray
    bounds: tuple[float, float] = (0.0, 1.0)

    def logits(self, y: np.ndarray) -> np.ndarray:
        """Return the logits of an input."""
        return np.asarray(self.at_low + self.reach @ y)

    def pulled_back(self, y: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        """Return the gradient by the columns."""
        return np.asarray(gradient @ self.reach)


def search_box(box: Box, models: SoftmaxPair, others: np.ndarray) -> Worst:
    """Return the worst input of a box that is found.

    Parameters
    ----------
    box : Box
        The inputs; only these, also where columns hold whole numbers or are one-hot.
    models : SoftmaxPair
        The two models.
    others : ndarray of shape (n, n_features)
        Inputs to start from, too; what is nearest to them in the box.
    """
    random = np.random.default_rng(0)
    starts = np.concatenate([box.nearest(others), _starts(box, models, random)])
    free, numbers = np.flatnonzero(box.width > 0), np.flatnonzero(~box.discrete & (box.width > 0))
    aims, ends = [], []
    for place, aim in promising(models.logits(starts), MOST_COLUMNS // box.n_features):
        # Where only some numbers are allowed: the nearest ones, and the start, which is an input.
        tops = box.nearest(_along(box, models, aim, starts[place], free)[None])
        tops = np.concatenate([tops, starts[[place]]]) if box.discrete.any() else tops
        aims += [aim] * len(tops)
        ends += list(tops)
    if box.discrete.any():
        heights = gains_of(models.logits(np.stack(ends)))[np.arange(len(aims)), aims]
        most = int(np.clip(MOST_COLUMNS // box.n_features, FEWEST_ENDS, MOST_ENDS))
        for place in np.argsort(-heights, kind="stable")[:most]:
            ends.append(_in_turn(box, models, aims[place], ends[place]))
    gains = gains_of(models.logits(np.stack(ends)))
    place, aim = divmod(int(np.argmax(gains)), gains.shape[1])
    # Where one aim is highest another may be higher still.
    x = _in_turn(box, models, aim, _along(box, models, aim, ends[place], numbers))
    return Worst(value=float(gains_of(models.logits(x[None])).max()), x=x)


def _starts(box: Box, models: SoftmaxPair, random: np.random.Generator) -> np.ndarray:
    """Return random inputs, extreme ones, and some between both."""
    n = int(np.clip(MOST_NUMBERS // box.n_features, FEWEST_STARTS, N_STARTS))
    directions = likely_directions(n, models.n_classes, random)
    extreme = box.nearest(np.where(directions @ models.coef > 0, box.high, box.low))
    anywhere = box.sample(n, random)
    share = random.random((n, 1))
    between = box.nearest(share * extreme + (1 - share) * anywhere)
    return np.concatenate([anywhere, extreme, between])


def _along(
    box: Box, models: SoftmaxPair, aim: int, x: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """Climb in some columns, as if any number were allowed; return the input."""
    if not len(columns):
        return x
    low, width = box.low[columns], box.width[columns]
    coef = models.coef[:, columns]
    chart = _Columns(
        at_low=models.logits(x[None])[0] - coef @ (x[columns] - low), reach=coef * width
    )
    end = x.copy()
    end[columns] = low + width * climb(chart, aim, (x[columns] - low) / width).y
    # What is at an end is there to the last digit.
    return np.asarray(np.clip(end, box.low, box.high))


def _in_turn(box: Box, models: SoftmaxPair, aim: int, x: np.ndarray) -> np.ndarray:
    """Climb in columns of some numbers only and in the others by turns."""
    numbers = np.flatnonzero(~box.discrete & (box.width > 0))
    for _ in range(TURNS if len(numbers) else 1):
        x = _along(box, models, aim, _by_steps(box, models, aim, x), numbers)
    return x


def _by_steps(box: Box, models: SoftmaxPair, aim: int, x: np.ndarray) -> np.ndarray:
    """Change one column or group at a time, always what gains most; return the input."""
    x, at = x.copy(), models.logits(x[None])
    n_steps = int(np.clip(MOST_CHANGES // box.n_features, FEWEST_STEPS, MOST_STEPS))
    for _ in range(n_steps):
        column, new, left = _changes(box, x)
        moved = at + models.coef[:, column].T * (new - x[column])[:, None]
        # What a group takes it leaves elsewhere.
        swaps = np.flatnonzero(left >= 0)
        fall = box.low[left[swaps]] - x[left[swaps]]
        moved[swaps] += models.coef[:, left[swaps]].T * fall[:, None]
        gains = gains_of(moved)[:, aim]
        if not len(gains) or not gains.max() > gains_of(at)[0, aim] + GAIN:
            break
        best = int(np.argmax(gains))
        if left[best] >= 0:
            x[left[best]] = box.low[left[best]]
        x[column[best]], at = new[best], moved[[best]]
    return x


def _changes(box: Box, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return every single change: which column, its new value, and the column a group leaves.

    The last is -1 where there is no group.
    """
    movable = (box.width > 0) & ~box.grouped
    two, whole = (
        np.flatnonzero(movable & (box.steps == 1)),
        np.flatnonzero(movable & (box.steps > 1)),
    )
    low, high, step = box.low[whole], box.high[whole], box.width[whole] / box.steps[whole]
    columns = [two, whole, whole, whole, whole]
    new = [box.low[two] + box.high[two] - x[two], low, high]
    new += [np.clip(x[whole] + move, low, high) for move in (step, -step)]
    left = [np.full(len(two) + 4 * len(whole), -1)]
    for group in box.groups:
        chosen = group[np.argmax(x[group] == box.high[group])]
        others = group[group != chosen]
        columns.append(others)
        new.append(box.high[others])
        left.append(np.full(len(others), chosen))
    return np.concatenate(columns), np.concatenate(new), np.concatenate(left)
