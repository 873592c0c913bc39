"""A repair in words."""

from __future__ import annotations

from pytest_modelparity.report.numbers import joined, number
from pytest_modelparity.report.parts import Repair


def verified_sentence(verified: bool, left_over: float | None) -> str:
    """Say whether a repair was trained for real, and what it left."""
    left = "" if left_over is None else f", {number(left_over)} is left"
    return f"verified by training{left}" if verified else f"not verified by training{left}"


def outcome_sentence(repair: Repair, *, full: bool = False) -> str:
    """Say in a few words whether a repair was verified, what it left, and why not.

    Parameters
    ----------
    full : bool
        Whether to say how, too.
    """
    left = "" if repair.left is None else f"{number(repair.left, 2)} left"
    if repair.verified:
        how = f" by {repair.verified_by}" if full and repair.verified_by else ""
        return f"verified{how}: {left}" if left else f"verified{how}"
    # A note that says what is left says it better.
    return joined("not verified", repair.note if repair.note else left)


def alternatives_sentence(n_alternatives: int) -> str:
    """Say that there are other repairs."""
    if not n_alternatives:
        return ""
    return f"{n_alternatives} other way{'s' if n_alternatives > 1 else ''}"
