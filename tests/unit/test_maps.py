"""What the page draws of a map of the training: colours, line, marks, rows and table."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from sample_reports import EPOCHS, RATES, TRAINING_MAP

from pytest_modelparity.report.pictures import MapLine, MapPoint, TrainingMap
from pytest_modelparity.reporters.map_table import map_table
from pytest_modelparity.reporters.maps import MapPlot, map_plot
from pytest_modelparity.reporters.plots import HIGH, WIDE
from pytest_modelparity.reporters.sweeps import sweeps

nan, inf = math.nan, math.inf


def small(*rows: tuple[float, ...], **more: object) -> TrainingMap:
    """Return a map of decades, its first row the smallest learning rate."""
    rates = tuple(10.0 ** (index - 3) for index in range(len(rows)))
    epochs = tuple(10**index for index in range(len(rows[0])))
    return TrainingMap(learning_rates=rates, epochs=epochs, left=rows, **more)


def drawn(training_map: TrainingMap, allowed: float = 0.01) -> MapPlot:
    plot = map_plot(training_map, allowed)
    assert plot is not None
    return plot


def boxes(path: str) -> list[tuple[float, ...]]:
    """Return left, top, right and bottom of each box of a path."""
    found = re.findall(r"M(\S+) (\S+)H(\S+)V(\S+)H\1z", path)
    assert len(found) == path.count("M")
    return [tuple(map(float, box)) for box in found]


def pieces(path: str) -> list[tuple[float, ...]]:
    """Return the ends of each piece of a contour."""
    return [tuple(map(float, piece)) for piece in re.findall(r"M(\S+) (\S+)L(\S+) ([^M]+)", path)]


# --- cells


def test_the_cells_cover_the_frame_once() -> None:
    areas = [
        (right - left) * (bottom - top)
        for _, path in drawn(TRAINING_MAP).cells
        for left, top, right, bottom in boxes(path)
    ]
    assert min(areas) > 0
    assert sum(areas) == pytest.approx(WIDE * HIGH, rel=2e-3)


def test_a_larger_rate_is_higher_and_more_epochs_are_further_right() -> None:
    plot = drawn(small((0.5, 0.05), (0.02, 0.001)))
    where = {level: boxes(path) for level, path in plot.cells}
    # Over 30, over 3, over 1 and up to a tenth of the tolerance.
    assert where == {
        6: [(0, HIGH / 2, WIDE / 2, HIGH)],
        4: [(WIDE / 2, HIGH / 2, WIDE, HIGH)],
        3: [(0, 0, WIDE / 2, HIGH / 2)],
        0: [(WIDE / 2, 0, WIDE, HIGH / 2)],
    }


@pytest.mark.parametrize(
    "left,level,meaning",
    [
        (0.0, 0, "up to 0.001"),
        (0.001, 0, "up to 0.001"),
        (0.01, 2, "0.003 to 0.01"),
        (0.010001, 3, "0.01 to 0.03"),
        (0.31, 6, "over 0.3"),
        (inf, 6, "over 0.3"),
        (nan, 7, "no number"),
    ],
)
def test_the_tolerance_ends_a_colour_and_each_is_explained(
    left: float, level: int, meaning: str
) -> None:
    assert drawn(small((left, left), (left, left))).legend == ((level, meaning),)


def test_neighbours_of_one_colour_are_one_box() -> None:
    plot = drawn(small((0.5, 0.5, 0.001), (0.5, 0.5, 0.5)))
    assert [len(boxes(path)) for level, path in plot.cells if level == 6] == [2]


# --- the line


def test_the_line_runs_between_what_is_within_and_what_is_beyond() -> None:
    # A decade above and a decade below: halfway between the two columns.
    (piece,) = pieces(drawn(small((0.1, 0.001), (0.1, 0.001))).contour)
    assert piece[0::2] == (WIDE / 2, WIDE / 2)
    assert sorted(piece[1::2]) == [HIGH / 4, 3 * HIGH / 4]


def test_the_line_is_nearer_to_the_value_that_is_nearer_to_the_tolerance() -> None:
    (piece,) = pieces(drawn(small((0.0101, 0.001), (0.0101, 0.001))).contour)
    assert WIDE / 4 < piece[0] < 0.3 * WIDE


@pytest.mark.parametrize("value", [nan, inf, 1.0])
def test_what_left_the_numbers_is_beyond_the_line(value: float) -> None:
    assert len(pieces(drawn(small((value, 0.001), (0.001, 0.001))).contour)) == 1


def test_where_corners_cross_the_middle_decides_which_belong_together() -> None:
    middle_within = drawn(small((0.02, 0.0001), (0.0001, 0.02))).contour
    middle_beyond = drawn(small((1.0, 0.005), (0.005, 1.0))).contour
    # Beyond are the lower left and the upper right: each apart, or joined through the middle.
    for contour, together in ((middle_within, False), (middle_beyond, True)):
        first, second = pieces(contour)
        # A piece around the lower left corner meets the lower and the left edge of the square.
        around = [
            3 * HIGH / 4 in piece[1::2] and WIDE / 4 in piece[0::2] for piece in (first, second)
        ]
        assert any(around) is not together


def test_without_a_tolerance_there_is_no_line() -> None:
    rows = (0.5, 0.001), (0.5, 0.0)
    assert drawn(small(*rows)).contour
    assert drawn(small(*rows), allowed=0.0).contour == ""
    assert drawn(small(*rows), allowed=inf).contour == ""
    assert drawn(small((0.5, 0.5), (0.5, 0.5))).contour == ""


# --- marks


def test_both_trainings_stand_where_they_are_and_are_told() -> None:
    plot = drawn(TRAINING_MAP)
    assert plot.own is not None
    assert plot.repair is not None
    # At 0.001, eight of twenty steps up.
    assert plot.own.y == pytest.approx(HIGH * (1 - 8.5 / 21), abs=0.5)
    assert plot.own.x < plot.repair.x
    assert plot.own.y > plot.repair.y
    assert (plot.own.name, plot.repair.name) == ("yours", "repair, batch_size=569")
    assert (plot.own.level, plot.repair.level) == (6, 1)
    within = sum(value <= 0.01 for row in TRAINING_MAP.left for value in row)
    assert plot.described == (
        f"{within} of {len(RATES) * len(EPOCHS)} trainings leave no more than 0.01; "
        "yours (learning_rate=0.001, epochs=12) leaves 0.42; "
        "the repair (learning_rate=0.1, epochs=105, batch_size=569) leaves 0.0012"
    )


@pytest.mark.parametrize("point", [(1e-9, 12), (nan, 12), (0.001, 0), (0.001, 10**400)])
def test_a_training_without_a_place_is_not_drawn(point: tuple[float, int]) -> None:
    own = MapPoint(learning_rate=point[0], epochs=point[1], left=0.5)
    plot = drawn(replace(TRAINING_MAP, own=own))
    assert plot.own is None
    assert "yours" not in plot.described


@pytest.mark.parametrize(
    "rates,epochs",
    [((), ()), ((0.1,), (1, 2)), ((0.1, 0.1), (1, 2)), ((nan, 0.1), (1, 2)), ((0.1, 1.0), (0, 2))],
)
def test_one_row_or_column_is_no_map(rates: tuple, epochs: tuple) -> None:
    rows = tuple((0.5,) * len(epochs) for _ in rates)
    assert map_plot(TrainingMap(learning_rates=rates, epochs=epochs, left=rows), 0.01) is None


def test_a_map_whose_rows_are_cut_short_is_drawn_without_them() -> None:
    rows = ((0.5, 0.5), (0.5,))
    plot = drawn(TrainingMap(learning_rates=(0.1, 1.0), epochs=(1, 10), left=rows))
    assert [level for level, _ in plot.legend] == [6, 7]


# --- other settings


def test_values_of_all_settings_stand_on_one_axis_with_the_tolerance() -> None:
    found = sweeps(TRAINING_MAP.lines, 0.01)
    assert found is not None
    assert [name for _, name in found.heads] == ["batch_size", "solver"]
    assert [row.label for row in found.rows if row.own] == ["32", "Adam(0.001)"]
    at = {row.label: row.at for row in found.rows}
    assert at["SGD(0.1, momentum=0.9)"] < found.allowed < at["8"] < at["32"] < at["569"]
    assert at["32"] == at["Adam(0.001)"]
    tops = [row.y for row in found.rows]
    assert tops == sorted(set(tops))
    assert found.described == (
        "batch_size: 8 leaves 0.3, 569 0.6; "
        "solver: SGD(0.1, momentum=0.9) leaves 0.005, Adam(0.001) 0.42"
    )


def test_a_line_leads_from_each_value_to_the_next_of_its_setting() -> None:
    found = sweeps(TRAINING_MAP.lines, 0.01)
    assert found is not None
    first, second, third, other, *_ = found.rows
    assert (first.before, other.before) == (None, None)
    assert second.before == (first.at, first.y)
    assert third.before == (second.at, second.y)


def test_a_value_that_left_the_numbers_is_told_and_not_drawn() -> None:
    found = sweeps(TRAINING_MAP.lines, 0.01)
    assert found is not None
    assert (found.rows[-1].at, found.rows[-1].value) == (None, "NaN")
    assert sweeps((MapLine(setting="solver", values=("a",), left=(nan,)),), 0.01) is None
    assert sweeps((), 0.01) is None


# --- the table


def test_a_table_with_room_has_every_number() -> None:
    table = map_table(TRAINING_MAP, 1000)
    assert table.rates == RATES
    assert [epochs for epochs, _ in table.rows] == list(EPOCHS)
    assert tuple(zip(*(left for _, left in table.rows), strict=True))[:10] == TRAINING_MAP.left[:10]
    assert table.shown == table.of == len(RATES) * len(EPOCHS)


@pytest.mark.parametrize("most", [1, 50, 200])
def test_a_table_without_room_has_some_evenly_and_both_ends(most: int) -> None:
    table = map_table(TRAINING_MAP, most)
    assert table.shown <= max(most, 4)
    assert table.of == len(RATES) * len(EPOCHS)
    assert (table.rates[0], table.rates[-1]) == (RATES[0], RATES[-1])
    assert (table.rows[0][0], table.rows[-1][0]) == (EPOCHS[0], EPOCHS[-1])
    epochs, left = table.rows[-1]
    for rate, value in zip(table.rates, left, strict=True):
        wanted = TRAINING_MAP.left[RATES.index(rate)][EPOCHS.index(epochs)]
        assert value == pytest.approx(wanted, nan_ok=True)
