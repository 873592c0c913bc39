"""The map of a training: coloured cells, the tolerance as a line, and who stands where.

Both axes are logarithmic, and a cell reaches halfway to its neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from pytest_modelparity.report.numbers import number
from pytest_modelparity.report.pictures import MapPoint, TrainingMap
from pytest_modelparity.reporters.axis import SMALLEST, Axis, drawable
from pytest_modelparity.reporters.map_table import values_of
from pytest_modelparity.reporters.plots import HIGH, WIDE, place

#: A colour ends at each of these multiples of the tolerance; the third one is the tolerance.
LEVELS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
#: What they are multiples of where nothing is allowed, or everything.
USUAL = 0.01
#: The colour of what left the numbers.
LOST = len(LEVELS) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A training that stands on the map.

    Parameters
    ----------
    x, y : float
        Where.
    level : int
        The colour of what it leaves.
    name : str
        Whose it is.
    text_x, text_y : float
        Where its name stands.
    end : bool
        Whether the name ends there, and does not begin.
    """

    x: float
    y: float
    level: int
    name: str
    text_x: float
    text_y: float
    end: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPlot:
    """What is drawn of a map.

    Parameters
    ----------
    cells : tuple of (int, str)
        Number and path of each colour.
    contour : str
        Path of the tolerance.
    legend : tuple of (int, str)
        Number and meaning of each colour.
    own, repair : Marker, optional
        The user's training and the repair's.
    described : str
        What is to be seen, in one sentence.
    """

    cells: tuple[tuple[int, str], ...]
    contour: str
    legend: tuple[tuple[int, str], ...]
    own: Marker | None
    repair: Marker | None
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    described: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grid:
    """A map with places: of each column and row where it begins, is, and ends."""

    columns: tuple[tuple[float, float, float], ...]
    rows: tuple[tuple[float, float, float], ...]
    left: tuple[tuple[float, ...], ...]
    x: Axis
    y: Axis


def map_plot(training_map: TrainingMap, allowed: float) -> MapPlot | None:
    """Return the drawing of a map, or nothing where it has fewer than two rows or columns."""
    grid = _grid_of(training_map)
    if grid is None:
        return None
    base = allowed if allowed > 0 and drawable(allowed) else USUAL
    bounds = [base * level for level in LEVELS]
    levels = [[_level(value, bounds) for value in row] for row in grid.left]
    used = sorted({level for row in levels for level in row})
    return MapPlot(
        cells=tuple((level, _cells(grid, levels, level)) for level in used),
        contour=_contour(grid, allowed) if base == allowed else "",
        legend=tuple((level, _meaning(level, bounds)) for level in used),
        own=_marker(grid, bounds, training_map.own, "yours"),
        repair=_marker(grid, bounds, training_map.repair, "repair"),
        x_ticks=tuple((share * WIDE, text) for share, text in grid.x.ticks()),
        y_ticks=tuple(((1 - share) * HIGH, text) for share, text in grid.y.ticks()),
        described=_sentence(training_map, grid, allowed),
    )


def _grid_of(training_map: TrainingMap) -> _Grid | None:
    """Return the part of a map that has a place."""
    # A file may hold anything: rows of other lengths, values twice or in another order.
    columns = _places(training_map.epochs)
    rows = _places(training_map.learning_rates)
    left = values_of(training_map)
    if len(columns) < 2 or len(rows) < 2:
        return None
    x, y = _axis(columns), _axis(rows)
    return _Grid(
        columns=_cells_along(x, columns, WIDE),
        rows=_cells_along(y, rows, HIGH),
        left=tuple(
            tuple(left.get((rate, epochs), math.nan) for epochs in columns) for rate in rows
        ),
        x=x,
        y=y,
    )


def _places(values: Iterable[float]) -> list[float]:
    """Return the values that a logarithmic axis has a place for, ascending."""
    return sorted({value for value in values if drawable(value) and value >= SMALLEST})


def _axis(values: Sequence[float]) -> Axis:
    """Return an axis that reaches half a cell beyond its ends."""
    first, last = math.sqrt(values[1] / values[0]), math.sqrt(values[-1] / values[-2])
    return Axis(low=values[0] / first, high=values[-1] * last, log=True)


def _cells_along(
    axis: Axis, values: Sequence[float], length: float
) -> tuple[tuple[float, float, float], ...]:
    """Return where each value's cell begins, where the value is, and where the cell ends."""
    inner = [math.sqrt(low) * math.sqrt(high) for low, high in pairwise(values)]
    edges = [axis.low, *inner, axis.high]
    at = [axis.at(edge) * length for edge in edges]
    return tuple(
        (begin, axis.at(value) * length, end)
        for begin, value, end in zip(at, values, at[1:], strict=False)
    )


def _level(value: float, bounds: Sequence[float]) -> int:
    """Return the number of a value's colour."""
    if math.isnan(value):
        return LOST
    return next((level for level, bound in enumerate(bounds) if value <= bound), len(bounds))


