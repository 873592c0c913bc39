"""Shares, must and one-of, from the probabilities of every blend."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_modelparity.parity.attribution import attribute_objective, attribute_one_by_one
from pytest_modelparity.parity.moves import Measure, Moves, moves_in_memory
from pytest_modelparity.parity.split import SplitPoints, split_of

NAMES = ("penalty", "class_weight", "rows_used")


def always_finite(changed: frozenset[str]) -> bool:
    return True


def additive(effects: dict[str, float]) -> Measure:
    """Blends in which each setting moves every probability by its own amount."""

    def optimum(changed: frozenset[str]) -> np.ndarray:
        return np.full((4, 1), float(sum(effects[name] for name in changed)))

    return moves_in_memory(optimum)


@given(st.integers(0, 2**32 - 1))
def test_shares_sum_to_one_for_any_blends(seed: int) -> None:
    generator = np.random.default_rng(seed)
    points = {
        frozenset(chosen): generator.normal(size=(5, 3))
        for size in range(4)
        for chosen in combinations(NAMES, size)
    }
    found = attribute_objective(NAMES, moves_in_memory(points.__getitem__), always_finite, 0.01)
    assert sum(effect.share or 0.0 for effect in found.effects) == pytest.approx(1.0)


def test_additive_effects_are_their_shares() -> None:
    effects = {"penalty": 0.3, "class_weight": -0.1, "rows_used": 0.2}
    found = attribute_objective(NAMES, additive(effects), always_finite, 0.01)
    shares = {effect.setting: effect.share for effect in found.effects}
    assert shares == {name: pytest.approx(value / 0.4) for name, value in effects.items()}
    assert all(effect.alone == pytest.approx(effect.last) for effect in found.effects)


def test_settings_that_each_matter_must_all_change() -> None:
    effects = {"penalty": 0.3, "class_weight": 0.1, "rows_used": 0.0}
    found = attribute_objective(NAMES, additive(effects), always_finite, 0.01)
    assert found.closing == (frozenset({"penalty", "class_weight"}),)
    assert found.must == {"penalty", "class_weight"}
    assert found.alternatives == frozenset()


def test_substitutes_are_alternatives() -> None:
    def optimum(changed: frozenset[str]) -> np.ndarray:
        return np.full((2, 1), 0.5 if changed & {"penalty", "rows_used"} else 0.0)

    found = attribute_objective(NAMES, moves_in_memory(optimum), always_finite, 0.01)
    assert found.must == frozenset()
    assert found.alternatives == {"penalty", "rows_used"}
    assert found.closing == (frozenset({"penalty"}), frozenset({"rows_used"}))


def test_a_gap_between_finite_and_infinite_is_never_closed() -> None:
    def penalised(changed: frozenset[str]) -> bool:
        return "penalty" in changed

    tiny = additive({"penalty": 0.001, "class_weight": 0.0, "rows_used": 0.0})
    found = attribute_objective(NAMES, tiny, penalised, 0.01)
    assert found.must == {"penalty"}


def test_many_settings_keep_the_most_effective() -> None:
    names = tuple(f"setting{index}" for index in range(10))
    effects = {name: 0.1 * (index + 1) for index, name in enumerate(names)}
    found = attribute_objective(names, additive(effects), always_finite, 0.01)
    assert [effect.setting for effect in found.effects] == list(names[2:])
    # The others belong to every repair.
    assert found.base == set(names[:2])


def counted(measure: Measure, asked: set[frozenset[str]]) -> Measure:
    def remembering(changed: Sequence[frozenset[str]]) -> Moves:
        asked.update(changed)
        return measure(changed)

    return remembering


def test_one_by_one_names_the_musts_and_drops_what_changes_nothing_with_few_optima() -> None:
    names = tuple(f"setting{index}" for index in range(8))
    effects = dict.fromkeys(names, 0.0) | {"setting2": 0.5, "setting5": 0.3}
    asked: set[frozenset[str]] = set()
    found = attribute_one_by_one(names, counted(additive(effects), asked), always_finite, 0.01)
    assert found.must == {"setting2", "setting5"}
    assert found.closing == (frozenset({"setting2", "setting5"}),)
    assert found.alternatives == frozenset()
    assert len(asked) <= 3 * len(names) + 2
    assert [effect.share for effect in found.effects] == [None] * 8


def test_one_by_one_calls_no_substitute_a_must() -> None:
    def either(changed: frozenset[str]) -> np.ndarray:
        return np.full((1, 1), float(bool(changed & {"penalty", "class_weight"})))

    found = attribute_one_by_one(NAMES, moves_in_memory(either), always_finite, 0.01)
    assert found.must == frozenset()
    ((kept,),) = found.closing
    assert kept in ("penalty", "class_weight")
    assert found.alternatives == {kept}


def test_one_by_one_does_not_drop_what_alone_has_a_finite_optimum() -> None:
    flat = additive(dict.fromkeys(NAMES, 0.0))
    found = attribute_one_by_one(NAMES, flat, lambda changed: "penalty" in changed, 0.01)
    assert found.must == {"penalty"}


@given(st.integers(0, 2**32 - 1))
def test_split_shares_sum_to_one(seed: int) -> None:
    generator = np.random.default_rng(seed)
    split = split_of(SplitPoints(**_corners(generator)).parts)
    parts = (split.reference_error, split.objective_gap, split.candidate_error)
    assert sum(part.share or 0.0 for part in parts) == pytest.approx(1.0)


def test_shares_below_the_resolution_are_not_given() -> None:
    corners = {name: value * 1e-9 for name, value in _corners(np.random.default_rng(0)).items()}
    split = split_of(SplitPoints(**corners, resolution=1e-6).parts)
    assert split.objective_gap.share is None


def test_parts_that_cancel_have_opposite_signs() -> None:
    zero, one = np.zeros((3, 1)), np.ones((3, 1))
    split = split_of(
        SplitPoints(
            reference=zero, reference_optimum=zero, candidate_optimum=-one, candidate=0.5 * one
        ).parts
    )
    assert split.objective_gap.share == pytest.approx(-2.0)
    assert split.candidate_error.share == pytest.approx(3.0)


def _corners(generator: np.random.Generator) -> dict[str, np.ndarray]:
    names = ("reference", "reference_optimum", "candidate_optimum", "candidate")
    return {name: generator.normal(size=(6, 2)) for name in names}
