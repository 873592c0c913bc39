"""Causes in sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pytest_modelparity.report.numbers import joined, listed, percent
from pytest_modelparity.report.parts import Cause, StructureCheck
from pytest_modelparity.report.ranking import KINDS, choices, named

#: What a cause of each kind explains.
KIND_PARTS = {
    "reference": "the reference's own error",
    "objective": "the objective gap",
    "training": "the candidate's own error",
}


def cause_clause(structure: StructureCheck, causes: Sequence[Cause]) -> str:
    """Say the main cause in a few words, for the end of the first line."""
    if structure.agrees is False:
        return "; the models differ even with the same weights"
    by_structure = [cause.setting for cause in causes if cause.kind == "structure"]
    if by_structure:
        return f"; the structure differs: {by_structure[0]}"
    # pytest cuts the first line at the terminal's width: settings only, no values.
    musts = [cause.setting for cause in causes if cause.role == "must"]
    parts = [f"must change {listed(musts, 'and')}"] if musts else []
    groups = [(kind, ways) for kind in KINDS if (ways := choices(causes, kind))]
    # One suffices on each side, so a side must be named as soon as both have a choice.
    both = {"reference", "training"} <= {kind for kind, _ in groups}
    for kind, ways in groups:
        choice = named(ways)
        side = " of the reference" if kind == "reference" else ""
        side = " of the candidate" if kind == "training" and both else side
        parts.append(f"{choice}{side}" if parts else f"change {choice}{side}")
    return f"; {', and '.join(parts)}" if parts else ""


def cause_sections(causes: Sequence[Cause]) -> list[tuple[str, str]]:
    """Return the causes: those that must change, then those of which one suffices."""
    sections: list[tuple[str, str]] = []
    for cause in causes:
        if cause.role == "must":
            sections.append(("" if sections else "MUST CHANGE", cause_sentence(cause)))
    for _, group in one_of_groups(causes):
        single = len(group) == 1
        label = ("AND" if single else "AND ONE OF") if sections else "CHANGE"
        label = label if single or sections else "CHANGE ONE"
        for index, cause in enumerate(group):
            sections.append(("" if index else label, cause_sentence(cause)))
    return sections


def cause_sentence(cause: Cause) -> str:
    """Say a setting's values, and how much it explains.

    An objective setting has a value on both sides, reference | candidate; what made one side
    stop early is that side's alone.
    """
    # Both frameworks write one setting in different words: each value stands in its own.
    values = f"{cause.reference or '-'} | {cause.candidate or '-'}"
    if cause.kind not in ("objective", "structure"):
        side = "reference" if cause.kind == "reference" else "candidate"
        values = f"{side} has {getattr(cause, side) or '-'}"
    share = share_clause(cause.kind, cause.share)
    # Where one of several suffices, what it leaves says more than what it removes.
    notes = cause.note or share if cause.role == "one_of" else joined(share, cause.note)
    return f"{cause.setting}: {values}" + (f" ({notes})" if notes else "")


def share_clause(kind: str, share: float | None) -> str:
    """Say which part of what a cause explains; nothing where its share is not known."""
    if share is None or not math.isfinite(share):
        return ""
    part = KIND_PARTS.get(kind, "the divergence")
    if kind == "objective" and percent(share) == "100 %":
        # All of it: the only cause of its kind says so by being alone.
        return ""
    if kind == "objective":
        return f"{percent(share)} of {part}"
    return f"removes {percent(share)} of {part}"


def one_of_groups(causes: Sequence[Cause]) -> list[tuple[str, list[Cause]]]:
    """Return the causes of which one suffices, by kind: each kind needs one of its own."""
    groups = []
    for kind in KINDS:
        group = [cause for cause in causes if cause.role == "one_of" and cause.kind == kind]
        if group:
            groups.append((kind, group))
    return groups
