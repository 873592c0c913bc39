"""A table in columns of a given width: cells wrap, and the widths are those that need fewest lines.

Measured in columns of a terminal: some characters take two, others none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import partial

from pytest_modelparity.report.printable import printable

#: Between two columns.
GAP = 2
#: Below so many columns a row is a paragraph.
NARROW = 50
#: A column is never narrower than this; up to the other it is as wide as its longest piece.
LEAST, MOST_LEAST = 7, 24
#: So many characters of a value, of what is said of it, and of a label are shown.
MAX_CELL, MAX_LAST = 80, 200
MAX_LABEL = 24

#: Where a long word of a cell may break: at the arguments of a call, between the parts of a name.
_JOINT = re.compile(r"(?<=[=,(])(?=[^=,().])|(?<=[a-z])(?=[A-Z])|(?<=[a-z]-)(?=[a-z])")
#: Unicode's classes of characters that a terminal may set from right to left.
_RIGHT_TO_LEFT = ("R", "AL", "AN")

Cells = Sequence[str]


def width_of(text: str) -> int:
    """Return how many columns printable text takes."""
    return sum(map(_width, text))


def _width(character: str) -> int:
    """Return how many columns a character takes."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cell_text(text: str, limit: int = MAX_CELL) -> str:
    r"""Return text as it may stand in a column: on one line, in one direction, not too long.

    What runs from right to left is written as escapes, ``\u05e9``: a terminal that turns it around
    would turn the columns beside it too.
    """
    shown = printable(" ".join(text.split()), limit)
    return printable("".join(map(_one_way, shown)), limit)


def _one_way(character: str) -> str:
    """Return a character that runs from left to right, or its escape."""
    if unicodedata.bidirectional(character) in _RIGHT_TO_LEFT:
        return character.encode("unicode_escape").decode("ascii")
    return character


def wrapped(text: str, width: int, *, whole: bool = False) -> list[str]:
    """Return text in lines of at most so many columns.

    Parameters
    ----------
    whole : bool
        Whether a word that is too long goes past the width; else it breaks.
    """
    lines: list[str] = []
    for word in _words(text):
        pieces = [word] if whole or width_of(word) <= width else _pieces(word, width)
        for index, piece in enumerate(pieces):
            # The pieces of one word follow each other without a space.
            joint = " " if index == 0 else ""
            if lines and width_of(lines[-1] + joint + piece) <= width:
                lines[-1] += joint + piece
            else:
                lines.append(piece)
    return lines


def _words(text: str) -> list[str]:
    """Return the words of a text; a number is one with its sign of percent."""
    return re.split(r"\s+(?!%)", text.strip()) if text.strip() else []


def _pieces(word: str, width: int) -> list[str]:
    """Return a word in pieces that each fit."""
    pieces = []
    for part in _JOINT.split(word):
        start = ""
        for character in part:
            if width_of(start + character) > width:
                pieces.append(start)
                start = ""
            start += character
        pieces.append(start)
    return [piece for piece in pieces if piece]


def aligned(label_width: int, rows: Sequence[Cells], width: int) -> list[str]:
    """Return rows of a label and three cells in columns.

    Parameters
    ----------
    label_width : int
        Of the first column.
    rows : sequence of sequence of str
        Label, two values and what is said of them, each `cell_text`.
    width : int
        Of the whole.
    """
    room = max(width - label_width - 3 * GAP, 3 * LEAST)
    widths = (label_width, *_widths([row[1:] for row in rows], room))
    return [line for row in rows for line in _row_lines(row, widths)]


def _row_lines(row: Cells, widths: Sequence[int]) -> Iterable[str]:
    """Yield the lines of one row."""
    cells = [wrapped(text, width) for text, width in zip(row, widths, strict=True)]
    for index in range(max(1, *map(len, cells))):
        parts = [cell[index] if index < len(cell) else "" for cell in cells]
        padded = [
            part + " " * (width - width_of(part)) for part, width in zip(parts, widths, strict=True)
        ]
        yield (" " * GAP).join(padded).rstrip()


def _widths(rows: Sequence[Cells], room: int) -> tuple[int, int, int]:
    """Return the widths of three columns that make the fewest lines."""
    columns = list(zip(*rows, strict=True))
    natural = [max(map(width_of, column), default=0) for column in columns]
    if sum(natural) <= room:
        return natural[0], natural[1], room - natural[0] - natural[1]
    lengths = [[width_of(word) for cell in column for word in _words(cell)] for column in columns]
    counted: dict[tuple[int, int], list[int]] = {}

    def heights(column: int, width: int) -> list[int]:
        if (column, width) not in counted:
            counted[column, width] = [len(wrapped(row[column], width)) for row in rows]
        return counted[column, width]

    def lines(first: int, second: int) -> tuple[int, int]:
        widths = (first, second, room - first - second)
        sizes = [heights(column, width) for column, width in enumerate(widths)]
        total = sum(max(1, *cells) for cells in zip(*sizes, strict=True))
        # A broken word is as bad as another line. Of equals the one that leaves values their width.
        broken = sum(
            word > width for width, words in zip(widths, lengths, strict=True) for word in words
        )
        return total + broken, natural[0] - first + natural[1] - second

    least = [min(_longest(column), MOST_LEAST) for column in columns]
    while sum(least) > room:
        least[least.index(max(least))] -= 1
    best = min(
        (
            (first, second)
            for first in range(least[0], max(least[0], natural[0]) + 1)
            for second in range(least[1], max(least[1], natural[1]) + 1)
            if room - first - second >= least[2]
        ),
        key=lambda pair: lines(*pair),
        default=(least[0], least[1]),
    )
    return (*best, max(room - sum(best), least[2]))


def _longest(cells: Sequence[str]) -> int:
    """Return the width at which no piece of a column's words must be cut."""
    pieces = (piece for cell in cells for word in _words(cell) for piece in _JOINT.split(word))
    return max([LEAST, *map(width_of, pieces)])


def paragraph(label: str, text: str, width: int, label_width: int) -> list[str]:
    """Return a label and text beside it; words are not cut, so that they can be copied."""
    if width < NARROW:
        return hanging(f"{label}: {text}", width)
    lines = wrapped(text, width - label_width - GAP, whole=True)
    blank = " " * (label_width + GAP)
    first = f"{label:<{label_width + GAP}}"
    return [(blank if index else first) + line for index, line in enumerate(lines)]


def hanging(text: str, width: int, *, whole: bool = True) -> list[str]:
    """Return text in lines, all but the first indented."""
    wrap = partial(wrapped, whole=whole)
    first = wrap(text, width)[:1]
    rest = text.strip()[len(first[0]) :] if first else ""
    return [*first, *(" " * GAP + line for line in wrap(rest, max(width - GAP, 1)))]
