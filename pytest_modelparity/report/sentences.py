"""What is known of a check in sentences: a small function of its parts makes each."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from pytest_modelparity.report.causes import KIND_PARTS
from pytest_modelparity.report.numbers import (
    apart_numbers,
    joined,
    number,
    percent,
    rounded_up,
    rows_in_words,
    signed_percent,
)
from pytest_modelparity.report.parts import (
    DataSummary,
    Divergence,
    Effort,
    Split,
    SplitPart,
    StructureCheck,
)
from pytest_modelparity.report.printable import printable
from pytest_modelparity.settings import ModelSettings

#: So many characters of a warning are quoted.
MAX_QUOTE = 100
#: So many characters of a test's id, and of the place of a divergence, are shown.
MAX_NAME = 300
MAX_PLACE = 100
#: A tolerance from here on says nothing about two probabilities.
USELESS_TOLERANCE = 0.5
#: An own error below this is not worth a sentence of its own distance.
AT_OPTIMUM = 1e-6
#: A part of the split counts as cancelling another from this share on.
CANCELS = 0.05

#: Findings that the sentences about the split say too.
NOT_CONVERGED = {
    "reference": "reference-not-converged",
    "candidate": "candidate-not-converged",
}


def measured(name: str, divergence: Divergence, unit: str = "", *, brief: bool = False) -> str:
    """Say a divergence against what is allowed: ``probability 0.489 > 0.01 allowed (row 73)``.

    The brief form has no such word.
    """
    unit = f" {printable(unit, MAX_PLACE)}" if unit else ""
    place = f" ({printable(divergence.place, MAX_PLACE)})" if divergence.place else ""
    if divergence.allowed is None:
        return f"{name} {number(divergence.value)}{unit}{place}"
    # With the usual three digits 0.01002 > 0.01 would read "0.01 > 0.01".
    value, allowed = apart_numbers(divergence.value, divergence.allowed)
    # A NaN is neither above nor below, and must not look as if it passed.
    if math.isnan(divergence.value):
        return f"{name} is NaN, {allowed}{unit} allowed{place}"
    compared = f"{name} {value} {'<=' if divergence.within else '>'} {allowed}{unit}"
    return f"{compared}{'' if brief else ' allowed'}{place}"


def also_clause(names: Sequence[str]) -> str:
    """Name the other divergences that are too large."""
    return f", and {', '.join(names)}" if names else ""


def data_sentence(data: DataSummary) -> str:
    """Say the size of the data."""
    rows = "row" if data.n_samples == 1 else "rows"
    features = "feature" if data.n_features == 1 else "features"
    size = f"{data.n_samples} {rows} x {data.n_features} {features}"
    # A regressor's data has no classes.
    size += f", {len(data.classes)} classes" if data.classes else ""
    elsewhere = f", compared on {data.n_eval} others" if data.n_eval != data.n_samples else ""
    return f"{size}{elsewhere}"


def values_sentence(worst: Divergence) -> str:
    """Say the two values at the worst place."""
    if worst.reference is None or worst.candidate is None:
        return worst.note
    reference, candidate = apart_numbers(worst.reference, worst.candidate)
    note = f" ({worst.note})" if worst.note else ""
    return f"there the reference says {reference}, the candidate {candidate}{note}"


def labels_sentence(labels: Divergence | None) -> str:
    """Say on how many rows the predicted labels differ."""
    # Where a prediction is NaN the first line says so; a share of labels would distract from it.
    if labels is None or math.isnan(labels.value):
        return ""
    if labels.value == 0:
        return "all labels agree"
    return f"labels differ on {percent(labels.value)} of the rows"


def score_of(scores: Mapping[str, Sequence[float]]) -> tuple[str, Sequence[float]]:
    """Return the name of what both sides score, and the scores: accuracy, or R2 of numbers."""
    name = "R2" if "R2" in scores else "accuracy"
    return name, scores.get(name, ())


def score_sentence(scores: Mapping[str, Sequence[float]]) -> str:
    """Say both sides' accuracy, or R2."""
    name, values = score_of(scores)
    # A report that was read from a file may hold any number of them.
    if len(values) != 2:
        return ""
    reference, candidate = values
    if reference == candidate:
        return f"both {'accuracies' if name == 'accuracy' else name} are {number(reference)}"
    return f"{name} {' | '.join(apart_numbers(reference, candidate))}"


def passing_tolerance_sentence(failing: Sequence[tuple[str, Divergence]]) -> str:
    """Say which tolerance would have let the check pass."""
    if not failing:
        return ""
    # No tolerance is above NaN, and Tolerance refuses infinity.
    unbounded = [name for name, divergence in failing if not math.isfinite(divergence.value)]
    if unbounded:
        return f"no tolerance lets this {unbounded[0]} pass"
    wanted = [f"{name}={rounded_up(divergence.value)}" for name, divergence in failing]
    if [name for name, _ in failing] == ["probability"]:
        value = failing[0][1].value
        # Such a tolerance would let anything pass.
        return f"tolerance={rounded_up(value)} would pass" if value < USELESS_TOLERANCE else ""
    return f"Tolerance({', '.join(wanted)}) would pass"


