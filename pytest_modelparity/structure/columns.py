"""Columns that are missing on one side, or in other units."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from pytest_modelparity.structure.ground import AffineMap, Ground
from pytest_modelparity.structure.hypothesis import Hypothesis

#: So many columns may be missing.
MOST_DROPPED = 3
#: A column is missing where the candidate has so small a part of the reference's weight.
MISSING = 0.05
#: A column counts from this part of the largest on.
COUNTS = 1e-3
#: Columns that are tried in other units: those whose effect differs most.
MOST_UNITS = 5
#: Factors between units, with their inverses: powers of ten, per cent, time, inches, pounds, miles.
UNITS = (10.0, 100.0, 1000.0, 1e6, 60.0, 3600.0, 24.0, 12.0, 2.54, 25.4, 0.45359237, 1.609344)
#: How near a factor must be to be one of these.
SAME_UNIT = 1e-3


def of_columns(ground: Ground) -> Iterator[Hypothesis]:
    """Yield the reference without some columns, and with one in other units."""
    if ground.candidate is None:
        return
    effect = np.abs(ground.reference.coef).max(axis=0) * ground.columns.deviation
    own = np.abs(ground.candidate.coef).max(axis=0) * ground.columns.deviation
    counts = effect > COUNTS * effect.max()
    missing = np.flatnonzero(counts & (own <= MISSING * effect))
    if 1 <= len(missing) <= MOST_DROPPED and len(missing) < counts.sum():
        yield from _dropped(ground, missing.tolist())
    yield from _in_other_units(ground, ground.candidate)


def _dropped(ground: Ground, missing: Sequence[int]) -> Iterator[Hypothesis]:
    """Yield the reference without columns: zeros in their place, or their means."""
    reference, p = ground.reference, ground.n_features
    coef = reference.coef.copy()
    coef[:, missing] = 0.0
    at_mean = reference.intercept + reference.coef[:, missing] @ ground.columns.mean[missing]
    for detail, intercept in (("", reference.intercept), ("their mean in its place", at_mean)):
        yield Hypothesis(
            name="columns-dropped",
            made=AffineMap(coef=coef, intercept=intercept),
            detail=detail.replace("their", "its" if len(missing) == 1 else "their"),
            columns=tuple(ground.names[j] for j in missing),
            log_tried=math.log(math.comb(p, len(missing))),
        )


def _in_other_units(ground: Ground, candidate: AffineMap) -> Iterator[Hypothesis]:
    """Yield the reference with one column times a number, for the columns that differ most."""
    reference = ground.reference
    apart = np.abs(candidate.coef - reference.coef).max(axis=0) * ground.columns.deviation
    for j in np.argsort(-apart, kind="stable")[:MOST_UNITS].tolist():
        own = reference.coef[:, j]
        size = float(own @ own)
        if not size > 0:
            continue
        factor = _named_unit(float(own @ candidate.coef[:, j]) / size)
        coef = reference.coef.copy()
        coef[:, j] *= factor
        yield Hypothesis(
            name="column-in-other-units",
            made=AffineMap(coef=coef, intercept=reference.intercept),
            detail=f"times {factor:.6g}",
            columns=(ground.names[j],),
            n_free=1,
            log_tried=math.log(ground.n_features),
        )


def _named_unit(factor: float) -> float:
    """Return a factor, exactly that between two units where it is near one."""
    for unit in (*UNITS, *(1.0 / unit for unit in UNITS)):
        if abs(factor / unit - 1.0) <= SAME_UNIT:
            return unit
    return factor
