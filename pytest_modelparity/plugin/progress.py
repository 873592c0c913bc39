"""What a long check is doing: a line below pytest's own that is wiped when the check is done."""

from __future__ import annotations

import os
import sys
import threading
from time import monotonic

import pytest

from pytest_modelparity.plugin.progress_line import fitting_line
from pytest_modelparity.progress import Steps

#: Work that takes no longer than this says nothing.
SILENT_SECONDS = 2.0
#: The line is written again after so many seconds where nothing is counted, and at most so often
#: where something is.
TICK, PAUSE = 0.5, 0.1
COLUMNS = 80
_WIPE, _UP, _RIGHT = "\r\x1b[K", "\x1b[A", "\x1b[{}C"


def terminal_of(config: pytest.Config) -> int | None:
    """Return a file descriptor of the terminal that a person watches; ``None``: nobody does.

    To be called while pytest is configured, before output is captured. Not on Windows, whose
    consoles do not all know how to take the cursor back.
    """
    # A carriage return in a file, a log or a worker's pipe is a line of rubbish.
    hidden = hasattr(config, "workerinput") or config.option.verbose < 0
    log = {"CI", "BUILD_NUMBER"} & set(os.environ) or os.environ.get("TERM") == "dumb"
    if hidden or log or sys.platform == "win32":
        return None
    try:
        # Of its own: while a test runs, sys.stdout and its descriptor are the capture's.
        return os.dup(sys.stdout.fileno()) if sys.stdout.isatty() else None
    # What stands in for a terminal need not have a descriptor.
    except OSError:
        return None


def _is_shared(config: pytest.Config) -> bool:
    """Whether tests or their logs write to the terminal too."""
    prints = config.getoption("capture", "no") in ("no", "tee-sys")
    if prints or config.getoption("log_cli_level", None):
        return True
    try:
        return bool(config.getini("log_cli"))
    # Nobody knows it where pytest's logging plugin is switched off.
    except ValueError:
        return False


class Progress:
    """Shows on a terminal what is being done, and how far that is.

    Written to the terminal itself, not through pytest's reporter: a fit may say nothing for
    minutes, so that a thread keeps the line alive, and a thread must not suspend the capture of
    what the test prints meanwhile.

    Parameters
    ----------
    config : pytest.Config
        The run's configuration.
    terminal : int
        What `terminal_of` returned.
    """

    def __init__(self, config: pytest.Config, terminal: int) -> None:
        self._config, self._terminal = config, terminal
        self._returns = not _is_shared(config)
        # Of two threads.
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._doing, self._started = "", 0.0
        self._first: tuple[float, Steps] | None = None
        self._last: tuple[float, Steps] | None = None
        self._ticker: threading.Thread | None = None
        self._written: float | None = None

    def __call__(self, said: str | Steps | None) -> None:
        """Take what is being done, how far it is, or that the check is done (``None``)."""
        if said is None:
            self._end()
            return
        with self._lock:
            self._begin()
            if isinstance(said, Steps):
                self._count(said)
            else:
                self._doing, self._first, self._last = said, None, None
            if self._written is None or monotonic() - self._written >= PAUSE:
                self._write()

    def _begin(self) -> None:
        """Start the clock: at the first sentence, not with the test, which may do other things."""
        if self._ticker is None:
            self._started = monotonic()
            self._done.clear()
            self._ticker = threading.Thread(target=self._tick, name="modelparity", daemon=True)
            self._ticker.start()

    def _count(self, steps: Steps) -> None:
        """Take how far the work is; what is no continuation is another piece of it."""
        known = self._last
        alike = known is not None and (known[1].total, known[1].unit) == (steps.total, steps.unit)
        goes_on = alike and known is not None and known[1].done <= steps.done
        self._last = monotonic(), steps
        # From the first step that was made: before it Keras compiles, for 40 steps' time.
        self._first = self._first if goes_on else self._last

    def _tick(self) -> None:
        """Write the line again and again, until the check is done."""
        while not self._done.wait(TICK):
            with self._lock:
                if not self._done.is_set():
                    self._write()

    def _end(self) -> None:
        """Wipe the line."""
        ticker, self._ticker = self._ticker, None
        self._done.set()
        if ticker is not None:
            ticker.join()
        if self._written is not None:
            self._written = None
            self._send(_WIPE + self._way_back())

    def _write(self) -> None:
        """Write the line in the place of the last one."""
        now = monotonic()
        if now - self._started < SILENT_SECONDS:
            return
        # Below what pytest has written of the test's line, which stays.
        start = "\n" if self._written is None else ""
        self._written = now
        # A terminal's last column is left free: some go to the next line there.
        line = fitting_line(self._doing, now - self._started, self._pace(), self._columns() - 1)
        self._send(start + _WIPE + line)

    def _pace(self) -> tuple[Steps, float] | None:
        """Return how far the work is and its steps a second, where it takes long enough."""
        if self._first is None or self._last is None:
            return None
        (began, first), (now, last) = self._first, self._last
        made = last.done - first.done
        if made <= 0 or now <= began:
            return None
        rate = made / (now - began)
        return (last, rate) if last.total / rate >= SILENT_SECONDS else None

    def _way_back(self) -> str:
        """Return what takes the cursor back to the end of pytest's own line."""
        # The line above is theirs by now.
        if not self._returns:
            return ""
        width, columns = self._config.get_terminal_writer().width_of_current_line, self._columns()
        column = (width - 1) % columns + 1 if width else 0
        return _UP + (_RIGHT.format(column) if column else "")

    def _columns(self) -> int:
        """Return how wide the terminal is now."""
        try:
            # Some say 0 where they do not know.
            return os.get_terminal_size(self._terminal).columns or COLUMNS
        except OSError:
            return COLUMNS

    def _send(self, text: str) -> None:
        """Write to the terminal."""
        try:
            os.write(self._terminal, text.encode("ascii", "replace"))
        except OSError:
            # A terminal that was closed is no reason to fail a check.
            self._done.set()
