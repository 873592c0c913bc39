"""What one core of a machine does at best, measured: the limits that times are held against."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from pytest_modelparity.rows.blas import one_blas_thread

#: Libraries whose versions decide the times.
LIBRARIES = ("numpy", "scipy", "scikit-learn", "tensorflow", "keras", "pytest")
#: Readings of X that finding an optimum needs from the side of a default fit: three passes, each
#: for the slopes and for the Hessian.
READINGS = 6
FLOAT32, FLOAT64 = 4, 8


@dataclass(frozen=True, kw_only=True)
class Machine:
    """One core, and what surrounds it.

    Parameters
    ----------
    cores : int
        How many this process may use.
    multiplications, bytes_ : float
        Multiplications with an addition, and bytes read from memory, in a second by one core.
    """

    cores: int
    multiplications: float
    bytes_: float

    def optimum(self, n: int, p: int, n_classes: int = 2) -> float:
        """Return the seconds of two Hessians and the readings of X."""
        pairs = n_classes * (n_classes - 1) // 2 if n_classes > 2 else 1
        return n * p * p * pairs / self.multiplications + READINGS * FLOAT64 * n * p / self.bytes_

    def training(self, n: int, p: int, epochs: int, variants: int = 1) -> float:
        """Return the seconds of the products of a linear model's training: two for each row.

        All variants may share one reading of the rows.
        """
        products = 2 * n * p * variants / self.multiplications
        return epochs * (products + FLOAT32 * n * p / self.bytes_)

    def words(self) -> str:
        """Describe it, without a name."""
        versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
        return (
            f"{self.cores} cores of {platform.machine()}, {platform.system()}, Python "
            f"{platform.python_version()}; {versions}. One core makes "
            f"{self.multiplications / 1e9:.1f}e9 multiplications with an addition a second (a "
            f"product of matrices in float64) and reads {self.bytes_ / 1e9:.1f} GB a second (a "
            f"product of a matrix that fits no cache with a vector)."
        )


def measured_machine() -> Machine:
    """Measure a product of matrices in the cache, and of a vector with one that is not."""
    rng = np.random.default_rng(0)
    small, large = rng.normal(size=(600, 600)), rng.normal(size=(100_000, 200))
    with one_blas_thread():
        product = min(seconds(np.matmul, small, small)[0] for _ in range(9))
        reading = min(seconds(np.matmul, large, large[0])[0] for _ in range(9))
    return Machine(
        cores=len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1,
        multiplications=600**3 / product,
        bytes_=large.nbytes / reading,
    )


def seconds(call: Callable[..., Any], *arguments: Any, **options: Any) -> tuple[float, Any]:
    """Return the CPU seconds of a call, of all threads together, and its result."""
    begin = time.process_time()
    result = call(*arguments, **options)
    return time.process_time() - begin, result
