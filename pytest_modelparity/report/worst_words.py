"""The worst case over the range of the inputs in words."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_modelparity.report.numbers import apart_numbers, counted, joined, listed, number
from pytest_modelparity.report.worst_case import WorstCase, WorstInput

#: So many rows of a mixture, columns of an input and columns of a kind are named.
MOST_ROWS, MOST_COLUMNS, MOST_NAMES = 3, 3, 5
#: A bound that is above its value by less is that value.
SAME = 1e-9


def input_place(worst: WorstInput, names: Sequence[str]) -> str:
    """Say which input it is: of a mixture its rows, else its first columns."""
    return joined_by_commas(f"class {worst.label}", _mixture(worst) or _columns(worst.x, names))


def worst_case_note(found: WorstCase | None) -> str:
    """Say how far apart the two are between the rows, where that is much more than on them."""
    if found is None or not found.is_noticed:
        return ""
    worst = found.mixtures
    how = "" if found.exact else "at least "
    return (
        f"{how}{number(worst.value)} between the rows ({input_place(worst, found.names)}), "
        f"{number(found.rows)} on them"
    )


def worst_case_sentences(found: WorstCase) -> list[str]:
    """Say everything about the worst case, a sentence for each set of inputs."""
    sentences = [f"largest difference of a probability on the rows: {number(found.rows)}"]
    for name, worst in found.sets:
        sides = apart_numbers(worst.reference, worst.candidate)
        sentences.append(
            f"{name}: {number(worst.value)}{outcome(worst)}; there the reference says {sides[0]}, "
            f"the candidate {sides[1]} ({input_place(worst, found.names)})"
        )
    kinds = kinds_sentence(found)
    return [*sentences, f"box: {kinds}"] if kinds else sentences


def outcome(worst: WorstInput) -> str:
    """Say whether a value is the largest there is, or only the largest that was found."""
    if worst.bound is None:
        return ", the largest that a search found"
    if worst.bound - worst.value <= SAME:
        return ", which no input exceeds"
    return f", and no input exceeds {number(worst.bound)}"


def kinds_sentence(found: WorstCase) -> str:
    """Say which columns of the box do not hold any number, and whose range was given."""
    groups = [f"exactly one of {_names(group)} is on" for group in found.one_hot[:MOST_ROWS]]
    if len(found.one_hot) > MOST_ROWS:
        groups.append(f"and so of {counted(len(found.one_hot) - MOST_ROWS, 'other group')}")
    return joined(
        f"whole numbers only in {_names(found.whole)}" if found.whole else "",
        f"two values only in {_names(found.two_valued)}" if found.two_valued else "",
        *groups,
        f"range given of {_names(found.given)}" if found.given else "",
    )


def joined_by_commas(*texts: str) -> str:
    """Join texts by commas, without the empty ones."""
    return ", ".join(text for text in texts if text)


def _mixture(worst: WorstInput) -> str:
    """Say which rows a mixture is made of."""
    parts = [
        f"{number(part.share, 2)} of {part.rows}{' ' if part.rows else ''}row {part.row}"
        for part in worst.mixture[:MOST_ROWS]
    ]
    others = len(worst.mixture) - len(parts)
    parts += [counted(others, "other row")] if others else []
    if len(worst.mixture) == 1:
        return parts[0].partition(" of ")[2]
    return listed(parts, "and") if parts else ""


def _columns(x: Sequence[float], names: Sequence[str]) -> str:
    """Say the first columns of an input."""
    shown = [f"{name}={number(value)}" for name, value in zip(names, x, strict=False)]
    more = ", ..." if len(shown) > MOST_COLUMNS else ""
    return f"{', '.join(shown[:MOST_COLUMNS])}{more}"


def _names(columns: Sequence[str]) -> str:
    """Name the first of some columns."""
    shown = [repr(name) for name in columns[:MOST_NAMES]]
    others = len(columns) - len(shown)
    shown += [counted(others, "other")] if others else []
    return listed(shown, "and") if shown else ""
