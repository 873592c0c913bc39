"""Columns of a given width: wrapping, widths of characters, and what a cell may hold."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_modelparity.report.columns import (
    MAX_CELL,
    aligned,
    cell_text,
    hanging,
    paragraph,
    width_of,
    wrapped,
)

TEXTS = st.text(alphabet="ab =,(.)%1\u65e5", max_size=60)


@pytest.mark.parametrize(
    "text,width", [("abc", 3), ("", 0), ("\u65e5\u672c", 4), ("e\u0301", 1), ("\uff21", 2)]
)
def test_a_width_is_counted_in_columns_of_a_terminal(text: str, width: int) -> None:
    assert width_of(text) == width


@given(TEXTS, st.integers(2, 30))
def test_wrapped_lines_fit_and_hold_every_character(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert all(width_of(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@pytest.mark.parametrize(
    "text,width,lines",
    [
        ("one two three", 8, ["one two", "three"]),
        # A number stays with its sign.
        ("labels differ on 9 %", 19, ["labels differ on", "9 %"]),
        # A call breaks at its arguments, a name between its parts, and nothing in its middle.
        ("optimizer=Adam(0.001)", 16, ["optimizer=Adam(", "0.001)"]),
        ("LogisticRegression()", 14, ["Logistic", "Regression()"]),
        ("'newton-cholesky'", 12, ["'newton-", "cholesky'"]),
        ("LogisticRegression(...)", 16, ["Logistic", "Regression(...)"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
    ],
)
def test_a_line_breaks_where_a_reader_would_break_it(
    text: str, width: int, lines: list[str]
) -> None:
    assert wrapped(text, width) == lines


def test_what_must_be_copied_whole_goes_past_the_margin() -> None:
    assert wrapped("a kernel_regularizer=L2(1) b", 10, whole=True) == [
        "a",
        "kernel_regularizer=L2(1)",
        "b",
    ]


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=5), st.integers(50, 120))
# Nothing in a column, and too much in the others.
@example([("", "1" * 30, "1" * 30)], 50)
def test_a_table_is_as_wide_as_it_may_be_and_no_wider(
    rows: list[tuple[str, str, str]], width: int
) -> None:
    cells = [["label", *map(cell_text, row)] for row in rows]
    lines = aligned(5, cells, width)
    assert all(width_of(line) <= width for line in lines)
    assert len(lines) >= len(rows)


def test_a_table_that_fits_has_a_line_for_each_row() -> None:
    rows = [["", "first", "second", ""], ["a", "1", "2", "equal"], ["b", "x y", "z", "other"]]
    assert aligned(1, rows, 60) == [
        "   first  second",
        "a  1      2       equal",
        "b  x y    z       other",
    ]


def test_the_columns_are_those_that_need_the_fewest_lines() -> None:
    rows = [["a", "value", "value", "said in very many words that need all the room there is"]]
    assert len(aligned(1, rows, 50)) == 2


def test_wide_characters_keep_the_columns_straight() -> None:
    first, second = aligned(1, [["a", "\u65e5\u672c", "x", "1"], ["b", "abcd", "x", "1"]], 60)
    assert [width_of(line[: line.index("x")]) for line in (first, second)] == [9, 9]


@given(st.text(max_size=300))
def test_a_cell_is_one_line_of_harmless_text_from_left_to_right(text: str) -> None:
    shown = cell_text(text)
    assert shown.isprintable()
    assert len(shown) <= MAX_CELL
    assert not {unicodedata.bidirectional(character) for character in shown} & {"R", "AL", "AN"}


def test_what_runs_from_right_to_left_is_written_as_codes() -> None:
    assert cell_text("\u05e9\u05dd=1\u202e") == "\\u05e9\\u05dd=1\\u202e"


def test_a_paragraph_stands_beside_its_label_or_below_it() -> None:
    assert paragraph("note", "one two", 60, 6) == ["note    one two"]
    assert paragraph("note", "one two three", 12, 6) == ["note: one", "  two three"]
    assert hanging("", 10) == []
