"""Clusters of processes that tests may break, and what breaks them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

#: What is replaced in a process, worker or not, until `put_back` is run there.
PATCH = pytest.MonkeyPatch()


def put_back() -> None:
    """Give this process back what was replaced."""
    PATCH.undo()


def once(act: Callable[[], None], flag: Path) -> Callable[[Any], Any]:
    """Return what does something the first time that it sees a block, and returns the block."""

    # A function of its own, as workers do not know this file.
    def see(block: Any) -> Any:
        if not flag.exists():
            flag.touch()
            act()
        return block

    return see


def killing(pid: int | None = None) -> Callable[[], None]:
    """Return what ends a process as the system does where memory is short; by default its own."""

    def kill() -> None:
        os.kill(pid or os.getpid(), signal.SIGKILL)
        # Time for another one's end to be noticed.
        time.sleep(60)

    return kill


@contextmanager
def scheduler_and_worker(folder: Path) -> Iterator[tuple[int, str]]:
    """Run both, each in a process of its own; give the scheduler's number and where it is found."""
    file = str(folder / "scheduler.json")
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    local = ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", file]
    run = partial(subprocess.Popen, env={**os.environ, "OMP_NUM_THREADS": "1"}, **quiet)
    scheduler = run([sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0", *local])
    worker = run([sys.executable, "-m", "distributed.cli.dask_worker", "--nthreads", "1", *local])
    try:
        yield scheduler.pid, file
    finally:
        for process in (scheduler, worker):
            process.kill()
            process.wait()
