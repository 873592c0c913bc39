"""Text that came from a user is shown on one line, and obeyed by nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_modelparity.report.printable import ascii_printable, printable

ANYTHING = st.text(st.characters(codec=None), max_size=50)


@pytest.mark.parametrize(
    "given_text,shown",
    [
        ("plain text", "plain text"),
        ("na\u00efve \u732b", "na\u00efve \u732b"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\r\nb\tc\x00", r"a\r\nb\tc\x00"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("\ud800", r"\ud800"),
        ("\U000e0001", r"\U000e0001"),
        ("line\u2028end\x85", r"line\u2028end\x85"),
    ],
)
def test_what_is_not_printable_is_escaped(given_text: str, shown: str) -> None:
    assert printable(given_text) == shown


def test_long_text_is_cut_in_the_middle() -> None:
    assert printable("a" * 50 + "b" * 50, 15) == "aaaaa ... bbbbb"


@given(ANYTHING, st.integers(0, 60))
def test_the_result_is_printable_and_short_and_stays_as_it_is(words: str, limit: int) -> None:
    shown = printable(words, limit)
    assert shown.isprintable()
    assert len(shown) <= limit
    assert printable(shown, limit) == shown
    shown.encode("utf-8")


@given(ANYTHING)
def test_ascii_is_ascii(words: str) -> None:
    assert ascii_printable(words).isascii()
    assert ascii_printable(words).isprintable()


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), max_size=50))
def test_printable_text_stays_as_it_is(words: str) -> None:
    assert printable(words) == words
