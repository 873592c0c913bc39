"""`ParityReport` as a value: the verdict, and its way to a dictionary and back."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_modelparity import ModelParityError, ParityReport, Tolerance
from pytest_modelparity.report.parts import (
    Cause,
    Certificate,
    Change,
    DataSummary,
    Divergence,
    Finding,
    RecordedWarning,
    Repair,
    Split,
    SplitPart,
    StructureCheck,
)
from pytest_modelparity.report.pictures import Coefficients, PredictionRow, Seeds, TrajectoryPoint
from pytest_modelparity.report.quantity import Quantity
from pytest_modelparity.report.report import FORMAT_VERSION
from pytest_modelparity.settings import ModelSettings, ObjectiveSettings, TrainingSettings

NUMBERS = st.floats(allow_nan=False)
OPTIONAL = st.none() | NUMBERS
TEXT = st.text(max_size=5)


def tuples(strategy: st.SearchStrategy) -> st.SearchStrategy:
    """Draw short tuples."""
    return st.lists(strategy, max_size=2).map(tuple)


CHANGES = st.builds(Change, side=TEXT, setting=TEXT, text=TEXT)
REPAIRS = st.builds(
    Repair,
    changes=tuples(CHANGES),
    verified=st.booleans(),
    left=OPTIONAL,
    source=TEXT,
)
PARTS = st.builds(SplitPart, rms=NUMBERS, largest=NUMBERS, share=OPTIONAL)
SETTINGS = st.builds(
    ModelSettings,
    framework=TEXT,
    model=TEXT,
    objective=st.none()
    | st.builds(ObjectiveSettings, l2_strength=NUMBERS, class_weight=st.none() | tuples(NUMBERS)),
    training=st.builds(
        TrainingSettings, solver=st.none() | TEXT, iterations=st.none() | st.integers()
    ),
    written=st.dictionaries(TEXT, TEXT, max_size=2),
    unmodelled=tuples(TEXT),
)
REPORTS = st.builds(
    ParityReport,
    verdict=st.sampled_from(["equivalent", "diverged"]),
    divergences=st.dictionaries(
        TEXT, st.builds(Divergence, value=NUMBERS, allowed=OPTIONAL, place=TEXT), max_size=2
    ),
    tolerance=st.builds(Tolerance, probability=st.floats(0, 1)),
    settings=st.fixed_dictionaries({"reference": SETTINGS, "candidate": SETTINGS}),
    data=st.builds(
        DataSummary,
        n_samples=st.integers(),
        n_features=st.integers(),
        classes=tuples(TEXT),
        n_eval=st.integers(),
    ),
    quantity=st.builds(Quantity, name=st.sampled_from(["probability", "prediction"]), unit=TEXT),
    structure=st.builds(StructureCheck, agrees=st.none() | st.booleans(), note=TEXT),
    certificates=st.dictionaries(
        TEXT, st.builds(Certificate, distance=OPTIONAL, gradient_norm=NUMBERS), max_size=2
    ),
    split=st.none()
    | st.builds(Split, reference_error=PARTS, objective_gap=PARTS, candidate_error=PARTS),
    causes=tuples(
        st.builds(
            Cause,
            setting=TEXT,
            reference=TEXT,
            candidate=TEXT,
            kind=TEXT,
            role=TEXT,
            share=OPTIONAL,
        )
    ),
    repair=st.none() | REPAIRS,
    alternatives=tuples(REPAIRS),
    findings=tuples(st.builds(Finding, slug=TEXT, text=TEXT)),
    warnings=tuples(st.builds(RecordedWarning, side=TEXT, category=TEXT, message=TEXT)),
    scores=st.dictionaries(TEXT, tuples(NUMBERS), max_size=2),
    coefficients=st.none() | st.builds(Coefficients, reference=tuples(tuples(NUMBERS))),
    predictions=tuples(
        st.builds(
            PredictionRow, row=st.integers(), reference=tuples(NUMBERS), candidate=tuples(NUMBERS)
        )
    ),
    trajectory=tuples(st.builds(TrajectoryPoint, epoch=st.integers(), distance=NUMBERS)),
    seeds=st.none() | st.builds(Seeds, seeds=tuples(st.integers()), distances=tuples(NUMBERS)),
    environment=st.dictionaries(TEXT, TEXT, max_size=2),
    duration=NUMBERS,
)


@given(REPORTS)
def test_the_dictionary_gives_the_report_back(report: ParityReport) -> None:
    assert ParityReport.from_dict(report.to_dict()) == report


@given(REPORTS)
def test_the_dictionary_survives_json(report: ParityReport) -> None:
    assert ParityReport.from_dict(json.loads(json.dumps(report.to_dict()))) == report


@given(REPORTS)
def test_any_report_has_a_text_of_plain_lines(report: ParityReport) -> None:
    first, *_ = str(report).split("\n")
    assert first.startswith("models are equivalent" if report else "models diverge")


@given(REPORTS)
def test_a_report_is_true_where_the_models_are_equivalent(report: ParityReport) -> None:
    assert bool(report) is report.equivalent is (report.verdict == "equivalent")


@pytest.mark.parametrize("version", [None, 0, FORMAT_VERSION + 1, "1"])
def test_another_format_version_is_refused(version: object) -> None:
    with pytest.raises(ModelParityError, match=f"format_version {FORMAT_VERSION}, got {version!r}"):
        ParityReport.from_dict({"format_version": version})


@pytest.mark.parametrize(
    "value,allowed,within",
    [
        (0.01, 0.01, True),
        (0.011, 0.01, False),
        (math.nan, 0.01, False),
        (math.inf, 0.01, False),
        (math.nan, None, True),
    ],
)
def test_a_nan_is_never_within_a_tolerance(
    value: float, allowed: float | None, within: bool
) -> None:
    assert Divergence(value=value, allowed=allowed).within is within
