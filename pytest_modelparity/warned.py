"""Warnings of both trainings, issued again at the user's line."""

from __future__ import annotations

import sys
import warnings


def warn_again(raised: tuple[Warning, ...]) -> None:
    """Issue warnings once more, at the line that called this package."""
    __tracebackhide__ = True
    # Counted at run time: the fixture and the plain function lie a different number of frames below
    # the user's line, and a filter by module must see that line's.
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__", "")):
        frame, level = frame.f_back, level + 1
    for warning in raised:
        warnings.warn(warning, stacklevel=level)


def _is_ours(module: str) -> bool:
    """Whether a module belongs to this package."""
    return module.partition(".")[0] == "pytest_modelparity"
