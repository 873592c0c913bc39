"""Everything that a report says in words, in labelled paragraphs; the table says it first.

Every sentence is made in `report.sentences`; what is here chooses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

from pytest_modelparity.report.causes import cause_sections
from pytest_modelparity.report.inference_words import inference_sentences, only_declared
from pytest_modelparity.report.numbers import joined
from pytest_modelparity.report.parts import (
    DataSummary,
    Effort,
    Finding,
    RecordedWarning,
    Repair,
    StructureCheck,
)
from pytest_modelparity.report.proof_words import proven_sentence
from pytest_modelparity.report.quantity import Quantity
from pytest_modelparity.report.relations import Relation, nearly_sentence
from pytest_modelparity.report.repair_words import alternatives_sentence, verified_sentence
from pytest_modelparity.report.sentences import (
    NOT_CONVERGED,
    cancel_sentence,
    data_sentence,
    interrupted_sentence,
    labels_sentence,
    left_out_sentence,
    passing_tolerance_sentence,
    score_sentence,
    split_sentences,
    structure_sentence,
    unmodelled_sentence,
    values_sentence,
    warning_sentence,
)
from pytest_modelparity.report.table import TableSource
from pytest_modelparity.report.worst import failing
from pytest_modelparity.report.worst_case import WorstCase
from pytest_modelparity.report.worst_words import worst_case_sentences
from pytest_modelparity.settings import ModelSettings

#: So many findings and warnings are written out; the others are named or counted.
MAX_FINDINGS = 3
MAX_WARNINGS = 2


class DetailSource(TableSource, Protocol):
    """What the sentences of a report are made of: `report.report.ParityReport` has all of it."""

    @property
    def quantity(self) -> Quantity: ...
    @property
    def data(self) -> DataSummary: ...
    @property
    def structure(self) -> StructureCheck: ...
    @property
    def alternatives(self) -> tuple[Repair, ...]: ...
    @property
    def trained_by(self) -> str: ...
    @property
    def effort(self) -> Effort | None: ...
    @property
    def relation(self) -> Relation | None: ...
    @property
    def worst_case(self) -> WorstCase | None: ...
    @property
    def warnings(self) -> tuple[RecordedWarning, ...]: ...


def detail_sections(report: DetailSource) -> list[tuple[str, str]]:
    """Return label and text of each paragraph: everything that a report says in words."""
    return _equivalent_sections(report) if report.equivalent else _diverged_sections(report)


def _diverged_sections(report: DetailSource) -> list[tuple[str, str]]:
    """Return label and text of each paragraph about a divergence."""
    # From what was compared to what to do: a reader who stops early has the more important half.
    return [
        *compared_sections(report.settings, report.data),
        ("apart", _apart(report)),
        *_labelled("structure", structure_sentence(report.structure)),
        *_labelled("not modelled", unmodelled_sentence(report.settings)),
        *_why(report),
        *_listed_under("inferred", inference_sentences(report.inference)),
        *cause_sections(report.causes),
        *_labelled("cause", unexplained_sentence(report)),
        *repair_sections(report.repair, len(report.alternatives)),
        *(section for repair in report.alternatives for section in repair_sections(repair)),
        *_labelled("not tried", left_out_sentence(report.effort)),
        *_labelled("interrupted", interrupted_sentence(report.effort)),
        *worst_case_sections(report.worst_case),
        *finding_sections(_findings_beside_split(report)),
        *warning_sections(report.warnings),
    ]


def _equivalent_sections(report: DetailSource) -> list[tuple[str, str]]:
    """Return label and text of each paragraph about an equivalence."""
    return [
        *compared_sections(report.settings, report.data),
        *_labelled("proven", proven_sentence(report.certificates, report.split)),
        *worst_case_sections(report.worst_case),
        *finding_sections(report.findings),
        *warning_sections(report.warnings),
    ]


def _apart(report: DetailSource) -> str:
    """Return what is apart, beyond the first line."""
    beyond = failing(report.divergences, report.quantity.name)
    worst = beyond[0][1] if beyond else report.divergences.get(report.quantity.name)
    return joined(
        values_sentence(worst) if worst else "",
        labels_sentence(report.divergences.get("labels")),
        score_sentence(report.scores),
        passing_tolerance_sentence(beyond),
    )


def _why(report: DetailSource) -> list[tuple[str, str]]:
    """Return how far each side is from its own optimum, and what cancels, a line each."""
    if report.split is None:
        return _labelled("proven", proven_sentence(report.certificates, report.split))
    slugs = [finding.slug for finding in report.findings]
    told = split_sentences(report.split, slugs, only_declared(report.inference))
    sentences = [*told, cancel_sentence(report.split)]
    return _listed_under("why", [text for text in sentences if text])


def _findings_beside_split(report: DetailSource) -> list[Finding]:
    """Return the findings that the lines about the split do not contain."""
    contained = () if report.split is None else tuple(NOT_CONVERGED.values())
    return [finding for finding in report.findings if finding.slug not in contained]


def compared_sections(
    settings: Mapping[str, ModelSettings], data: DataSummary
) -> list[tuple[str, str]]:
    """Return which two models were compared, and on what."""
    reference, candidate = (_model(settings, side) for side in ("reference", "candidate"))
    return [("reference", f"{reference} on {data_sentence(data)}"), ("candidate", candidate)]


def unexplained_sentence(report: DetailSource) -> str:
    """Say that no cause was found, or that none was looked for; else nothing."""
    # Models that differ with the same weights have no setting that explains it.
    if report.equivalent or report.causes or report.structure.agrees is False:
        return ""
    if not report.explained:
        interrupted = report.effort is not None and report.effort.interrupted_while
        return "none found before the interrupt" if interrupted else "not looked for: explain=False"
    if any(settings.unmodelled for settings in report.settings.values()):
        return "not found: what is not modelled hides it"
    if report.relation is not None:
        return nearly_sentence(report.relation)
    unknown = only_declared(report.inference)
    if unknown:
        return f"not known: the {' and the '.join(sorted(unknown))} came trained, nobody saw how"
    if report.effort is not None and report.effort.left_out:
        return "no setting was found that explains this, and not all was tried"
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


def worst_case_sections(found: WorstCase | None) -> list[tuple[str, str]]:
    """Return how far the two may differ on other inputs, a line for each set of them."""
    return [] if found is None else _listed_under("worst case", worst_case_sentences(found))


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
