"""The finding that a global seed makes every epoch of a training the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from pytest_modelparity.parity.pair import Pair
from pytest_modelparity.parity.side import TRAINING, predict_at_optimum
from pytest_modelparity.report.numbers import number
from pytest_modelparity.report.parts import Finding
from pytest_modelparity.report.sentences import on_rows
from pytest_modelparity.sides.objective import SideObjective
from pytest_modelparity.sides.optimum import optimum_of

#: A displacement of the optimum below this part of the tolerance is not worth a sentence.
NOTICEABLE = 0.1


def seeded_shuffle(pair: Pair) -> Iterator[Finding]:
    """Say how far one permutation that is replayed in every epoch moves the optimum."""
    weights, objective = pair.candidate.fitted.replayed_weight, pair.candidate.objective
    side = pair.candidate
    optimum = side.target if side.may_be_finite else side.target_on(TRAINING)
    # Only where the last batch is short: its rows then weigh batch_size / rows more in every epoch,
    # and `fit` converges to the optimum of that objective. wine in batches of 32 ended 0.0028 to
    # 0.015 from scikit-learn, and 0.0004 to 0.0014 from it.
    if weights is None or objective is None or optimum is None:
        return
    if pair.candidate.fitted.coef is None:
        return
    own = np.ones_like(weights) if objective.sample_weight is None else objective.sample_weight
    replayed = SideObjective(
        settings=replace(objective.settings, sample_weight=True), sample_weight=own * weights
    )
    own_optimum = pair.candidate.optimum
    start = (
        (own_optimum.coef, own_optimum.intercept) if own_optimum and own_optimum.finite else None
    )
    moved_optimum = optimum_of(replayed, pair.data, start)
    moved = optimum.distance(predict_at_optimum(replayed, moved_optimum, pair.data, optimum.rows))
    if not moved > NOTICEABLE * pair.allowed:
        return
    heavier = float(weights.max() / weights.min())
    yield Finding(
        slug="seeded-shuffle",
        text=f"TensorFlow's global seed is set, so fit replays one permutation: the same "
        f"{int((weights == weights.max()).sum())} rows make the short last batch of every epoch "
        f"and weigh {number(heavier)} times as much, which moves the optimum by "
        f"{number(moved, 2)}{on_rows(pair.named(optimum.rows))}; shuffle by hand, or "
        f"use a batch_size that divides the rows",
    )
