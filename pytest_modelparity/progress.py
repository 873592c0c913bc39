"""How far work of a known length is: told by whoever does it, to whoever listens.

Ambient like a logger: the loops that count lie far below the check that shows it, and most runs
have nobody who looks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """How far a piece of work is.

    Parameters
    ----------
    done, total : int
        Steps that are made, and steps in all.
    unit : str
        What one step is: ``"epoch"``.
    """

    done: int
    total: int
    unit: str


#: Takes a sentence on what is being done, how far that is, and ``None`` when all is done.
Listener: TypeAlias = Callable[[str | Steps | None], None]

_LISTENER: ContextVar[Listener | None] = ContextVar("pytest_modelparity_listener", default=None)
#: The piece that is under way, and of how many equal ones.
_PART: ContextVar[tuple[int, int]] = ContextVar("pytest_modelparity_part", default=(0, 1))


@contextmanager
def listening(listener: Listener | None) -> Iterator[None]:
    """Let a listener hear of the work inside; ``None``: nobody does."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def is_listened() -> bool:
    """Whether anybody hears what `count` says."""
    return _LISTENER.get() is not None


def count(done: int, total: int, unit: str) -> None:
    """Say how far the work at hand is, in steps of a unit."""
    listener = _LISTENER.get()
    if listener is not None:
        number, of = _PART.get()
        listener(Steps(done=number * total + done, total=of * total, unit=unit))


def each_counted(work: Callable[[int], T], numbers: Sequence[int]) -> tuple[T, ...]:
    """Return what a work makes of each number; all together count as one piece of work.

    Parameters
    ----------
    work : callable
        Takes a number; as long for each, such as a training with this seed.
    numbers : sequence of int
        What it is called with.
    """
    outer, of = _PART.get()
    made = []
    for position, number in enumerate(numbers):
        token = _PART.set((outer * len(numbers) + position, of * len(numbers)))
        try:
            made.append(work(number))
        finally:
            _PART.reset(token)
    return tuple(made)
