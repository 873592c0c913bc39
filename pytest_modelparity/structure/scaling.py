"""Features that are scaled on one side and not on the other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pytest_modelparity.structure.ground import AffineMap, Ground
from pytest_modelparity.structure.hypothesis import Hypothesis
from pytest_modelparity.theory.design import FloatArray

#: What a scaler subtracts, then what it divides by: as `sklearn.preprocessing` (1.9) has it in
#: StandardScaler, MinMaxScaler, MaxAbsScaler and RobustScaler; pandas divides by n - 1.
SCALERS = (
    "standard deviation",
    "standard deviation with ddof=1",
    "range",
    "largest absolute value",
    "interquartile range",
)
CENTRES = ("mean", "smallest value", "median")


def scaled(ground: Ground) -> Iterator[Hypothesis]:
    """Yield what a forgotten or repeated scaler makes of the reference."""
    if not isinstance(ground.X, np.ndarray):
        return
    scalers, centres = statistics(ground.X)
    coef, intercept = ground.reference.coef, ground.reference.intercept
    for detail, (centre, scale) in zip(SCALERS, scalers, strict=True):
        forgotten = AffineMap(coef=coef * scale, intercept=intercept + coef @ centre)
        yield Hypothesis(name="scaler-forgotten", made=forgotten, detail=detail)
        twice = AffineMap(coef=coef / scale, intercept=intercept - coef @ (centre / scale))
        yield Hypothesis(name="scaler-applied-twice", made=twice, detail=detail)
    for detail, centre in zip(CENTRES, centres, strict=True):
        # Whatever it divides by: the weights undo that.
        uncentred = AffineMap(coef=coef, intercept=intercept + coef @ centre)
        yield Hypothesis(name="centring-forgotten", made=uncentred, detail=detail)


def statistics(
    X: FloatArray,
) -> tuple[list[tuple[FloatArray, FloatArray]], tuple[FloatArray, FloatArray, FloatArray]]:
    """Return centre and scale of each scaler, and each centre."""
    mean, low, high = X.mean(axis=0), X.min(axis=0), X.max(axis=0)
    first, median, third = np.percentile(X, (25, 50, 75), axis=0)
    deviation = X.std(axis=0)
    zero = np.zeros_like(mean)
    pairs = [
        (mean, deviation),
        (mean, deviation * np.sqrt(len(X) / max(1, len(X) - 1))),
        (low, high - low),
        (zero, np.maximum(np.abs(low), np.abs(high))),
        (median, third - first),
    ]
    # A constant column is divided by nothing, as scikit-learn does.
    return [(c, np.where(s > 0, s, 1.0)) for c, s in pairs], (mean, low, median)
