"""What a long check is doing, on one line of the terminal that is wiped when it is done."""

from __future__ import annotations

import os
import time
from contextlib import nullcontext
from typing import Any

import pytest

#: A check that takes no longer than this says nothing.
SILENT_SECONDS = 2.0


class Progress:
    """Writes to the terminal of a person: never to a file, a CI log or a worker's pipe.

    Parameters
    ----------
    config : pytest.Config
        The run's configuration.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
        self._capture = config.pluginmanager.get_plugin("capturemanager")
        # A carriage return in a file, a log or a worker's pipe is a line of rubbish.
        self._shown = (
            self._reporter is not None
            and bool(getattr(self._reporter, "isatty", False))
            and not hasattr(config, "workerinput")
            and not os.environ.get("CI")
            and config.option.verbose >= 0
        )
        self._started: float | None = None
        self._width = 0

    def say(self, doing: str | None) -> None:
        """Show what is being done; ``None``: the check is done."""
        if doing is None:
            self._write("")
            self._started = None
            return
        # From the first sentence, not from the start of the test, which may do other things.
        if self._started is None:
            self._started = time.monotonic()
        seconds = time.monotonic() - self._started
        if seconds >= SILENT_SECONDS:
            self._write(f"model parity: {doing} ({seconds:.0f} s)")

    def _write(self, text: str) -> None:
        """Put a text in the place of the last one."""
        if not self._shown or not (text or self._width):
            return
        # Padded to the width of the last text, whose end would stay otherwise.
        line = f"\r{text:<{self._width}}" + ("" if text else "\r")
        self._width = len(text)
        # A running test's output is captured; this is not the test's.
        with (
            nullcontext() if self._capture is None else self._capture.global_and_fixture_disabled()
        ):
            self._reporter.write(line, flush=True)
