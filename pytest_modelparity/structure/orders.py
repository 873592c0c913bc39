"""Columns that stand in another order."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy.optimize import linear_sum_assignment

from pytest_modelparity.structure.ground import AffineMap, Ground
from pytest_modelparity.structure.hypothesis import Hypothesis
from pytest_modelparity.theory.design import FloatArray

#: More columns than this are not matched with more than one output.
MOST_MATCHED = 1000
#: Pairs of columns that are tried as exchanged.
MOST_SWAPS = 10
#: Sides of an image have so many pixels at least.
SMALLEST_SIDE = 3


def reordered(ground: Ground) -> Iterator[Hypothesis]:
    """Yield the reference with its columns in other orders."""
    for name, order in name_orders(ground):
        yield _with_order(ground, name, order)
    yield from _images(ground)
    if ground.candidate is not None:
        yield from _swapped(ground, ground.candidate)
        yield from _matched(ground, ground.candidate)


def name_orders(ground: Ground) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the orders that need no number to be known: reversed, and by name."""
    p = ground.n_features
    yield "columns-reversed", np.arange(p)[::-1]
    by_name = np.array(sorted(range(p), key=lambda place: ground.names[place]))
    # Either the weights are sorted and X is not, or the other way round.
    yield "columns-sorted-by-name", by_name
    yield "columns-sorted-by-name", np.argsort(by_name)


def _with_order(
    ground: Ground, name: str, order: np.ndarray, detail: str = "", log_tried: float = 0.0
) -> Hypothesis:
    """Return the reference whose column j has the weights of column order[j]."""
    made = AffineMap(coef=ground.reference.coef[:, order], intercept=ground.reference.intercept)
    moved = np.flatnonzero(order != np.arange(len(order)))
    # Of an order that has a name no column stands out.
    columns = tuple(ground.names[j] for j in moved) if log_tried else ()
    return Hypothesis(name=name, made=made, detail=detail, columns=columns, log_tried=log_tried)


def _images(ground: Ground) -> Iterator[Hypothesis]:
    """Yield what a layout of images does that is another one."""
    p = ground.n_features
    places = np.arange(p)
    for height in range(SMALLEST_SIDE, p // SMALLEST_SIDE + 1):
        if p % height:
            continue
        width = p // height
        image, size = places.reshape(height, width), f"{height} x {width}"
        yield _with_order(ground, "image-transposed", image.T.reshape(-1), size)
        for axis, how in ((0, "upside down"), (1, "left to right")):
            flipped = np.flip(image, axis).reshape(-1)
            yield _with_order(ground, "image-flipped", flipped, f"{how}, {size}")
        if height == width:
            for turns, how in ((1, "to the left"), (3, "to the right")):
                turned = np.rot90(image, turns).reshape(-1)
                yield _with_order(ground, "image-rotated", turned, f"{how}, {size}")


def _swapped(ground: Ground, candidate: AffineMap) -> Iterator[Hypothesis]:
    """Yield the reference with two columns exchanged: the pairs that bring it nearest."""
    p = ground.n_features
    if p > MOST_MATCHED or p < 2:
        return
    apart = _apart(ground, candidate)
    own = np.diag(apart)
    gain = own[:, None] + own[None, :] - apart - apart.T
    first, second = np.triu_indices(p, 1)
    best = np.argsort(-gain[first, second], kind="stable")[:MOST_SWAPS]
    for i, j in zip(first[best], second[best], strict=True):
        order = np.arange(p)
        order[[i, j]] = j, i
        pairs = math.log(p * (p - 1) / 2)
        yield _with_order(ground, "columns-swapped", order, log_tried=pairs)


def _matched(ground: Ground, candidate: AffineMap) -> Iterator[Hypothesis]:
    """Yield the reference with its columns where its weights are nearest to the candidate's."""
    p = ground.n_features
    own, other = ground.reference.coef, candidate.coef
    if len(own) == 1:
        order = np.empty(p, dtype=np.intp)
        order[np.argsort(other[0], kind="stable")] = np.argsort(own[0], kind="stable")
    elif p <= MOST_MATCHED:
        order = np.argsort(linear_sum_assignment(_squares(own, other))[1])
    else:
        return
    yield _with_order(ground, "columns-permuted", order, log_tried=math.lgamma(p + 1))


def _apart(ground: Ground, candidate: AffineMap) -> FloatArray:
    """Return how far column i of the reference is from column j of the candidate in its effect."""
    spread = ground.columns.deviation
    return _squares(ground.reference.coef, candidate.coef) * np.square(spread)[None, :]


def _squares(own: FloatArray, other: FloatArray) -> FloatArray:
    """Return the squared distances between columns of two matrices."""
    sizes = np.square(own).sum(axis=0)[:, None] + np.square(other).sum(axis=0)
    return np.asarray(np.maximum(sizes - 2.0 * own.T @ other, 0.0))
