"""What counts as a change against a baseline, what an update keeps, and the file."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_modelparity import ModelParityError, ParityReport
from pytest_modelparity.baseline.file import read, render
from pytest_modelparity.baseline.known import (
    FAILING,
    GAP_ABSOLUTE,
    GAP_RELATIVE,
    PLACEHOLDER,
    KnownDivergence,
    RunOutcome,
    cause_names,
    classify,
    compare_with_baseline,
    observed,
    updated,
)
from pytest_modelparity.report.parts import Cause, Effort, StructureCheck

CAUSES = st.none() | st.lists(st.sampled_from("abc"), unique=True).map(sorted).map(tuple)
GAPS = st.none() | st.floats(0, 1)
KEYS = st.tuples(st.sampled_from(["t1", "t2", "t3"]), st.integers(1, 3))


@st.composite
def baselines(draw: st.DrawFn) -> dict:
    """Draw known divergences by key."""
    return {
        key: KnownDivergence(
            test=key[0],
            check=key[1],
            causes=draw(CAUSES),
            objective_gap=draw(GAPS),
            reason=draw(st.text(max_size=5)),
            measured={"probability": draw(GAPS)},
        )
        for key in draw(st.sets(KEYS))
    }


@st.composite
def runs(draw: st.DrawFn) -> RunOutcome:
    """Draw what a run got to."""
    diverged = draw(baselines())
    tests = draw(st.none() | st.sets(st.sampled_from(["t1", "t2", "t3"])))
    return RunOutcome(
        diverged=diverged,
        equivalent=draw(st.sets(KEYS)) - diverged.keys(),
        passed=draw(st.sets(st.sampled_from(["t1", "t2", "t3"]))),
        all_tests=tests,
    )


#: Drawing a baseline is slow on a busy machine, which says nothing about the rule.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
NOTHING = RunOutcome(diverged={}, passed=(), all_tests=None)


# --- comparing


@UNHURRIED
@given(baselines())
def test_what_is_recorded_is_known(baseline: dict) -> None:
    judged = compare_with_baseline(baseline, RunOutcome(diverged=baseline))
    assert {item.status for item in judged} <= {"known"}
    assert len(judged) == len(baseline)


@UNHURRIED
@given(baselines())
def test_a_run_of_nothing_judges_and_changes_nothing(baseline: dict) -> None:
    assert compare_with_baseline(baseline, NOTHING) == []
    assert updated(baseline, NOTHING) == baseline


@UNHURRIED
@given(baselines(), runs())
def test_after_an_update_the_same_run_passes(baseline: dict, outcome: RunOutcome) -> None:
    after = updated(baseline, outcome)
    assert {item.status for item in compare_with_baseline(after, outcome)} <= {"known"}
    assert updated(after, outcome) == after


@UNHURRIED
@given(baselines(), runs())
def test_an_update_keeps_reasons_and_what_was_not_reached(
    baseline: dict, outcome: RunOutcome
) -> None:
    after = updated(baseline, outcome)
    for key, entry in baseline.items():
        if key in after:
            assert after[key].reason == entry.reason
        if key not in outcome.diverged and not outcome.vanished(key):
            assert after[key] == entry
        if outcome.vanished(key):
            assert key not in after


@given(st.floats(0, 1), st.floats(0, 2))
def test_a_gap_may_not_grow_beyond_the_margin(recorded: float, found: float) -> None:
    entry = KnownDivergence(test="t", objective_gap=recorded)
    status, _ = classify(entry, KnownDivergence(test="t", objective_gap=found))
    assert (status == "grew") == (found > recorded * (1 + GAP_RELATIVE) + GAP_ABSOLUTE)


def test_the_margins_are_above_the_certificates_and_below_the_tolerance() -> None:
    assert 1e-6 * 10 < GAP_ABSOLUTE < 0.01 / 10
    assert classify(gap(0.5), gap(0.5049))[0] == "known"
    assert classify(gap(0.5), gap(0.52))[0] == "grew"
    assert classify(gap(0.0), gap(9e-5))[0] == "known"
    assert classify(gap(0.0), gap(2e-4))[0] == "grew"


def gap(value: float | None) -> KnownDivergence:
    return KnownDivergence(test="t", objective_gap=value)


@pytest.mark.parametrize(
    "recorded,found,status",
    [
        (("a",), ("a",), "known"),
        (("a", "b"), ("a",), "known"),
        (("a",), ("a", "b"), "changed"),
        ((), ("a",), "changed"),
        (None, ("a",), "known"),
        (("a",), None, "known"),
        (("a",), ("a", "b (one_of)"), "noted"),
        ((), ("b (one_of)",), "noted"),
        (("b (must)",), ("b (one_of)",), "noted"),
        (("b (one_of)",), ("b (must)",), "changed"),
        (("a",), ("b", "c (one_of)"), "changed"),
    ],
)
def test_a_cause_that_is_not_recorded_is_a_change(
    recorded: tuple | None, found: tuple | None, status: str
) -> None:
    entry = KnownDivergence(test="t", causes=recorded)
    assert classify(entry, KnownDivergence(test="t", causes=found))[0] == status


def test_a_further_way_is_noted_with_the_reason_and_hides_no_growth() -> None:
    recorded = KnownDivergence(test="t", causes=("a",), objective_gap=0.1, reason="ours")
    found = KnownDivergence(test="t", causes=("a", "b (one_of)"), objective_gap=0.1)
    said = "ours; not recorded, one of several: b (one_of)"
    assert classify(recorded, found) == ("noted", said)
    assert classify(recorded, dataclasses.replace(found, objective_gap=0.2))[0] == "grew"
    (status,) = compare_with_baseline(
        {recorded.key: recorded}, RunOutcome(diverged={found.key: found})
    )
    assert (status.status, status.text) == ("noted", said)
    assert "noted" not in FAILING


def test_a_gap_that_cannot_be_told_any_more_is_a_change() -> None:
    assert classify(gap(0.5), gap(None))[0] == "changed"
    assert classify(gap(None), gap(0.5))[0] == "known"


@pytest.mark.parametrize(
    "outcome,why",
    [
        (RunOutcome(diverged={}, equivalent={("t", 1)}), "equivalent"),
        (RunOutcome(diverged={}, passed={"t"}), "makes this check no more"),
        (RunOutcome(diverged={}, all_tests={"u"}), "no such test"),
        (RunOutcome(diverged={}, all_tests={"t"}), ""),
        (RunOutcome(diverged={}, passed={"u"}), ""),
    ],
)
def test_a_divergence_vanishes_only_where_the_run_knows(outcome: RunOutcome, why: str) -> None:
    told = compare_with_baseline({("t", 1): gap(0.5)}, outcome)
    assert bool(told) == bool(why)
    if why:
        assert told[0].status == "vanished"
        assert why in told[0].text
    assert "vanished" not in FAILING


def test_the_worst_is_told_first() -> None:
    baseline = {("a", 1): gap(0.5), ("b", 1): gap(0.5)}
    outcome = RunOutcome(
        diverged={("a", 1): gap(0.5), ("c", 1): dataclasses.replace(gap(0.5), test="c")}
    )
    outcome = dataclasses.replace(outcome, equivalent={("b", 1)})
    assert [item.status for item in compare_with_baseline(baseline, outcome)] == [
        "new",
        "vanished",
        "known",
    ]


# --- what is recorded


def test_what_the_mathematics_determines_is_recorded(diverged_report: ParityReport) -> None:
    report = dataclasses.replace(
        diverged_report,
        environment={"keras": "3.15.0", "platform": "a machine", "python": "3.12.1"},
    )
    found = observed("t", 2, report)
    assert found == KnownDivergence(
        test="t",
        check=2,
        causes=(
            "objective: penalty (must)",
            "training: iterations (one_of)",
            "training: solver (one_of)",
        ),
        objective_gap=0.16,
        reason=PLACEHOLDER,
        measured={"probability": 0.49, "versions": {"keras": "3.15.0"}},
    )


def test_a_gap_that_certificates_cannot_resolve_is_none_at_all(
    diverged_report: ParityReport,
) -> None:
    def recorded(value: float) -> float | None:
        assert diverged_report.split is not None
        part = dataclasses.replace(diverged_report.split.objective_gap, largest=value)
        split = dataclasses.replace(diverged_report.split, objective_gap=part)
        return observed("t", 1, dataclasses.replace(diverged_report, split=split)).objective_gap

    assert recorded(4e-7) == 0.0
    assert recorded(0.12345678) == 0.123457
    assert recorded(float("nan")) is None


def test_causes_that_a_budget_left_out_are_not_compared(diverged_report: ParityReport) -> None:
    hurried = dataclasses.replace(
        diverged_report, effort=Effort(budget=1.0, left_out=("solver: no time",))
    )
    assert cause_names(hurried) == ("objective: penalty (must)",)


def test_a_wrong_structure_is_a_cause(diverged_report: ParityReport) -> None:
    report = dataclasses.replace(
        diverged_report, structure=StructureCheck(agrees=False), causes=(), explained=False
    )
    assert cause_names(report) == ("structure: the same weights predict otherwise",)


def test_causes_that_were_not_looked_for_are_not_known(diverged_report: ParityReport) -> None:
    assert cause_names(dataclasses.replace(diverged_report, explained=False, causes=())) is None


def test_the_order_of_causes_does_not_matter(diverged_report: ParityReport) -> None:
    causes: tuple[Cause, ...] = diverged_report.causes[::-1]
    assert cause_names(dataclasses.replace(diverged_report, causes=causes)) == cause_names(
        diverged_report
    )


# --- the file


@UNHURRIED
@given(baselines())
def test_the_file_is_read_as_it_was_written(baseline: dict) -> None:
    text = render(baseline)
    assert read(text) == baseline
    assert render(dict(reversed(baseline.items()))) == text
    assert text.endswith("}\n")


def test_one_check_is_one_block_of_sorted_lines() -> None:
    text = render({("t", 1): KnownDivergence(test="t", causes=("a",), objective_gap=0.5)})
    lines = [line.strip() for line in text.split("\n")]
    start = lines.index('"causes": [')
    assert lines[start + 3 : start + 8] == [
        '"check": 1,',
        '"measured": {},',
        '"objective_gap": 0.5,',
        f'"reason": "{PLACEHOLDER}",',
        '"test": "t"',
    ]


VALID = json.loads(render({("t", 1): gap(0.5)}))


@pytest.mark.parametrize(
    "change,message",
    [
        ({"test": 1}, "divergence 1: test must be the id of a test, got 1"),
        ({"check": 0}, r"divergence 1 \(t\): check must be an integer >= 1, got 0"),
        ({"check": True}, "check must be"),
        ({"causes": "a"}, "causes must be a list of texts, or null"),
        ({"objective_gap": -1}, "objective_gap must be a finite number >= 0, or null"),
        ({"objective_gap": float("nan")}, "objective_gap must be"),
        ({"reason": None}, "reason must be text"),
        ({"measured": []}, "measured must be an object"),
        ({"resaon": "x"}, "nothing is called resaon"),
    ],
)
def test_a_wrong_entry_is_named(change: dict, message: str) -> None:
    values = {**VALID, "divergences": [{**VALID["divergences"][0], **change}]}
    with pytest.raises(ModelParityError, match=message):
        read(json.dumps(values))


@pytest.mark.parametrize(
    "values,message",
    [
        ([], "it is no baseline"),
        ({**VALID, "kind": "other"}, '"kind" must be "parity-baseline"'),
        ({**VALID, "format_version": 2}, "its format_version must be 1, got 2"),
        ({**VALID, "divergences": {}}, '"divergences" must be a list'),
        ({**VALID, "divergences": [1]}, "divergence 1 must be an object"),
        ({**VALID, "divergences": VALID["divergences"] * 2}, "divergence 2: t stands there twice"),
    ],
)
def test_a_wrong_file_is_refused(values: object, message: str) -> None:
    with pytest.raises(ModelParityError, match=message):
        read(json.dumps(values))


def test_a_conflict_marker_is_no_json() -> None:
    with pytest.raises(ModelParityError, match=r"it is no JSON: .*line 1"):
        read("<<<<<<< ours\n{}")
