"""The line of progress in words: as much of it as the terminal has room for."""

from __future__ import annotations

from pytest_modelparity.progress import Steps

PREFIX = "model parity: "
#: Characters of a bar: as many as there is room for, within these.
SHORTEST, LONGEST = 5, 30


def fitting_line(doing: str, seconds: float, pace: tuple[Steps, float] | None, columns: int) -> str:
    """Return the line in no more than so many columns.

    Parameters
    ----------
    doing : str
        What is being done.
    seconds : float
        Since the check began.
    pace : tuple of Steps and float, optional
        How far the work is, and its steps a second; ``None``: its length is not known.
    columns : int
        How wide the line may be.
    """
    if pace is None:
        return _sentence(doing, f" ({seconds:.0f} s)", columns)
    steps, rate = pace
    counts = f"{steps.done}/{steps.total}"
    left = f"{duration((steps.total - steps.done) / rate)} left"
    numbers = f"{counts} {_plural(steps.unit)}, {rate_text(rate, steps.unit)}, {left}"
    for start in (f"{PREFIX}{doing} ", f"{doing} ", ""):
        room = columns - len(f"{start}[] {numbers}")
        if room >= SHORTEST:
            return f"{start}[{bar(steps, min(room, LONGEST))}] {numbers}"
    # What is left is what the person waits for, so that it goes last.
    for shorter in (numbers, f"{counts}, {left}", left):
        if len(shorter) <= columns:
            return shorter
    return ""


def bar(steps: Steps, width: int) -> str:
    """Return a bar of so many characters."""
    # Down: a full bar says that all is done.
    full = min(width, width * steps.done // max(steps.total, 1))
    return "#" * full + "-" * (width - full)


def duration(seconds: float) -> str:
    """Return a time as a clock shows it: ``"1:05"``, ``"2:00:07"``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def rate_text(rate: float, unit: str) -> str:
    """Return steps a second in words; below one, seconds a step."""
    if rate < 1:
        return f"{1 / rate:.1f} s/{unit}"
    # Of as many characters from one moment to the next, where it can be: else the bar shivers.
    return f"{rate:.{int(rate < 10)}f} {_plural(unit)}/s"


def _plural(unit: str) -> str:
    """Return a unit for several."""
    return f"{unit}s"


def _sentence(doing: str, end: str, columns: int) -> str:
    """Return what is being done, cut where there is no room."""
    for text in (f"{PREFIX}{doing}", doing):
        if len(text + end) <= columns:
            return text + end
    room = columns - len(end) - len("...")
    return f"{doing[:room].rstrip()}...{end}" if room > 0 else end.strip()[: max(columns, 0)]
