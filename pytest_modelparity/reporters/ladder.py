"""The steps of a check from the models' structure to their scores, each with its result."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_modelparity.report.inference_words import only_declared
from pytest_modelparity.report.parts import Divergence
from pytest_modelparity.report.proof_words import certificate_sentence
from pytest_modelparity.report.relations import relation_sentence
from pytest_modelparity.report.report import ParityReport
from pytest_modelparity.report.sentences import (
    AT_OPTIMUM,
    gap_sentence,
    labels_sentence,
    measured,
    own_error_sentence,
    rows_of,
    score_sentence,
    structure_sentence,
    unmodelled_sentence,
    values_sentence,
)

#: Divergences on inputs that no row shows; there where a tolerance judges them.
WORST_CASE = ("worst_case", "worst_case_box")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step.

    Parameters
    ----------
    state : str
        ``"holds"``, ``"fails"``, ``"apart"`` (measured, and not judged) or ``"unknown"``.
    result : str
        The state in a word or two.
    lines : tuple of str
        What was found, in sentences.
    """

    name: str
    state: str
    result: str
    lines: tuple[str, ...]


def steps(report: ParityReport) -> tuple[Step, ...]:
    """Return the seven steps of a check."""
    # In the order of what rests on what: where the structure differs, no later step can hold.
    quantity = report.quantity.name
    return (
        _structure(report),
        _objective(report),
        _optimality(report),
        _judged(
            report.quantity.plural.capitalize(), report, (quantity, f"{quantity}_rms", *WORST_CASE)
        ),
        _judged("Labels", report, ("labels",)),
        _judged("Parameters", report, ("coef", "intercept", "decision_function")),
        _judged("Scores", report, ("score", "log_loss")),
    )


def _structure(report: ParityReport) -> Step:
    """Return what the reference's weights gave in the candidate."""
    found = report.structure
    if report.relation is not None:
        lines = _lines(structure_sentence(found), relation_sentence(report.relation))
        return Step(name="Structure", state="fails", result="differs", lines=lines)
    # Unknown, not held: predictions alone give no weights to put in.
    if found.agrees is None:
        lines = _lines(found.note or "the reference's weights were not put into the candidate")
        return Step(name="Structure", state="unknown", result="not tested", lines=lines)
    if not found.agrees:
        lines = _lines(structure_sentence(found))
        return Step(name="Structure", state="fails", result="differs", lines=lines)
    number = ""
    if found.distance is not None:
        apart = Divergence(value=found.distance, allowed=found.allowed)
        number = measured(report.quantity.name, apart, report.quantity.unit)
    return Step(name="Structure", state="holds", result="same", lines=_lines(found.note, number))


def _objective(report: ParityReport) -> Step:
    """Return whether both sides minimise the same."""
    unmodelled = unmodelled_sentence(report.settings)
    if report.split is None:
        lines = _lines(unmodelled or "the two objectives were not compared")
        return Step(name="Objective", state="unknown", result="not modelled", lines=lines)
    # By what the optima predict, not by the settings: two spellings may mean one objective.
    gap = report.split.objective_gap
    same = gap.largest <= AT_OPTIMUM
    names = sorted({cause.setting for cause in report.causes if cause.kind == "objective"})
    differing = f"differing: {', '.join(names)}" if names else ""
    within, declared = gap.largest <= report.allowed, bool(only_declared(report.inference))
    return Step(
        name="Objective",
        state=("unknown" if declared else "holds") if same else "apart" if within else "fails",
        result=("declared the same" if declared else "same") if same else "differs",
        lines=_lines(
            gap_sentence(gap, rows_of(report.split, gap), declared=declared), differing, unmodelled
        ),
    )


def _optimality(report: ParityReport) -> Step:
    """Return how far each side stopped from the optimum of its own objective."""
    rows = report.split.rows if report.split is not None else ""
    proven = [
        certificate_sentence(side, report.certificates[side], rows and "training")
        for side in ("reference", "candidate")
        if side in report.certificates
    ]
    if report.split is None:
        lines = _lines(*proven) or ("neither side's optimum is known",)
        return Step(name="Optimality", state="unknown", result="not compared", lines=lines)
    sides = {
        "reference": report.split.reference_error,
        "candidate": report.split.candidate_error,
    }
    # `not <=`: a side whose weights are NaN has not arrived.
    early = [side for side, part in sides.items() if not abs(part.largest) <= report.allowed]
    declared = only_declared(report.inference)
    # Who trained elsewhere may have arrived, at the optimum of something else.
    stopped = "not at its optimum" if declared & set(early) else "stopped early"
    result = f"{' and '.join(early)} {stopped}" if early else "both arrived"
    sentences = [
        own_error_sentence(side, part, rows=rows_of(report.split, part), declared=side in declared)
        for side, part in sides.items()
    ]
    return Step(
        name="Optimality",
        state="fails" if early else "holds",
        result=result,
        lines=_lines(*sentences, *proven),
    )


def _judged(name: str, report: ParityReport, wanted: Sequence[str]) -> Step:
    """Return a step that rests on measured divergences."""
    found = {key: report.divergences[key] for key in wanted if key in report.divergences}
    # A step may have both: one judged divergence is enough to hold or fail it.
    judged = [item for item in found.values() if item.allowed is not None]
    if not found:
        return Step(name=name, state="unknown", result="not compared", lines=())
    # What nobody set a tolerance for neither holds nor fails, unless it does not differ at all.
    if judged:
        state = "holds" if all(item.within for item in judged) else "fails"
        result = "within tolerance" if state == "holds" else "beyond tolerance"
    else:
        same = all(item.value == 0 for item in found.values())
        state, result = ("holds", "same") if same else ("apart", "not judged")
    return Step(name=name, state=state, result=result, lines=_divergence_lines(report, found))


def _divergence_lines(report: ParityReport, found: dict[str, Divergence]) -> tuple[str, ...]:
    """Return the sentences of a step's divergences, one for each."""
    lines = []
    for key, item in found.items():
        # "labels differ on 3 % of the rows" reads better than "labels 0.03", unless it is judged.
        sentence = labels_sentence(item) if key == "labels" and item.allowed is None else ""
        sentence = sentence or measured(key, item, report.quantity.unit_of(key))
        lines.append("; ".join(filter(None, [sentence, _values(key, item)])))
    # Scores are values of each side; their difference alone would hide how good either is.
    if "score" in found or "log_loss" in found:
        lines.insert(0, score_sentence(report.scores))
    return _lines(*lines)


def _values(key: str, item: Divergence) -> str:
    """Return both values; of those that are one number each, such as scores, without a place."""
    text = values_sentence(item)
    if key in ("score", "log_loss"):
        return text.removeprefix("there ")
    return text if item.place or not math.isfinite(item.value) else text.removeprefix("there ")


def _lines(*texts: str) -> tuple[str, ...]:
    """Return the sentences that are not empty."""
    return tuple(text for text in texts if text)
