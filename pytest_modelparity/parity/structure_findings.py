"""Findings of structure: one change that makes the candidate of the reference."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_modelparity.parity.nearest import NearestLinear, with_nearest
from pytest_modelparity.parity.relation import eight_bit_step
from pytest_modelparity.parity.side import Side
from pytest_modelparity.parity.verdict import Verdict
from pytest_modelparity.report.numbers import number
from pytest_modelparity.report.parts import Finding
from pytest_modelparity.report.relations import QUANTIZATION, Relation, relation_sentence
from pytest_modelparity.tolerance import Tolerance


def structure_findings(
    relation: Relation | None,
    verdict: Verdict,
    tolerance: Tolerance,
    candidate: Side,
) -> tuple[Finding, ...]:
    """Return what is to be said of the structure: one change, and whole numbers."""
    if relation is not None and relation.name == QUANTIZATION:
        return (Finding(slug="quantization", text=relation_sentence(relation)),)
    told = _one_change(relation, verdict, tolerance)
    whole, grid = candidate.fitted.whole_numbers, eight_bit_step(candidate)
    if not (grid or whole) or verdict.decisive.within:
        return told
    if whole is not None:
        what = (
            f"the candidate's file computes in int{whole.bits}, all columns of its inputs in steps "
            f"of {number(whole.inputs.size, 3)}, and its weights are not the reference's, rounded"
        )
    else:
        what = (
            f"the candidate's predictions are multiples of 1/{round(1 / grid)}, as those of a "
            f"model that computes in 8 bits are"
        )
    text = f"{what}; how much of the divergence that makes is not known"
    return (*told, Finding(slug="quantization", text=text))


def of_the_sides(
    sides: tuple[Side, Side],
    relation: Relation | None,
    nearest: NearestLinear | None,
    quantity: str,
) -> Iterator[Finding]:
    """Yield what the sides themselves have to tell, the reference first.

    Parameters
    ----------
    nearest : NearestLinear, optional
        The linear model that comes nearest to a candidate which is none.
    quantity : str
        What is predicted.
    """
    # A linear model in whole numbers is linear, though its predictions are stairs.
    stairs = relation is not None and relation.name == QUANTIZATION
    for side in sides:
        is_linear = stairs or _has_the_head(side, sides[0])
        for finding in side.fitted.findings:
            if finding.slug != "not-linear":
                yield finding
            elif not is_linear:
                yield with_nearest(finding, nearest, quantity)


def _has_the_head(side: Side, reference: Side) -> bool:
    """Whether a regressor is linear behind the head that the reference has."""
    found, objective = side.fitted.recovered, reference.objective
    if side.data.n_classes or found is None or objective is None:
        return False
    return bool(found.linear) and found.head == objective.settings.output_head


def _one_change(
    relation: Relation | None, verdict: Verdict, tolerance: Tolerance
) -> tuple[Finding, ...]:
    """Return the one change of structure: one finding, or none."""
    # Two classes are told by predictions, also of what is not linear.
    swapped = _swapped(verdict, tolerance.probability)
    if swapped or relation is None:
        return (Finding(slug="class-order", text=swapped),) if swapped else ()
    text = relation_sentence(relation)
    if relation.name == "class-order":
        return (Finding(slug="class-order", text=text),)
    return (Finding(slug="structure-differs", text=text),)


def _swapped(verdict: Verdict, allowed: float) -> str:
    """Say that two classes are swapped; nothing where they are not."""
    tally = verdict.tally
    if tally.exchanged is None or tally.peak.value <= allowed or not tally.exchanged <= allowed:
        return ""
    first, second = tally.classes.tolist()
    return (
        f"the candidate's probabilities agree once its classes are swapped: it models {first!r} "
        f"where the reference models {second!r}"
    )
