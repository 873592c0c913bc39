"""Rows of our own making, at which a model that can be called is asked what rows leave open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from pytest_modelparity.theory.design import FloatArray

#: Rows (n, p) to predictions (n, m) or (n,), in the floating type that the model makes.
Ask: TypeAlias = Callable[[FloatArray], Any]

#: How often a model is asked, at most.
MOST_CALLS = 4
#: Log-odds that a step is to move a prediction by, and what is near enough.
WANTED, NEAR_ENOUGH = 4.0, 4.0
#: Factor by which a step grows or shrinks at most, where it moves nothing or saturates.
MOST_FACTOR = 2.0**8
#: Log-odds moved by a step that was enlarged once, below which there is no coefficient.
NOTHING = 1e-3
#: Significant bits of the centre: together with a step that is a power of two, a probe is then a
#: float32 number, and casting it moves nothing.
CENTRE_BITS = 11
#: Bits of a float32 that a probe may take.
FLOAT32_BITS = 24
#: Log-odds of what a probability is taken for where it is 0 or 1.
SATURATED = 80.0


def probe(X: FloatArray, P: FloatArray, ask: Ask) -> tuple[FloatArray, Any]:
    """Return rows around a centre, two for each feature, and what a model predicts of them.

    They are free of what the rows of X may lack: none is saturated, and together they tell every
    coefficient from every other.

    Parameters
    ----------
    X : ndarray of shape (n, p)
        The rows that are known.
    P : ndarray of shape (n, m)
        What the model predicts of them; one column is the probability of the second class.
    ask : callable
        The model; asked two to four times for 2 p + 1 rows.

    Returns
    -------
    rows : ndarray of shape (2 p + 1, p)
        The centre first, then the steps up, then those down.
    predictions : ndarray
        Of these rows, as the model made them.
    """
    middle = _rounded(_centre(X, P))
    spread = X.std(axis=0)
    step = _power_of_two(np.where(spread > 0, spread, np.maximum(np.abs(middle), 1.0)))
    for call in range(MOST_CALLS):
        step = np.maximum(step, _least_step(middle))
        # Where a step is far larger than the centre, the centre's last digits would be lost.
        grain = np.ldexp(step, 2 - FLOAT32_BITS)
        centre = np.rint(middle / grain) * grain
        rows = np.vstack([centre, centre + np.diag(step), centre - np.diag(step)])
        predictions = ask(rows)
        moved = _moved(as_columns(predictions))
        factor = np.clip(WANTED / np.maximum(moved, 1e-300), 1 / MOST_FACTOR, MOST_FACTOR)
        settled = (factor <= NEAR_ENOUGH) & (factor >= 1 / NEAR_ENOUGH)
        # A coefficient of nothing moves nothing, however far: one larger step has shown it.
        settled |= (call > 0) & (moved < NOTHING)
        if settled.all() or call == MOST_CALLS - 1:
            break
        step = np.where(settled, step, step * _power_of_two(factor))
    return rows, predictions


def as_columns(P: Any) -> FloatArray:
    """Return predictions (n,) or (n, m) as float64 with two dimensions."""
    values = np.asarray(P, dtype=np.float64)
    return values.reshape(-1, 1) if values.ndim == 1 else values


def _centre(X: FloatArray, P: FloatArray) -> FloatArray:
    """Return a point at which no class is certain."""
    range_of_logits = _range(P)
    if P.shape[1] > 2:
        return np.asarray(X[int(np.argmin(range_of_logits))])
    above = P[:, -1] >= 0.5
    if above.all() or not above.any():
        return np.asarray(X[int(np.argmin(range_of_logits))])
    # Between two rows on both sides of the boundary, where the log-odds are 0.
    first = int(np.argmin(np.where(above, range_of_logits, np.inf)))
    second = int(np.argmin(np.where(above, np.inf, range_of_logits)))
    total = range_of_logits[first] + range_of_logits[second]
    share = range_of_logits[first] / total if total > 0 else 0.5
    return np.asarray(X[first] + share * (X[second] - X[first]))


def _range(P: FloatArray) -> FloatArray:
    """Return the range (n,) of each row's logits."""
    if P.shape[1] == 1:
        P = np.hstack([1 - P, P])
    logs = np.maximum(np.log(np.maximum(P, 1e-300)), -SATURATED)
    return np.asarray(logs.max(axis=1) - logs.min(axis=1))


def _moved(P: FloatArray) -> FloatArray:
    """Return by how much (p,) log-odds move from the lower to the upper row of each feature."""
    if P.shape[1] == 1:
        P = np.hstack([1 - P, P])
    logs = np.maximum(np.log(np.maximum(P, 1e-300)), -SATURATED)
    n = (len(P) - 1) // 2
    change = logs[1 : n + 1] - logs[n + 1 :]
    return np.asarray((change.max(axis=1) - change.min(axis=1)) / 2)


def _rounded(centre: FloatArray) -> FloatArray:
    """Return a centre with few significant bits."""
    mantissa, exponent = np.frexp(centre)
    return np.asarray(np.ldexp(np.rint(np.ldexp(mantissa, CENTRE_BITS)), exponent - CENTRE_BITS))


def _least_step(centre: FloatArray) -> FloatArray:
    """Return the smallest powers of two that a float32 beside the centre still holds."""
    return np.asarray(np.ldexp(1.0, np.frexp(centre)[1] - FLOAT32_BITS + 1))


def _power_of_two(values: FloatArray) -> FloatArray:
    """Return the powers of two that are nearest."""
    return np.asarray(np.exp2(np.rint(np.log2(values))))
