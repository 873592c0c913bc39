"""The report of a run as JSON: there and back, and what its published schema says of it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, get_args, get_origin

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_reports import TRAINING_MAP

from pytest_modelparity import ModelParityError, ParityReport, RunReport, Tolerance, read_report
from pytest_modelparity.report.codec import type_hints, without_none
from pytest_modelparity.report.parts import DataSummary, Divergence
from pytest_modelparity.report.run import CheckRecord, RefusedCheck
from pytest_modelparity.reporters import json as json_report
from pytest_modelparity.reporters import schema

SCALARS = {
    str: st.text(max_size=5),
    bool: st.booleans(),
    int: st.integers(),
    float: st.floats(),
}


def any_of(hint: Any) -> st.SearchStrategy:
    """Draw what an annotation allows, every field of every dataclass included."""
    hint, optional = without_none(hint)
    if optional:
        return st.none() | any_of(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple:
        return st.lists(any_of(arguments[0]), max_size=1).map(tuple)
    if origin is Mapping:
        return st.dictionaries(SCALARS[str], any_of(arguments[1]), max_size=1)
    if hint is Tolerance:
        return st.builds(Tolerance, probability=st.floats(0, 1), labels=st.none() | st.floats(0, 1))
    if is_dataclass(hint):
        hints = type_hints(hint)  # type: ignore[arg-type]
        return st.builds(hint, **{f.name: any_of(hints[f.name]) for f in fields(hint)})
    return SCALARS[hint]


RUNS = any_of(RunReport)
VALIDATOR = jsonschema.Draft202012Validator(schema.schema())

REPORT = ParityReport(
    verdict="diverged",
    divergences={"probability": Divergence(value=math.nan, allowed=0.01)},
    tolerance=Tolerance(),
    settings={},
    data=DataSummary(n_samples=4, n_features=2, classes=("a", "b"), n_eval=4),
)
RUN = RunReport(
    checks=(
        CheckRecord(test_id="test_a.py::test_port", outcome="failed", asserted=True, report=REPORT),
    ),
    refusals=(RefusedCheck(test_id="test_a.py::test_wrong", message="X has no rows"),),
    problems=("worker gw0 died",),
    started="2025-01-01T00:00:00+00:00",
    duration=1.5,
    exit_status=1,
    environment={"python": "3.13.0"},
)


def same(first: object, second: object) -> bool:
    """Whether two values are equal, NaN and the sign of zero included."""
    return repr(first) == repr(second)


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(RUNS)
def test_reading_undoes_writing_for_every_value_and_the_text_is_strict_and_fits_the_schema(
    run: RunReport,
) -> None:
    text = json_report.render(run)
    assert text.isascii()
    values = json.loads(text, parse_constant=pytest.fail)
    VALIDATOR.validate(values)
    assert same(json_report.parse(text, name=""), run)


@settings(max_examples=30, suppress_health_check=list(HealthCheck), deadline=None)
@given(RUNS)
def test_a_dictionary_gives_the_run_back(run: RunReport) -> None:
    assert same(RunReport.from_dict(run.to_dict()), run)


def test_a_map_of_a_training_is_read_back_and_may_be_missing() -> None:
    report = replace(REPORT, training_map=TRAINING_MAP)
    run = replace(RUN, checks=(replace(RUN.checks[0], report=report),))
    text = json_report.render(run)
    VALIDATOR.validate(json.loads(text))
    assert same(json_report.parse(text, name=""), run)
    # As a file has it that was written before there were maps.
    before = json.loads(text)
    del before["checks"][0]["report"]["training_map"]
    assert same(json_report.parse(json.dumps(before), name=""), RUN)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, -0.0, 5e-324, 0.1])
def test_a_number_survives(number: float) -> None:
    run = replace(RUN, duration=number)
    assert same(json_report.parse(json_report.render(run), name="").duration, number)


def test_an_integer_stands_for_a_number() -> None:
    text = json_report.render(RUN).replace('"duration": 1.5', '"duration": 2')
    assert same(json_report.parse(text, name="").duration, 2.0)


def test_a_file_is_read_with_and_without_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "parity.json"
    for encoding in ("utf-8", "utf-8-sig"):
        path.write_text(json_report.render(RUN), encoding=encoding)
        assert same(read_report(path), RUN)
        assert same(read_report(str(path)), RUN)


def test_a_single_report_is_read_as_a_run_with_one_check(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps(json_report.strict(REPORT.to_dict())))
    run = read_report(path)
    check = CheckRecord(test_id="one.json", outcome="unknown", asserted=False, report=REPORT)
    assert same(run, RunReport(checks=(check,)))


def changed(**values: object) -> str:
    return json.dumps(json_report.strict({**RUN.to_dict(), **values}))


TEXT = json_report.render(RUN)


@pytest.mark.parametrize(
    "text,reason",
    [
        ("", "it is not valid JSON, or ends too early: Expecting value"),
        (TEXT[:500], "it is not valid JSON, or ends too early: "),
        (TEXT + "x", "it is not valid JSON, or ends too early: Extra data"),
        ("[" * 100_000, "it is nested too deeply"),
        ("[1]", "it holds no object"),
        ("{}", "it has no kind 'parity-run'"),
        (changed(kind="coverage"), "it has no kind 'parity-run'"),
        (changed(format_version=3), "the report of a run has format_version 2, got 3; read it wi"),
        (changed(format_version=None), "the report of a run has format_version 2, got None; read"),
        ('{"verdict": "diverged", "format_version": 7}', "a parity report has format_version 2, "),
        (changed(duration=math.nan).replace('"NaN"', "NaN"), "it is not valid JSON, or ends too"),
        (changed(duration="long"), "RunReport.duration must be a number, got 'long'"),
        (changed(duration=True), "RunReport.duration must be a number, got True"),
        (changed(duration=10**400), "RunReport.duration is too large for a number"),
        (changed(exit_status=1.5), "RunReport.exit_status must be int, got 1.5"),
        (changed(problems="one"), "RunReport.problems must be a list, got 'one'"),
        (changed(problems=["one", None]), "RunReport.problems[1] must be text, got None"),
        (changed(environment=[]), "RunReport.environment must be an object, got []"),
        (changed(checks=[7]), "RunReport.checks[0] must be an object, got 7"),
        (changed(checks=[{"test_id": "a"}]), "RunReport.checks[0] lacks 'outcome'"),
        (changed(more=1), "RunReport has no 'more'"),
    ],
)
def test_what_is_no_report_is_refused_in_one_sentence(
    tmp_path: Path, text: str, reason: str
) -> None:
    path = tmp_path / "parity.json"
    path.write_text(text)
    with pytest.raises(ModelParityError) as caught:
        read_report(path)
    assert str(caught.value).startswith(f"{path} is no report that can be read: {reason}")
    assert "\n" not in str(caught.value)


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    text = json_report.render(RUN).rstrip()
    for length in range(len(text)):
        with pytest.raises(ModelParityError):
            json_report.parse(text[:length], name="")


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelParityError, match=r"^cannot read .*absent.json: No such file"):
        read_report(tmp_path / "absent.json")
    with pytest.raises(ModelParityError, match=r"^cannot read .*: Is a directory$"):
        read_report(tmp_path)
    path = tmp_path / "model.h5"
    path.write_bytes(b"\x89HDF\r\n\xff")
    with pytest.raises(ModelParityError, match=r"model.h5 is no report: it is not text in UTF-8$"):
        read_report(path)


def test_the_published_schema_is_up_to_date() -> None:
    published = Path(schema.__file__).with_name("schema.json").read_text(encoding="utf-8")
    assert published == schema.schema_text(), (
        "run: python -m pytest_modelparity schema > pytest_modelparity/reporters/schema.json"
    )


def test_the_schema_is_valid_and_every_field_of_it_is_described() -> None:
    jsonschema.Draft202012Validator.check_schema(schema.schema())
    definitions = schema.schema()["$defs"]
    assert definitions["Divergence"]["properties"]["value"] == {
        "description": "The largest absolute difference (a share for `labels`, an RMS for "
        "`probability_rms`).",
        "$ref": "#/$defs/number",
    }
    for name, definition in definitions.items():
        assert definition["description"], name
        assert "``" not in json.dumps(definition), name


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "coverage"},
        {"format_version": 3},
        {"duration": "long"},
        {"duration": None},
        {"exit_status": 1.5},
        {"checks": [{"test_id": "a"}]},
        {"more": 1},
    ],
    ids=str,
)
def test_the_schema_refuses_what_the_reader_refuses(wrong: dict[str, object]) -> None:
    values = json_report.strict(RUN.to_dict())
    VALIDATOR.validate(values)
    assert not VALIDATOR.is_valid({**values, **wrong})
    with pytest.raises(ModelParityError):
        RunReport.from_dict({**values, **wrong})


def test_the_schema_wants_every_field() -> None:
    values = json_report.strict(RUN.to_dict())
    for name in values:
        assert not VALIDATOR.is_valid({k: v for k, v in values.items() if k != name})
