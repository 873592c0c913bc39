"""Outputs that stand in another order, have another sign, factor or intercept."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy.optimize import linear_sum_assignment

from pytest_modelparity.structure.ground import AffineMap, Ground
from pytest_modelparity.structure.hypothesis import Hypothesis

#: Factors that ports make: two units for one, bits for nats, bytes for shares.
FACTORS = (
    (2.0, "2"),
    (0.5, "1/2"),
    (math.log(2.0), "ln 2"),
    (1.0 / math.log(2.0), "1/ln 2"),
    (255.0, "255"),
    (1.0 / 255.0, "1/255"),
)


def of_outputs(ground: Ground) -> Iterator[Hypothesis]:
    """Yield what other outputs make of the reference."""
    coef, intercept = ground.reference.coef, ground.reference.intercept
    of_numbers = ground.y is not None
    if not of_numbers:
        yield _ordered(ground)
    # Of one logit another sign is another order of the classes.
    if of_numbers or len(coef) > 1:
        yield Hypothesis(name="sign-flipped", made=AffineMap(coef=-coef, intercept=-intercept))
    for factor, word in () if of_numbers else FACTORS:
        made = AffineMap(coef=factor * coef, intercept=factor * intercept)
        yield Hypothesis(name="logit-factor", made=made, detail=f"factor {word}")
    dropped = AffineMap(coef=coef, intercept=np.zeros_like(intercept))
    yield Hypothesis(name="intercept-dropped", made=dropped)
    if ground.candidate is not None:
        yield from _fitted(ground, ground.candidate)


def _ordered(ground: Ground) -> Hypothesis:
    """Return the reference with the order of classes that is nearest to the candidate's."""
    coef, intercept = ground.reference.coef, ground.reference.intercept
    if len(coef) == 1:
        return Hypothesis(
            name="class-order", made=AffineMap(coef=-coef, intercept=-intercept), detail="swapped"
        )
    own, P = ground.predicted, ground.P
    apart = np.square(own).sum(axis=0)[:, None] + np.square(P).sum(axis=0) - 2.0 * own.T @ P
    # Column j of the candidate is the reference's class order[j].
    order = np.argsort(linear_sum_assignment(apart)[1])
    return Hypothesis(
        name="class-order",
        made=AffineMap(coef=coef[order], intercept=intercept[order]),
        detail="columns " + ", ".join(map(str, order.tolist())),
        log_tried=math.lgamma(len(coef) + 1),
    )


def _fitted(ground: Ground, candidate: AffineMap) -> Iterator[Hypothesis]:
    """Yield the factor, and the intercept, that bring the reference nearest to the candidate."""
    reference = ground.reference
    z, wanted = (each.decision_function(ground.rows) for each in (reference, candidate))
    weights = np.ones((len(z), 1))
    if ground.y is None:
        # Where a prediction is certain its logit counts for nothing.
        weights = np.maximum(ground.P * (1.0 - ground.P), 1e-12).max(axis=1)[:, None]
    own = float((weights * z * z).sum())
    # Numbers that are all shrunk alike are those of a training that was stopped, where columns are
    # of one size and not correlated: only a factor with a name of its own is told of them.
    if own > 0 and ground.y is None:
        factor = float((weights * z * wanted).sum()) / own
        yield Hypothesis(
            name="logit-factor",
            made=AffineMap(coef=factor * reference.coef, intercept=factor * reference.intercept),
            detail=f"factor {factor:.6g}",
            n_free=1,
        )
    shift = (weights * (wanted - z)).sum(axis=0) / weights.sum()
    yield Hypothesis(
        name="intercept-shifted",
        made=AffineMap(coef=reference.coef, intercept=reference.intercept + shift),
        detail=", ".join(f"{value:+.4g}" for value in shift),
        n_free=max(1, len(shift) - 1),
    )
