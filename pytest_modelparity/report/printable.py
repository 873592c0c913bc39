"""Text that came from a user, made harmless: one line without control characters, not too long.

Test ids, class names, column names and warnings may hold anything: a terminal would obey an
escape sequence, and a bidirectional mark would turn the words around it.
"""

from __future__ import annotations

#: So many characters of one piece of text are shown.
MAX_TEXT = 500
#: Stands for what was left out in the middle.
GAP = " ... "


def printable(text: str, limit: int = MAX_TEXT) -> str:
    r"""Return text on one line, with every character visible.

    What is not printable (control characters, line ends, bidirectional and zero-width marks,
    lone surrogates) is written as an escape, ``\x1b`` or ``\u202e``.

    Parameters
    ----------
    text : str
        Anything.
    limit : int
        Longer text is cut in the middle: its beginning and its end say most.

    Returns
    -------
    str
        At most ``limit`` characters; printable text that is short enough stays as it is.
    """
    shown = "".join(map(_shown, shortened(text, limit)))
    return shortened(shown, limit)


def ascii_printable(text: str, limit: int = MAX_TEXT) -> str:
    r"""Return `printable` text in ASCII: what a terminal may not be able to show is escaped too."""
    return printable(text, limit).encode("ascii", "backslashreplace").decode("ascii")


def shortened(text: str, limit: int) -> str:
    """Return text with its middle left out where it is longer than ``limit`` characters."""
    if len(text) <= limit:
        return text
    kept = max(limit - len(GAP), 0)
    return (text[: kept - kept // 2] + GAP + text[len(text) - kept // 2 :])[:limit]


def _shown(character: str) -> str:
    """Return a character, or its escape."""
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")
