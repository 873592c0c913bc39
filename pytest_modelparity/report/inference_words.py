"""What was inferred of a side's objective in words."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_modelparity.report.inference import (
    MEASURED,
    PROVEN,
    RESEMBLES,
    InferredObjective,
    InferredValue,
)
from pytest_modelparity.report.numbers import joined, listed, number, rounded_up

#: So many ties, and objectives that are excluded, are named.
MOST_NAMED = 3
#: Digits of the ends of an interval.
DIGITS = 5


def only_declared(inference: Mapping[str, InferredObjective]) -> frozenset[str]:
    """Return the sides that are held only against what they declare."""
    return frozenset(side for side, found in inference.items() if found.is_only_declared)


def found_sentence(side: str, found: InferredObjective) -> str:
    """Say which objective a side is the optimum of; empty where none may be said."""
    if found.grade not in (PROVEN, MEASURED):
        return ""
    if not found.is_cause:
        return (
            f"the {side} is nearest to the optimum of {found.text} ({_how_sure(found)}), which "
            f"does not prove that it was trained so"
        )
    if found.prepared:
        return (
            f"the {side} was trained on {found.text.partition('=')[2]}, {_how_sure(found)}, and "
            f"predicts rows that are not: do the same to them before it predicts"
        )
    rest = "" if found.expected == "reference" else ", all else as it declares"
    return (
        f"the {side} is at the optimum of {found.text}{rest}, {_how_sure(found)}; what is marked ~ "
        f"was inferred"
    )


def rows_sentence(side: str, found: InferredObjective) -> str:
    """Say which rows a side was trained on, where that was found."""
    rows = next(one.text for one in found.values if one.setting == "rows_used")
    others = ", ".join(x.words for x in found.values if x.setting != "rows_used")
    more = f" with {others}" if others else ""
    return f"the {side} was trained on {rows}{more}, {_how_sure(found)}, and not on all rows of X"


def nowhere_sentence(side: str, found: InferredObjective) -> str:
    """Say that a side is at no optimum of the objectives that were tried."""
    nearest = ""
    if found.nearest and found.nearest_distance is not None:
        nearest = f" (nearest: {found.nearest}, {number(found.nearest_distance, 2)} away)"
    small = found.like_other_rows
    return joined(
        f"the {side} is at no optimum of {found.tried} objectives and sets of rows{nearest}",
        _excluded(found),
        "it was stopped early, or trained on something else: its weights do not tell which",
        "the difference is no larger than training on other rows would make it" if small else "",
    )


def inference_sentences(inference: Mapping[str, InferredObjective]) -> list[str]:
    """Say everything that was inferred, a sentence for each side."""
    return [f"{side}: {_whole(found)}" for side, found in inference.items()]


def interval(one: InferredValue) -> str:
    """Return the interval of each number of a value; empty where they are exact."""
    ends = zip(one.low, one.high, strict=False)
    texts = [f"{number(low, DIGITS)} to {number(high, DIGITS)}" for low, high in ends if low < high]
    return ", ".join(texts)


def outcome(found: InferredObjective) -> str:
    """Say how sure an objective is, or why there is none."""
    if found.why:
        return found.why
    return f"resembles it: {_how_sure(found)}" if found.grade == RESEMBLES else _how_sure(found)


def _whole(found: InferredObjective) -> str:
    """Return all that was inferred of one side."""
    values = [one.words + (f" ({interval(one)})" if interval(one) else "") for one in found.values]
    within = ""
    if found.resolution:
        low, high = (number(end) for end in (found.resolution[0], found.resolution[-1]))
        name = "alpha" if any(one.is_alpha for one in found.values) else "C"
        within = f"any {name} from {low} to {high} predicts the same within the tolerance"
    ties = f"as simple: {listed(found.ties[:MOST_NAMED], 'or')}" if found.ties else ""
    hint = ""
    if found.class_balance:
        weights = listed([number(weight, 2) for weight in found.class_balance], "and")
        hint = f"its intercept hints at class weights like {weights}"
    return joined(", ".join(values), outcome(found), within, ties, _excluded(found), hint)


def _how_sure(found: InferredObjective) -> str:
    """Say how far a side is from the optimum of what was found, and whether that is proven."""
    if found.distance is None:
        return "at an unknown distance"
    if found.grade == PROVEN:
        return f"proven within {rounded_up(found.distance)}"
    if found.grade == RESEMBLES:
        return f"{number(found.distance, 2)} from it"
    return f"measured to be {number(found.distance, 2)} from it"


def _excluded(found: InferredObjective) -> str:
    """Name objectives that are proven not to be it."""
    names = [one.text for one in found.excluded[:MOST_NAMED]]
    return f"proven not to be {listed(names, 'or')}" if names else ""
