"""Points and lines: probabilities against each other, and the way to the optimum over epochs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pytest_modelparity.report.numbers import number
from pytest_modelparity.report.parts import ProbabilityRow, Seeds, TrajectoryPoint
from pytest_modelparity.report.report import ParityReport
from pytest_modelparity.reporters.axis import Axis, axis_of, drawable

#: Side of the plot's square, in units of its drawing.
SIDE = 360.0
WIDE, HIGH = 380.0, 240.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scatter:
    """The candidate's probabilities over the reference's, as paths of dots.

    Parameters
    ----------
    within, beyond : str
        Paths of the points inside and outside the tolerance.
    band : str
        Points of the polygon that the tolerance allows.
    worst : tuple of float, optional
        Where the largest difference stands.
    described : str
        What is to be seen, in one sentence.
    """

    within: str
    beyond: str
    band: str
    worst: tuple[float, float] | None
    described: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """The distance to the optimum over epochs, with the seeds' spread and the tolerance."""

    line: str
    dots: str
    spread: str
    allowed: float | None
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    scales: str
    described: str = field(default="")


def dots(points: Iterable[tuple[float, float]]) -> str:
    """Return a path of lines without length: with round ends each is a dot.

    Dots at one place, to a unit of the drawing, are one.
    """
    return "".join(dict.fromkeys(f"M{x:.0f} {y:.0f}h0" for x, y in points))


def polyline(points: Iterable[tuple[float, float]]) -> str:
    """Return the points of a line or an area."""
    return " ".join(f"{place(x)},{place(y)}" for x, y in points)


def place(value: float) -> str:
    """Return a coordinate in few characters."""
    return f"{value:.1f}".removesuffix(".0")


def scatter(report: ParityReport, most: int) -> Scatter | None:
    """Return the points of both sides' probabilities, or nothing where there are none.

    Two classes have one probability; more have one each. Of many points an even selection is
    drawn, at most ``most``.
    """
    allowed = report.tolerance.probability
    pairs = [pair for row in report.probabilities for pair in row_pairs(row)]
    seen = [pair for pair in pairs if all(drawable(v) and 0 <= v <= 1 for v in pair)]
    if not seen:
        return None
    beyond = [pair for pair in seen if not abs(pair[0] - pair[1]) <= allowed]
    drawn = seen[:: -(-len(seen) // most)]
    worst = max(beyond, key=lambda pair: abs(pair[0] - pair[1]), default=None)
    edge = min(allowed, 1.0)
    corners = [(0, 0), (0, edge), (1 - edge, 1), (1, 1), (1, 1 - edge), (edge, 0)]
    return Scatter(
        within=dots(_square(pair) for pair in drawn if abs(pair[0] - pair[1]) <= allowed),
        beyond=dots(_square(pair) for pair in drawn if not abs(pair[0] - pair[1]) <= allowed),
        band=polyline(map(_square, corners)),
        worst=_square(worst) if worst else None,
        described=_scatter_sentence(len(seen), len(beyond), len(pairs) - len(seen), allowed),
    )


def row_pairs(row: ProbabilityRow) -> list[tuple[float, float]]:
    """Return a row's probabilities, reference and candidate: of two classes the last only."""
    pairs = list(zip(row.reference, row.candidate, strict=False))
    return pairs[-1:] if len(pairs) == 2 else pairs


def lines(
    trajectory: Sequence[TrajectoryPoint], seeds: Seeds | None, allowed: float
) -> Lines | None:
    """Return the way to the optimum, or nothing where fewer than two epochs are known."""
    points = _drawn((p.epoch, p.probability) for p in trajectory)
    spread = _drawn((s.epoch, s.lowest, s.highest) for s in (seeds.trajectory if seeds else ()))
    epochs = [epoch for epoch, *_ in (*points, *spread)]
    if len(set(epochs)) < 2:
        return None
    heights = [value for _, *values in (*points, *spread) for value in values]
    x = axis_of(epochs, margin=0.0)
    y = axis_of([*heights, *([allowed] if allowed > 0 else [])])
    line = [_in_frame(x, y, epoch, value) for epoch, value in points]
    area = [_in_frame(x, y, e, low) for e, low, _ in spread]
    area += [_in_frame(x, y, e, high) for e, _, high in reversed(spread)]
    return Lines(
        line=polyline(line),
        dots=dots(line),
        spread=polyline(area),
        allowed=HIGH * (1 - y.at(allowed)) if allowed > 0 else None,
        x_ticks=tuple((share * WIDE, told) for share, told in x.ticks()),
        y_ticks=tuple(((1 - share) * HIGH, told) for share, told in y.ticks()),
        scales=_scales_sentence(x, y),
        described=_lines_sentence(points, spread, allowed),
    )


def _drawn(points: Iterable[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """Return the points after a first epoch whose values have a place, by epoch."""
    return sorted(point for point in points if point[0] > 0 and all(map(drawable, point)))


def _square(pair: tuple[float, float]) -> tuple[float, float]:
    """Return where two probabilities stand in the square; up is more."""
    return pair[0] * SIDE, (1 - pair[1]) * SIDE


def _in_frame(x: Axis, y: Axis, epoch: float, value: float) -> tuple[float, float]:
    """Return where a value stands in the frame; up is more."""
    return x.at(epoch) * WIDE, (1 - y.at(value)) * HIGH


def _scatter_sentence(seen: int, beyond: int, lost: int, allowed: float) -> str:
    """Say what the points show."""
    told = f"{beyond} of {seen} points are further than {number(allowed)} from the diagonal"
    return f"{told}; {lost} are no probabilities and not drawn" if lost else told


def _scales_sentence(x: Axis, y: Axis) -> str:
    """Say which axes are logarithmic."""
    logs = [name for name, axis in (("epochs", x), ("distance", y)) if axis.log]
    return f"logarithmic: {' and '.join(logs)}" if logs else "both axes linear"


def _lines_sentence(
    points: Sequence[tuple[float, ...]],
    spread: Sequence[tuple[float, ...]],
    allowed: float,
) -> str:
    """Say how the line starts and ends."""
    told = []
    if points:
        told = [f"{number(value)} after epoch {number(epoch)}" for epoch, value in _ends(points)]
    if spread:
        epoch, low, high = spread[-1]
        seeds = f"{number(low)} to {number(high)} after epoch {number(epoch)}"
        told.append(f"over the seeds {seeds}")
    return "; ".join([*told, f"allowed is {number(allowed)}"])


def _ends(points: Sequence[tuple[float, ...]]) -> Sequence[tuple[float, ...]]:
    """Return the first and the last point."""
    return points if len(points) == 1 else (points[0], points[-1])
