"""The Markdown: what GitHub shows of it, that nothing of a name is obeyed, and its size."""

from __future__ import annotations

import dataclasses
import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from sample_tables import USUAL

from pytest_modelparity import ParityReport
from pytest_modelparity.report.parts import Finding, Repair
from pytest_modelparity.report.printable import printable
from pytest_modelparity.report.run import CheckRecord, RefusedCheck, RunReport
from pytest_modelparity.reporters.markdown import LIMIT, code, escaped, render

PARSER = MarkdownIt("commonmark").enable("table")
ANYTHING = st.text(st.characters(codec=None), max_size=40) | st.text(
    "|`\\<>&@#*_[]()!~- \n\r\x1bgh1w.:/", max_size=40
)
OWN_TAGS = {"<details>", "</details>", "<summary>", "</summary>", "<code>", "</code>"}


def shown(markdown: str) -> str:
    """Return the text that a reader sees, without the invisible spaces."""
    page = re.sub(r"<[^>]*>", "", PARSER.render(markdown))
    return html.unescape(page).replace("\u200b", "").strip("\n")


def tags(markdown: str) -> set[str]:
    """Return the tags that stand in the text itself."""
    found = set()
    for token in PARSER.parse(markdown):
        for part in [token, *(token.children or [])]:
            if part.type in ("html_block", "html_inline"):
                found |= set(re.findall(r"<[^>]*>", part.content))
    return found


def check(report: ParityReport, name: str = "test_a.py::test_b") -> CheckRecord:
    return CheckRecord(test_id=name, outcome="passed", asserted=True, report=report)


# --- names


@given(ANYTHING)
def test_escaped_text_is_shown_as_it_stands(words: str) -> None:
    assert shown(f"x {escaped(words)}x") == f"x {printable(' '.join(words.split()))}x"


@given(ANYTHING)
def test_code_is_shown_as_it_stands_in_a_table(words: str) -> None:
    table = f"| a | b |\n|---|---|\n| x{code(words)}x | y |\n"
    cells = re.findall(r"<td>(.*?)</td>", PARSER.render(table), re.DOTALL)
    assert len(cells) == 2
    text = html.unescape(re.sub(r"</?code>", "", cells[0]))
    # A code span may lose the spaces around it.
    assert text.replace(" ", "") == f"x{printable(words)}x".replace(" ", "")


@pytest.mark.parametrize("words", ["@octocat", "#12", "a/b#12", "GH-12", "mail@example.org"])
def test_a_mention_is_broken_by_an_invisible_space(words: str) -> None:
    page = html.unescape(PARSER.render(escaped(words)))
    assert not re.search(r"@\w|#\d|GH-\d", page)
    assert shown(escaped(words)) == words


@pytest.mark.parametrize("words", ["https://example.org", "www.example.org"])
def test_an_address_is_not_linked(words: str) -> None:
    assert words not in escaped(words)
    assert shown(escaped(words)) == words


def test_hostile_names_add_no_tag_and_no_column(sample_run: RunReport) -> None:
    page = render(sample_run)
    assert tags(page) == OWN_TAGS
    rows = re.findall(r"<tr>(.*?)</tr>", PARSER.render(page), re.DOTALL)
    # Of the matrix, of the checks and of causes.
    assert {row.count("<td") + row.count("<th") for row in rows} == {3, 4, 5}
    assert page.isprintable() is False  # line ends
    assert all(line.isprintable() for line in page.split("\n"))


def test_every_details_is_closed(sample_run: RunReport) -> None:
    blocks = [t.content for t in PARSER.parse(render(sample_run)) if t.type == "html_block"]
    text = "".join(blocks)
    assert text.count("<details>") == text.count("</details>") == 3


# --- what is told


def test_the_worst_comes_first_and_equivalent_checks_have_a_row_only(
    sample_run: RunReport,
) -> None:
    page = render(sample_run)
    rows = [line for line in page.split("\n") if line.startswith(("| **diverged", "| equiv"))]
    assert [row.split(" ")[1] for row in rows] == ["**diverged**"] * 3 + ["equivalent"] * 2
    assert page.count("<summary>") == 3


