"""Which settings would each do, the simplest first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_modelparity.report.numbers import counted, listed
from pytest_modelparity.report.parts import Cause, Change

#: The kinds of causes, in the order in which they are told.
KINDS = ("objective", "reference", "training")
#: So many settings are named in a sentence; where there are more, so many, and a count.
MOST_NAMED, FIRST_NAMED = 3, 2

#: An argument that is a number, and a call with a call among its arguments.
_NUMBER = re.compile(r"\w+=[-+.\d]+(e[-+]?\d+)?|train for \d+ more epochs")
_NESTED = re.compile(r"\([^()]*\(")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One way of several: the settings that it changes together, and the causes that show it."""

    settings: tuple[str, ...]
    causes: tuple[Cause, ...]

    @property
    def name(self) -> str:
        """The settings in words: ``learning_rate with iterations``."""
        return " with ".join(self.settings)


def choices(causes: Sequence[Cause], kind: str) -> list[Choice]:
    """Return the ways of which one suffices for a kind of cause, the simplest first."""
    found: dict[object, list[Cause]] = {}
    for cause in causes:
        if cause.role == "one_of" and cause.kind == kind:
            # Settings that only do it together are one way. Nothing is known of those of reports
            # that hold no changes.
            found.setdefault(cause.changes or cause.setting, []).append(cause)
    ways = [_choice(group) for group in found.values()]
    return sorted(ways, key=lambda way: writing_effort(way.causes[0].changes))


def _choice(group: list[Cause]) -> Choice:
    """Return the causes that show one way as such."""
    names = [cause.setting for cause in group]
    names += [change.setting for change in group[0].changes]
    return Choice(settings=tuple(dict.fromkeys(names)), causes=tuple(group))


def writing_effort(changes: Sequence[Change]) -> tuple[int, int]:
    """Return how far changes are from what a person would write, for sorting.

    A number that is changed comes first, then an optimizer or another call, then what only a
    search would find, such as an optimizer with a schedule; fewer changes before more.
    """
    if all(_NUMBER.fullmatch(change.text) for change in changes):
        kind = 0
    elif all("=" in change.text and not _NESTED.search(change.text) for change in changes):
        kind = 1
    else:
        kind = 2
    return kind, len(changes)


def named(ways: Sequence[Choice]) -> str:
    """Return the ways in a few words: ``iterations or solver``, ``a, b or 4 others``."""
    names = [way.name for way in ways]
    if len(names) > MOST_NAMED:
        names[FIRST_NAMED:] = [counted(len(names) - FIRST_NAMED, "other")]
    # A comma says where a name of several settings ends.
    several = any(len(way.settings) > 1 for way in ways[:-1])
    return listed(names, "or").replace(" or ", ", or ") if several else listed(names, "or")
