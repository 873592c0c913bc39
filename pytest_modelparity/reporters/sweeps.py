"""What other values of one setting leave: a row for each value, and a dot on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_modelparity.report.numbers import joined, number
from pytest_modelparity.report.pictures import MapLine
from pytest_modelparity.reporters.axis import axis_of, drawable

#: Height of a row, and of the name above the rows of a setting.
ROW, HEAD = 34, 24


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepRow:
    """One value; ``at`` in percent of the width, ``y`` where its row begins.

    Parameters
    ----------
    label : str
        The value.
    own : bool
        Whether it is the user's.
    at : float, optional
        ``None`` where what it leaves has no place.
    before : tuple of float, optional
        ``at`` and ``y`` of the row above, where a line leads to it.
    value : str
        What it leaves.
    """

    label: str
    own: bool
    y: int
    at: float | None
    before: tuple[float, int] | None
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweeps:
    """All rows, the names above them, and where the tolerance is."""

    heads: tuple[tuple[int, str], ...]
    rows: tuple[SweepRow, ...]
    height: int
    allowed: float | None
    ticks: tuple[tuple[float, str], ...]
    described: str


def sweeps(lines: Sequence[MapLine], allowed: float) -> Sweeps | None:
    """Return the values of each setting on one axis, or nothing where none has a place."""
    given = [line for line in lines if line.values and line.left]
    seen = [value for line in given for value in line.left if drawable(value) and value >= 0]
    if not seen:
        return None
    limit = allowed if allowed > 0 and drawable(allowed) else None
    # With the tolerance: which side of it a value is on is the question.
    axis = axis_of([*seen, *([] if limit is None else [limit])])
    heads, rows, y = [], [], 0
    for line in given:
        heads.append((y, line.setting))
        y += HEAD
        before = None
        for index, (label, value) in enumerate(zip(line.values, line.left, strict=False)):
            at = 100 * axis.at(value) if drawable(value) and value >= 0 else None
            rows.append(
                SweepRow(
                    label=label,
                    own=index == line.own,
                    y=y,
                    at=at,
                    before=before,
                    value=number(value),
                )
            )
            before, y = (None if at is None else (at, y)), y + ROW
    return Sweeps(
        heads=tuple(heads),
        rows=tuple(rows),
        height=y,
        allowed=None if limit is None else 100 * axis.at(limit),
        ticks=tuple((100 * share, text) for share, text in axis.ticks()),
        described=joined(*(_sentence(line) for line in given)),
    )


def _sentence(line: MapLine) -> str:
    """Say which values of a setting leave the least and the most."""
    pairs = [
        (left, value) for value, left in zip(line.values, line.left, strict=False) if drawable(left)
    ]
    if not pairs:
        return ""
    (least, best), (most, worst) = min(pairs), max(pairs)
    return f"{line.setting}: {best} leaves {number(least)}, {worst} {number(most)}"