def test_details_hold_causes_repair_program_and_findings(diverged_report: ParityReport) -> None:
    page = render(RunReport(checks=(check(diverged_report),)))
    assert "| penalty | `C=1.0` | `no kernel_regularizer` | must | - |" in page
    assert "**Repair (verified by training, 0.0012 is left)**" in page
    assert "- candidate: `epochs=1000`" in page
    # The program holds a fence of its own.
    fenced = [t for t in PARSER.parse(page) if t.type == "fence"]
    assert [token.info for token in fenced] == ["python"]
    assert diverged_report.repair is not None
    assert fenced[0].content == diverged_report.repair.source
    assert "- `candidate-not-converged`: the candidate stopped 0.21 away" in page


def test_details_lead_with_the_table_of_the_message() -> None:
    page = render(RunReport(checks=(check(USUAL),)))
    start = page.index("<details>")
    answer = page.index("| | LogisticRegression() | Keras Dense(1, 'sigmoid') | |", start)
    assert answer < page.index("| setting | reference |", start)
    assert "| penalty | `l2 (the default)` | `none` | MUST CHANGE |\n" in page
    assert "| iterations | `max_iter=100 (19 run)` | `epochs=12` | ONE OF: 1200 leaves" in page


def test_what_was_not_verified_is_no_repair(diverged_report: ParityReport) -> None:
    repair = dataclasses.replace(diverged_report.repair, verified=False)  # type: ignore[type-var]
    page = render(RunReport(checks=(check(dataclasses.replace(diverged_report, repair=repair)),)))
    assert "**Try (not verified by training, 0.0012 is left)**" in page
    assert "Repair" not in page


def test_a_run_without_checks_says_so() -> None:
    assert render(RunReport()) == ("## Model parity\n\n**0 checks: no test compared two models**\n")


def test_problems_notes_and_refusals_are_told() -> None:
    run = RunReport(
        problems=("a worker died",), refusals=(RefusedCheck(test_id="t", message="no\nrows"),)
    )
    page = render(run, notes=("1 new divergence",))
    assert "- problem: a worker died\n- gate: 1 new divergence\n" in page
    assert "### Checks that could not be made\n\n- `t`: no rows\n" in page


# --- size


def large(report: ParityReport, n: int) -> RunReport:
    source = "x = '\u732b'\n" * 1000
    report = dataclasses.replace(
        report,
        repair=Repair(changes=report.repair.changes, verified=True, source=source),  # type: ignore[union-attr]
        findings=(Finding(slug="s" * 1000, text="\u732b" * 1000),) * 100,
    )
    return RunReport(checks=tuple(check(report, f"{'long' * 50}::{i}") for i in range(n)))


@pytest.mark.parametrize("n", [1, 100, 3000])
def test_the_report_stays_under_its_limit(diverged_report: ParityReport, n: int) -> None:
    page = render(large(diverged_report, n))
    assert len(page.encode("utf-8")) < LIMIT == 1_000_000
    assert tags(page) <= OWN_TAGS
    assert page.count("<details>") == page.count("</details>") > 0


def test_what_does_not_fit_is_counted(diverged_report: ParityReport) -> None:
    page = render(large(diverged_report, 3000))
    table = page.count("| **diverged** |")
    details = page.count("<details>")
    assert page.endswith(
        f"\nNot shown, for the size of this report: {3000 - table} x check in the table; "
        f"{3000 - details} x diverged check in detail.\n"
    )


def test_any_limit_is_kept(sample_run: RunReport) -> None:
    for limit in [-5, 0, *range(100, 10_000, 50)]:
        assert len(render(sample_run, limit).encode("utf-8")) <= max(limit, 0)


def test_a_program_that_is_too_long_is_left_out(diverged_report: ParityReport) -> None:
    repair = dataclasses.replace(diverged_report.repair, source="x" * 30_000)  # type: ignore[type-var]
    page = render(RunReport(checks=(check(dataclasses.replace(diverged_report, repair=repair)),)))
    assert "too long to stand here" in page
    assert len(page) < 3000
