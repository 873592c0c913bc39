"""Rows of bars and marks: the waterfall, both sides' coefficients, the seeds.

Places along a row are percentages of its width, so that a drawing of any width keeps the size of
its text.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from pytest_modelparity.report.causes import KIND_PARTS
from pytest_modelparity.report.numbers import number, signed_percent
from pytest_modelparity.report.parts import Cause, Split, SplitPart
from pytest_modelparity.report.pictures import Coefficients, Seeds
from pytest_modelparity.report.quantity import Quantity
from pytest_modelparity.reporters.axis import Axis, axis_of, drawable

#: Shares beyond are not drawn to scale with a whole of 100 %.
LARGEST_SHARE = 100.0
INTERCEPT = "(intercept)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One step of the waterfall; ``start`` and ``length`` in percent of the width.

    Parameters
    ----------
    kind : str
        ``"reference"``, ``"objective"``, ``"training"`` or ``"total"``.
    cause : bool
        Whether it is a part of the step above.
    value : str
        What it stands for, as text.
    """

    label: str
    kind: str
    cause: bool
    start: float
    length: float
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """The steps from nothing to the measured divergence, and where 0 and the whole stand."""

    bars: tuple[Bar, ...]
    zero: float
    whole: float | None
    described: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoefficientRow:
    """One coefficient of both sides; what one side lacks is ``None``."""

    output: str
    name: str
    reference: float | None
    candidate: float | None

    @property
    def difference(self) -> float:
        """The absolute difference; NaN where a side lacks it."""
        if self.reference is None or self.candidate is None:
            return math.nan
        return abs(self.reference - self.candidate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A row with both sides' places in percent; ``None`` where a value has no place."""

    label: str
    reference: float | None
    candidate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Rows of two marks over one axis."""

    marks: tuple[Mark, ...]
    ticks: tuple[tuple[float, str], ...]
    zero: float | None
    described: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedStrip:
    """The largest difference of each seed on one axis, beside the tolerance and the mean."""

    dots: tuple[float, ...]
    allowed: float | None
    mean: float | None
    bounds: tuple[float, float] | None
    ticks: tuple[tuple[float, str], ...]
    described: str


def waterfall(split: Split, causes: Sequence[Cause], quantity: Quantity) -> Waterfall:
    """Return the split's parts as steps to the whole, each followed by its causes.

    Where the shares are not known, the parts stand side by side with their distances.
    """
    parts = [
        ("reference", split.reference_error),
        ("objective", split.objective_gap),
        ("training", split.candidate_error),
    ]
    # A step without a share would let the others end anywhere but at the whole.
    if any(not _has_share(part.share) for _, part in parts):
        return _distances(parts, quantity)
    steps: list[tuple[str, str, bool, float, float, str]] = []
    at = 0.0
    for kind, part in parts:
        share = part.share or 0.0
        steps.append((KIND_PARTS[kind], kind, False, at, share, signed_percent(share)))
        steps += _cause_steps(causes, kind, at, share)
        at += share
    steps.append(("measured divergence", "total", False, 0.0, at, signed_percent(at)))
    # Parts of opposite sign reach below nothing and beyond the whole: the drawing must hold both.
    ends = [0.0, 1.0, *(start for *_, start, _, _ in steps), *(s[3] + s[4] for s in steps)]
    low, high = min(ends), max(ends)

    def percent(value: float) -> float:
        return 100 * (value - low) / (high - low)

    # SVG draws no rectangle of a negative width: a step down starts at its lower end.
    return Waterfall(
        bars=tuple(
            Bar(
                label=label,
                kind=kind,
                cause=cause,
                start=percent(min(start, start + length)),
                length=percent(abs(length) + low),
                value=value,
            )
            for label, kind, cause, start, length, value in steps
        ),
        zero=percent(0.0),
        whole=percent(1.0),
        described="; ".join(f"{step[0]} {step[5]}" for step in steps if not step[2]),
    )


def coefficient_rows(
    coefficients: Coefficients, classes: Sequence[str]
) -> tuple[CoefficientRow, ...]:
    """Return every coefficient and intercept, those furthest apart first."""
    rows = []
    # Two models need not have as many outputs: what one side lacks is shown as lacking.
    outputs = zip_longest(coefficients.reference, coefficients.candidate, fillvalue=())
    # A single output needs no name in front of every feature.
    several = max(len(coefficients.reference), len(coefficients.candidate)) > 1
    for index, (first, second) in enumerate(outputs):
        output = _output_name(index, classes) if several else ""
        names = zip_longest(coefficients.names[: max(len(first), len(second))], first, second)
        rows += [_row(output, name or "", pair) for name, *pair in names]
    intercepts = zip_longest(coefficients.reference_intercept, coefficients.candidate_intercept)
    for index, pair in enumerate(intercepts):
        rows.append(_row(_output_name(index, classes) if several else "", INTERCEPT, pair))
    # What cannot be compared stands first: a NaN is never hidden.
    return tuple(sorted(rows, key=lambda row: -_finite_or_large(row.difference)))


def marks(rows: Sequence[CoefficientRow]) -> Marks | None:
    """Return both sides' coefficients on one axis, or nothing where none has a place."""
    values = [v for row in rows for v in (row.reference, row.candidate) if v is not None]
    seen = [value for value in values if drawable(value)]
    if not seen:
        return None
    # Linear and with zero: the sign of a coefficient is the first thing to see.
    axis = axis_of([0.0, *seen], linear=True)
    return Marks(
        marks=tuple(
            Mark(
                label=" ".join(filter(None, [row.output, row.name])),
                reference=_percent(axis, row.reference),
                candidate=_percent(axis, row.candidate),
            )
            for row in rows
        ),
        ticks=_ticks(axis),
        zero=_percent(axis, 0.0),
        described=f"{len(rows)} coefficients, those furthest apart first",
    )


def seed_strip(seeds: Seeds, allowed: float) -> SeedStrip | None:
    """Return the seeds on one axis, or nothing where none has a place."""
    # A seed whose training gave NaN is in the table below the plot.
    seen = [value for value in seeds.distances if drawable(value)]
    if not seen:
        return None
    # The axis must hold the tolerance too: which side of it the seeds are on is the question.
    more = [v for v in (seeds.mean, seeds.lower, seeds.upper) if v is not None and drawable(v)]
    axis = axis_of([*seen, *more, *([allowed] if allowed > 0 and drawable(allowed) else [])])
    lower, upper = _percent(axis, seeds.lower), _percent(axis, seeds.upper)
    return SeedStrip(
        dots=tuple(100 * axis.at(value) for value in seen),
        allowed=_percent(axis, allowed) if allowed > 0 else None,
        mean=_percent(axis, seeds.mean),
        bounds=None if lower is None or upper is None else (min(lower, upper), max(lower, upper)),
        ticks=_ticks(axis),
        described=f"{len(seen)} seeds from {number(min(seen))} to {number(max(seen))}, "
        f"allowed is {number(allowed)}",
    )


def _cause_steps(
    causes: Sequence[Cause], kind: str, at: float, whole: float
) -> list[tuple[str, str, bool, float, float, str]]:
    """Return the steps of the causes of one kind.

    The objective's shares sum to the gap, so they follow one another; of the others each says
    what it would remove, so each starts where the part does.
    """
    steps = []
    for cause in causes:
        # The share is of its part, the bar's length of the whole.
        if cause.kind != kind or not _has_share(cause.share):
            continue
        length = (cause.share or 0.0) * whole
        steps.append((cause.setting, kind, True, at, length, signed_percent(length)))
        at += length if kind == "objective" else 0.0
    return steps


def _distances(parts: Sequence[tuple[str, SplitPart]], quantity: Quantity) -> Waterfall:
    """Return the parts' largest distances, each from zero."""
    # A NaN has no length, and keeps its text beside the bar.
    seen = [part.largest for _, part in parts if drawable(part.largest)]
    longest = max(map(abs, seen), default=0.0) or 1.0
    bars = tuple(
        Bar(
            label=KIND_PARTS[kind],
            kind=kind,
            cause=False,
            start=0.0,
            length=100 * abs(part.largest) / longest if drawable(part.largest) else 0.0,
            value=number(part.largest),
        )
        for kind, part in parts
    )
    words = "; ".join(f"{bar.label} {bar.value}" for bar in bars)
    return Waterfall(bars=bars, zero=0.0, whole=None, described=f"{words} in {quantity.name}")


def _has_share(share: float | None) -> bool:
    """Whether a share can be drawn."""
    return share is not None and abs(share) <= LARGEST_SHARE


def _output_name(index: int, classes: Sequence[str]) -> str:
    """Return the class that an output is for."""
    return classes[index] if index < len(classes) else str(index)


def _row(output: str, name: str, pair: Sequence[float | None]) -> CoefficientRow:
    """Return one row."""
    return CoefficientRow(output=output, name=name, reference=pair[0], candidate=pair[1])


def _finite_or_large(value: float) -> float:
    """Return a value to sort by: a NaN is larger than all."""
    return math.inf if math.isnan(value) else value


def _percent(axis: Axis, value: float | None) -> float | None:
    """Return where a value stands, or nothing where it has no place."""
    return 100 * axis.at(value) if value is not None and drawable(value) else None


def _ticks(axis: Axis) -> tuple[tuple[float, str], ...]:
    """Return the ticks in percent."""
    return tuple((100 * share, text) for share, text in axis.ticks())
