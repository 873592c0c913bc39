"""One BLAS thread for the small dense problems of this package."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

import scipy.linalg  # noqa: F401  the controller must find scipy's BLAS loaded
from threadpoolctl import ThreadpoolController

P = ParamSpec("P")
R = TypeVar("R")


@lru_cache(maxsize=1)
def _controller() -> ThreadpoolController:
    """Return the controller of the loaded BLAS libraries; finding them takes milliseconds."""
    return ThreadpoolController()


def single_threaded(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate ``function`` to run BLAS on one thread.

    Two BLAS threads on a busy two-core machine took 24.6 s for a Newton solve of 1.2 s
    (threadpoolctl 3.8, OpenBLAS of numpy 2.4).
    """

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with _controller().limit(limits=1, user_api="blas"):
            return function(*args, **kwargs)

    return limited
