"""The answer as a table: which of the four defaults must change, then what else is to be known.

A row for each of penalty, C, iterations and solver always, then one for each other setting that
counts; then where each side stopped and how it scores; then lines across all columns. Only what
the rows hold is decided here; `report.answers` has the words of the last column, `report.columns`
sets them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from pytest_modelparity.report.answers import FOUR, NOT_KNOWN, Answers, AnswerSource, short
from pytest_modelparity.report.compared import ComparedSetting
from pytest_modelparity.report.inference_words import only_declared
from pytest_modelparity.report.numbers import apart_numbers, joined, number, percent, rounded_up
from pytest_modelparity.report.parts import Certificate, Divergence, Finding, Split, SplitPart
from pytest_modelparity.report.sentences import (
    AT_OPTIMUM,
    labels_sentence,
    on_rows,
    rows_of,
    score_of,
)
from pytest_modelparity.settings import ModelSettings

#: A title longer than this loses its arguments: the rows have them.
MAX_TITLE, MAX_BRIEF = 40, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: a value on either side, and what is said of them.

    Parameters
    ----------
    tone : str
        What the last column means: ``"must"``, ``"one_of"``, ``"equal"`` or nothing.
    """

    label: str
    reference: str
    candidate: str
    answer: str
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The rows, below the names of both models."""

    reference: str
    candidate: str
    rows: tuple[Row, ...]


class TableSource(AnswerSource, Protocol):
    """What the table of a report is made of, beside its answers."""

    @property
    def divergences(self) -> Mapping[str, Divergence]: ...
    @property
    def settings(self) -> Mapping[str, ModelSettings]: ...
    @property
    def certificates(self) -> Mapping[str, Certificate]: ...
    @property
    def findings(self) -> tuple[Finding, ...]: ...
    @property
    def scores(self) -> Mapping[str, tuple[float, ...]]: ...


def table_of(report: TableSource, *, full: bool = False, brief: bool = False) -> Table:
    """Return the table of a report.

    Parameters
    ----------
    full : bool
        Whether every setting that differs has a row, also one that is no cause.
    brief : bool
        Whether there is little room.
    """
    answers = Answers.of(report)
    stopped = _stopped(report, brief=brief)
    rows = [_setting(item, answers) for item in _shown(report, answers, full=full)]
    first, last = (stopped, None) if _reference_stopped(report) else (None, stopped)
    ends = [row for row in (last, _scores(report, brief=brief)) if row is not None]
    return Table(
        reference=_title(report, "reference", MAX_BRIEF if brief else MAX_TITLE),
        candidate=_title(report, "candidate", MAX_BRIEF if brief else MAX_TITLE),
        rows=(*([first] if first else []), *rows, *ends),
    )


def _shown(report: TableSource, answers: Answers, *, full: bool) -> Iterator[ComparedSetting]:
    """Yield the settings that have a row."""
    items = {item.setting: item for item in report.all_settings}
    for cause in report.causes:
        # As of a setting that neither side writes down.
        found = ComparedSetting(
            setting=cause.setting, reference=cause.reference, candidate=cause.candidate
        )
        items.setdefault(cause.setting, found)
    for name in FOUR:
        yield items.pop(name, ComparedSetting(setting=name))
    for item in items.values():
        if answers.has_row(item) or (full and _differs(item)):
            yield item


def _differs(item: ComparedSetting) -> bool:
    """Whether a setting may differ."""
    if item.same is None:
        return bool(item.reference and item.candidate)
    return not item.same


def _setting(item: ComparedSetting, answers: Answers) -> Row:
    """Return the row of a setting."""
    text, tone = answers.of_setting(item)
    return Row(
        label=item.setting,
        reference=short(item.setting, item.reference) or NOT_KNOWN,
        candidate=short(item.setting, item.candidate) or NOT_KNOWN,
        answer=text,
        tone=tone,
    )


def _title(report: TableSource, side: str, longest: int) -> str:
    """Return a model's name, without what the rows say of it."""
    if side not in report.settings:
        return f"{side} (not read)"
    model = report.settings[side].model
    depth = 0
    for place, character in enumerate(model):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            model = model[:place]
            break
    name, opened, arguments = model.partition("(")
    if len(model) <= longest or not opened or name.endswith(" "):
        return model
    # How many outputs a layer has says what it is.
    first = arguments.partition(",")[0].rstrip(")")
    return f"{name}({first})" if first.isdigit() else name


