"""The matrix of a suite in a terminal: as many data sets side by side as fit."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from pytest_modelparity.report.matrix import (
    DIVERGED,
    EQUIVALENT,
    ERROR,
    LEFT_OUT,
    NOT_RUN,
    REFUSED,
    SKIPPED,
    UNCHECKED,
    Cell,
    Matrix,
    Refusal,
    Row,
)
from pytest_modelparity.report.numbers import number
from pytest_modelparity.report.printable import ascii_printable

#: So many characters of a setting's name, and of a sentence, are shown.
MAX_NAME, MAX_SENTENCE = 40, 400
INDENT = "  "
#: What stands for a cell without a number; a diverged one has its number and a mark.
SHORT = {
    ERROR: "err",
    REFUSED: "ref",
    UNCHECKED: "none",
    SKIPPED: "skip",
    LEFT_OUT: "-",
    NOT_RUN: "",
}
MARK = "!"
#: Characters of a column: the longest cell, ``0.12!`` or ``1e10!``, and a space before it.
WIDTH = 6
#: From here on a ratio has no decimals, and one digit.
LARGE, HUGE = 10.0, 1000.0
KEY = (
    f"largest divergence as a multiple of what is allowed, {MARK} = diverged; ref = the check was "
    f"refused, err = the test failed for something else, - = left out"
)


def matrix_lines(
    matrix: Matrix, columns: int, *, with_reasons: bool = False
) -> Iterator[tuple[str, str]]:
    """Yield each line of a matrix with its tone: ``"good"``, ``"bad"`` or nothing.

    Parameters
    ----------
    matrix : Matrix
        What to show.
    columns : int
        Of the terminal.
    with_reasons : bool
        Whether each data set has a line that says what it is hard for.
    """
    yield from _table(matrix, columns)
    names = [
        f"{place}={ascii_printable(data.name, MAX_NAME)}"
        for place, data in enumerate(matrix.columns, start=1)
    ]
    if with_reasons:
        sentences = [
            f"{name}: {ascii_printable(data.hard_for, MAX_SENTENCE)}" if data.hard_for else name
            for name, data in zip(names, matrix.columns, strict=True)
        ]
    else:
        sentences = [", ".join(names)]
    if matrix.rows:
        sentences.append(f"({KEY})")
    for sentence in (*sentences, *map(_left_out, matrix.refusals)):
        yield from _wrapped(sentence, columns)


def _table(matrix: Matrix, columns: int) -> Iterator[tuple[str, str]]:
    """Yield the rows, of as many data sets as fit side by side, then those of the next ones."""
    longest = max((len(_name(row)) for row in matrix.rows), default=0)
    most = max((columns - len(INDENT) - longest) // WIDTH, 1)
    # Numbers, not names: a name over each column would leave room for five.
    for first in range(0, len(matrix.columns), most):
        places = range(first, min(first + most, len(matrix.columns)))
        head = "".join(f"{place + 1:>{WIDTH}}" for place in places)
        yield f"{INDENT}{'':<{longest}}{head}", ""
        for row in matrix.rows:
            cells = [row.cells[place] for place in places]
            shown = "".join(f"{_short(cell):>{WIDTH}}" for cell in cells)
            yield f"{INDENT}{_name(row):<{longest}}{shown}".rstrip(), _tone(cells)


def _wrapped(sentence: str, columns: int) -> Iterator[tuple[str, str]]:
    """Yield a sentence on as many lines as it takes."""
    for line in textwrap.wrap(
        sentence,
        width=columns,
        initial_indent=INDENT,
        subsequent_indent=2 * INDENT,
        break_on_hyphens=False,
        break_long_words=False,
    ):
        yield line, ""


def _name(row: Row) -> str:
    """Return the name of a row."""
    return ascii_printable(row.reference, MAX_NAME)


def _short(cell: Cell) -> str:
    """Return a cell in a few characters."""
    if cell.state in SHORT or cell.ratio is None:
        return SHORT.get(cell.state, cell.state)
    shown = number(cell.ratio, 1).replace("infinity", "inf")
    if cell.ratio < HUGE:
        shown = f"{cell.ratio:.2f}" if cell.ratio < LARGE else f"{cell.ratio:.0f}"
    return shown + (MARK if cell.state == DIVERGED else "")


def _tone(cells: list[Cell]) -> str:
    """Return how a row is meant."""
    states = {cell.state for cell in cells}
    if states & {ERROR, REFUSED, DIVERGED}:
        return "bad"
    return "good" if EQUIVALENT in states else ""


def _left_out(refusal: Refusal) -> str:
    """Say what was left out, and why."""
    names = ", ".join(ascii_printable(name, MAX_NAME) for name in refusal.references)
    where = f" on {', '.join(refusal.datasets)}" if refusal.datasets else ""
    return ascii_printable(
        f"left out: {names}{where}; the reference refuses: {refusal.reason}", MAX_SENTENCE
    )
