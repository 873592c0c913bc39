"""The state of numpy and BLAS under which this package computes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
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


def one_blas_thread() -> AbstractContextManager[object]:
    """Return a context in which BLAS runs on one thread."""
    # BLAS only: the threads of OpenMP are for the frameworks to set.
    limited: AbstractContextManager[object] = _controller().limit(limits=1, user_api="blas")
    return limited


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
