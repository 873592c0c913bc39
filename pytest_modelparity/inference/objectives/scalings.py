"""Scalers that a penalty may have seen the features through."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pytest_modelparity.inference.objectives.subject import Subject
from pytest_modelparity.theory.design import FloatArray

#: Relative difference up to which two scalings are one.
SAME = 1e-9


def scalings(subject: Subject) -> Mapping[str, tuple[FloatArray, FloatArray]]:
    """Return shift and scale (p,) of each scaler, by name; none that is no scaling.

    Only the scale matters to a penalty on the coefficients.
    """
    seen, n = subject.features, subject.n
    mean, deviation, low, high = seen.mean, seen.deviation, seen.low, seen.high
    found: dict[str, tuple[FloatArray, FloatArray]] = {}
    every = {
        "standard deviation": (mean, deviation),
        "range": (low, high - low),
        "largest absolute value": (np.zeros_like(mean), np.maximum(np.abs(low), np.abs(high))),
        **_by_order(subject),
        "standard deviation with ddof=1": (mean, deviation * np.sqrt(n / max(n - 1, 1))),
    }
    for name, (shift, scale) in every.items():
        # What has no spread is left alone, as scalers do.
        scale = np.where(scale > SAME * np.maximum(np.abs(mean), 1e-300), scale, 1.0)
        # One unit for all features is another strength.
        if not np.allclose(scale, scale[0], rtol=SAME, atol=0.0):
            found[name] = (shift, scale)
    if subject.as_given is not None:
        found["None"] = subject.as_given
    return found


def _by_order(subject: Subject) -> Mapping[str, tuple[FloatArray, FloatArray]]:
    """Return the scaler that takes the order of all rows, which no sum over them tells."""
    if not subject.are_held:
        return {}
    quarter, middle, three = np.percentile(subject.X, (25, 50, 75), axis=0)
    return {"interquartile range": (middle, three - quarter)}
