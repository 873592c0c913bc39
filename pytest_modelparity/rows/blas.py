"""The state of numpy and BLAS under which this package computes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

import numpy as np
import scipy.linalg  # noqa: F401  the controller must find scipy's BLAS loaded
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

P = ParamSpec("P")
R = TypeVar("R")


# Once a process: a BLAS library that is loaded later keeps its threads.
@lru_cache(maxsize=1)
def _controller() -> ThreadpoolController:
    """Return the controller of the loaded BLAS libraries; finding them takes milliseconds."""
    return ThreadpoolController()


class _Limit:
    """One thread for BLAS, for as long as anybody in this process asks for it.

    The limit is the process's own: a thread that ends it must not take it from the others.
    """

    def __init__(self) -> None:
        self._lock, self._asking, self._limited = threading.Lock(), 0, ExitStack()

    def __enter__(self) -> None:
        with self._lock:
            if not self._asking:
                # BLAS only: the threads of OpenMP are for the frameworks to set.
                self._limited.enter_context(_controller().limit(limits=1, user_api="blas"))
            self._asking += 1

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._asking -= 1
            if not self._asking:
                self._limited.close()


_LIMIT = _Limit()


def one_blas_thread() -> AbstractContextManager[None]:
    """Return a context in which BLAS runs on one thread, in all threads of this process."""
    return _LIMIT


def single_threaded(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate ``function`` to run BLAS on one thread, and overflow without a warning.

    Two BLAS threads on a busy two-core machine took 24.6 s for a Newton solve of 1.2 s
    (threadpoolctl 3.8, OpenBLAS of numpy 2.4). A line search may try a point where F overflows: it
    rejects it, and a user whose warnings are errors must not see more.
    """

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with one_blas_thread(), np.errstate(all="ignore"):
            return function(*args, **kwargs)

    return limited
