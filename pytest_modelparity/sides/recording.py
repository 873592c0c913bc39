"""Warnings raised while a side is trained: caught, kept for the report, never swallowed."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from pytest_modelparity.report.parts import RecordedWarning


@contextmanager
def recorded_warnings(*, frameworks: tuple[str, ...] = ()) -> Iterator[list[Warning]]:
    """Collect every warning raised inside, whatever the user's filters say.

    The list is filled when the block ends, also by an exception.

    Parameters
    ----------
    frameworks : tuple of str
        Packages whose own deprecated lines are left out: a `DeprecationWarning` is for the author
        of the line that it points at, and Python itself shows it to nobody else.
    """
    raised: list[Warning] = []
    with warnings.catch_warnings(record=True) as caught:
        # A user's "error" filter would end a training at its first warning, "ignore" would hide a
        # solver that did not converge.
        warnings.simplefilter("always")
        for package in frameworks:
            warnings.filterwarnings("ignore", "", DeprecationWarning, rf"{package}\.")
        try:
            yield raised
        # What was warned of before an error often explains it.
        finally:
            for item in caught:
                message = item.message
                raised.append(
                    message if isinstance(message, Warning) else item.category(str(message))
                )


def as_records(
    raised: list[Warning] | tuple[Warning, ...], side: str
) -> tuple[RecordedWarning, ...]:
    """Return warnings as plain values, repeated ones once."""
    records = (
        RecordedWarning(side=side, category=type(item).__name__, message=str(item))
        for item in raised
    )
    # One a seed and epoch would bury the others.
    return tuple(dict.fromkeys(records))
