"""A report of a quantity other than a probability: its name and its unit, wherever one stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_modelparity import ModelParityError, ParityReport, RunReport, Tolerance
from pytest_modelparity.baseline.known import observed
from pytest_modelparity.report.changes import change_lines, compare_runs
from pytest_modelparity.report.parts import (
    Certificate,
    DataSummary,
    Divergence,
    Split,
    SplitPart,
)
from pytest_modelparity.report.pictures import PredictionRow, Seeds, TrajectoryPoint
from pytest_modelparity.report.quantity import Quantity
from pytest_modelparity.report.run import CheckRecord
from pytest_modelparity.report.section import section_lines
from pytest_modelparity.report.text import headline
from pytest_modelparity.reporters import html, markdown
from pytest_modelparity.reporters.ladder import steps
from pytest_modelparity.reporters.plots import SIDE, scatter

PART = SplitPart(rms=1.0, largest=2.0)
REPORT = ParityReport(
    verdict="diverged",
    divergences={
        "prediction_rms": Divergence(value=70.0, allowed=1.0),
        "prediction": Divergence(
            value=250.0, allowed=5.0, place="row 7", reference=1000.0, candidate=1250.0
        ),
        "coef": Divergence(value=3.0, allowed=0.1),
    },
    quantity=Quantity(name="prediction", unit="EUR"),
    tolerance=Tolerance(prediction=5.0),
    settings={},
    data=DataSummary(n_samples=506, n_features=13, classes=(), n_eval=506),
    certificates={"reference": Certificate(distance=0.5)},
    split=Split(reference_error=PART, objective_gap=PART, candidate_error=PART),
    explained=True,
    predictions=(
        PredictionRow(row=7, reference=(1000.0,), candidate=(1250.0,)),
        PredictionRow(row=8, reference=(-500.0,), candidate=(-500.0,)),
    ),
    trajectory=(TrajectoryPoint(epoch=1, distance=500.0), TrajectoryPoint(epoch=2, distance=250.0)),
    seeds=Seeds(seeds=(0, 1), distances=(250.0, 240.0)),
)


def run(report: ParityReport) -> RunReport:
    """Return a run with one check."""
    check = CheckRecord(test_id="test_a.py::test_b", outcome="failed", asserted=True, report=report)
    return RunReport(checks=(check,))


def test_the_first_line_names_quantity_unit_and_the_others() -> None:
    assert headline(REPORT) == (
        "models diverge: prediction 250 > 5 EUR (row 7), and prediction_rms, coef"
    )


def test_the_first_line_of_an_equivalence_has_the_unit_too() -> None:
    divergences = {"prediction": Divergence(value=1.0, allowed=5.0)}
    report = replace(REPORT, verdict="equivalent", divergences=divergences)
    assert headline(report) == "models are equivalent: prediction 1 <= 5 EUR"


def test_the_message_says_how_many_rows_and_which_tolerance_would_pass() -> None:
    text = REPORT.text(verbosity=2)
    assert "506 rows x 13 features\n" in text
    assert "Tolerance(prediction=2.5e2, prediction_rms=70, coef=3) would pass" in " ".join(
        text.split()
    )
    assert "probabilit" not in text


def test_the_terminal_section_shows_the_quantity_as_what_decides() -> None:
    [line, *_] = section_lines(run(REPORT), -1)
    assert line.text == "DIVERGED    prediction 250 > 5  test_a.py::test_b (test failed)"


def test_the_steps_are_named_by_the_quantity_and_judged_by_its_tolerance() -> None:
    found = {step.name: step for step in steps(REPORT)}
    assert "Probabilities" not in found
    assert found["Predictions"].lines == (
        "prediction 250 > 5 EUR allowed (row 7); "
        "there the reference says 1e3, the candidate 1.25e3",
        "prediction_rms 70 > 1 EUR allowed",
    )
    # Parts of 2 EUR are within 5 EUR.
    assert found["Objective"].state == "apart"
    assert found["Optimality"].state == "holds"


def test_markdown_and_page_have_no_word_of_probabilities() -> None:
    written = markdown.render(run(REPORT))
    assert "| prediction 250 &#62; 5 EUR allowed (row 7) |" in written
    page = html.render(run(REPORT))
    assert "<h3><bdi>Predictions</bdi></h3>" in page
    for text in (written, page):
        assert "probabilit" not in text.lower()


def test_predictions_of_any_size_have_a_place_in_the_square() -> None:
    plot = scatter(REPORT, 10)
    assert plot is not None
    assert plot.worst is not None
    assert plot.described == "1 of 2 points are further than 5 from the diagonal"
    assert all(0 < place < SIDE for place in plot.worst)
    assert "1e3" in [told for _, told in plot.ticks]


def test_without_a_tolerance_the_divergence_says_what_was_allowed() -> None:
    assert replace(REPORT, tolerance=Tolerance()).allowed == 5.0
    bare = replace(REPORT, tolerance=Tolerance(), divergences={})
    assert bare.allowed == float("inf")
    # Nothing to draw a band or a line at.
    assert "prediction" in html.render(run(bare))


def test_a_change_of_the_quantity_itself_is_told_from_one_of_its_value() -> None:
    before = replace(
        REPORT, divergences={"prediction": Divergence(value=240.0, allowed=5.0)}, seeds=None
    )
    [line, _] = change_lines(compare_runs(run(before), run(REPORT)))
    assert "prediction 240 -> 250 (+10)" in line
    classifier = replace(
        REPORT, quantity=Quantity(), divergences={"probability": Divergence(value=1, allowed=0.01)}
    )
    [line, _] = change_lines(compare_runs(run(classifier), run(REPORT)), with_same=True)
    assert "->" not in line


def test_a_baseline_writes_the_quantity_down() -> None:
    assert observed("test_a.py::test_b", 1, REPORT).measured["prediction"] == 250.0


@pytest.mark.parametrize(
    "name,allowed", [("probability", 0.01), ("prediction", None), ("log_loss", None)]
)
def test_a_tolerance_knows_what_is_allowed_of_a_quantity(name: str, allowed: float | None) -> None:
    assert Tolerance().of_quantity(name) == allowed


def test_a_tolerance_of_predictions_is_read_as_any_other() -> None:
    assert Tolerance(prediction=5).of_quantity("prediction") == 5.0
    with pytest.raises(ModelParityError, match="tolerance prediction must be a finite number"):
        Tolerance(prediction=-1)


@pytest.mark.parametrize(
    "name,plural", [("probability", "probabilities"), ("prediction", "predictions")]
)
def test_a_quantity_has_a_plural(name: str, plural: str) -> None:
    assert Quantity(name=name).plural == plural
