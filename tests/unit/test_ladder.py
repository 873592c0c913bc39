"""The steps of a check, and what both sides' settings say beside each other."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from pytest_modelparity import ParityReport
from pytest_modelparity.report.parts import Divergence, Split, SplitPart, StructureCheck
from pytest_modelparity.reporters.compared import setting_rows
from pytest_modelparity.reporters.ladder import steps
from pytest_modelparity.settings import ModelSettings, ObjectiveSettings, TrainingSettings


def states(report: ParityReport) -> dict[str, tuple[str, str]]:
    return {step.name: (step.state, step.result) for step in steps(report)}


def split(reference: float, gap: float, candidate: float) -> Split:
    parts = [SplitPart(rms=x / 2, largest=x) for x in (reference, gap, candidate)]
    return Split(reference_error=parts[0], objective_gap=parts[1], candidate_error=parts[2])


def test_the_steps_go_from_structure_to_scores(diverged_report: ParityReport) -> None:
    assert states(diverged_report) == {
        "Structure": ("unknown", "not tested"),
        "Objective": ("fails", "differs"),
        "Optimality": ("fails", "candidate stopped early"),
        "Probabilities": ("fails", "beyond tolerance"),
        "Labels": ("fails", "beyond tolerance"),
        "Parameters": ("apart", "not judged"),
        "Scores": ("unknown", "not compared"),
    }


@pytest.mark.parametrize("agrees,state", [(True, "holds"), (False, "fails"), (None, "unknown")])
def test_the_structure_holds_where_the_same_weights_predict_the_same(
    equivalent_report: ParityReport, agrees: bool | None, state: str
) -> None:
    structure = StructureCheck(agrees=agrees, distance=0.3, allowed=0.5)
    assert states(replace(equivalent_report, structure=structure))["Structure"][0] == state


@pytest.mark.parametrize(
    "gap,state",
    [(0.0, "holds"), (0.005, "apart"), (0.5, "fails"), (math.nan, "fails")],
)
def test_the_objective_fails_where_its_gap_is_beyond_the_tolerance(
    equivalent_report: ParityReport, gap: float, state: str
) -> None:
    report = replace(equivalent_report, split=split(0, gap, 0))
    assert states(report)["Objective"][0] == state


@pytest.mark.parametrize(
    "reference,candidate,told",
    [
        (0.0, 0.005, ("holds", "both arrived")),
        (0.5, 0.0, ("fails", "reference stopped early")),
        (math.nan, 0.5, ("fails", "reference and candidate stopped early")),
    ],
)
def test_a_side_arrived_where_its_own_error_is_within_the_tolerance(
    equivalent_report: ParityReport, reference: float, candidate: float, told: tuple
) -> None:
    report = replace(equivalent_report, split=split(reference, 0, candidate))
    assert states(report)["Optimality"] == told


@pytest.mark.parametrize(
    "value,allowed,told",
    [
        (0.0, None, ("holds", "same")),
        (0.1, None, ("apart", "not judged")),
        (0.1, 0.2, ("holds", "within tolerance")),
        (0.3, 0.2, ("fails", "beyond tolerance")),
        (math.nan, 0.2, ("fails", "beyond tolerance")),
        (math.nan, None, ("apart", "not judged")),
    ],
)
def test_a_measured_step_is_judged_by_its_tolerance(
    equivalent_report: ParityReport, value: float, allowed: float | None, told: tuple
) -> None:
    found = {"labels": Divergence(value=value, allowed=allowed)}
    assert states(replace(equivalent_report, divergences=found))["Labels"] == told


def test_one_of_several_that_is_too_far_apart_fails_its_step(
    equivalent_report: ParityReport,
) -> None:
    found = {
        "coef": Divergence(value=0.1, allowed=0.2),
        "intercept": Divergence(value=0.3, allowed=0.2),
    }
    report = replace(equivalent_report, divergences=found)
    assert states(report)["Parameters"] == ("fails", "beyond tolerance")


# --- settings


def compared(report: ParityReport, first: ModelSettings, second: ModelSettings) -> dict:
    settings = {"reference": first, "candidate": second}
    names = ("penalty", "C", "intercept_penalty", "class_weight", "iterations", "tol")
    rows = setting_rows(replace(report, settings=settings), names)
    return {row.name: row.state for row in rows}


def side(words: str, objective: ObjectiveSettings | None, **training: object) -> ModelSettings:
    names = ("penalty", "C", "intercept_penalty", "class_weight", "iterations", "tol")
    return ModelSettings(
        framework="keras",
        model="m",
        objective=objective,
        training=TrainingSettings(**training),  # type: ignore[arg-type]
        written={name: f"{words} {name}" for name in names},
    )


def test_settings_are_compared_by_meaning_and_not_by_words(
    equivalent_report: ParityReport,
) -> None:
    first = side("sklearn", ObjectiveSettings(l2_strength=0.1), iterations=100, tol=1e-4)
    second = side("keras", ObjectiveSettings(l2_strength=0.1 * (1 + 1e-9)), iterations=12)
    assert compared(equivalent_report, first, second) == {
        "iterations": "differs",
        "penalty": "same",
        "C": "same",
        "intercept_penalty": "same",
        "class_weight": "same",
        "tol": "",
    }


def test_a_penalty_that_is_absent_has_no_strength_to_compare(
    equivalent_report: ParityReport,
) -> None:
    first = side("sklearn", ObjectiveSettings(l2_strength=0.1, intercept_l2_strength=0.1))
    found = compared(equivalent_report, first, side("keras", ObjectiveSettings()))
    assert (found["penalty"], found["C"], found["intercept_penalty"]) == ("differs", "", "differs")


def test_an_objective_that_is_not_known_is_not_compared(equivalent_report: ParityReport) -> None:
    found = compared(equivalent_report, side("a", ObjectiveSettings()), side("b", None))
    assert found["penalty"] == ""


def test_a_cause_is_marked_as_one_and_stands_first(diverged_report: ParityReport) -> None:
    first, second = (side(words, ObjectiveSettings(), iterations=1) for words in "ab")
    found = compared(diverged_report, first, second)
    assert list(found)[:2] == ["penalty", "iterations"]
    assert found["penalty"] == found["iterations"] == "cause"
