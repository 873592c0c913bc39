"""How many cores the passes of a check use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: As a check asked.
_ASKED: ContextVar[int | None] = ContextVar("jobs", default=None)


@contextmanager
def using(n_jobs: int | None) -> Iterator[None]:
    """Use so many cores inside; -1: all of this process, ``None``: its share of them."""
    token = _ASKED.set(n_jobs)
    try:
        yield
    finally:
        _ASKED.reset(token)


def usable_cores() -> int:
    """Return how many cores a pass of this process may use."""
    asked = _ASKED.get()
    if asked is None:
        # Workers of pytest-xdist share the machine.
        return max(1, _cores() // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
    return asked if asked > 0 else _cores()


def _cores() -> int:
    """Return how many cores the system gives to this process."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
