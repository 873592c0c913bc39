"""A report as text: the assertion message, ``str(report)`` and the terminal lines.

The first line says all: verdict, number, place and what must change. Then comes the table, which
answers the question that was asked; then, where that is wanted, everything else in sentences. Our
own words are plain ASCII; what came from a user is made `printable`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pytest_modelparity.report.answers import Answers
from pytest_modelparity.report.causes import cause_clause
from pytest_modelparity.report.columns import (
    MAX_CELL,
    MAX_LABEL,
    MAX_LAST,
    NARROW,
    aligned,
    cell_text,
    hanging,
    paragraph,
    width_of,
)
from pytest_modelparity.report.details import (
    DetailSource,
    detail_sections,
    finding_sections,
    unexplained_sentence,
    warning_sections,
)
from pytest_modelparity.report.inference_words import inference_sentences
from pytest_modelparity.report.numbers import counted, joined, listed
from pytest_modelparity.report.parts import Finding, RecordedWarning, Repair
from pytest_modelparity.report.printable import printable
from pytest_modelparity.report.repair_words import outcome_sentence
from pytest_modelparity.report.sentences import (
    NOT_CONVERGED,
    also_clause,
    interrupted_sentence,
    left_out_sentence,
    measured,
    structure_sentence,
    unmodelled_sentence,
    warning_sentence,
)
from pytest_modelparity.report.slugs import TOLD_BY_TABLE
from pytest_modelparity.report.table import Table, table_of
from pytest_modelparity.report.worst import failing
from pytest_modelparity.report.worst_words import worst_case_note

#: pytest puts eight characters before each line of a message that a test function raises.
PREFIX = 8
#: Columns of a message where nobody knows how many there are.
WIDTH = 80 - PREFIX
#: Characters before a paragraph's text: the longest label of the details and two.
LABEL_WIDTH = 13
#: So many findings are written out where the table is; the others are named.
MAX_NOTES = 2
#: So many characters of a warning are quoted there.
MAX_WARNING = 24
#: So many characters of a report's first line, and of any other paragraph, are shown.
MAX_HEADLINE = 400
MAX_PARAGRAPH = 600
#: Verbosities: every setting that differs has a row; every sentence is told.
ALL_ROWS, ALL_WORDS = 1, 2
#: From so many columns on the table says more than it must.
ROOMY = 100


def report_text(report: DetailSource, *, width: int = WIDTH, verbosity: int = 0) -> str:
    """Return the report: its first line, the table, and what it takes to act on it.

    pytest's short test summary shows the first line only.

    Parameters
    ----------
    width : int
        Columns that it may take; what must be copied whole goes past them.
    verbosity : int
        0: what decides. 1: every setting that differs has a row. 2: everything that is known, in
        sentences below.
    """
    lines = [headline(report), *_table_lines(report, width, full=verbosity >= ALL_ROWS)]
    if verbosity >= ALL_WORDS:
        lines += ["", *_layout(detail_sections(report), width)]
    return "\n".join(lines)


def note_lines(report: DetailSource, width: int = WIDTH) -> list[str]:
    """Return findings and warnings alone, for a check that has one line of its own."""
    sections = [*finding_sections(report.findings), *warning_sections(report.warnings)]
    return _layout(sections, width)


def headline(report: DetailSource) -> str:
    """Return the first line of a report, whatever its names hold."""
    return printable(_headline(report), MAX_HEADLINE)


def _headline(report: DetailSource) -> str:
    """Return the first line of a report."""
    quantity = report.quantity
    if report.equivalent:
        worst = report.divergences.get(quantity.name)
        apart = f": {measured(quantity.name, worst, quantity.unit, brief=True)}" if worst else ""
        return f"models are equivalent{apart}"
    beyond = failing(report.divergences, quantity.name)
    if not beyond:
        # As a report read from a file may say.
        return "models diverge" + cause_clause(report.structure, report.causes)
    name, worst = beyond[0]
    also = also_clause([other for other, _ in beyond[1:]])
    return (
        f"models diverge: {measured(name, worst, quantity.unit_of(name), brief=True)}{also}"
        f"{cause_clause(report.structure, report.causes)}"
    )


def _table_lines(report: DetailSource, width: int, *, full: bool) -> list[str]:
    """Return the table and the paragraphs below it."""
    notes = [(label, text) for label, text in _notes(report, full=full) if text]
    # Equal weights leave settings no part in it: what mends that stands in the table's place.
    if report.structure.agrees is False and not full:
        return _layout(notes, width, _label_width(label for label, _ in notes))
    table = table_of(report, full=full, brief=width < ROOMY)
    labels = [*(row.label for row in table.rows), *(label for label, _ in notes)]
    label_width = _label_width(labels)
    return [*_rows(table, label_width, width), *_layout(notes, width, label_width)]


def _label_width(labels: Iterable[str]) -> int:
    """Return the width of the longest label."""
    return max((width_of(cell_text(label, MAX_LABEL)) for label in labels), default=0)


def _rows(table: Table, label_width: int, width: int) -> list[str]:
    """Return the rows of the table as lines."""
    rows = [
        ["", table.reference, table.candidate, ""],
        *([row.label, row.reference, row.candidate, row.answer] for row in table.rows),
    ]
    if width >= NARROW:
        limits = (MAX_LABEL, MAX_CELL, MAX_CELL, MAX_LAST)
        shown = [[cell_text(*pair) for pair in zip(row, limits, strict=True)] for row in rows]
        return aligned(label_width, shown, width)
    # Too narrow for columns: a row is a line.
    sentences = [
        (f"{cell_text(row[0], MAX_LABEL)}: " if row[0] else "")
        + " | ".join(cell_text(cell, MAX_LAST) for cell in row[1:] if cell)
        for row in rows
    ]
    return [line for text in sentences for line in hanging(text, width, whole=False)]


def _notes(report: DetailSource, *, full: bool) -> Iterator[tuple[str, str]]:
    """Yield label and text of what stands below the rows."""
    if report.structure.agrees is False:
        for side in ("reference", "candidate"):
            yield side, report.settings[side].model if side in report.settings else "(not read)"
        yield "same weights", structure_sentence(report.structure)
    # How a tolerance was derived that nobody gave.
    predicted = report.divergences.get("prediction")
    yield "allowed", predicted.note if predicted else ""
    yield "not modelled", unmodelled_sentence(report.settings)
    yield "cause", unexplained_sentence(report) if report.explained else ""
    others = Answers.of(report).without_row()
    if others:
        shown = listed(others, "or") if len(others) < 4 else counted(len(others), "other setting")
        yield "or", f"{shown} would do as well"
    yield from _repairs(report, full=full)
    # Where there is a repair, what was not tried is missed by nobody; that another run may try more
    # is to be known all the same.
    hurried = report.effort is not None and report.effort.stopped_by_the_clock
    if full or hurried or not (report.repair and report.repair.verified):
        yield "not tried", left_out_sentence(report.effort)
    yield "interrupted", interrupted_sentence(report.effort)
    if full:
        yield "inferred", "; ".join(inference_sentences(report.inference))
    yield "worst case", worst_case_note(report.worst_case)
    yield "training", report.trained_by if full else ""
    # The row of what stopped says it already.
    said = () if full or report.split is None else tuple(NOT_CONVERGED.values())
    yield from _findings([item for item in report.findings if item.slug not in said])
    yield "warning", _warnings(report.warnings)


def _repairs(report: DetailSource, *, full: bool) -> Iterator[tuple[str, str]]:
    """Yield what to write, and whether that was tried."""
    repair = report.repair
    if repair is None or not repair.changes:
        return
    label = "change" if report.structure.agrees is False else "repair"
    # Only what was trained and found equivalent may be called a repair.
    label = label if repair.verified else "try"
    others = 0 if full else len(report.alternatives)
    more = f"{counted(others, 'other way')}" if others else ""
    yield label, f"{_changes(repair)} ({joined(outcome_sentence(repair, full=full), more)})"
    if full:
        for other in report.alternatives:
            yield "or", f"{_changes(other)} ({outcome_sentence(other, full=True)})"


def _changes(repair: Repair) -> str:
    """Return what to write on each side."""
    # The user edits two programs: everything for one of them stands together.
    by_side: dict[str, list[str]] = {}
    for change in repair.changes:
        by_side.setdefault(change.side, []).append(change.text)
    if list(by_side) == ["candidate"]:
        return ", ".join(by_side["candidate"])
    return "; ".join(f"{side}: {', '.join(texts)}" for side, texts in by_side.items())


def _findings(findings: Sequence[Finding]) -> Iterator[tuple[str, str]]:
    """Yield the findings that the table does not say by itself, then the slugs of the others."""
    told = [item for item in findings if item.slug not in TOLD_BY_TABLE][:MAX_NOTES]
    for item in told:
        yield "note", f"[{item.slug}] {item.text}"
    slugs = dict.fromkeys(item.slug for item in findings if item not in told)
    if slugs:
        yield "also", f"{', '.join(slugs)} (docs/findings.md)"


def _warnings(warnings: Sequence[RecordedWarning]) -> str:
    """Quote the first warning and count the others."""
    distinct = list(dict.fromkeys(warnings))
    if not distinct:
        return ""
    first = distinct[0]
    others = f"; and {counted(len(distinct) - 1, 'other')}" if distinct[1:] else ""
    message = " ".join(first.message.split())
    if len(message) > MAX_WARNING:
        message = message[:MAX_WARNING].rstrip() + "..."
    return warning_sentence(first.side, first.category, message) + others


def _layout(
    sections: Iterable[tuple[str, str]], width: int, label_width: int = LABEL_WIDTH - 2
) -> list[str]:
    """Return the paragraphs as lines, each text in one column beside its label."""
    return [
        line
        for label, text in sections
        if text
        for line in paragraph(
            cell_text(label, MAX_LABEL),
            printable(" ".join(text.split()), MAX_PARAGRAPH),
            width,
            label_width,
        )
    ]