def _meaning(level: int, bounds: Sequence[float]) -> str:
    """Say which values a colour has."""
    if level == LOST:
        return "no number"
    if level == 0:
        return f"up to {number(bounds[0], 2)}"
    if level == len(bounds):
        return f"over {number(bounds[-1], 2)}"
    return f"{number(bounds[level - 1], 2)} to {number(bounds[level], 2)}"


def _cells(grid: _Grid, levels: Sequence[Sequence[int]], level: int) -> str:
    """Return the path of all cells of a colour, neighbours in a row as one."""
    parts = []
    for (begin, _, end), row in zip(grid.rows, levels, strict=True):
        top, bottom = HIGH - end, HIGH - begin
        for found, run in groupby(zip(row, grid.columns, strict=True), key=lambda item: item[0]):
            if found == level:
                cells = [column for _, column in run]
                left, right = cells[0][0], cells[-1][2]
                # From edge to edge: a height that is rounded by itself would leave a gap.
                edges = place(left), place(top), place(right), place(bottom)
                parts.append("M{0} {1}H{2}V{3}H{0}z".format(*edges))
    return "".join(parts)


def _contour(grid: _Grid, allowed: float) -> str:
    """Return the line on one side of which no more than the tolerance is left.

    Between neighbours it runs where a straight line between the logarithms of what they leave
    would meet the tolerance (marching squares).
    """
    height = [[_height(value, allowed) for value in row] for row in grid.left]
    parts = []
    for row in range(len(grid.rows) - 1):
        for column in range(len(grid.columns) - 1):
            # Around the square: each corner with its place and its height over the tolerance.
            corners = [
                (grid.columns[c][1], HIGH - grid.rows[r][1], height[r][c])
                for r, c in (
                    (row, column),
                    (row, column + 1),
                    (row + 1, column + 1),
                    (row + 1, column),
                )
            ]
            parts += [f"M{_at(first)}L{_at(second)}" for first, second in _crossings(corners)]
    return "".join(parts)


def _height(value: float, allowed: float) -> float:
    """Return how far a value is over the tolerance, as a logarithm."""
    # Two decades at most: one far value must not push the line away from its neighbour.
    ratio = value / allowed
    return 2.0 if math.isnan(ratio) else math.log10(min(max(ratio, 0.01), 100.0))


def _crossings(
    corners: Sequence[tuple[float, float, float]],
) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """Yield the pieces of the contour inside one square."""
    met = []
    for (x, y, height), (other_x, other_y, other) in zip(
        corners, (*corners[1:], corners[0]), strict=True
    ):
        if (height > 0) != (other > 0):
            share = height / (height - other)
            met.append((x + share * (other_x - x), y + share * (other_y - y)))
    # Four where opposite corners are alike: which of them belong together the middle says.
    if len(met) == 4 and (sum(corner[2] for corner in corners) > 0) != (corners[0][2] > 0):
        met = [*met[1:], met[0]]
    yield from zip(met[::2], met[1::2], strict=True)


def _at(point: tuple[float, float]) -> str:
    """Return a point of a path."""
    return f"{place(point[0])} {place(point[1])}"


def _marker(
    grid: _Grid, bounds: Sequence[float], point: MapPoint | None, name: str
) -> Marker | None:
    """Return where a training stands, and its name beside it; nothing where that is no place."""
    if point is None or not _stands(grid, point):
        return None
    x, y = grid.x.at(point.epochs) * WIDE, (1 - grid.y.at(point.learning_rate)) * HIGH
    end = x > WIDE / 2
    return Marker(
        x=x,
        y=y,
        level=_level(point.left, bounds),
        # What the cell below would leave is something else then.
        name=f"{name}, {point.beside}" if point.beside else name,
        text_x=x + (-11 if end else 11),
        # Above and below, so that neither name lies on the other.
        text_y=y + (16 if name == "repair" else -7),
        end=end,
    )


def _stands(grid: _Grid, point: MapPoint) -> bool:
    """Whether a training has a place on the map."""
    places = (point.epochs, grid.x), (point.learning_rate, grid.y)
    return all(drawable(value) and axis.low <= value <= axis.high for value, axis in places)


def _sentence(training_map: TrainingMap, grid: _Grid, allowed: float) -> str:
    """Say how much of the map is within the tolerance, and where both points are."""
    values = [value for row in grid.left for value in row]
    within = sum(value <= allowed for value in values)
    texts = [f"{within} of {len(values)} trainings leave no more than {number(allowed)}"]
    for name, point in (("yours", training_map.own), ("the repair", training_map.repair)):
        if point is not None and _stands(grid, point):
            texts.append(f"{name} {_point_sentence(point)}")
    return "; ".join(texts)


def _point_sentence(point: MapPoint) -> str:
    """Say where a training stands and what it leaves."""
    beside = f", {point.beside}" if point.beside else ""
    where = f"learning_rate={number(point.learning_rate)}, epochs={point.epochs}{beside}"
    return f"({where}) leaves {number(point.left)}"