def structure_sentence(structure: StructureCheck) -> str:
    """Say that the candidate differs from the reference with the same weights; else nothing."""
    if structure.agrees is not False:
        return ""
    # Equal weights leave training no part in it: this comes before every other explanation.
    note = f" ({structure.note})" if structure.note else ""
    if structure.distance is None:
        return f"given the reference's own weights the candidate still predicts otherwise{note}"
    return (
        f"given the reference's own weights the candidate still differs by "
        f"{number(structure.distance)}: the models themselves differ, not their training{note}"
    )


def unmodelled_sentence(settings: Mapping[str, ModelSettings]) -> str:
    """Quote what either model does that no objective here describes."""
    return joined(
        *(
            f"{side}: {what}"
            for side in ("reference", "candidate")
            if side in settings
            for what in settings[side].unmodelled
        )
    )


def on_rows(rows: str) -> str:
    """Name the rows that something was measured on, where there are two sets of them."""
    return f" on the {rows} rows" if rows else ""


def rows_of(split: Split, part: SplitPart) -> str:
    """Return the rows that a part was measured on, in words; empty where all are the same."""
    return rows_in_words(part.rows or split.rows, part.known)


def own_error_sentence(
    side: str,
    part: SplitPart,
    slugs: Sequence[str] = (),
    rows: str = "",
    *,
    declared: bool = False,
) -> str:
    """Say how far a side stopped from the optimum of its own objective, and on which rows.

    Parameters
    ----------
    declared : bool
        Whether that is only what it declares: it may have been trained on something else.
    """
    # False for a NaN, which has a sentence of its own below.
    if part.largest <= AT_OPTIMUM:
        # Of all rows, unless there are some that determine none.
        return f"the {side} is at its own optimum{on_rows(rows) if part.known is not None else ''}"
    slug = f" [{NOT_CONVERGED[side]}]" if NOT_CONVERGED[side] in slugs else ""
    if math.isnan(part.largest):
        return f"the {side}'s weights are no numbers any more{slug}"
    far = f"{number(part.largest)} from"
    if declared:
        return f"the {side} is {far} the optimum of what it declares{on_rows(rows)}{slug}"
    return f"the {side} stopped {far} its own optimum{on_rows(rows)}{slug}"


def gap_sentence(part: SplitPart, rows: str = "", *, declared: bool = False) -> str:
    """Say how far the optima of the two objectives are apart, and on which rows.

    Parameters
    ----------
    declared : bool
        Whether one of them is only what a side declares.
    """
    if part.largest <= AT_OPTIMUM and part.known is not None:
        return f"the two objectives' optima agree{on_rows(rows)}"
    if part.largest <= AT_OPTIMUM:
        return f"both {'declare' if declared else 'have'} the same objective"
    return f"the two objectives' optima are {number(part.largest)} apart{on_rows(rows)}"


def split_sentences(
    split: Split, slugs: Sequence[str] = (), declared: Collection[str] = ()
) -> list[str]:
    """Say the three parts of the divergence.

    Parameters
    ----------
    declared : collection of str
        The sides that are held only against what they declare.
    """

    def own(side: str, part: SplitPart) -> str:
        return own_error_sentence(
            side, part, slugs, rows_of(split, part), declared=side in declared
        )

    gap = split.objective_gap
    return [
        own("reference", split.reference_error),
        gap_sentence(gap, rows_of(split, gap), declared=bool(declared)),
        own("candidate", split.candidate_error),
    ]


def cancel_sentence(split: Split) -> str:
    """Say which parts of the split partly cancel; nothing where none do."""
    shares = {
        KIND_PARTS["reference"]: split.reference_error.share,
        KIND_PARTS["objective"]: split.objective_gap.share,
        KIND_PARTS["training"]: split.candidate_error.share,
    }
    parts = [
        (part, share)
        for part, share in shares.items()
        if share is not None and math.isfinite(share) and abs(share) >= CANCELS
    ]
    # Parts of one sign add up: repairing any of them brings the models nearer.
    if len({share > 0 for _, share in parts}) < 2:
        return ""
    words = " and ".join(f"{part} ({signed_percent(share)})" for part, share in parts)
    return f"{words} partly cancel: repairing only one will not help"


def left_out_sentence(effort: Effort | None) -> str:
    """Say what explaining left out for lack of time."""
    if effort is None or not effort.left_out:
        return ""
    reason = "stopped by the clock; " if effort.stopped_by_the_clock else ""
    return f"{joined(*effort.left_out)} ({reason}the budget was {number(effort.budget)} s)"


def interrupted_sentence(effort: Effort | None) -> str:
    """Say that an interrupt ended the explanation."""
    if effort is None or not effort.interrupted_while:
        return ""
    return f"while {effort.interrupted_while}; what would have been found after that is missing"


def warning_sentence(side: str, category: str, message: str, times: int = 1) -> str:
    """Quote a warning that a side's training raised."""
    # Line ends of a warning would break the columns of the message.
    often = f" ({times} times)" if times > 1 else ""
    quote = " ".join(message.split())
    quote = quote if len(quote) <= MAX_QUOTE else quote[: MAX_QUOTE - 4].rstrip() + " ..."
    return f'{side}: {category}{often}: "{quote}"'
