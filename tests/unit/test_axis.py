"""Where values stand on an axis, and which of them are told."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_modelparity.reporters.axis import LARGEST, Axis, axis_of, drawable

DRAWABLE = st.floats(-LARGEST, LARGEST)


@given(st.lists(DRAWABLE, max_size=5), st.booleans(), DRAWABLE)
def test_every_value_has_a_place_between_the_ends(
    values: list[float], linear: bool, other: float
) -> None:
    axis = axis_of(values, linear=linear)
    for value in [*values, other]:
        assert 0 <= axis.at(value) <= 1
    assert all(0 <= at <= 1 for at, _ in axis.ticks())


@given(st.lists(DRAWABLE, min_size=2, max_size=5), st.booleans())
def test_a_larger_value_never_stands_before_a_smaller_one(values: list[float], lin: bool) -> None:
    axis = axis_of(values, linear=lin)
    places = [axis.at(value) for value in sorted(values)]
    assert places == sorted(places)


@pytest.mark.parametrize(
    "values,linear,log",
    [
        ([0.01, 1.0], False, True),
        ([0.0, 0.01, 1.0], False, True),
        ([0.01, 1.0], True, False),
        ([0.5, 1.0], False, False),
        ([-0.01, 1.0], False, False),
        # So small that it is drawn as nothing.
        ([5e-324, 1.0], False, False),
        ([], False, False),
    ],
)
def test_positive_values_that_are_far_apart_are_logarithmic(
    values: list[float], linear: bool, log: bool
) -> None:
    assert axis_of(values, linear=linear).log is log


@pytest.mark.parametrize(
    "axis,told",
    [
        (Axis(low=0, high=1), ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (Axis(low=-1.2, high=1.2), ["-1", "-0.5", "0", "0.5", "1"]),
        (Axis(low=1, high=12, log=True), ["1", "2", "5", "10"]),
        (Axis(low=1e-8, high=1, log=True), ["1e-8", "1e-6", "0.0001", "0.01", "1"]),
    ],
)
def test_ticks_are_round_and_few(axis: Axis, told: list[str]) -> None:
    assert [text for _, text in axis.ticks()] == told


@pytest.mark.parametrize(
    "value,has_place",
    [
        (0.0, True),
        (-1e30, True),
        (1e31, False),
        (math.nan, False),
        (math.inf, False),
        (None, False),
    ],
)
def test_what_is_no_number_has_no_place(value: float | None, has_place: bool) -> None:
    assert drawable(value) is has_place


def test_an_integer_too_large_for_a_float_has_no_place() -> None:
    assert not drawable(10**400)
