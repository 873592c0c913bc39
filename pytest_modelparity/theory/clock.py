"""Ending an iteration between two of its steps, as where there is no more time.

Ambient like `progress`: the loops lie far below whoever knows how long they may take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pytest_modelparity.errors import ModelParityError

_IN_TIME: ContextVar[Callable[[], bool] | None] = ContextVar(
    "pytest_modelparity_in_time", default=None
)


class OutOfTimeError(ModelParityError):
    """An iteration was ended by the clock; nothing of it is to be used."""


@contextmanager
def watched(in_time: Callable[[], bool]) -> Iterator[None]:
    """Ask inside, before each step of an iteration, whether there is time for it."""
    token = _IN_TIME.set(in_time)
    try:
        yield
    finally:
        _IN_TIME.reset(token)


def next_step() -> None:
    """Raise `OutOfTimeError` where there is no time for another step."""
    in_time = _IN_TIME.get()
    if in_time is not None and not in_time():
        raise OutOfTimeError("the time was up")
