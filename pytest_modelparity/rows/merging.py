"""What is measured on groups of rows, and put together in their order."""

from __future__ import annotations

from typing import Protocol, TypeVar

M = TypeVar("M", bound="Mergeable")


class Mergeable(Protocol):
    """What was measured on some rows."""

    def with_next(self: M, second: M) -> M:
        """Return what was measured on both, of which the second's rows follow."""


def in_turn(first: M, second: M) -> M:
    """Return what was measured on both."""
    return first.with_next(second)
