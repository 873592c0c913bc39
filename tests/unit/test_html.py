"""The report of a run as one HTML page: what stands where, and what can do no harm."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sample_reports import AT_NO_OPTIMUM, INFERRED, TRAINING_MAP, WORST_CASE
from sample_tables import SAME, USUAL

from pytest_modelparity import ParityReport, Tolerance
from pytest_modelparity.report.codec import type_hints, without_none
from pytest_modelparity.report.parts import Change, Effort, Finding, RecordedWarning
from pytest_modelparity.report.pictures import (
    Coefficients,
    PredictionRow,
    Seeds,
    SpreadPoint,
    TrajectoryPoint,
)
from pytest_modelparity.report.run import CheckRecord, RefusedCheck, RunReport
from pytest_modelparity.report.slugs import MEANINGS
from pytest_modelparity.reporters.html import render

MEGABYTE = 1_000_000
VOID = {"meta", "link", "input", "wbr", "br"}
#: Elements whose end HTML lets one leave out, and before which of them each ends.
CELLS = {"td", "th"}
#: SVG elements that the page writes closed in themselves.
CLOSED = {"use", "line", "rect", "circle", "path", "polygon", "polyline"}
#: Every element that the page is made of.
ELEMENTS = {
    *("html", "head", "meta", "title", "link", "style", "body", "a", "header", "div", "h1", "p"),
    *("span", "bdi", "button", "main", "section", "h2", "ul", "li", "dl", "dt", "dd", "form"),
    *("fieldset", "legend", "label", "input", "table", "caption", "thead", "tr", "th", "tbody"),
    *("td", "small", "article", "h3", "ol", "h4", "details", "summary", "strong", "pre", "code"),
    *("figure", "figcaption", "svg", "desc", "text", "footer", "em", "script", "wbr", "g", *CLOSED),
}
#: Elements that keep the direction of their text to themselves; blocks and cells do so anyway.
ISOLATING = {"bdi", "code", "text", "desc", "title", "td", "th", "p"}


class Page(HTMLParser):
    """The elements of a page and where its texts stand; refuses what is not closed in order."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.source = source
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self._open: list[str] = []
        self.feed(source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in CELLS or tag == "tr":
            self._end_cells("tr" if tag == "tr" else "")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in CLOSED
        self.elements.append((tag, dict(attrs)))

    def _end_cells(self, row: str) -> None:
        """End the cell that is open, and the row."""
        if self._open[-1] in CELLS:
            self._open.pop()
        if row and self._open[-1] == row:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in ("tr", "thead", "tbody") and tag != self._open[-1]:
            self._end_cells("" if tag == "tr" else "tr")
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((tuple(self._open), data))

    def values(self, attribute: str, tag: str = "") -> list[str]:
        """Return an attribute of every element that has it."""
        return [
            attrs[attribute] or ""
            for name, attrs in self.elements
            if attribute in attrs and tag in ("", name)
        ]

    def inside(self, tag: str) -> str:
        """Return the text of every element of a name."""
        return "".join(text for where, text in self.texts if tag in where)

    @property
    def text(self) -> str:
        """All text, its white space made single spaces."""
        told = (text for where, text in self.texts if not {"head", "script"} & set(where))
        return " ".join("".join(told).split())


def record(report: ParityReport, test_id: str = "test_a.py::test_port", **more: Any) -> CheckRecord:
    values = {"outcome": "failed", "asserted": True, **more}
    return CheckRecord(test_id=test_id, report=report, **values)


def page_of(*reports: ParityReport, **more: Any) -> Page:
    """Render a run of checks with these reports."""
    checks = tuple(record(item, f"test_a.py::test_{i}") for i, item in enumerate(reports))
    return Page(render(RunReport(checks=checks, **more)))


def full(report: ParityReport) -> ParityReport:
    """Return a report with everything that a picture needs."""
    rows = 200
    return replace(
        report,
        predictions=tuple(
            PredictionRow(row=i, reference=(0.2, 0.3, 0.5), candidate=(0.5, i / rows, 0.123456))
            for i in range(rows)
        ),
        trajectory=tuple(TrajectoryPoint(epoch=e, distance=1 / e) for e in range(1, 60)),
        coefficients=Coefficients(
            names=tuple(f"feature {i}" for i in range(64)),
            reference=((0.5,) * 64,) * 3,
            candidate=(tuple(float(i) for i in range(64)),) * 3,
            reference_intercept=(1.0, 2.0, 3.0),
            candidate_intercept=(1.0, math.nan, 3.0),
        ),
        seeds=Seeds(
            seeds=tuple(range(8)),
            distances=(0.4,) * 8,
            mean=0.4,
            lower=0.3,
            upper=0.5,
            outcome="diverged",
            trajectory=tuple(
                SpreadPoint(epoch=e, lowest=0.5 / e, highest=1 / e) for e in range(1, 60)
            ),
        ),
        effort=Effort(budget=30.0, explaining=1.5, left_out=("the seeds were not all tried",)),
        alternatives=(report.repair,) * 2 if report.repair else (),
    )


# --- one file


def test_the_page_needs_nothing_beside_itself(sample_run: RunReport) -> None:
    page = Page(render(sample_run))
    assert page.values("src") == []
    assert [link for link in page.values("href") if not link.startswith("#")] == ["data:,"]
    assert not re.search(r"url\(|@import|image-set", page.inside("style"))
    assert not re.search(r"fetch|XMLHttp|import\(|WebSocket|sendBeacon", page.inside("script"))


def test_the_policy_lets_only_the_page_s_own_style_and_script_through(
    sample_run: RunReport,
) -> None:
    page = Page(render(sample_run))
    policy = next(value for value in page.values("content") if "default-src" in value)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        digest = hashlib.sha256(page.inside(tag).encode()).digest()
        assert f"{tag}-src 'sha256-{base64.b64encode(digest).decode()}'" in policy
        assert [name for name, _ in page.elements].count(tag) == 1
    # The policy would refuse these, and say so in the console.
    attributes = {name for _, attrs in page.elements for name in attrs}
    assert not {name for name in attributes if name == "style" or name.startswith("on")}


def test_fifty_checks_with_everything_fit_into_a_megabyte(diverged_report: ParityReport) -> None:
    source = render(RunReport(checks=(record(full(diverged_report)),) * 50))
    assert len(source.encode()) < MEGABYTE


def test_where_pictures_would_make_the_page_too_large_the_worst_keep_theirs(
    equivalent_report: ParityReport, diverged_report: ParityReport
) -> None:
    reports = [full(equivalent_report)] * 30 + [full(diverged_report)] * 30
    sections = page_of(*reports).source.split("<article")[1:]
    pictured = ['class="square"' in section for section in sections]
    assert 20 < sum(pictured) < 60
    assert pictured == sorted(pictured, reverse=True)
    assert all("are left out" in section for section in sections[sum(pictured) :])


def test_the_same_run_gives_the_same_page(sample_run: RunReport) -> None:
    assert render(sample_run) == render(RunReport.from_dict(sample_run.to_dict()))


# --- the overview


def test_the_checks_stand_worst_first_and_each_leads_to_its_section(
    equivalent_report: ParityReport, diverged_report: ParityReport
) -> None:
    page = page_of(equivalent_report, diverged_report)
    assert page.values("data-verdict", "tr") == ["diverged", "equivalent"]
    assert page.values("data-check", "tr") == page.values("id", "article")
    assert page.values("data-verdict", "article") == ["diverged", "equivalent"]
    assert {f"#{anchor}" for anchor in page.values("id", "article")} <= set(page.values("href"))


def test_the_overview_counts_and_names_the_causes_and_findings(
    equivalent_report: ParityReport, diverged_report: ParityReport
) -> None:
    page = page_of(equivalent_report, diverged_report)
    assert page.inside("title").startswith("Model parity: 2 checks: 1 equivalent, 1 diverged")
    overview = " ".join(page.text.split("Overview")[1].split("Step by step")[0].split())
    assert "must change penalty, and iterations or solver" in overview
    assert "same-score-different-model" in overview
    assert "0.489 of 0.01 allowed" in overview


def test_problems_and_refusals_stand_before_the_overview(sample_run: RunReport) -> None:
    text = Page(render(sample_run)).text
    whole, refused = text.index("the worker gw1 crashed"), text.index("2 checks could not be made")
    assert whole < refused < text.index("got 150 and 149") < text.index("Overview")


def test_a_run_without_a_check_says_so() -> None:
    assert "No test compared two models." in Page(render(RunReport())).text


# --- a check


@pytest.mark.parametrize(
    "heading",
    [
        *(
            "Step by step",
            "Why",
            "Repair",
            "Settings",
            "Probabilities",
            "Training of the candidate",
        ),
        *("Coefficients", "Findings", "Warnings", "Cost and versions"),
    ],
)
def test_a_full_check_has_every_section(heading: str, diverged_report: ParityReport) -> None:
    settings = {
        side: replace(item, written={"penalty": "l2"})
        for side, item in diverged_report.settings.items()
    }
    warning = RecordedWarning(side="reference", category="UserWarning", message="late")
    report = replace(full(diverged_report), settings=settings, warnings=(warning,))
    assert heading in Page(render(RunReport(checks=(record(report),)))).inside("h3")


def test_a_check_leads_with_the_table_of_the_message() -> None:
    page = page_of(USUAL, SAME)
    # Cells follow each other without a space.
    first, second = ("".join(part.split()) for part in page.text.split("The answer")[1:])
    answer, others = first.split("Stepbystep")
    assert "penaltyl2(thedefault)noneMUSTCHANGEC1.0nopenaltywiththepenalty" in answer
    assert "solverlbfgsAdam(0.001)ONEOFlearning_rate" in answer
    assert "Allmeasurements" in others
    assert "C1.01equal" in second
    assert page.values("class", "tr").count("must") == 1


def test_a_check_without_pictures_has_no_empty_section(equivalent_report: ParityReport) -> None:
    headings = page_of(equivalent_report).inside("h3")
    assert "Step by step" in headings
    assert not re.search("Probabilities|Training|Coefficients|Repair|Warnings|Cost", headings)


def test_every_picture_is_named_and_has_its_data_in_a_table(diverged_report: ParityReport) -> None:
    page = page_of(full(diverged_report))
    pictures = [attrs for name, attrs in page.elements if attrs.get("role") == "img"]
    assert len(pictures) == page.source.count("<figure>") == 5
    assert page.source.count('role="img"') == len(
        re.findall(r'role="img"[^>]*>\s*<title>[^<]+</title><desc>[^<]+</desc>', page.source)
    )
    for figure in page.source.split("</figure>")[1:]:
        assert figure.lstrip().startswith("<details><summary>Data: ")


def test_ids_are_unique_and_every_reference_has_its_target(sample_run: RunReport) -> None:
    checks = tuple(record(full(item.report), item.test_id) for item in sample_run.checks)
    page = Page(render(replace(sample_run, checks=checks)))
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    wanted = {
        name
        for attribute in ("aria-labelledby", "aria-describedby", "for")
        for value in page.values(attribute)
        for name in value.split()
    }
    assert wanted | {link[1:] for link in page.values("href", "a")} <= set(ids)


def test_a_finding_is_explained_in_a_sentence(diverged_report: ParityReport) -> None:
    text = page_of(diverged_report).text
    assert "the candidate stopped 0.21 away" in text
    assert MEANINGS["candidate-not-converged"] in text


def test_a_finding_of_a_plugin_stands_without_an_explanation(
    diverged_report: ParityReport,
) -> None:
    finding = Finding(slug="of-a-plugin", text="something else")
    assert "something else" in page_of(replace(diverged_report, findings=(finding,))).text


def test_every_finding_of_the_documentation_has_its_sentence() -> None:
    told = (Path(__file__).parents[2] / "docs" / "findings.md").read_text(encoding="utf-8")
    slugs = set(re.findall(r"^## ([a-z-]+)$", told, re.MULTILINE))
    assert slugs == set(MEANINGS)


def test_a_repair_says_whether_it_was_tried_and_offers_its_program(
    diverged_report: ParityReport,
) -> None:
    assert diverged_report.repair is not None
    other = replace(diverged_report.repair, verified=False, left=None, source="")
    page = page_of(replace(diverged_report, alternatives=(other,)))
    assert "verified by training, 0.0012 is left" in page.text
    assert "Another way, not verified by training: penalty, iterations" in page.inside("summary")
    # Word for word: it is what the button copies.
    assert page.inside("pre").strip() == diverged_report.repair.source.strip()


def test_only_what_was_tried_is_called_a_repair(diverged_report: ParityReport) -> None:
    assert diverged_report.repair is not None
    untried = replace(diverged_report.repair, verified=False)
    assert "Repair" in page_of(diverged_report).inside("h3")
    headings = page_of(replace(diverged_report, repair=untried)).inside("h3")
    assert "Try" in headings
    assert "Repair" not in headings
    without = replace(untried, changes=())
    assert "Try" not in page_of(replace(diverged_report, repair=without)).inside("h3")


def test_tables_that_are_cut_say_so(diverged_report: ParityReport) -> None:
    summaries = page_of(full(diverged_report), diverged_report).inside("summary")
    assert "Data: 600 probabilities, the first 200" in summaries
    assert re.search("Data: 195 coefficients(?!, the first)", summaries)


def test_equal_warnings_are_counted(diverged_report: ParityReport) -> None:
    warning = RecordedWarning(side="reference", category="W", message="on two\nlines")
    page = page_of(replace(diverged_report, warnings=(warning, warning)))
    assert "(2 times)" in page.text
    assert any(text == "on two\nlines" for _, text in page.texts)


def test_a_check_that_asserts_nothing_says_so(equivalent_report: ParityReport) -> None:
    page = Page(render(RunReport(checks=(record(equivalent_report, asserted=False),))))
    assert "compared without asserting" in page.text


def test_versions_of_another_process_are_told_at_the_check(
    equivalent_report: ParityReport,
) -> None:
    report = replace(equivalent_report, environment={"python": "3.10", "numpy": "2.0"})
    text = page_of(report, environment={"python": "3.13", "numpy": "2.0"}).text
    assert "python 3.10" in text.split("Cost and versions")[1]
    assert text.count("numpy 2.0") == 1


# --- the map of the training


def mapped(report: ParityReport, **changes: Any) -> Page:
    """Render one check with a map."""
    return page_of(replace(report, training_map=replace(TRAINING_MAP, **changes)))


def section(page: Page) -> str:
    """Return the text of the map's section."""
    return page.text.split("Map of the training")[1].split("Step by step")[0]


def test_the_map_comes_right_after_the_answer(diverged_report: ParityReport) -> None:
    headings = mapped(diverged_report).inside("h3")
    assert headings.startswith("The answerMap of the trainingStep by step")
    assert "Map of the training" not in page_of(diverged_report).inside("h3")


def test_the_map_says_what_it_is_of_and_what_both_trainings_leave(
    diverged_report: ParityReport,
) -> None:
    told = section(mapped(diverged_report))
    assert "other trainings of the candidate with kernel_regularizer=L2(8.79e-4), all else" in told
    assert "Largest difference in probability from the reference on the 569 rows compared" in told
    assert "yours (learning_rate=0.001, epochs=12) leaves 0.42" in told
    assert "the repair (learning_rate=0.1, epochs=105, batch_size=569) leaves 0.0012" in told
    assert "The line is the tolerance." in told
    assert "no place here" not in told
    assert "no number" in told


def test_a_repair_without_a_place_is_said(diverged_report: ParityReport) -> None:
    assert "The repair changes more than that and has no place here." in section(
        mapped(diverged_report, repair=None)
    )
    # Of the objective alone: the whole map has it.
    assert diverged_report.repair is not None
    objective = replace(diverged_report.repair, changes=TRAINING_MAP.changes)
    report = replace(diverged_report, repair=objective)
    assert "no place here" not in section(mapped(report, repair=None))
    assert "no place here" not in section(mapped(replace(report, repair=None), repair=None))


def test_a_repaired_reference_is_named_as_such(diverged_report: ParityReport) -> None:
    change = Change(side="reference", setting="tol", text="tol=1e-8")
    told = section(mapped(diverged_report, changes=(change,)))
    assert "other trainings of the candidate with tol=1e-8 in the reference, all else" in told
    assert "trainings of the candidate, all else" in section(mapped(diverged_report, changes=()))


def test_the_map_s_numbers_stand_in_a_table(diverged_report: ParityReport) -> None:
    page = mapped(diverged_report)
    rates, epochs = TRAINING_MAP.learning_rates, TRAINING_MAP.epochs
    assert f"Data: {len(rates) * len(epochs)} trainings" in page.inside("summary")
    table = page.source.split("by epochs and learning rate")[1].split("</table>")[0]
    head, *lines = table.split("<tr>")[1:]
    assert head.count("<th>") == 1 + len(rates)
    assert len(lines) == len(epochs)
    first = re.findall(r"<t[hd]>([^<]+)", lines[0])
    assert first[:2] == ["1", "1"]
    assert len(first) == 1 + len(rates)
    lines = page.source.split("by value of one setting")[1].split("</table>")[0]
    assert "SGD(0.1, momentum=0.9)" in lines
    assert lines.count("(yours)") == len(TRAINING_MAP.lines)


def test_with_many_checks_the_table_is_shorter_and_says_so(diverged_report: ParityReport) -> None:
    report = replace(diverged_report, training_map=TRAINING_MAP)
    summaries = page_of(*[report] * 40).inside("summary")
    of = len(TRAINING_MAP.learning_rates) * len(TRAINING_MAP.epochs)
    shown = re.search(rf"Data: {of} trainings, (\d+) of them", summaries)
    assert shown is not None
    assert 20 < int(shown[1]) <= 100


def test_the_map_is_a_picture_with_a_name_and_its_data(diverged_report: ParityReport) -> None:
    page = mapped(diverged_report)
    part = page.source.split("<h3>Map of the training")[1].split("<h3>Step by step")[0]
    assert part.count("<figure>") == part.count('role="img"') == 2
    for figure in part.split("</figure>")[1:]:
        assert figure.lstrip().startswith("<details><summary>Data: ")


def test_fifty_maps_fit_into_a_megabyte(diverged_report: ParityReport) -> None:
    report = replace(full(diverged_report), training_map=TRAINING_MAP)
    source = render(RunReport(checks=(record(report),) * 50))
    assert len(source.encode()) < MEGABYTE
    assert source.count("<h3>Map of the training") > 10


# --- harmless


FRAGMENTS = st.sampled_from(
    ["<script>alert(1)</script>", "</style>", "]]>", '"onload="x', "&lt;", "\x1b[31m", "\u202e"]
)
WORDS = st.text(st.characters(codec=None), max_size=5) | FRAGMENTS
SCALARS = {str: WORDS, bool: st.booleans(), int: st.integers(), float: st.floats()}


def any_of(hint: Any) -> st.SearchStrategy:
    """Draw what an annotation allows."""
    hint, optional = without_none(hint)
    if optional:
        return st.none() | any_of(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple:
        return st.lists(any_of(arguments[0]), max_size=2).map(tuple)
    if origin is Mapping:
        keys = WORDS | st.sampled_from(["reference", "candidate", "probability", "accuracy"])
        return st.dictionaries(keys, any_of(arguments[1]), max_size=2)
    if hint is Tolerance:
        return st.builds(Tolerance, probability=st.floats(0, 10))
    if is_dataclass(hint):
        hints = type_hints(hint)  # type: ignore[arg-type]
        return st.builds(hint, **{f.name: any_of(hints[f.name]) for f in fields(hint)})
    return SCALARS[hint]


# Not shrunk: a whole run takes minutes to shrink, and is read in the failing template anyway.
@settings(
    max_examples=60,
    suppress_health_check=list(HealthCheck),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(any_of(RunReport))
def test_any_run_has_a_page_of_known_elements_and_plain_characters(run: RunReport) -> None:
    source = render(run)
    page = Page(source)
    assert {name for name, _ in page.elements} <= ELEMENTS
    assert page.inside("script") == Page(render(RunReport())).inside("script")
    assert all(character.isprintable() or character == "\n" for character in source)
    source.encode("utf-8")


def test_hostile_words_are_shown_and_not_obeyed(hostile_report: ParityReport) -> None:
    hostile = "<img src=x onerror=alert(1)>\x1b[31m\u202e"
    run = RunReport(
        checks=(record(hostile_report, f"test[{hostile}]"),),
        refusals=(RefusedCheck(test_id=hostile, message=hostile + "y" * 10_000),),
        problems=(hostile,),
        environment={hostile: hostile},
    )
    page = Page(render(run))
    assert {name for name, _ in page.elements} <= ELEMENTS
    assert page.text.count(r"<img src=x onerror=alert(1)>\x1b[31m\u202e") >= 6
    assert not re.search("x{2000}|y{2000}", page.source)


def test_words_of_others_keep_their_direction_to_themselves(hostile_report: ParityReport) -> None:
    hebrew = "\u05d0\u05d1\u05d2"

    def turned(value: Any) -> Any:
        """Return a value in which every text is Hebrew."""
        if isinstance(value, str):
            return hebrew
        if isinstance(value, tuple):
            return tuple(map(turned, value))
        if isinstance(value, Mapping):
            return {key: turned(item) for key, item in value.items()}
        if is_dataclass(value) and not isinstance(value, (type, Tolerance)):
            changes = {f.name: turned(getattr(value, f.name)) for f in fields(value)}
            return dataclasses.replace(value, **changes)  # type: ignore[type-var]
        return value

    run = RunReport(
        checks=(record(full(hostile_report)),), refusals=(RefusedCheck(test_id="a", message="b"),)
    )
    page = Page(render(turned(run)))
    loose = [(where, text) for where, text in page.texts if hebrew in text]
    assert len(loose) > 20
    assert [item for item in loose if not ISOLATING & set(item[0])] == []


def test_the_worst_case_is_a_small_table(diverged_report: ParityReport) -> None:
    page = page_of(replace(diverged_report, worst_case=WORST_CASE))
    assert "Worst case over the inputs" in page.text
    for line in (
        "mixtures of the rows",
        "99 % ellipsoid",
        "box",
        "0.8 of row 307 and 0.2 of row 461",
    ):
        assert line in page.text
    assert "whole numbers only in 'x2'; range given of 'x0'" in page.text
    assert "Worst found" not in page.text


def test_what_was_inferred_is_a_small_table(diverged_report: ParityReport) -> None:
    page = page_of(replace(diverged_report, inference={"candidate": INFERRED}))
    assert "What the weights tell of the training" in page.text
    for text in ("class_weight", "{0: 1, 1: 4}", "3.9998 to 4.0002", "proven within 3.9e-7"):
        assert text in page.text


def test_what_nothing_tells_is_said(diverged_report: ParityReport) -> None:
    page = page_of(replace(diverged_report, inference={"candidate": AT_NO_OPTIMUM}))
    assert "is not at the optimum of what it declares" in page.text
    assert "it is at no optimum of the objectives that were tried" in page.text
    assert "What the weights tell" not in page_of(diverged_report).text


def test_a_search_is_called_one(diverged_report: ParityReport) -> None:
    searched = replace(WORST_CASE, exact=False, box=replace(WORST_CASE.box, bound=None))
    page = page_of(replace(diverged_report, worst_case=searched))
    assert "Worst found" in page.text
    assert "Worst case over the inputs" not in page_of(diverged_report).text
