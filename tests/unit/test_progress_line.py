"""The line of progress says as much as there is room for, and what is left of the work last."""

from __future__ import annotations

import pytest

from pytest_modelparity.plugin.progress_line import bar, duration, fitting_line, rate_text
from pytest_modelparity.progress import Steps, count, each_counted, is_listened, listening

DOING = "training the candidate"
HALF = Steps(done=540, total=1200, unit="epoch"), 13.2


@pytest.mark.parametrize(
    "columns,line",
    [
        (
            120,
            "model parity: training the candidate [#############-----------------] "
            "540/1200 epochs, 13 epochs/s, 0:50 left",
        ),
        (79, "training the candidate [######--------] 540/1200 epochs, 13 epochs/s, 0:50 left"),
        (59, "[#######----------] 540/1200 epochs, 13 epochs/s, 0:50 left"),
        (40, "540/1200 epochs, 13 epochs/s, 0:50 left"),
        (19, "540/1200, 0:50 left"),
        (12, "0:50 left"),
        (3, ""),
    ],
)
def test_what_there_is_no_room_for_goes(columns: int, line: str) -> None:
    assert fitting_line(DOING, 41.0, HALF, columns) == line


@pytest.mark.parametrize(
    "columns,line",
    [
        (79, "model parity: training the candidate (41 s)"),
        (30, "training the candidate (41 s)"),
        (19, "training... (41 s)"),
        (7, "(41 s)"),
        (2, "(4"),
        (0, ""),
    ],
)
def test_an_unknown_length_has_the_seconds_so_far(columns: int, line: str) -> None:
    assert fitting_line(DOING, 41.0, None, columns) == line


def test_no_line_is_too_wide() -> None:
    for columns in range(130):
        for pace in (HALF, None):
            assert len(fitting_line(DOING, 12345.0, pace, columns)) <= columns


def test_a_full_bar_says_that_all_is_done() -> None:
    assert bar(Steps(done=999, total=1000, unit="epoch"), 10) == "#########-"
    assert bar(Steps(done=1000, total=1000, unit="epoch"), 10) == "##########"


def test_times_and_rates_are_read_at_once() -> None:
    assert [duration(value) for value in (0.4, 65.0, 7207.0)] == ["0:00", "1:05", "2:00:07"]
    rates = [rate_text(value, "epoch") for value in (0.25, 9.26, 13.24, 12345.6)]
    assert rates == ["4.0 s/epoch", "9.3 epochs/s", "13 epochs/s", "12346 epochs/s"]


def test_equal_works_count_as_one() -> None:
    said: list[object] = []

    def work(number: int) -> int:
        count(1, 2, "epoch")
        count(2, 2, "epoch")
        return number**2

    with listening(said.append):
        assert each_counted(work, range(1, 3)) == (1, 4)
        count(5, 6, "epoch")
    count(6, 6, "epoch")
    assert [(item.done, item.total) for item in said if isinstance(item, Steps)] == [
        *((1, 4), (2, 4), (3, 4), (4, 4)),
        (5, 6),
    ]


def test_a_work_that_fails_is_no_part_of_the_next() -> None:
    said: list[object] = []

    def fails(number: int) -> None:
        raise ValueError(number)

    with listening(said.append):
        with pytest.raises(ValueError, match="4"):
            each_counted(fails, (4, 5))
        assert is_listened()
        count(1, 2, "epoch")
    assert said == [Steps(done=1, total=2, unit="epoch")]
    assert not is_listened()
