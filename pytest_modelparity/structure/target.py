"""Predictions of a target that is scaled, centred or in other units on one side."""

from __future__ import annotations

import math
from collections.abc import Iterator

from pytest_modelparity.structure.columns import UNITS
from pytest_modelparity.structure.ground import AffineMap, Ground
from pytest_modelparity.structure.hypothesis import Hypothesis
from pytest_modelparity.structure.statistics import CENTRES, SCALERS, ColumnStatistics


def of_target(ground: Ground) -> Iterator[Hypothesis]:
    """Yield what another target makes of a regressor; nothing of a classifier."""
    if ground.y is None:
        return
    coef, intercept = ground.reference.coef, ground.reference.intercept
    units = (*UNITS, *(1.0 / unit for unit in UNITS))
    if ground.is_exponential:
        for unit in units:
            made = AffineMap(coef=coef, intercept=intercept + math.log(unit))
            yield Hypothesis(name="target-factor", made=made, detail=f"factor {unit:.6g}")
        return
    column = ColumnStatistics(sample=ground.y.reshape(-1, 1))
    for detail, (centre, scale) in zip(SCALERS, column.scalers, strict=True):
        scaled = AffineMap(coef=coef / scale, intercept=(intercept - centre) / scale)
        yield Hypothesis(name="target-scaled", made=scaled, detail=detail)
        undone = AffineMap(coef=coef * scale, intercept=intercept * scale + centre)
        yield Hypothesis(name="target-unscaled", made=undone, detail=detail)
    for detail, centre in zip(CENTRES, column.centres, strict=True):
        centred = AffineMap(coef=coef, intercept=intercept - centre)
        yield Hypothesis(name="target-centred", made=centred, detail=detail)
    for unit in units:
        made = AffineMap(coef=unit * coef, intercept=unit * intercept)
        yield Hypothesis(name="target-factor", made=made, detail=f"factor {unit:.6g}")
