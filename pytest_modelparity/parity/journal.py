"""What an explanation is doing, and what it left out."""

from __future__ import annotations

from collections.abc import Callable

from pytest_modelparity.report.numbers import listed

Progress = Callable[[str], None]


class Journal:
    """Shows what is being done, and collects what was not.

    Parameters
    ----------
    progress : callable, optional
        Takes a sentence on what is being done.
    """

    def __init__(self, progress: Progress | None = None) -> None:
        self._progress = progress
        self._sentences: list[str] = []
        self._settings: list[str] = []
        #: What is being done.
        self.now = ""
        #: Settings of the training that a side was trained again with, changed, and settings of the
        #: objective whose effect on the optimum is known.
        self.tried: set[str] = set()
        #: Settings of the objective of which it was left open what they do.
        self.left_open: set[str] = set()
        #: What an interrupt raised, and what was being done.
        self.interruption: BaseException | None = None
        self.interrupted_while = ""

    def doing(self, what: str) -> None:
        """Show what is being done."""
        self.now = what
        if self._progress is not None:
            self._progress(what)

    def interrupt(self, error: BaseException) -> None:
        """Note that what is being done was interrupted."""
        # The first is what ended it: a second interrupt only hurries what is left.
        if self.interruption is None:
            self.interruption, self.interrupted_while = error, self.now

    def left_out(self, sentence: str) -> None:
        """Note what was not done."""
        # The same is left out for many values of a setting: said once.
        if sentence not in self._sentences:
            self._sentences.append(sentence)

    def left_out_values(self, setting: str) -> None:
        """Note that not every value of a setting was tried."""
        if setting not in self._settings:
            self._settings.append(setting)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was left out, a sentence each."""
        if not self._settings:
            return tuple(self._sentences)
        return (f"more values of {listed(self._settings, 'and')}", *self._sentences)
