"""What the plots of the HTML report draw: places, lengths and the sentence beside them."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from pytest_modelparity import ParityReport, Tolerance
from pytest_modelparity.report.parts import Cause, Split, SplitPart
from pytest_modelparity.report.pictures import (
    Coefficients,
    PredictionRow,
    Seeds,
    SpreadPoint,
    TrajectoryPoint,
)
from pytest_modelparity.report.quantity import Quantity
from pytest_modelparity.reporters.bars import coefficient_rows, marks, seed_strip, waterfall
from pytest_modelparity.reporters.plots import HIGH, WIDE, lines, scatter

nan, inf = math.nan, math.inf


def split(*shares: float | None, largest: float = 0.5) -> Split:
    first, second, third = (SplitPart(rms=0.1, largest=largest, share=s) for s in shares)
    return Split(reference_error=first, objective_gap=second, candidate_error=third)


def cause(setting: str, kind: str, share: float | None) -> Cause:
    return Cause(setting=setting, reference="1", candidate="2", kind=kind, role="must", share=share)


# --- the waterfall


def test_each_part_starts_where_the_one_before_ends() -> None:
    fall = waterfall(split(0.2, 0.3, 0.5), (), Quantity())
    assert [(bar.kind, bar.start, bar.length) for bar in fall.bars] == [
        ("reference", 0, 20),
        ("objective", 20, pytest.approx(30)),
        ("training", 50, 50),
        ("total", 0, 100),
    ]
    assert (fall.zero, fall.whole) == (0, 100)


def test_a_part_of_opposite_sign_goes_back() -> None:
    fall = waterfall(split(0.0, -0.5, 1.5), (), Quantity())
    # From -50 % to 100 % is the width.
    assert fall.zero == pytest.approx(100 / 3)
    _, gap, own, total = fall.bars
    assert (gap.start, gap.length, gap.value) == (0, pytest.approx(100 / 3), "-50 %")
    assert (own.start, own.length, own.value) == (0, 100, "+150 %")
    assert (total.start, total.length) == (pytest.approx(100 / 3), pytest.approx(200 / 3))


def test_causes_of_the_gap_follow_one_another_and_others_start_with_their_part() -> None:
    causes = (
        cause("penalty", "objective", 0.75),
        cause("C", "objective", 0.25),
        cause("iterations", "training", 0.9),
        cause("solver", "training", 1.0),
        cause("dtype", "training", None),
    )
    fall = waterfall(split(0.0, 0.4, 0.6), causes, Quantity())
    found = {
        bar.label: (round(bar.start, 6), round(bar.length, 6)) for bar in fall.bars if bar.cause
    }
    assert found == {
        "penalty": (0, 30),
        "C": (30, 10),
        "iterations": (40, 54),
        "solver": (40, 60),
    }


@pytest.mark.parametrize("share", [None, nan, inf, 1e9])
def test_without_shares_the_distances_stand_beside_each_other(share: float | None) -> None:
    fall = waterfall(split(0.5, share, 0.5), (), Quantity())
    assert fall.whole is None
    assert [(bar.start, bar.length, bar.value) for bar in fall.bars] == [(0, 100, "0.5")] * 3


def test_a_distance_that_is_nan_is_told_and_not_drawn() -> None:
    fall = waterfall(split(None, None, None, largest=nan), (), Quantity())
    assert [(bar.length, bar.value) for bar in fall.bars] == [(0, "NaN")] * 3


# --- probabilities


def with_rows(report: ParityReport, *rows: tuple[tuple, tuple]) -> ParityReport:
    probabilities = tuple(
        PredictionRow(row=index, reference=first, candidate=second)
        for index, (first, second) in enumerate(rows)
    )
    return replace(report, predictions=probabilities, tolerance=Tolerance(probability=0.1))


def test_points_inside_and_outside_the_tolerance_are_apart(equivalent_report: ParityReport) -> None:
    report = with_rows(equivalent_report, ((0.5, 0.5), (0.45, 0.55)), ((1.0, 0.0), (0.0, 1.0)))
    plot = scatter(report, 100)
    assert plot is not None
    # Of two classes the last only; up is more.
    assert plot.within == "M180 162h0"
    assert plot.beyond == "M0 0h0"
    assert plot.worst == (0, 0)
    assert plot.described == "1 of 2 points are further than 0.1 from the diagonal"


def test_three_classes_have_a_point_each_and_what_is_none_is_counted(
    equivalent_report: ParityReport,
) -> None:
    report = with_rows(equivalent_report, ((0.2, 0.3, 0.5), (0.2, nan, 1.5)))
    plot = scatter(report, 100)
    assert plot is not None
    assert plot.within == "M72 288h0"
    assert plot.described.endswith("2 are no probabilities and not drawn")


def test_of_many_points_some_are_drawn_and_all_are_counted(
    equivalent_report: ParityReport,
) -> None:
    rows = [((1 - i / 100, i / 100), (1.0, 0.0)) for i in range(100)]
    plot = scatter(with_rows(equivalent_report, *rows), 10)
    assert plot is not None
    assert (plot.within + plot.beyond).count("M") == 10
    assert plot.described.startswith("89 of 100 points")


def test_dots_at_one_place_are_one(equivalent_report: ParityReport) -> None:
    rows = [((0.5, 0.5), (0.5, 0.5 + i / 1e5)) for i in range(50)]
    plot = scatter(with_rows(equivalent_report, *rows), 100)
    assert plot is not None
    assert plot.within.count("M") == 1


def test_without_probabilities_there_is_no_plot(equivalent_report: ParityReport) -> None:
    assert scatter(with_rows(equivalent_report), 100) is None
    assert scatter(with_rows(equivalent_report, ((nan,), (nan,))), 100) is None


# --- training


def way(*values: float) -> tuple[TrajectoryPoint, ...]:
    return tuple(TrajectoryPoint(epoch=10**i, distance=v) for i, v in enumerate(values))


def test_the_way_to_the_optimum_is_drawn_on_logarithmic_axes() -> None:
    plot = lines(way(1.0, 0.1, 0.01), None, 0.01)
    assert plot is not None
    xs, ys = zip(*(map(float, point.split(",")) for point in plot.line.split()), strict=True)
    assert xs == (0, WIDE / 2, WIDE)
    assert ys[1] == pytest.approx(HIGH / 2, abs=0.1)
    assert ys[0] < ys[1] < ys[2] == pytest.approx(plot.allowed, abs=0.1)
    assert plot.scales == "logarithmic: epochs and distance"
    assert plot.described == "1 after epoch 1; 0.01 after epoch 100; allowed is 0.01"


def test_the_seeds_make_an_area_around_it() -> None:
    points = tuple(SpreadPoint(epoch=e, lowest=0.1, highest=0.9) for e in (1, 2))
    plot = lines((), Seeds(trajectory=points), 0.01)
    assert plot is not None
    assert len(plot.spread.split()) == 4
    assert plot.line == ""
    assert plot.described.startswith("over the seeds 0.1 to 0.9 after epoch 2")


@pytest.mark.parametrize("values", [(), (0.5,), (nan, 0.5), (0.5, inf)])
def test_one_epoch_is_no_way(values: tuple) -> None:
    assert lines(way(*values), None, 0.01) is None


# --- coefficients and seeds


def test_what_is_furthest_apart_stands_first_and_nan_before_it() -> None:
    coefficients = Coefficients(
        names=("a", "b", "c"),
        reference=((1.0, 2.0, 3.0),),
        candidate=((1.5, 4.0, nan),),
        reference_intercept=(0.0,),
        candidate_intercept=(0.1,),
    )
    rows = coefficient_rows(coefficients, ("no", "yes"))
    assert [(row.output, row.name) for row in rows] == [
        ("", "c"),
        ("", "b"),
        ("", "a"),
        ("", "(intercept)"),
    ]


def test_several_outputs_are_named_after_their_classes() -> None:
    coefficients = Coefficients(names=("a",), reference=((1.0,),) * 3, candidate=((1.0,),) * 3)
    rows = coefficient_rows(coefficients, ("x", "y"))
    assert [(row.output, row.name) for row in rows] == [("x", "a"), ("y", "a"), ("2", "a")]


def test_what_a_side_lacks_has_no_mark() -> None:
    rows = coefficient_rows(Coefficients(names=("a", "b"), reference=((1.0, inf),)), ())
    plot = marks(rows)
    assert plot is not None
    found = {mark.label: (mark.reference is None, mark.candidate is None) for mark in plot.marks}
    assert found == {"a": (False, True), "b": (True, True)}
    assert plot.zero is not None
    assert marks(rows[:0]) is None


def test_zero_has_its_place_among_coefficients_of_every_size() -> None:
    found = Coefficients(names=("a", "b"), reference=((0.01, 10.0),), candidate=((0.1, 10.0),))
    plot = marks(coefficient_rows(found, ()))
    assert plot is not None
    assert plot.zero is not None
    assert 0 < plot.zero < min(mark.reference or 0 for mark in plot.marks)


def test_seeds_stand_on_one_axis_with_the_tolerance_and_the_mean() -> None:
    seeds = Seeds(seeds=(0, 1), distances=(0.2, 0.4), mean=0.3, lower=0.25, upper=0.35)
    strip = seed_strip(seeds, 0.1)
    assert strip is not None
    assert strip.mean is not None
    assert strip.allowed is not None
    assert strip.bounds is not None
    assert strip.allowed < strip.dots[0] < strip.bounds[0] < strip.mean < strip.bounds[1]
    assert strip.described == "2 seeds from 0.2 to 0.4, allowed is 0.1"
    assert seed_strip(replace(seeds, distances=(nan,)), 0.1) is None
