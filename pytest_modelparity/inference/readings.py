"""In what ways predictions may be read: the heads that can have made their columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pytest_modelparity.inference.formats import NumberFormat
from pytest_modelparity.inference.heads import (
    ONE_VS_REST,
    SIGMOID,
    SIGMOIDS,
    SOFTMAX,
    SOFTMAX_AGAIN,
    EachColumn,
    Head,
)
from pytest_modelparity.inference.links import IDENTITY, OTHERS, TWICE, Link
from pytest_modelparity.theory.design import FloatArray

#: Below this a float32 has more digits than ``1 - p`` has in float64.
FINE = 2.0**-30
#: How far any row may be off a sum of 1: averages of float32 predictions are, in float64.
NEARLY_ONE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """A head, and the columns that it is to explain.

    Parameters
    ----------
    head : Head
        The head.
    P : ndarray of shape (n, m)
        The columns, of all rows.
    outputs : ndarray of shape (n_outputs, k)
        Makes coef and intercept, as they are written, of the head's predictors.
    """

    head: Head
    P: FloatArray
    outputs: FloatArray


def readings(P: FloatArray, form: NumberFormat) -> Iterator[Reading]:
    """Yield the ways to read predictions, the canonical one first.

    Parameters
    ----------
    P : ndarray of shape (n, m)
        One column: the probability of the second of two classes.
    """
    m = P.shape[1]
    if not sums_to_one(P, form):
        yield from (_whole(head, P) for head in (SIGMOIDS, _each(IDENTITY), _each(TWICE)))
    elif m > 2:
        heads = (SOFTMAX, SOFTMAX_AGAIN, _each(IDENTITY), ONE_VS_REST)
        yield from (_whole(head, P) for head in heads)
    else:
        yield _binary(P, form)
        yield from (_whole(_each(link), P[:, -1:]) for link in OTHERS)


def sums_to_one(P: FloatArray, form: NumberFormat) -> bool:
    """Whether every row sums to 1, up to what rounding to its format explains; one column does."""
    if P.shape[1] == 1:
        return True
    # Its sum was rounded in each addition before the division, too.
    rounding = form.rounding(P).sum(axis=1) + (8 + P.shape[1]) * form.unit
    return bool((np.abs(P.sum(axis=1) - 1) <= np.maximum(rounding, NEARLY_ONE)).all())


def _whole(head: Head, P: FloatArray) -> Reading:
    """Return the reading of all columns by a head."""
    return Reading(head=head, P=P, outputs=head.table(P.shape[1]))


def _each(link: Link) -> Head:
    """Return the head with a link of its own for every column."""
    return EachColumn(link=link, name=link.name)


def _binary(P: FloatArray, form: NumberFormat) -> Reading:
    """Return the canonical reading of two classes: of the columns that say something."""
    if P.shape[1] == 1:
        return _whole(SIGMOID, P)
    first, second = P[:, 0], P[:, 1]
    # scikit-learn's first column is 1 - p. That of a real softmax keeps its digits where p is
    # near 1, and no row of it is saturated before it underflows.
    if _is_rest(first, second, form):
        return _whole(SIGMOID, P[:, 1:])
    if _is_rest(second, first, form):
        return Reading(head=SIGMOID, P=P[:, :1], outputs=-np.eye(1))
    table = SOFTMAX.table(2)
    return Reading(head=SOFTMAX, P=P, outputs=table[1:] - table[:1])


def _is_rest(p: FloatArray, other: FloatArray, form: NumberFormat) -> bool:
    """Whether p is ``1 - other``, rounded, and so says nothing more."""
    # Where all numbers are equally far apart, either column holds all there is.
    if form.step:
        return True
    if form.bits > 24:
        return bool(np.array_equal(1 - other, p))
    single = np.float32(1) - other.astype(np.float32)
    if np.array_equal(single.astype(np.float64), p):
        return True
    # Subtracted in float64 and rounded to float32 afterwards: multiples of 2^-53.
    small = p[p < FINE] * 2.0**53
    return bool(small.size and np.array_equal(small, np.rint(small)))
