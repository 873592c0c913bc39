"""A report as text: the assertion message, ``str(report)`` and the terminal lines.

Every sentence is made in `report.sentences`; what is here chooses and lays out. Our own words are
plain ASCII, readable at 80 columns; what came from a user is made `printable`.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from pytest_modelparity.report.causes import cause_clause, cause_sections
from pytest_modelparity.report.numbers import joined
from pytest_modelparity.report.parts import (
    Cause,
    Certificate,
    DataSummary,
    Divergence,
    Effort,
    Finding,
    Quantity,
    RecordedWarning,
    Repair,
    Split,
    StructureCheck,
)
from pytest_modelparity.report.printable import printable
from pytest_modelparity.report.sentences import (
    NOT_CONVERGED,
    accuracy_sentence,
    also_clause,
    alternatives_sentence,
    cancel_sentence,
    data_sentence,
    labels_sentence,
    left_out_sentence,
    measured,
    passing_tolerance_sentence,
    proven_sentence,
    split_sentences,
    structure_sentence,
    unmodelled_sentence,
    values_sentence,
    verified_sentence,
    warning_sentence,
)
from pytest_modelparity.report.worst import failing
from pytest_modelparity.settings import ModelSettings

#: pytest puts eight characters before each line of a message that a test function raises.
WIDTH = 72
#: Characters before a line's text: the longest label and two.
LABEL_WIDTH = 13
#: So many findings and warnings are written out; the others are named or counted.
MAX_FINDINGS = 3
MAX_WARNINGS = 2
#: So many characters of a report's first line, and of any other paragraph, are shown.
MAX_HEADLINE = 400
MAX_PARAGRAPH = 600


# A protocol, because ParityReport imports this module for its `__str__`: naming the class here
# would close a circle of imports.
class ReportLike(Protocol):
    """What the text of a report is made of: `report.report.ParityReport` has all of it."""

    @property
    def equivalent(self) -> bool: ...
    @property
    def quantity(self) -> Quantity: ...
    @property
    def divergences(self) -> Mapping[str, Divergence]: ...
    @property
    def settings(self) -> Mapping[str, ModelSettings]: ...
    @property
    def data(self) -> DataSummary: ...
    @property
    def structure(self) -> StructureCheck: ...
    @property
    def certificates(self) -> Mapping[str, Certificate]: ...
    @property
    def split(self) -> Split | None: ...
    @property
    def explained(self) -> bool: ...
    @property
    def causes(self) -> tuple[Cause, ...]: ...
    @property
    def repair(self) -> Repair | None: ...
    @property
    def alternatives(self) -> tuple[Repair, ...]: ...
    @property
    def effort(self) -> Effort | None: ...
    @property
    def findings(self) -> tuple[Finding, ...]: ...
    @property
    def warnings(self) -> tuple[RecordedWarning, ...]: ...
    @property
    def scores(self) -> Mapping[str, tuple[float, ...]]: ...


def report_text(report: ReportLike) -> str:
    """Return the report in about ten lines, the first of which says it all.

    pytest's short test summary shows the first line only: verdict, number, what is allowed,
    place and main cause.
    """
    sections = _equivalent_sections(report) if report.equivalent else _diverged_sections(report)
    return "\n".join([headline(report), *_layout(sections)])


def note_lines(report: ReportLike) -> list[str]:
    """Return findings and warnings alone, for a check that has one line of its own."""
    return _layout([*finding_sections(report.findings), *warning_sections(report.warnings)])


def headline(report: ReportLike) -> str:
    """Return the first line of a report, whatever its names hold."""
    return printable(_headline(report), MAX_HEADLINE)


def _headline(report: ReportLike) -> str:
    """Return the first line of a report."""
    quantity = report.quantity
    if report.equivalent:
        worst = report.divergences.get(quantity.name)
        apart = f": {measured(quantity.name, worst, quantity.unit)}" if worst else ""
        return f"models are equivalent{apart}"
    beyond = failing(report.divergences, quantity.name)
    if not beyond:
        # As a report read from a file may say.
        return "models diverge" + cause_clause(report.structure, report.causes)
    name, worst = beyond[0]
    also = also_clause([other for other, _ in beyond[1:]])
    return (
        f"models diverge: {measured(name, worst, quantity.unit_of(name))}{also}"
        f"{cause_clause(report.structure, report.causes)}"
    )


def _diverged_sections(report: ReportLike) -> list[tuple[str, str]]:
    """Return label and text of each paragraph about a divergence."""
    # From what was compared to what to do: a reader who stops early has the more important half.
    return [
        *compared_sections(report.settings, report.data),
        ("apart", _apart(report)),
        *_labelled("structure", structure_sentence(report.structure)),
        *_labelled("not modelled", unmodelled_sentence(report.settings)),
        *_why(report),
        *cause_sections(report.causes),
        *_labelled("cause", unexplained_sentence(report)),
        *repair_sections(report.repair, len(report.alternatives)),
        *_labelled("not tried", left_out_sentence(report.effort)),
        *finding_sections(_findings_beside_split(report)),
        *warning_sections(report.warnings),
    ]


def _equivalent_sections(report: ReportLike) -> list[tuple[str, str]]:
    """Return label and text of each paragraph about an equivalence."""
    return [
        *compared_sections(report.settings, report.data),
        *_labelled("proven", proven_sentence(report.certificates, report.split)),
        *finding_sections(report.findings),
        *warning_sections(report.warnings),
    ]


def _apart(report: ReportLike) -> str:
    """Return what is apart, beyond the first line."""
    beyond = failing(report.divergences, report.quantity.name)
    worst = beyond[0][1] if beyond else report.divergences.get(report.quantity.name)
    return joined(
        values_sentence(worst) if worst else "",
        labels_sentence(report.divergences.get("labels")),
        accuracy_sentence(report.scores.get("accuracy")),
        passing_tolerance_sentence(beyond),
    )


def _why(report: ReportLike) -> list[tuple[str, str]]:
    """Return how far each side is from its own optimum, and what cancels, a line each."""
    if report.split is None:
        return _labelled("proven", proven_sentence(report.certificates, report.split))
    slugs = [finding.slug for finding in report.findings]
    sentences = [*split_sentences(report.split, slugs), cancel_sentence(report.split)]
    return _listed_under("why", [text for text in sentences if text])


def _findings_beside_split(report: ReportLike) -> list[Finding]:
    """Return the findings that the lines about the split do not contain."""
    contained = () if report.split is None else tuple(NOT_CONVERGED.values())
    return [finding for finding in report.findings if finding.slug not in contained]


def compared_sections(
    settings: Mapping[str, ModelSettings], data: DataSummary
) -> list[tuple[str, str]]:
    """Return which two models were compared, and on what."""
    reference, candidate = (_model(settings, side) for side in ("reference", "candidate"))
    return [("reference", f"{reference} on {data_sentence(data)}"), ("candidate", candidate)]


def unexplained_sentence(report: ReportLike) -> str:
    """Say that no cause was found, or that none was looked for; else nothing."""
    # Models that differ with the same weights have no setting that explains it.
    if report.causes or report.structure.agrees is False:
        return ""
    if not report.explained:
        return "not looked for: explain=False"
    if any(settings.unmodelled for settings in report.settings.values()):
        return "not found: what is not modelled hides it"
    return "no setting was found that explains this"


def repair_sections(repair: Repair | None, n_alternatives: int = 0) -> list[tuple[str, str]]:
    """Return what to write on each side, and whether that was tried."""
    if repair is None or not repair.changes:
        return []
    # The user edits two programs: everything for one of them stands on one line.
    by_side: dict[str, list[str]] = {}
    for change in repair.changes:
        by_side.setdefault(change.side, []).append(change.text)
    lines = [f"{side}: {', '.join(texts)}" for side, texts in by_side.items()]
    outcome = verified_sentence(repair.verified, repair.left)
    lines[-1] += f" ({joined(outcome, repair.note, alternatives_sentence(n_alternatives))})"
    # Only what was trained and found equivalent may be called a repair.
    return _listed_under("repair" if repair.verified else "try", lines)


def finding_sections(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    """Return the first findings with slug and text, and the slugs of the others."""
    sections = [("note", f"[{item.slug}] {item.text}") for item in findings[:MAX_FINDINGS]]
    others = ", ".join(item.slug for item in findings[MAX_FINDINGS:])
    return [*sections, ("note", f"further findings: {others}")] if others else sections


def warning_sections(warnings: Sequence[RecordedWarning]) -> list[tuple[str, str]]:
    """Quote the first distinct warnings and count the others."""
    # A solver that runs once for each class warns as often, in the same words.
    counts = Counter((item.side, item.category, item.message) for item in warnings)
    distinct = list(counts.items())[:MAX_WARNINGS]
    sections = [("warning", warning_sentence(*key, times)) for key, times in distinct]
    others = len(counts) - MAX_WARNINGS
    if others > 0:
        sections.append(("warning", f"and {others} other warning{'s' if others > 1 else ''}"))
    return sections


def _model(settings: Mapping[str, ModelSettings], side: str) -> str:
    """Return a side's model in one line."""
    return settings[side].model if side in settings else "(not read)"


def _listed_under(label: str, texts: Sequence[str]) -> list[tuple[str, str]]:
    """Return several paragraphs of which the first has the label."""
    return [("" if index else label, text) for index, text in enumerate(texts)]


def _labelled(label: str, text: str) -> list[tuple[str, str]]:
    """Return one paragraph, or none for an empty text."""
    return [(label, text)] if text else []


def _layout(sections: Iterable[tuple[str, str]]) -> list[str]:
    """Return the paragraphs as lines, each text in one column beside its label."""
    lines = []
    for label, text in sections:
        if not text:
            continue
        # Words are never cut: a setting or a number must be copied whole, even past the margin.
        lines += textwrap.wrap(
            printable(" ".join(text.split()), MAX_PARAGRAPH),
            width=WIDTH,
            initial_indent=f"{label:<{LABEL_WIDTH}}",
            subsequent_indent=" " * LABEL_WIDTH,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return lines
