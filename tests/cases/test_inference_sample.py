"""A sample of the hidden trainings of `benchmarks/inference.py`: named, or nothing is claimed."""

from __future__ import annotations

import importlib
import random
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
#: How many of each part are drawn, by this seed.
SEED, EXACT, FITTED, STOPPED = 0, 10, 8, 10
#: Sets whose optima or inferences take more than half a second.
SLOW = ("100 x 300", "800 x 20, four classes")


@pytest.fixture(scope="module")
def every() -> list[Any]:
    """Return all cases, but for the slow ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        importlib.import_module("inferring.suite")
    return [one for one in sys.modules["inferring.suite"].cases() if one.data not in SLOW]


def drawn(every: list[Any], part: str, n: int) -> list[dict[str, Any]]:
    """Return the lines on some cases of a part."""
    of = [one for one in every if one.part == part]
    return [line for one in random.Random(SEED).sample(of, n) for line in one.result()]


def test_exact_optima_of_other_objectives_are_named(every: list[Any]) -> None:
    lines = drawn(every, "exact", EXACT)
    missed = [one for one in lines if one["outcome"] != "right" and not one["same"]]
    assert [(one["name"], one["told"]) for one in missed] == []
    assert {one["grade"] for one in lines if not one["same"]} == {"proven"}


def test_nothing_wrong_is_told_of_fits_at_the_default_tolerance(every: list[Any]) -> None:
    lines = drawn(every, "scikit-learn", FITTED)
    assert [one["name"] for one in lines if one["outcome"] == "wrong"] == []
    assert "right" in {one["outcome"] for one in lines}


def test_no_other_objective_is_claimed_of_a_training_that_was_stopped(every: list[Any]) -> None:
    lines = drawn(every, "early", STOPPED)
    claimed = [one for one in lines if one["outcome"] not in ("same", "no claim", "right")]
    assert [(one["name"], one["told"]) for one in claimed] == []


def test_no_wrong_objective_is_a_cause(every: list[Any]) -> None:
    lines = drawn(every, "half", STOPPED)
    sure = [
        one
        for one in lines
        if one["grade"] == "proven" or (one["grade"] == "measured" and one["read"])
    ]
    assert [(one["name"], one["told"]) for one in sure if one["outcome"] == "wrong"] == []
