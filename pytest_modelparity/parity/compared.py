"""Every setting on both sides, as their objectives have it and not only as it is written."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pytest_modelparity.parity.journal import Journal
from pytest_modelparity.parity.pair import Pair
from pytest_modelparity.parity.strengths import as_on_head, in_same_terms, strength_note
from pytest_modelparity.report.compared import ComparedSetting, compared_settings
from pytest_modelparity.report.numbers import number
from pytest_modelparity.settings import OBJECTIVE_SETTINGS
from pytest_modelparity.sides.objective import SideObjective

#: Weights differ by one factor where all ratios are within this part of each other.
SAME_RATIO = 1e-3


def compare_settings(
    pair: Pair, journal: Journal, *, explained: bool
) -> tuple[ComparedSetting, ...]:
    """Return every setting, with what is known of its value, its difference and its effect.

    Parameters
    ----------
    journal : Journal
        With the settings that a side was trained again with.
    explained : bool
        Whether causes were looked for.
    """
    sides = (pair.reference, pair.candidate)
    found = compared_settings({side.name: side.settings for side in sides})
    return tuple(_with_meaning(pair, journal, item, explained=explained) for item in found)


def _with_meaning(
    pair: Pair, journal: Journal, item: ComparedSetting, *, explained: bool
) -> ComparedSetting:
    """Return one setting with what its words do not say."""
    blends = pair.blends
    looked_for = item.setting in journal.tried
    if item.setting in OBJECTIVE_SETTINGS and item.setting not in journal.left_open:
        looked_for |= explained
    if item.setting not in OBJECTIVE_SETTINGS:
        return replace(item, looked_for=looked_for)
    if blends is None:
        return _of_prepared_rows(pair, item)
    differs = item.setting in blends.differing
    # Blends know the arrays of weights, and in which head's terms a penalty counts.
    same = False if differs else None if item.same is None else True
    if item.setting == "intercept_penalty" and item.same is False and not differs:
        # One side has no penalty at all: this one comes and goes with it.
        same = None
    if item.setting in ("C", "l1_ratio") and item.same is False and "penalty" in blends.differing:
        # Strengths of two kinds of penalty do not compare.
        same = False if differs else None
    reference, candidate = pair.reference.objective, pair.candidate.objective
    assert reference is not None
    assert candidate is not None
    found = replace(item, same=same, looked_for=looked_for)
    if item.setting == "C":
        return _strengths(pair, found, reference, candidate)
    if differs and item.setting in ("sample_weight", "class_weight"):
        return replace(found, note=_weights_note(pair, item.setting, reference, candidate))
    return found


def _of_prepared_rows(pair: Pair, item: ComparedSetting) -> ComparedSetting:
    """Return a setting of a candidate that is known but for rows it does not predict."""
    found = pair.inference.get("candidate")
    if found is None or not found.lost_its_preparation or not item.candidate:
        return item
    return replace(item, same=item.setting not in found.settings)


def _strengths(
    pair: Pair, item: ComparedSetting, reference: SideObjective, candidate: SideObjective
) -> ComparedSetting:
    """Return C with the candidate's penalty in the reference's terms."""
    first, n = reference.settings, pair.data.n_samples
    second = as_on_head(candidate.settings, first.output_head)
    if not second.strength > 0:
        return replace(item, candidate="no penalty")
    same = item.same if first.strength > 0 else None
    # Where it is written as a regularizer, that stands beside the penalty already.
    own = item.candidate != pair.candidate.settings.word("penalty") or not pair.data.n_classes
    word = item.candidate if own else f"C={number(1.0 / (second.strength * n))}"
    note = ""
    if same is False:
        terms = in_same_terms(item.reference, item.candidate)
        note = strength_note(
            first, candidate.settings, n, same_terms=terms, n_outputs=pair.data.n_classes
        )
    return replace(item, candidate=word, same=same, note=note)


def _weights_note(
    pair: Pair, setting: str, reference: SideObjective, candidate: SideObjective
) -> str:
    """Say how the weights of both sides are related."""
    first, second = (_weights(pair, setting, objective) for objective in (reference, candidate))
    # A row without weight has no ratio, and differs where the other has one.
    counted = (first > 0) | (second > 0)
    if not counted.any() or not (first[counted] > 0).all():
        return ""
    ratios = second[counted] / first[counted]
    low, high = float(ratios.min()), float(ratios.max())
    if high - low <= SAME_RATIO * high:
        return f"{_factor(high)} times the reference's: a common factor acts as C"
    return f"{_factor(low)} to {_factor(high)} times the reference's"


def _factor(value: float) -> str:
    """Return a factor; one that somebody wrote as a whole number is one, not ``1e3``."""
    whole = round(value)
    near = 0 < whole < 1e6 and abs(value - whole) <= SAME_RATIO * whole
    return str(whole) if near else number(value)


def _weights(pair: Pair, setting: str, objective: SideObjective) -> np.ndarray:
    """Return what a setting makes each row weigh."""
    if setting == "class_weight":
        given, pairs = objective.settings.class_weight, objective.settings.binary_weight
        by_class = np.ones(pair.data.n_classes) if given is None else np.asarray(given)
        # In the problem of its own class, and in that of another.
        each = np.ones((len(by_class), 2)) if pairs is None else np.asarray(pairs)
        return np.asarray(by_class[:, None] * each, dtype=np.float64)
    weights = objective.sample_weight if objective.settings.sample_weight else None
    return np.ones(pair.data.n_samples) if weights is None else np.asarray(weights, np.float64)
