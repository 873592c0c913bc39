"""Weights that were rounded to fewer bits."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pytest_modelparity.structure.ground import AffineMap, Ground
from pytest_modelparity.structure.hypothesis import Hypothesis
from pytest_modelparity.theory.design import FloatArray

#: Whole numbers of int8 without -128, as symmetric quantisation has them.
LEVELS = 127


def rounded(ground: Ground) -> Iterator[Hypothesis]:
    """Yield the reference with its weights rounded."""
    held = ground.held
    for name, to in (("rounded-to-float16", _float16), ("rounded-to-bfloat16", _bfloat16)):
        coef, intercept = to(held.coef), to(held.intercept)
        if not (np.isfinite(coef).all() and np.isfinite(intercept).all()):
            continue
        made = AffineMap(coef=coef, intercept=intercept)
        yield Hypothesis(name=name, made=made)
        made = AffineMap(coef=coef, intercept=held.intercept)
        yield Hypothesis(name=name, made=made, detail="the intercept is not")
    largest = np.abs(held.coef).max()
    for detail, scale in (
        ("per tensor", np.full((len(held.coef), 1), largest)),
        ("per class", np.abs(held.coef).max(axis=1, keepdims=True)),
    ):
        step = np.where(scale > 0, scale, 1.0) / LEVELS
        made = AffineMap(coef=np.rint(held.coef / step) * step, intercept=held.intercept)
        yield Hypothesis(name="rounded-to-int8", made=made, detail=detail)
        if len(held.coef) == 1:
            return


def _float16(values: FloatArray) -> FloatArray:
    """Return numbers rounded to float16; infinite beyond its range."""
    with np.errstate(over="ignore"):
        return values.astype(np.float16).astype(np.float64)


def _bfloat16(values: FloatArray) -> FloatArray:
    """Return numbers rounded to the nearest bfloat16, ties to even: the upper half of a float32."""
    bits = values.astype(np.float32).view(np.uint32)
    kept = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) & np.uint32(
        0xFFFF0000
    )
    return kept.view(np.float32).astype(np.float64)
