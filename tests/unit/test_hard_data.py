"""The hard data sets: each has the property that it is named for, and stays as it is."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from pytest_modelparity import ModelParityError, hard_data
from pytest_modelparity.hard_data.catalogue import RECIPES
from pytest_modelparity.hard_data.designs import CONSTANT, SCALES

EVERY = [*hard_data.classification(), *hard_data.regression(), *hard_data.counts()]
IDS = [f"{data.task}/{data.name}" for data in EVERY]
BOTH = [hard_data.classification, hard_data.regression]


def one(task: Any, name: str) -> hard_data.HardData:
    """Return a data set by its name."""
    (found,) = task(name)
    return found


def with_intercept(X: Any) -> np.ndarray:
    """Return features and a column of ones, each column of the size 1."""
    dense = X.toarray() if sparse.issparse(X) else X
    A = np.column_stack([dense, np.ones(len(dense))])
    return A / np.maximum(np.abs(A).max(axis=0), 1e-300)


def is_separated(X: Any, y: Any) -> bool:
    """Whether a plane separates two classes: a linear programme with an exact answer."""
    signs = np.where(y == np.unique(y)[1], 1.0, -1.0)[:, np.newaxis]
    A = with_intercept(X)
    found = linprog(
        np.zeros(A.shape[1]), A_ub=-signs * A, b_ub=-np.ones(len(A)), bounds=(None, None)
    )
    assert found.status in (0, 2)
    return found.status == 0


@pytest.mark.parametrize("data", EVERY, ids=IDS)
def test_every_set_is_small_finite_frozen_and_says_why(data: hard_data.HardData) -> None:
    stored = data.X.data if sparse.issparse(data.X) else data.X
    arrays = [stored, data.y, *([] if data.sample_weight is None else [data.sample_weight])]
    assert np.isfinite(stored).all()
    assert data.X.shape[0] == len(data.y) <= 300
    assert data.X.shape[1] <= 120
    for array in arrays:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[0]
    with pytest.raises(FrozenInstanceError):
        data.name = "other"  # type: ignore[misc]
    assert data.hard_for.endswith(".")
    assert data.name.isidentifier()


@pytest.mark.parametrize("data", EVERY, ids=IDS)
def test_a_set_is_made_of_its_name_alone(data: hard_data.HardData) -> None:
    from pytest_modelparity.hard_data.catalogue import _made

    again = _made.__wrapped__(data.task, data.name)
    assert again is not data
    X, Y = (one.X.toarray() if sparse.issparse(one.X) else one.X for one in (data, again))
    np.testing.assert_array_equal(X, Y)
    np.testing.assert_array_equal(data.y, again.y)


def test_the_numbers_of_a_set_are_the_same_in_every_version_of_numpy() -> None:
    X = one(hard_data.classification, "weighted").X
    first = [0.7637477290465512, -0.32600166924933766, 1.0000856527250777]
    np.testing.assert_allclose(X[0], first, rtol=1e-12)


@pytest.mark.parametrize(
    "name,separated",
    [
        ("separable", True),
        ("nearly_separable", False),
        ("quasi_separable", False),
        ("wide", True),
        ("collinear", False),
        ("imbalanced", False),
        ("boolean_labels", False),
    ],
)
def test_which_classes_a_plane_separates(name: str, separated: bool) -> None:
    data = one(hard_data.classification, name)
    assert is_separated(data.X, data.y) == separated


def test_without_two_rows_a_nearly_separable_set_is_separable() -> None:
    data = one(hard_data.classification, "nearly_separable")
    signs = np.where(data.y == 1, 1.0, -1.0)
    w = np.linalg.lstsq(with_intercept(data.X), signs, rcond=None)[0]
    wrong = np.argsort(signs * (with_intercept(data.X) @ w))[:2]
    kept = np.setdiff1d(np.arange(len(data.y)), wrong)
    assert is_separated(data.X[kept], data.y[kept])


def test_a_group_of_a_quasi_separable_set_has_one_class() -> None:
    data = one(hard_data.classification, "quasi_separable")
    group = data.X[:, -1] == 1
    assert group.sum() == 8
    assert set(data.y[group]) == {1}
    assert set(data.y[~group]) == {0, 1}


@pytest.mark.parametrize("task", BOTH)
def test_columns_that_depend_on_each_other(task: Any) -> None:
    collinear, deficient, levels, constant = (
        with_intercept(one(task, name).X)
        for name in ("collinear", "rank_deficient", "rare_levels", "constant_column")
    )
    assert np.linalg.matrix_rank(collinear) == 6
    assert np.linalg.cond(collinear) > 1e6
    for A in (deficient, levels, constant):
        assert np.linalg.matrix_rank(A) == A.shape[1] - 1
    X = one(task, "rank_deficient").X
    np.testing.assert_array_equal(X[:, 4], X[:, 0] + X[:, 1])
    np.testing.assert_array_equal(one(task, "constant_column").X[:, 2], CONSTANT)


@pytest.mark.parametrize("task", BOTH)
def test_scales_and_shapes(task: Any) -> None:
    np.testing.assert_allclose(one(task, "scales").X.std(axis=0), SCALES, rtol=0.5)
    unscaled = one(task, "unscaled").X
    assert np.ptp(unscaled, axis=0).max() > 1e6 * np.ptp(unscaled, axis=0).min()
    assert one(task, "wide").X.shape == (30, 80)
    X = one(task, "sparse").X
    assert X.format == "csr"
    assert 0.02 < X.nnz / np.prod(X.shape) < 0.06
    levels = one(task, "rare_levels").X.sum(axis=0)
    assert (levels == 1).sum() == 4
    weights = one(task, "weighted").sample_weight
    assert (weights == 0).sum() == 10
    assert weights.max() > 1e4 * weights[weights > 0].min()


@pytest.mark.parametrize(
    "name,classes",
    [
        ("three_classes", range(3)),
        ("twenty_classes", range(20)),
        ("rare_class", range(3)),
        ("string_labels", ["maybe", "no", "yes"]),
        ("boolean_labels", [False, True]),
        ("signed_labels", [-1, 1]),
    ],
)
def test_labels(name: str, classes: Any) -> None:
    y = one(hard_data.classification, name).y
    found, times = np.unique(y, return_counts=True)
    assert found.tolist() == list(classes)
    assert times.min() >= 2
    assert y.dtype == np.array(classes).dtype


def test_rare_classes() -> None:
    imbalanced, rare = (
        one(hard_data.classification, name).y for name in ("imbalanced", "rare_class")
    )
    assert np.bincount(imbalanced).tolist() == [294, 6]
    assert np.bincount(rare)[2] == 3


def test_targets_of_numbers() -> None:
    tails, leverage, tiny, distant = (
        one(hard_data.regression, name)
        for name in ("heavy_tails", "leverage", "tiny_target", "distant_target")
    )

    def kurtosis(y: np.ndarray) -> float:
        return float(np.mean((y - y.mean()) ** 4) / y.var() ** 2)

    assert kurtosis(tails.y) > 10
    A = with_intercept(leverage.X)
    hat = np.einsum("ij,ji->i", A, np.linalg.pinv(A))
    assert set(np.argsort(hat)[-2:]) == {0, 1}
    assert 1e-9 < tiny.y.std() < 1e-7
    assert distant.y.mean() > 1e5 * distant.y.std()
    assert np.float32(distant.y).std() != pytest.approx(distant.y.std(), rel=1e-9)
    assert all(data.y.dtype == np.float64 for data in EVERY if data.task != "classification")


def test_counts() -> None:
    for data in hard_data.counts():
        np.testing.assert_array_equal(data.y, np.round(data.y))
        assert data.y.min() >= 0
    zeros, large, tails = (
        one(hard_data.counts, name).y
        for name in ("many_zeros", "large_counts", "heavy_tailed_counts")
    )
    assert 0.7 < (zeros == 0).mean() < 0.9
    assert 1e4 < np.median(large) < 1e5
    assert tails.var() > 5 * tails.mean()


def test_the_documentation_lists_every_set_with_its_reason() -> None:
    page = Path(__file__).parents[2].joinpath("docs", "port-suites.md").read_text(encoding="utf-8")
    rows = [
        f"| `{data.name}` | {data.X.shape[0]} x {data.X.shape[1]} | {data.hard_for} |"
        for data in EVERY
    ]
    assert re.findall(r"^\| `\w+` \| \d+ x .*$", page, re.MULTILINE) == rows


def test_a_weighted_copy_has_other_weights_and_the_same_rows() -> None:
    data = one(hard_data.classification, "separable")
    copy = data.weighted()
    assert (copy.name, data.sample_weight) == ("separable+weights", None)
    assert copy.X is data.X
    assert (copy.sample_weight == 0).sum() == 6
    np.testing.assert_array_equal(copy.sample_weight, data.weighted().sample_weight)
    assert (copy.sample_weight != data.weighted(1).sample_weight).any()
    assert copy.hard_for == (
        "A plane separates the classes, so without a penalty there is no optimum; "
        "each row has a weight of its own."
    )


def test_an_unknown_name_is_told_which_there_are() -> None:
    message = "no data set 'seperable' for classification; there are separable, nearly_separable"
    with pytest.raises(ModelParityError, match=message):
        hard_data.classification("separable", "seperable")
    assert [data.name for data in hard_data.counts()] == list(RECIPES["counts"])


@pytest.mark.parametrize(
    "values,message",
    [
        ({"name": " "}, "the name of a data set must be text that is not empty, got ' '"),
        ({"task": "sorting"}, "classification, regression or counts, got 'sorting'"),
    ],
)
def test_what_is_no_data_set_is_refused(values: dict[str, str], message: str) -> None:
    with pytest.raises(ModelParityError, match=message):
        hard_data.HardData(**{"name": "a", "X": np.ones((2, 1)), "y": np.arange(2), **values})
