"""Blends of two objectives: every setting is the candidate's or, where changed, the reference's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_modelparity.parity.blends import SideObjective, blend, differing
from pytest_modelparity.parity.strengths import in_same_terms, strength_note
from pytest_modelparity.settings import ObjectiveSettings

N = 40


@st.composite
def objectives(draw: Any) -> SideObjective:
    """Any objective that a side can have."""
    strength = draw(st.sampled_from([0.0, 0.01, 0.3]))
    ratio = draw(st.sampled_from([0.0, 0.25, 1.0]))
    fit_intercept = draw(st.booleans())
    penalised = fit_intercept and draw(st.booleans())
    bias = draw(st.sampled_from([0.05, 1.0])) if penalised else 0.0
    weighted = draw(st.booleans())
    settings = ObjectiveSettings(
        l2_strength=strength * (1 - ratio),
        l1_strength=strength * ratio,
        intercept_l2_strength=bias,
        intercept_l1_strength=0.5 * bias if ratio == 1.0 else 0.0,
        fit_intercept=fit_intercept,
        class_weight=draw(st.sampled_from([None, (1.0, 3.0)])),
        sample_weight=weighted,
        rows_used=draw(st.sampled_from([None, 30])),
        loss_scale=draw(st.sampled_from([1.0, 32.0])),
        weights_normalised=draw(st.booleans()),
        label_smoothing=draw(st.sampled_from([0.0, 0.1])),
        output_head=draw(st.sampled_from(["sigmoid", "softmax"])),
        feature_shift=draw(st.sampled_from([None, (1.0, 2.0)])),
        feature_scale=draw(st.sampled_from([None, (3.0, 0.5)])),
    )
    weights = np.linspace(0.5, 2.0, N) if weighted else None
    return SideObjective(settings=settings, sample_weight=weights)


def numbers(settings: ObjectiveSettings) -> list[Any]:
    """Return what decides the optimum; the penalty of an absent intercept does not."""
    return [
        pytest.approx(settings.l2_strength, rel=1e-9),
        pytest.approx(settings.l1_strength, rel=1e-9),
        pytest.approx(settings.intercept_l2_strength, rel=1e-9),
        pytest.approx(settings.intercept_l1_strength, rel=1e-9),
    ]


def strengths(settings: ObjectiveSettings) -> list[float]:
    return [
        settings.l2_strength,
        settings.l1_strength,
        settings.intercept_l2_strength,
        settings.intercept_l1_strength,
    ]


def others(side: SideObjective) -> ObjectiveSettings:
    return replace(
        side.settings,
        l2_strength=0.0,
        l1_strength=0.0,
        intercept_l2_strength=0.0,
        intercept_l1_strength=0.0,
    )


@given(objectives(), objectives())
def test_nothing_changed_is_the_candidate(reference: SideObjective, candidate: Any) -> None:
    found = blend(reference, candidate, ())
    assert strengths(found.settings) == numbers(candidate.settings)
    assert others(found) == others(candidate)
    assert found.sample_weight is candidate.sample_weight


@given(objectives(), objectives())
def test_everything_changed_is_the_reference(reference: SideObjective, candidate: Any) -> None:
    changed = differing(reference, candidate)
    found = blend(reference, candidate, changed)
    assert strengths(found.settings) == numbers(reference.settings)
    assert differing(reference, found) == ()


@given(objectives())
def test_a_side_does_not_differ_from_itself(side: SideObjective) -> None:
    assert differing(side, side) == ()


def side(**settings: Any) -> SideObjective:
    return SideObjective(settings=ObjectiveSettings(**settings), sample_weight=None)


def test_missing_penalty_is_called_penalty() -> None:
    assert differing(side(l2_strength=0.1), side()) == ("penalty",)


def test_another_type_is_called_penalty() -> None:
    assert differing(side(l2_strength=0.1), side(l1_strength=0.1)) == ("penalty",)


def test_another_strength_of_one_type_is_called_c() -> None:
    assert differing(side(l2_strength=0.1), side(l2_strength=0.2)) == ("C",)


def test_another_mix_of_an_elastic_net_is_called_l1_ratio() -> None:
    reference = side(l2_strength=0.05, l1_strength=0.05)
    assert differing(reference, side(l2_strength=0.075, l1_strength=0.025)) == ("l1_ratio",)


def test_strength_in_float32_is_the_same_strength() -> None:
    assert differing(side(l2_strength=0.1), side(l2_strength=float(np.float32(0.1)))) == ()


def test_missing_penalty_takes_the_intercepts_along() -> None:
    liblinear = side(l2_strength=0.1, intercept_l2_strength=0.1)
    assert differing(liblinear, side()) == ("penalty",)
    found = blend(liblinear, side(), ("penalty",)).settings
    assert found.intercept_l2_strength == pytest.approx(0.1)


def test_penalised_intercept_alone_is_a_setting_of_its_own() -> None:
    reference = side(l2_strength=0.1)
    candidate = side(l2_strength=0.1, intercept_l2_strength=0.1)
    assert differing(reference, candidate) == ("intercept_penalty",)


def test_both_strengths_in_proportion_differ_in_c_alone() -> None:
    reference = side(l2_strength=0.1, intercept_l2_strength=0.1)
    candidate = side(l2_strength=0.2, intercept_l2_strength=0.2)
    assert differing(reference, candidate) == ("C",)


def test_weights_of_one_are_no_weights() -> None:
    plain = side()
    ones = SideObjective(settings=ObjectiveSettings(sample_weight=True), sample_weight=np.ones(N))
    assert differing(plain, ones) == ()
    twos = replace(ones, sample_weight=2 * np.ones(N))
    assert differing(plain, twos) == ("sample_weight",)


@pytest.mark.parametrize(
    "factor, words",
    [(2.0, "1/2"), (0.5, "half"), (N, "times too strong"), (2 * N, "1/(2 n)"), (1 / N, "too weak")],
)
def test_a_forgotten_factor_is_recognised(factor: float, words: str) -> None:
    reference = ObjectiveSettings(l2_strength=0.1)
    note = strength_note(reference, ObjectiveSettings(l2_strength=0.1 * factor), N)
    assert words in note


def test_another_factor_is_only_measured() -> None:
    note = strength_note(ObjectiveSettings(l2_strength=0.1), ObjectiveSettings(l2_strength=0.7), N)
    assert note == "the penalty is 7 times as strong"


def test_two_values_of_one_parameter_forgot_no_factor() -> None:
    settings = (ObjectiveSettings(l2_strength=strength) for strength in (0.1, 0.2))
    note = strength_note(*settings, N, same_terms=in_same_terms("C=1.0", "C=0.5"))
    assert note == "the penalty is 2 times as strong"
    assert not in_same_terms("C=1.0", "L2(0.005)")
    assert not in_same_terms("C=1.0", "alpha=0.005")


def test_no_strength_no_note() -> None:
    assert strength_note(ObjectiveSettings(), ObjectiveSettings(l2_strength=0.7), N) == ""


def test_a_penalty_of_the_same_effect_on_two_units_is_no_difference() -> None:
    sigmoid = side(l2_strength=0.1, intercept_l2_strength=0.1)
    softmax = side(l2_strength=0.2, intercept_l2_strength=0.2, output_head="softmax")
    assert differing(sigmoid, softmax) == ("output_head",)
    assert differing(softmax, sigmoid) == ("output_head",)


def test_a_changed_strength_has_its_effect_on_the_head_that_stays() -> None:
    sigmoid, softmax = side(l2_strength=0.1), side(l2_strength=0.1, output_head="softmax")
    assert differing(sigmoid, softmax) == ("C", "output_head")
    changed = blend(sigmoid, softmax, {"C"}).settings
    assert (changed.output_head, changed.l2_strength) == ("softmax", 0.2)
    changed = blend(sigmoid, softmax, {"output_head"}).settings
    assert (changed.output_head, changed.l2_strength) == ("sigmoid", 0.1)


def test_an_l1_penalty_is_the_same_on_both_heads() -> None:
    sigmoid, softmax = side(l1_strength=0.1), side(l1_strength=0.1, output_head="softmax")
    assert differing(sigmoid, softmax) == ("output_head",)


def test_a_penalty_that_is_right_for_its_head_goes_with_the_head() -> None:
    sigmoid = side(l2_strength=0.1)
    softmax = side(l2_strength=0.2, output_head="softmax")
    assert blend(sigmoid, softmax, {"output_head"}).settings == sigmoid.settings
    assert blend(softmax, sigmoid, {"output_head"}).settings == softmax.settings