def _reference_stopped(report: TableSource) -> bool:
    """Whether the reference itself did not converge."""
    return any(finding.slug == "reference-not-converged" for finding in report.findings)


def _stopped(report: TableSource, *, brief: bool) -> Row | None:
    """Return where each side stopped."""
    split = report.split
    if split is None:
        sides = [_proven(report.certificates.get(side)) for side in ("reference", "candidate")]
        gap = ""
    else:
        declared = only_declared(report.inference)
        parts = {"reference": split.reference_error, "candidate": split.candidate_error}
        # One name for all, at the end of the row, unless the parts have rows of their own.
        every = (*parts.values(), split.objective_gap)
        mixed = len({rows_of(split, part) for part in every}) > 1
        sides = [
            _distance(part.largest, brief=brief, declared=side in declared)
            + (_rows(split, part) if mixed else "")
            for side, part in parts.items()
        ]
        gap = _gap(split, brief=brief, declared=bool(declared))
    if sides == [NOT_KNOWN, NOT_KNOWN]:
        return None
    tone = ""
    if _reference_stopped(report):
        # Who came fitted may have converged, on something else.
        elsewhere = "reference" in only_declared(report.inference)
        failed = "IS NOT AT ITS OPTIMUM" if elsewhere else "DID NOT CONVERGE"
        gap, tone = joined(f"THE REFERENCE {failed}", gap), "must"
    return Row(label="stopped", reference=sides[0], candidate=sides[1], answer=gap, tone=tone)


def _gap(split: Split, *, brief: bool, declared: bool) -> str:
    """Say how far the two optima are apart."""
    gap = split.objective_gap.largest
    the = "" if brief else "the two "
    words = (
        ("same optimum declared" if declared else "same optimum")
        if gap <= AT_OPTIMUM
        else f"{the}optima {'' if brief else 'are '}{number(gap, 2)} apart"
    )
    return words + _rows(split, split.objective_gap)


def _rows(split: Split, part: SplitPart) -> str:
    """Name the rows of a part, where there are two sets of them."""
    return f" ({on_rows(rows_of(split, part)).strip()})" if split.rows else ""


def _distance(value: float, *, brief: bool, declared: bool) -> str:
    """Say how far a side stopped from its own optimum, or from that of what it declares."""
    words = "off optimum" if brief else "from its optimum"
    if declared:
        words = "off declared" if brief else "from what it declares"
    # False for a NaN, which is no distance.
    if value <= AT_OPTIMUM:
        return "at its optimum"
    return f"{number(value, 2)} {words}" if value == value else "weights are NaN"


def _proven(certificate: Certificate | None) -> str:
    """Say what is proven of a side's distance to its own optimum."""
    if certificate is None:
        return NOT_KNOWN
    if certificate.finite_optimum is False:
        return "has no finite optimum"
    if certificate.distance is None:
        return "nothing is proven"
    bound, rows = certificate.distance, certificate.rows
    if certificate.evaluation is not None:
        bound, rows = certificate.evaluation, "evaluation"
    named = f" ({on_rows(rows).strip()})" if rows else ""
    return f"within {rounded_up(bound)} of its optimum{named}"


def _scores(report: TableSource, *, brief: bool) -> Row | None:
    """Return how both sides score."""
    labels = report.divergences.get("labels")
    said = labels_sentence(labels)
    if brief and labels is not None and labels.value > 0:
        said = f"labels {percent(labels.value)} apart"
    name, scored = score_of(report.scores)
    # A report that was read from a file may hold any number of them.
    if len(scored) != 2:
        return None
    first, second = apart_numbers(*scored)
    return Row(label="scores", reference=f"{name} {first}", candidate=second, answer=said)
