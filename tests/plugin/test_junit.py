"""The property that a test which made checks has in the file of ``--junit-xml``."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import jsonschema
import pytest

from pytest_modelparity import ParityReport
from pytest_modelparity.reporters.schema import schema

REPORT_SCHEMA = {**schema(), "$ref": "#/$defs/ParityReport"}
for _key in ("type", "properties", "required", "additionalProperties"):
    del REPORT_SCHEMA[_key]

#: A check with everything that a picture needs: 200 rows of ten classes, 64 features, 300 epochs.
BIG = """
from pytest_modelparity.context import CURRENT
from pytest_modelparity.report.parts import DataSummary, Divergence, Finding
from pytest_modelparity.report.pictures import (
    Coefficients,
    PredictionRow,
    Seeds,
    SpreadPoint,
    TrainingMap,
    TrajectoryPoint,
)
from pytest_modelparity.report.report import ParityReport
from pytest_modelparity.tolerance import Tolerance

ROWS = tuple((i / 7,) * 64 for i in range(10))

def check(text="", value=float("nan")):
    report = ParityReport(
        verdict="diverged",
        divergences={"probability": Divergence(value=value, allowed=0.01)},
        tolerance=Tolerance(),
        settings={},
        data=DataSummary(n_samples=4, n_features=2, classes=("a", "b"), n_eval=4),
        findings=(Finding(slug="saturated", text=text),),
        coefficients=Coefficients(reference=ROWS, candidate=ROWS),
        predictions=tuple(
            PredictionRow(row=i, reference=(0.1 / 3,) * 10, candidate=(0.1 / 3,) * 10)
            for i in range(200)
        ),
        trajectory=tuple(TrajectoryPoint(epoch=i, distance=1 / 3) for i in range(300)),
        training_map=TrainingMap(
            learning_rates=(1 / 3,) * 20, epochs=(1,) * 40, left=((1 / 3,) * 40,) * 20
        ),
        seeds=Seeds(
            seeds=(0, 1),
            trajectory=tuple(SpreadPoint(epoch=i, lowest=1 / 3, highest=1 / 3) for i in range(300)),
        ),
    )
    CURRENT.get().record(report, True)
"""


def properties(pytester: pytest.Pytester) -> dict[str, list[tuple[str, str]]]:
    """Return name and value of the properties of each test case."""
    cases = ET.parse(pytester.path / "junit.xml").iter("testcase")
    return {
        case.attrib["name"]: [(p.attrib["name"], p.attrib["value"]) for p in case.iter("property")]
        for case in cases
    }


def write(pytester: pytest.Pytester, source: str) -> None:
    """Write a test file that may call ``check(text)``."""
    pytester.makepyfile(recording=BIG)
    pytester.makepyfile(test_port=f"import pytest\nfrom recording import *\n{source}")


@pytest.mark.parametrize(
    "family, mode",
    [("xunit1", ()), ("legacy", ()), ("xunit2", ("-n", "2"))],
    ids=["xunit1", "legacy", "xunit2 with xdist"],
)
def test_a_test_has_one_property_with_the_checks_of_all_its_phases(
    pytester: pytest.Pytester, family: str, mode: tuple[str, ...]
) -> None:
    write(
        pytester,
        """
@pytest.fixture
def around(request):
    request.node.user_properties.append(("own", "kept"))
    check("setup")
    yield
    check("teardown")

def test_checks(around):
    check("call")
    assert False

def test_without(): pass
""",
    )
    pytester.runpytest_inprocess("--junit-xml=junit.xml", "-o", f"junit_family={family}", *mode)
    found = properties(pytester)
    assert found["test_without"] == []
    (own, (name, text)) = found["test_checks"]
    assert own == ("own", "kept")
    assert name == "modelparity"
    checks = json.loads(text, parse_constant=pytest.fail)
    assert [set(check) for check in checks] == [{"asserted", "report"}] * 3
    told = [ParityReport.from_dict(check["report"]).findings[0].text for check in checks]
    assert told == ["setup", "call", "teardown"]
    for check in checks:
        del check["report"]["format_version"]
        jsonschema.validate(check["report"], REPORT_SCHEMA)


def test_the_property_leaves_out_what_only_a_picture_needs(pytester: pytest.Pytester) -> None:
    write(pytester, "def test_checks(): check(); check()")
    pytester.runpytest_inprocess("--junit-xml=junit.xml", "--parity-report-json=all.json")
    ((_, text),) = properties(pytester)["test_checks"]
    assert len((pytester.path / "all.json").read_bytes()) > 300_000
    assert len(text) < 10_000
    report = ParityReport.from_dict(json.loads(text)[0]["report"])
    assert report.coefficients is report.training_map is None
    assert report.probabilities == report.trajectory == ()
    assert report.seeds is not None
    assert (report.seeds.seeds, report.seeds.trajectory) == ((0, 1), ())


@pytest.mark.parametrize("mode", [(), ("-n", "1")], ids=["one process", "xdist"])
def test_characters_that_xml_does_not_have_do_not_break_the_file(
    pytester: pytest.Pytester, mode: tuple[str, ...]
) -> None:
    text = (
        "".join(map(chr, range(0x20)))
        + "\x7f\x85\u2028\ufffe\uffff]]>&<\"'\N{GREEK SMALL LETTER BETA}"
    )
    write(pytester, f"TEXT = {text!a}\ndef test_checks(): check(TEXT)")
    pytester.runpytest_inprocess("--junit-xml=junit.xml", *mode).assert_outcomes(passed=1)
    ((_, value),) = properties(pytester)["test_checks"]
    assert json.loads(value)[0]["report"]["findings"][0]["text"] == text


def test_without_a_junit_file_no_test_carries_a_property(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        "def pytest_runtest_logreport(report): assert report.user_properties == []"
    )
    write(pytester, "def test_checks(): check()")
    assert pytester.runpytest_inprocess().ret == 0
