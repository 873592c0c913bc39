"""What columns may hold: from the rows, and from the ranges that a user gave."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse

from pytest_modelparity import ModelParityError
from pytest_modelparity.check_settings import CheckSettings
from pytest_modelparity.check_values import read_input_ranges
from pytest_modelparity.sides.dataset import read_dataset
from pytest_modelparity.sides.inputs import Inputs, inputs_of, read_ranges

NAMES = ("number", "age", "member", "red", "green", "blue")
ROWS = np.array(
    [
        [0.5, 30, 0, 1, 0, 0],
        [1.5, 41, 1, 0, 1, 0],
        [-0.25, 18, 1, 0, 0, 1],
        [3.0, 77, 0, 0, 1, 0],
    ]
)
LABELS = np.array([0, 1, 0, 1])


def inputs(X=ROWS, given=None, **more: object) -> Inputs:
    """Return the inputs of rows, with ranges by name or number."""
    data = replace(read_dataset(X, LABELS, **more), feature_names=NAMES)
    ranges = None if given is None else read_input_ranges(given)
    return inputs_of(data, read_ranges(ranges, data.feature_names))


def test_the_kind_of_a_column_is_what_its_values_are() -> None:
    found = inputs()
    assert found.whole == (1,)
    assert found.two_valued == (2,)
    assert found.groups == ((3, 4, 5),)
    assert found.given == ()
    np.testing.assert_array_equal(found.box.low, [-0.25, 18, 0, 0, 0, 0])
    np.testing.assert_array_equal(found.box.high, [3, 77, 1, 1, 1, 1])
    np.testing.assert_array_equal(found.box.steps, [0, 59, 1, 0, 0, 0])
    assert [group.tolist() for group in found.box.groups] == [[3, 4, 5]]


@pytest.mark.parametrize(
    "form", [scipy.sparse.csr_matrix, scipy.sparse.csc_array, np.asfortranarray]
)
def test_the_form_of_the_rows_changes_nothing(form) -> None:
    found, wanted = inputs(form(ROWS)), inputs()
    assert (found.whole, found.two_valued, found.groups) == (
        wanted.whole,
        wanted.two_valued,
        wanted.groups,
    )
    np.testing.assert_array_equal(found.box.low, wanted.box.low)
    np.testing.assert_array_equal(found.box.high, wanted.box.high)


def test_scaled_columns_keep_their_two_values() -> None:
    scaled = (ROWS - ROWS.mean(axis=0)) / ROWS.std(axis=0)
    found = inputs(scaled)
    assert found.two_valued == (2,)
    assert found.groups == ((3, 4, 5),)
    # A sparse matrix with stored values only says the same.
    assert inputs(scipy.sparse.csr_array(scaled)).groups == ((3, 4, 5),)


def test_rows_that_are_compared_count_too() -> None:
    others = np.array([[9.0, 30.5, 0, 1, 1, 0]])
    found = inputs(X_eval=others)
    assert found.whole == ()
    # Two colours at once: no group any more.
    assert found.groups == ()
    assert found.two_valued == (2, 3, 4, 5)
    assert found.box.high[0] == 9


def test_a_late_row_is_seen() -> None:
    X = np.tile(ROWS, (600, 1))
    X[-1, 1], X[-1, 2] = 30.5, 0.5
    data = read_dataset(X, np.tile(LABELS, 600))
    found = inputs_of(data, {})
    assert (found.whole, found.two_valued, found.groups) == ((), (), ((3, 4, 5),))


def test_groups_end_where_the_next_begins() -> None:
    X = np.hstack([ROWS[:, 3:], ROWS[:, [2]], 1 - ROWS[:, [2]]])
    assert inputs_of(read_dataset(X, LABELS), {}).groups == ((0, 1, 2), (3, 4))


def test_a_constant_column_stays_where_it_is() -> None:
    X = ROWS.copy()
    X[:, 0] = 2.5
    found = inputs(X)
    assert found.box.low[0] == found.box.high[0] == 2.5
    assert 0 not in (*found.whole, *found.two_valued)


@pytest.mark.parametrize(
    "given,whole,two,steps",
    [
        ({"age": (0, 120)}, (1,), (2,), 120),
        ({"age": (0, 99.5)}, (), (2,), 0),
        ({1: (20, 20)}, (), (2,), 0),
        ({"member": (0, 5)}, (1, 2), (), 59),
        ({"member": (0, 0.5)}, (1,), (), 59),
    ],
)
def test_the_ends_of_a_range_count_as_values(given, whole, two, steps) -> None:
    found = inputs(given=given)
    assert found.whole == whole
    assert found.two_valued == two
    assert found.box.steps[1] == steps
    (key, (low, high)) = next(iter(given.items()))
    column = NAMES.index(key) if isinstance(key, str) else key
    assert found.given == (column,)
    assert (found.box.low[column], found.box.high[column]) == (low, high)


def test_a_range_takes_columns_out_of_a_group() -> None:
    found = inputs(given={"red": (0, 0)})
    assert [group.tolist() for group in found.box.groups] == [[4, 5]]
    assert found.box.high[3] == 0
    only = inputs(given={"green": (1, 1)})
    assert only.box.groups == ()
    np.testing.assert_array_equal(only.box.low[3:], [0, 1, 0])
    np.testing.assert_array_equal(only.box.high[3:], [0, 1, 0])


@pytest.mark.parametrize(
    "given,what",
    [
        ({"size": (0, 1)}, "input_ranges has no column 'size' of X, whose columns are 'number', "),
        ({6: (0, 1)}, "input_ranges has no column 6 of X"),
        ({True: (0, 1)}, "input_ranges has no column True of X"),
        ([(0, 1)], "input_ranges must hold a pair for each of the 6 columns of X, got 1; "),
        ({"red": (0, 0), "green": (0, 0), "blue": (0, 0)}, "'red', 'green', 'blue' is on in every"),
        ({"red": (1, 1), "green": (1, 1)}, "exactly one of the one-hot columns 'red', "),
        ({"age": (3, 2)}, r"input_ranges of column 'age' must be two finite numbers, the smaller"),
        ({"age": (0, np.inf)}, "must be two finite numbers"),
        ({"age": (0, np.nan)}, "must be two finite numbers"),
        ({"age": 5}, "must be two finite numbers, the smaller one first, got 5"),
        ({"age": "05"}, "must be two finite numbers, the smaller one first, got '05'"),
        ({"age": (1, 2, 3)}, "must be two finite numbers"),
        ([(0, 1), (1, 0)], "input_ranges of column 1 must be two finite numbers"),
        ("age", "input_ranges must map columns to pairs of numbers, or hold a pair for every"),
        (5, "input_ranges must map columns to pairs"),
    ],
)
def test_a_wrong_range_is_one_sentence(given, what) -> None:
    with pytest.raises(ModelParityError, match=what) as error:
        inputs(given=given)
    assert "\n" not in str(error.value)


def test_a_pair_for_every_column_may_be_an_array() -> None:
    found = inputs(given=np.stack([ROWS.min(axis=0) - 1, ROWS.max(axis=0) + 1], axis=1))
    np.testing.assert_array_equal(found.box.low, ROWS.min(axis=0) - 1)
    assert found.given == (0, 1, 2, 3, 4, 5)


def test_settings_complete_each_other() -> None:
    inner = CheckSettings.of_arguments(seed=3, explain=True, input_ranges={"age": (np.int64(0), 9)})
    outer = CheckSettings.of_arguments(
        tolerance=0.5, seed=4, explain=False, budget=7.0, input_ranges={"age": (0, 99)}
    )
    found = inner.over(outer)
    assert found.input_ranges == {"age": (0.0, 9.0)}
    assert type(found.input_ranges["age"][0]) is float
    assert (found.seed, found.explain, found.budget) == (3, True, 7.0)
