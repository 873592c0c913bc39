"""Numbers, shares and lists as text."""

from __future__ import annotations

import math
from collections.abc import Sequence


def number(value: float, digits: int = 3) -> str:
    """Return a number with so many significant digits, two below 0.001: ``0.489``, ``6.1e-4``."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "infinity" if value > 0 else "-infinity"
    # A third digit of a small number is noise: it depends on where a training stopped.
    if value and abs(value) < 1e-3:
        digits = max(2, digits - 1)
    # A negative zero plus zero is zero.
    return _short_exponent(f"{value + 0.0:.{digits}g}")


def rounded_up(value: float) -> str:
    """Return a number with two digits that is not below ``value``: a bound stays a bound."""
    if not math.isfinite(value) or value <= 0:
        return number(value)
    # Two digits: a tolerance that somebody is to type.
    exponent = math.floor(math.log10(value)) - 1
    # Through text: 49 * 10.0**-2 is not the number that "0.49" is read as.
    steps = math.ceil(value / 10.0**exponent - 1e-9)
    while float(f"{steps}e{exponent}") < value:
        steps += 1
    return number(float(f"{steps}e{exponent}"), 2)


def apart_numbers(first: float, second: float) -> tuple[str, str]:
    """Return two numbers with as many digits as it takes to tell them apart."""
    # Seventeen digits tell any two doubles from each other.
    for digits in range(3, 18):
        texts = number(first, digits), number(second, digits)
        if texts[0] != texts[1] or first == second:
            return texts
    return repr(first), repr(second)


def counted(n: int, word: str) -> str:
    """Return a number with its noun: ``1 check``, ``2 checks``."""
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def listed(words: Sequence[str], last: str) -> str:
    """Return words as a list in a sentence: ``a, b or c``."""
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def percent(share: float) -> str:
    """Return a share as a percentage; never ``0 %`` of something that is there."""
    if share and abs(share) < 0.005:
        return f"{number(100 * share, 2)} %"
    return f"{100 * share:.0f} %"


def signed_percent(share: float) -> str:
    """Return a share as a percentage with its sign, which nothing that rounds to zero has."""
    return f"{100 * share:+.0f} %" if abs(share) >= 0.005 else "0 %"


def _short_exponent(text: str) -> str:
    """Write ``6.1e-04`` as ``6.1e-4``."""
    mantissa, mark, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if mark else text


def joined(*texts: str) -> str:
    """Join sentences by semicolons, without the empty ones."""
    return "; ".join(text for text in texts if text)


def rows_in_words(rows: str, known: int | None) -> str:
    """Name a set of rows, and how many of them count; nothing where there is only one set."""
    return f"{known} determined {rows}" if rows and known is not None else rows
