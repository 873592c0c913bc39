"""What a run worked out, kept by content: within one process nothing is made twice.

Nothing is kept between runs. What is kept is the pickle of a value, so whoever changes what was
handed out changes a copy, and the size of all that is kept is known.
"""

from __future__ import annotations

import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from pytest_modelparity.sides.content import content_key

#: Bytes of all pickles together; what was not asked for longest goes first.
MOST_BYTES = 32 * 2**20

T = TypeVar("T")


class Memory:
    """Values by their keys, the last used ones, within some bytes.

    Parameters
    ----------
    most_bytes : int
        Of all values together. A value that is larger by itself is not kept.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._pickles: OrderedDict[bytes, bytes] = OrderedDict()
        # A test may check in a thread of its own.
        self._lock = threading.Lock()
        self._paused = 0
        self.n_bytes = 0

    def __len__(self) -> int:
        """Return the number of values."""
        return len(self._pickles)

    def remembered(self, parts: tuple[Any, ...] | None, make: Callable[[], T]) -> T:
        """Return what was made of these parts before, as a copy; else make it.

        Parameters
        ----------
        parts : tuple, optional
            All that decides the value, the name of what it is first. ``None``, or parts without a
            key (`content_key`): it is made.
        make : callable
            Makes it. Of an error nothing is kept.
        """
        # Hashed anew each time, for arrays may have been changed in place since.
        key = None if parts is None or self._paused else content_key(*parts)
        if key is None:
            return make()
        with self._lock:
            held = self._pickles.get(key)
            if held is not None:
                self._pickles.move_to_end(key)
        if held is not None:
            known: T = pickle.loads(held)
            return known
        value = make()
        self._keep(key, value)
        return value

    def forget(self) -> None:
        """Drop all values."""
        with self._lock:
            self._pickles.clear()
            self.n_bytes = 0

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Neither keep nor hand out anything inside."""
        with self._lock:
            self._paused += 1
        try:
            yield
        finally:
            with self._lock:
                self._paused -= 1

    def _keep(self, key: bytes, value: Any) -> None:
        """Keep a value, and drop those not used for longest where there is no room."""
        try:
            held = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
            # A warning of a user's class may be written and not read.
            pickle.loads(held)
        # Classes raise what they like where they cannot be pickled; then it is made again.
        except Exception:
            return
        if len(held) > self._most_bytes:
            return
        with self._lock:
            # Another thread may have made it meanwhile.
            self.n_bytes += len(held) - len(self._pickles.pop(key, b""))
            self._pickles[key] = held
            while self.n_bytes > self._most_bytes:
                self.n_bytes -= len(self._pickles.popitem(last=False)[1])


#: What this process remembers; each worker of pytest-xdist has its own.
MEMORY = Memory()


def remembered(parts: tuple[Any, ...] | None, make: Callable[[], T]) -> T:
    """Do what `Memory.remembered` does, in the memory of this process."""
    return MEMORY.remembered(parts, make)


@contextmanager
def nothing_remembered() -> Iterator[None]:
    """Make everything anew inside, as for a test that replaces parts of a framework.

    Examples
    --------
    >>> from pytest_modelparity.extend import nothing_remembered
    >>> with nothing_remembered():  # doctest: +SKIP
    ...     report = compare_models(LogisticRegression(), X, y)
    """
    with MEMORY.paused():
        yield
