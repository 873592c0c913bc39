"""Time and memory of a call in a process of its own, which has nothing left of another's."""

from __future__ import annotations

import multiprocessing
import re
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from measuring.rows import duration

#: Calls that take less are repeated for so many seconds.
REPEATED = 0.5
#: Seconds after which no thread of BLAS spins for what went before.
SETTLING = 0.3
PROCESS = Path("/proc/self")


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What a call took.

    Parameters
    ----------
    cpu, wall : float
        Seconds of all threads together, and by the clock; medians of the repetitions.
    peak : float
        Megabytes that the process had at most, above those when the meter was made; pages of mapped
        files are counted.
    """

    cpu: float
    wall: float
    peak: float

    def words(self) -> str:
        """Say what is no CPU seconds."""
        return f"{duration(self.wall)} by the clock, {self.peak:.0f} MB"


class Meter:
    """Measures calls against what this process has now; on Linux."""

    def __init__(self) -> None:
        # Forgets the peak until now, such as that of imports.
        (PROCESS / "clear_refs").write_text("5")
        self._before = _megabytes("VmRSS")

    def run(self, call: Callable[..., Any], *arguments: Any) -> tuple[Taken, Any]:
        """Return what a call took, and its result."""
        cpu, wall = [], []
        time.sleep(SETTLING)
        while sum(wall) < REPEATED:
            # Or two of them would be there at once.
            result = None
            begin = time.perf_counter(), time.process_time()
            result = call(*arguments)
            wall.append(time.perf_counter() - begin[0])
            cpu.append(time.process_time() - begin[1])
        peak = _megabytes("VmHWM") - self._before
        return Taken(cpu=median(cpu), wall=median(wall), peak=peak), result


def apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a function returns in a new process; it and its arguments are pickled."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def _megabytes(name: str) -> float:
    """Return a number of the process's status."""
    found = re.search(rf"^{name}:\s+(\d+) kB", (PROCESS / "status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1000
