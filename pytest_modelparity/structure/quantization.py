"""The reference as an int8 network computes it: inputs, weights, sums and outputs in 8 bits."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import expit, softmax

from pytest_modelparity.report.relations import QUANTIZATION, Relation
from pytest_modelparity.structure.ground import AffineMap, Ground
from pytest_modelparity.structure.hypothesis import Hypothesis, log_chance
from pytest_modelparity.structure.relation import CHANCE, LEFT
from pytest_modelparity.structure.rounding import LEVELS
from pytest_modelparity.structure.told import Told
from pytest_modelparity.theory.design import FloatArray

#: Whole numbers of int8.
LOWEST, HIGHEST = -128, 127
#: Steps of the outputs that are rounding: a sum that is nearly half a step may fall either way, and
#: a softmax in whole numbers is off by one more.
EXACT_STEPS = 2.0


def find_quantization(ground: Ground, step: float) -> Told | None:
    """Return the relation to an int8 network of the reference; ``None`` where it is none.

    Which rows its ranges were taken from is not known: all of X and the first k are tried, for
    every k that makes a difference.

    Parameters
    ----------
    step : float
        The distance of two neighbours among the candidate's predictions.
    """
    rows, (some, seen) = ground.rows, ground.few
    # Sparse rows are quantised by nobody.
    if not all(isinstance(one, np.ndarray) for one in (ground.X, rows, some)):
        return None
    tried = [
        (
            float(np.linalg.norm(seen - _computed(np.asarray(some), ground.held, ranges, step))),
            detail,
            ranges,
        )
        for detail, ranges in _calibrations(np.asarray(ground.X), ground.held)
    ]
    _, detail, ranges = min(tried, key=lambda one: one[0])

    held = ground.held

    def error_of(rows: FloatArray, P: FloatArray) -> FloatArray:
        return P - _computed(rows, held, ranges, step)

    error = error_of(np.asarray(rows), ground.P)
    before, left = (float(np.abs(one).max()) for one in (ground.difference, error))
    ratio = float(np.linalg.norm(error) / np.linalg.norm(ground.difference))
    made = Hypothesis(name=QUANTIZATION, made=ground.held, log_tried=float(np.log(len(tried))))
    chance = log_chance(made, ratio, ground.reference.n_parameters)
    # False for a NaN.
    if not (ratio <= LEFT and left < before and chance <= np.log(CHANCE)):
        return None
    return Told(
        relation=Relation(
            name=QUANTIZATION,
            detail=detail,
            before=before,
            left=left,
            exact=left <= EXACT_STEPS * step,
        ),
        left=lambda rows, P: float(np.abs(error_of(np.asarray(rows), P)).max()),
        rounding=lambda _rows: EXACT_STEPS * step,
    )


def _calibrations(X: FloatArray, held: AffineMap) -> Iterator[tuple[str, FloatArray]]:
    """Yield ranges (2, 2) of inputs and sums, lowest and highest, with the rows that have them."""
    z = held.decision_function(X)
    ends = np.column_stack(
        [
            np.minimum.accumulate(X.min(axis=1, initial=0.0)),
            np.maximum.accumulate(X.max(axis=1, initial=0.0)),
            np.minimum.accumulate(z.min(axis=1, initial=0.0)),
            np.maximum.accumulate(z.max(axis=1, initial=0.0)),
        ]
    )
    firsts = np.flatnonzero(np.any(np.diff(ends, axis=0, prepend=np.nan) != 0, axis=1))
    lasts = [*firsts[1:], len(X)]
    for first, last in zip(firsts, lasts, strict=True):
        some = f"{first + 1}" if last == first + 1 else f"{first + 1} to {last}"
        which = "all rows" if last == len(X) else f"the first {some} rows"
        yield f"ranges of {which}", ends[first].reshape(2, 2)


def _computed(X: FloatArray, held: AffineMap, ranges: FloatArray, step: float) -> FloatArray:
    """Return what an int8 network with these weights predicts, a column for each class.

    Inputs and sums have one scale and one zero point for all columns, weights a scale for each
    output, outputs multiples of ``step`` (TensorFlow Lite 8-bit quantization specification).
    """
    size = np.abs(held.coef).max(axis=1, keepdims=True)
    unit = np.where(size > 0, size, 1.0) / LEVELS
    coef = np.rint(held.coef / unit) * unit
    z = _rounded(_rounded(X, *ranges[0]) @ coef.T + held.intercept, *ranges[1])
    per_one = round(1.0 / step)
    p = np.asarray(expit(z) if z.shape[1] == 1 else softmax(z, axis=1))
    # The highest of 256 numbers is one step below 1 where the step is 1/256.
    p = np.minimum(np.rint(p * per_one), HIGHEST - LOWEST) / per_one
    return np.hstack([1.0 - p, p]) if p.shape[1] == 1 else p


def _rounded(values: FloatArray, lowest: float, highest: float) -> FloatArray:
    """Return numbers rounded to the 256 between two ends, 0 among them."""
    unit = (highest - lowest) / (HIGHEST - LOWEST) or 1.0
    zero = np.rint(LOWEST - lowest / unit)
    return np.asarray((np.clip(np.rint(values / unit) + zero, LOWEST, HIGHEST) - zero) * unit)
