"""Ctrl-C for a pytest run in a process of its own, at a moment that it tells."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

#: Who starts the suite in the background ignores the signal, and so would its child. Set there, not
#: by `preexec_fn`: that forks in Python, which JAX warns of once it has run.
RUN = """
import signal, sys
import pytest

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(pytest.main())
"""


def interrupt(folder: Path, *arguments: str, told_by: str) -> None:
    """Run pytest in ``folder``, interrupt it once it says ``yes``, and see that it ends by that.

    Parameters
    ----------
    told_by : str
        Environment variable with the descriptor that the run writes ``yes`` to.
    """
    reading, writing = os.pipe()
    with open(folder / "out.txt", "w") as output, open(reading, "rb") as told:
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, *arguments],
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, told_by: str(writing)},
            pass_fds=[writing],
        )
        # With the other end open here too, a child that dies would be waited for in vain.
        os.close(writing)
        try:
            assert told.read(3) == b"yes", (folder / "out.txt").read_text(encoding="utf-8")
            process.send_signal(signal.SIGINT)
            assert ended(process, folder) == pytest.ExitCode.INTERRUPTED
        finally:
            process.kill()
            process.wait()


def ended(process: subprocess.Popen[bytes], folder: Path) -> int:
    """Return the status of a run that must end now; else fail with where it is."""
    try:
        return process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        # pytest's fault handler tells where each of its threads is.
        process.send_signal(signal.SIGABRT)
        process.wait()
        pytest.fail(f"not ended: {(folder / 'out.txt').read_text(encoding='utf-8')}")
