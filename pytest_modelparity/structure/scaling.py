"""Features that are scaled on one side and not on the other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pytest_modelparity.structure.ground import AffineMap, Ground
from pytest_modelparity.structure.hypothesis import Hypothesis
from pytest_modelparity.structure.statistics import CENTRES, SCALERS


def scaled(ground: Ground) -> Iterator[Hypothesis]:
    """Yield what a forgotten or repeated scaler makes of the reference."""
    if not isinstance(ground.X, np.ndarray):
        return
    columns = ground.columns
    coef, intercept = ground.reference.coef, ground.reference.intercept
    for detail, (centre, scale) in zip(SCALERS, columns.scalers, strict=True):
        forgotten = AffineMap(coef=coef * scale, intercept=intercept + coef @ centre)
        yield Hypothesis(name="scaler-forgotten", made=forgotten, detail=detail)
        twice = AffineMap(coef=coef / scale, intercept=intercept - coef @ (centre / scale))
        yield Hypothesis(name="scaler-applied-twice", made=twice, detail=detail)
    for detail, centre in zip(CENTRES, columns.centres, strict=True):
        # Whatever it divides by: the weights undo that.
        uncentred = AffineMap(coef=coef, intercept=intercept + coef @ centre)
        yield Hypothesis(name="centring-forgotten", made=uncentred, detail=detail)
