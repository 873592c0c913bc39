"""Points and lines: predictions against each other, and the way to the optimum over epochs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pytest_modelparity.report.numbers import joined, number
from pytest_modelparity.report.pictures import PredictionRow, Seeds, TrajectoryPoint
from pytest_modelparity.report.quantity import Quantity
from pytest_modelparity.report.report import ParityReport
from pytest_modelparity.reporters.axis import Axis, axis_of, drawable

#: Side of the plot's square, in units of its drawing.
SIDE = 360.0
WIDE, HIGH = 380.0, 240.0
#: Where every probability has a place.
UNIT = Axis(low=0.0, high=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scatter:
    """The candidate's predictions over the reference's, as paths of dots.

    Parameters
    ----------
    within, beyond : str
        Paths of the points inside and outside the tolerance.
    band : str
        Points of the polygon that the tolerance allows.
    worst : tuple of float, optional
        Where the largest difference stands.
    ticks : tuple of (float, str)
        Share of the side, and text, of each tick; empty: those of a probability.
    described : str
        What is to be seen, in one sentence.
    """

    within: str
    beyond: str
    band: str
    worst: tuple[float, float] | None
    ticks: tuple[tuple[float, str], ...]
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
    # A tenth of a unit is below what a screen shows, and a page may hold a hundred plots.
    return f"{value:.1f}".removesuffix(".0")


def scatter(report: ParityReport, most: int) -> Scatter | None:
    """Return the points of both sides' predictions, or nothing where there are none.

    Two classes have one probability; more have one each. Of many points an even selection is
    drawn, at most ``most``.
    """
    allowed = report.allowed
    pairs = [pair for row in report.predictions for pair in row_pairs(row)]
    axis = _prediction_axis(report.quantity, pairs)
    seen = [pair for pair in pairs if all(drawable(v) and axis.low <= v <= axis.high for v in pair)]
    if not seen:
        return None
    # Before the selection: each point beyond the tolerance counts, drawn or not.
    beyond = [pair for pair in seen if not abs(pair[0] - pair[1]) <= allowed]
    # Every n-th: the rows of a report are sorted by distance, so the first would be the worst only.
    drawn = seen[:: -(-len(seen) // most)]
    worst = max(beyond, key=lambda pair: abs(pair[0] - pair[1]), default=None)
    edge = min(allowed / (axis.high - axis.low), 1.0)
    # The band is cut off at the square, which its straight edges would leave.
    corners = [(0, 0), (0, edge), (1 - edge, 1), (1, 1), (1, 1 - edge), (edge, 0)]
    return Scatter(
        within=dots(_square(axis, pair) for pair in drawn if abs(pair[0] - pair[1]) <= allowed),
        beyond=dots(_square(axis, pair) for pair in drawn if not abs(pair[0] - pair[1]) <= allowed),
        band=polyline(_square(UNIT, corner) for corner in corners),
        worst=_square(axis, worst) if worst else None,
        ticks=() if axis is UNIT else tuple(axis.ticks()),
        described=joined(
            f"{len(beyond)} of {len(seen)} points are further than {number(allowed)} from the "
            f"diagonal",
            _lost_sentence(report.quantity, len(pairs) - len(seen)),
        ),
    )


def row_pairs(row: PredictionRow) -> list[tuple[float, float]]:
    """Return a row's probabilities, reference and candidate: of two classes the last only."""
    pairs = list(zip(row.reference, row.candidate, strict=False))
    # The first is one minus the second: a point that shows the same distance twice.
    return pairs[-1:] if len(pairs) == 2 else pairs


def lines(
    trajectory: Sequence[TrajectoryPoint], seeds: Seeds | None, allowed: float
) -> Lines | None:
    """Return the way to the optimum, or nothing where fewer than two epochs are known."""
    points = _drawn((p.epoch, p.distance) for p in trajectory)
    spread = _drawn((s.epoch, s.lowest, s.highest) for s in (seeds.trajectory if seeds else ()))
    epochs = [epoch for epoch, *_ in (*points, *spread)]
    # One epoch is a point without a way, and an axis without a length.
    if len(set(epochs)) < 2:
        return None
    heights = [value for _, *values in (*points, *spread) for value in values]
    x = axis_of(epochs, margin=0.0)
    y = axis_of([*heights, *([allowed] if allowed > 0 and drawable(allowed) else [])])
    line = [_in_frame(x, y, epoch, value) for epoch, value in points]
    # There along the lower ends and back along the upper ones: one polygon.
    area = [_in_frame(x, y, e, low) for e, low, _ in spread]
    area += [_in_frame(x, y, e, high) for e, _, high in reversed(spread)]
    return Lines(
        line=polyline(line),
        dots=dots(line),
        spread=polyline(area),
        allowed=HIGH * (1 - y.at(allowed)) if allowed > 0 and drawable(allowed) else None,
        x_ticks=tuple((share * WIDE, text) for share, text in x.ticks()),
        y_ticks=tuple(((1 - share) * HIGH, text) for share, text in y.ticks()),
        scales=_scales_sentence(x, y),
        described=_lines_sentence(points, spread, allowed),
    )


def _drawn(points: Iterable[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """Return the points after a first epoch whose values have a place, by epoch."""
    # Epoch 0 has no place on a logarithmic axis, and shows the start rather than the training.
    return sorted(point for point in points if point[0] > 0 and all(map(drawable, point)))


def _prediction_axis(quantity: Quantity, pairs: Sequence[tuple[float, float]]) -> Axis:
    """Return the axis of both sides' predictions: all of [0, 1] for probabilities."""
    # The whole of [0, 1]: plots of two checks can be compared by eye.
    if quantity.name == "probability":
        return UNIT
    return axis_of([v for pair in pairs for v in pair if drawable(v)], linear=True)


def _square(axis: Axis, pair: tuple[float, float]) -> tuple[float, float]:
    """Return where two predictions stand in the square; up is more."""
    return axis.at(pair[0]) * SIDE, (1 - axis.at(pair[1])) * SIDE


def _in_frame(x: Axis, y: Axis, epoch: float, value: float) -> tuple[float, float]:
    """Return where a value stands in the frame; up is more."""
    return x.at(epoch) * WIDE, (1 - y.at(value)) * HIGH


def _lost_sentence(quantity: Quantity, lost: int) -> str:
    """Say how many points have no place; nothing where all have one."""
    return f"{lost} are no {quantity.plural} and not drawn" if lost else ""


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
    texts = []
    if points:
        texts = [f"{number(value)} after epoch {number(epoch)}" for epoch, value in _ends(points)]
    if spread:
        epoch, low, high = spread[-1]
        seeds = f"{number(low)} to {number(high)} after epoch {number(epoch)}"
        texts.append(f"over the seeds {seeds}")
    return "; ".join([*texts, f"allowed is {number(allowed)}"])


def _ends(points: Sequence[tuple[float, ...]]) -> Sequence[tuple[float, ...]]:
    """Return the first and the last point."""
    return points if len(points) == 1 else (points[0], points[-1])
