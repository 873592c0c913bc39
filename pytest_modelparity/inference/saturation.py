"""Rows at an end of their range, which say no more than on which side a predictor is."""

from __future__ import annotations

import numpy as np

from pytest_modelparity.inference.fitting import Fit, arithmetic
from pytest_modelparity.inference.formats import NumberFormat
from pytest_modelparity.inference.heads import EachColumn, Softmax, SoftmaxTwice
from pytest_modelparity.theory.design import BoolArray, FloatArray

#: Log-odds by which a saturated row may contradict: an exponential overflows before its result.
SLACK = float(np.log(2.0))
#: Standard deviations of the fit that it may contradict beside.
DEVIATIONS = 5.0


def contradictions(fit: Fit, A: FloatArray, P: FloatArray, form: NumberFormat) -> int:
    """Return how many rows that had no share in a fit are not as saturated as it says.

    Parameters
    ----------
    A : ndarray of shape (n, q)
        Rows, the last column 1.
    P : ndarray of shape (n, m)
        Their predictions.
    """
    head, z = fit.head, A @ fit.parameters.T
    slack = SLACK + arithmetic(A, fit.parameters, form)
    free = slack[:, None] + DEVIATIONS * fit.noise.of_rows(A)
    if isinstance(head, Softmax):
        seen, basis = head.observe(P, form)[0], fit.bases[0]
        bound = np.log(P + np.maximum(form.rounding(P), form.smallest))
        # Two predictions with the same sum differ somewhere upwards.
        above = (head.logs(z) - bound).max(axis=1) > free.max(axis=1) * np.sqrt(2.0)
        return int(np.sum(above & ~seen.usable & basis.sees(A)))
    if isinstance(head, SoftmaxTwice):
        low, high = head.reach(P.shape[1])
        h = form.rounding(P)
        return int(np.sum(((P + h < low) | (P - h > high)).any(axis=1)))
    if not isinstance(head, EachColumn):
        return 0
    found = 0
    for j, (seen, basis) in enumerate(zip(head.observe(P, form), fit.bases, strict=True)):
        wrong = _beyond(head, z[:, j], P[:, j], free[:, j], form)
        found += int(np.sum(wrong & ~seen.usable & basis.sees(A)))
    return found


def _beyond(
    head: EachColumn, z: FloatArray, p: FloatArray, free: FloatArray, form: NumberFormat
) -> BoolArray:
    """Return which rows' predictors lie on the wrong side of what their probability allows."""
    link = head.link
    h = np.maximum(form.rounding(p), form.smallest)
    with np.errstate(divide="ignore", invalid="ignore"):
        least = link.linear(np.clip(p - h, link.low, link.high))
        most = link.linear(np.clip(p + h, link.low, link.high))
    # Where predictions were clipped, the ends of the range are what they were clipped to.
    at_top = np.where(
        p == p.max(), True, np.where(p == p.min(), False, p > 0.5 * (link.low + link.high))
    )
    return np.asarray(np.where(at_top, z < least - free, z > most + free))
