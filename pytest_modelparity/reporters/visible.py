"""Text from users as the page shows it: on one line, on its own lines, or in pieces."""

from __future__ import annotations

import re

from pytest_modelparity.report.printable import printable, shortened

#: So many characters of a user's text are shown in a sentence or a cell.
LONGEST = 400
#: An escape takes up to ten characters.
ESCAPED = 10
#: What a line may break after, beside spaces: paths, ids and calls have few of those.
_JOINT = re.compile(r"(?<=[/_\[(=,])(?=[^/_\[(=,])|(?<=::)")


def visible(text: str, longest: int = LONGEST) -> str:
    """Return text on one line, with every hidden code written out, its middle left out if long."""
    return printable(text, longest)


def visible_lines(text: str, longest: int | None = None) -> str:
    """Return text like `visible`, but on its own lines; all of it where no length is given."""
    lines = (text if longest is None else shortened(text, longest)).expandtabs(4).splitlines()
    return "\n".join(printable(line, ESCAPED * len(line)) for line in lines)


def pieces(text: str) -> list[str]:
    """Return text in pieces after which a line may break: where an id or a call has a joint."""
    return _JOINT.split(text)
