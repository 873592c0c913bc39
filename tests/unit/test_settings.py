"""Whether two sides' settings mean the same: what the causes and the page agree on."""

from __future__ import annotations

import math

import pytest

from pytest_modelparity.settings import (
    OBJECTIVE_SETTINGS,
    ObjectiveSettings,
    same_setting,
    same_value,
)

inf, nan = math.inf, math.nan


@pytest.mark.parametrize("name", OBJECTIVE_SETTINGS)
def test_every_setting_of_an_objective_is_the_same_as_itself(name: str) -> None:
    side = ObjectiveSettings(l2_strength=0.1, l1_strength=0.2)
    assert same_setting(name, side, side) is True


@pytest.mark.parametrize(
    "name,first,second,same",
    [
        ("penalty", {"l2_strength": 0.1}, {"l1_strength": 0.1}, False),
        ("penalty", {"l2_strength": 0.1}, {"l2_strength": 0.2}, True),
        ("C", {"l2_strength": 0.1}, {"l2_strength": 0.1 * (1 + 1e-9)}, True),
        ("C", {"l2_strength": 0.1}, {"l2_strength": 0.11}, False),
        ("C", {"l2_strength": 0.1}, {}, None),
        ("l1_ratio", {}, {}, None),
        ("intercept_penalty", {"fit_intercept": False}, {}, None),
        (
            "intercept_penalty",
            {"l2_strength": 0.1, "intercept_l2_strength": 0.1},
            {"l2_strength": 0.2, "intercept_l2_strength": 0.2},
            True,
        ),
        ("class_weight", {"class_weight": (1.0, 1.0)}, {}, True),
        ("class_weight", {"class_weight": (1.0, 2.0)}, {}, False),
        ("feature_scaling", {"feature_shift": (0.0, 0.0)}, {}, True),
        ("feature_scaling", {"feature_shift": (1.0, 1.0)}, {}, False),
        ("feature_scaling", {"feature_scale": (1.0, 1.0)}, {}, True),
        ("feature_scaling", {"feature_scale": (1.0,)}, {"feature_scale": (1.0, 1.0)}, False),
        ("loss", {"weights_normalised": True}, {}, False),
        ("rows_used", {"rows_used": 80}, {}, False),
    ],
)
def test_a_setting_is_compared_by_its_meaning(
    name: str, first: dict, second: dict, same: bool | None
) -> None:
    sides = ObjectiveSettings(**first), ObjectiveSettings(**second)
    assert same_setting(name, *sides) is same
    assert same_setting(name, *reversed(sides)) is same


@pytest.mark.parametrize(
    "first,second,same",
    [(inf, inf, True), (inf, 1.0, False), (nan, nan, False), ("l2", "l2", True), (None, 1, False)],
)
def test_values_are_the_same_up_to_rounding(first: object, second: object, same: bool) -> None:
    assert same_value(first, second) is same
