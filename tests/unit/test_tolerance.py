"""`Tolerance`: what it accepts, what it refuses, and its way to builtin types and back."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_modelparity import ModelParityError, Tolerance

ALLOWED = st.floats(min_value=0, allow_infinity=False, allow_nan=False)


def test_only_the_probability_is_judged_by_default() -> None:
    assert Tolerance().to_dict() == {
        "probability": 0.01,
        "prediction": None,
        "probability_rms": None,
        "prediction_rms": None,
        "labels": None,
        "decision_function": None,
        "coef": None,
        "intercept": None,
        "score": None,
        "log_loss": None,
        "worst_case": None,
        "worst_case_box": None,
    }


@given(ALLOWED, st.none() | ALLOWED)
def test_the_dictionary_gives_the_tolerance_back(probability: float, coef: float | None) -> None:
    tolerance = Tolerance(probability=probability, coef=coef)
    assert Tolerance.from_dict(tolerance.to_dict()) == tolerance


def test_a_number_is_the_probability() -> None:
    assert Tolerance.of(0.05) == Tolerance(probability=0.05)


def test_an_integer_becomes_a_float() -> None:
    assert type(Tolerance(labels=0).labels) is float


def test_nothing_is_the_default() -> None:
    assert Tolerance.of(None) == Tolerance()


def test_a_tolerance_stays_itself() -> None:
    tolerance = Tolerance(probability=0.5, labels=0.1)
    assert Tolerance.of(tolerance) is tolerance


@pytest.mark.parametrize("wrong", [-1e-9, math.nan, math.inf, -math.inf, "0.01", True, [0.01]])
def test_anything_else_is_refused_with_its_value(wrong: object) -> None:
    with pytest.raises(ModelParityError) as caught:
        Tolerance.of(wrong)  # type: ignore[arg-type]
    assert str(caught.value) == (
        f"tolerance probability must be a finite number >= 0, got probability={wrong!r}; "
        "give a number such as 0.01, or Tolerance(probability=0.01, labels=0.0)"
    )


def test_the_probability_cannot_be_left_out() -> None:
    with pytest.raises(ModelParityError, match="got probability=None"):
        Tolerance(probability=None)  # type: ignore[arg-type]


def test_the_error_names_the_field() -> None:
    with pytest.raises(ModelParityError, match=r"tolerance coef must be .* got coef=-1"):
        Tolerance(coef=-1)
