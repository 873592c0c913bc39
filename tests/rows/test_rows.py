"""Rows that are passed over: whatever holds them, the same sums, bit for bit."""

from __future__ import annotations

from functools import partial, reduce

import dask.array
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_modelparity import ModelParityError
from pytest_modelparity.frameworks.dask.matrix import DaskRows
from pytest_modelparity.rows import passes
from pytest_modelparity.rows.finite import first_not_finite
from pytest_modelparity.rows.held import FileRows, HeldRows, rows_of_array
from pytest_modelparity.rows.passes import Tree, added
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.theory import class_by_class
from pytest_modelparity.theory.certificate import certify
from pytest_modelparity.theory.design import UNIT
from pytest_modelparity.theory.gauge import design_null_space
from pytest_modelparity.theory.objective import objective_from_settings
from pytest_modelparity.theory.one_vs_rest import objective_of
from pytest_modelparity.theory.optimum import find_optimum
from pytest_modelparity.theory.scrutiny import scrutinise

HEADS = ("sigmoid", "softmax", "identity")
HOLDERS = ("file", "part of a map", "dask", "columns of dask", "order of Fortran")
N, P = 9000, 5


@pytest.fixture(autouse=True)
def small_groups(monkeypatch):
    """Groups of a thousand rows, slices of some hundred."""
    monkeypatch.setattr(passes, "GROUP_NUMBERS", 5000)
    monkeypatch.setattr(passes, "BLOCK_NUMBERS", 5000)
    monkeypatch.setattr(passes, "FEWEST_ROWS", 100)


def data():
    """Correlated features of several sizes, with labels of three classes."""
    rng = np.random.default_rng(0)
    X = (rng.normal(size=(N, P)) + rng.normal(size=(N, 1))) * [1.0, 10.0, 0.1, 3.0, 1.0]
    z = X @ rng.normal(size=(P, 3)) / 5 + rng.gumbel(size=(N, 3))
    return X, z.argmax(axis=1), z[:, 0]


def held_by(holder, X, folder):
    """The rows of X, held in another way."""
    if holder in ("file", "part of a map"):
        path = folder / "X.npy"
        before = np.full((7, P), np.nan)
        np.save(path, np.vstack([before, X]) if holder == "part of a map" else X)
        mapped = np.load(path, mmap_mode="r")
        found = rows_of_array(mapped[7:] if holder == "part of a map" else mapped)
        assert isinstance(found, FileRows)
        return found
    if holder == "order of Fortran":
        return HeldRows(np.asfortranarray(X))
    chunks = (1300, P) if holder == "dask" else (700, 2)
    return DaskRows(dask.array.from_array(X, chunks=chunks))


def objective(X, head, *, penalty=0.01, **more):
    """An objective of the labels, or of numbers."""
    _, labels, numbers = data()
    y = {"sigmoid": labels > 0, "softmax": labels, "identity": numbers}[head]
    n_classes = {"sigmoid": 2, "softmax": 3, "identity": 0}[head]
    described = ObjectiveSettings(output_head=head, l2_strength=penalty, **more)
    return objective_from_settings(described, X, np.asarray(y), n_classes)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("holder", HOLDERS)
def test_optimum_and_certificate_have_the_same_bits(head, holder, tmp_path):
    X, _, _ = data()
    here = objective(HeldRows(X), head)
    there = objective(held_by(holder, X, tmp_path), head)
    first, second = find_optimum(here), find_optimum(there)
    np.testing.assert_array_equal(first.coef, second.coef)
    np.testing.assert_array_equal(first.intercept, second.intercept)
    assert first.certificate == second.certificate
    assert first.certificate.method == "newton-decrement"
    moved = first.coef * 1.01
    assert certify(here, moved, first.intercept, first) == certify(
        there, moved, second.intercept, second
    )


@pytest.mark.parametrize("penalty", [0.01, 0.0])
@pytest.mark.parametrize("head", HEADS)
def test_they_are_those_of_rows_in_memory_up_to_what_is_certified(head, penalty):
    X, _, _ = data()
    whole, passed = (objective(rows, head, penalty=penalty) for rows in (X, HeldRows(X)))
    first, second = find_optimum(whole), find_optimum(passed)
    assert second.of_rows is None
    apart = whole.predictions(second.coef, second.intercept) - first.predictions
    bound = first.certificate.distance + second.certificate.distance
    assert np.abs(apart).max() <= bound < 1e-8
    moved = first.coef * 1.1
    one = certify(whole, moved, first.intercept, first)
    another = certify(passed, moved, second.intercept, second)
    assert another.distance == pytest.approx(one.distance, rel=1e-6)
    assert another.objective_excess == pytest.approx(one.objective_excess, rel=1e-6)


@pytest.mark.parametrize("head", HEADS)
def test_more_parameters_than_a_hessian_takes_have_the_bound_of_the_gap(head):
    X, _, _ = data()
    whole, passed = (objective(rows, head) for rows in (X, HeldRows(X)))
    first, second = (find_optimum(one, dense_limit=1) for one in (whole, passed))
    assert first.certificate.method == second.certificate.method == "duality-gap"
    sharp = find_optimum(whole)
    apart = whole.predictions(second.coef, second.intercept) - sharp.predictions
    assert np.abs(apart).max() <= second.certificate.distance + sharp.certificate.distance
    assert second.certificate.distance < 10 * first.certificate.distance + 1e-12


def test_gradient_is_within_its_rounding_of_that_in_memory():
    X, _, _ = data()
    whole, passed = (objective(rows, "softmax") for rows in (X, HeldRows(X)))
    theta = np.random.default_rng(1).normal(size=whole.n_parameters) / 10
    first, second = scrutinise(whole, theta), scrutinise(passed, theta)
    assert np.all(np.abs(first.gradient - second.gradient) <= first.rounding + second.rounding)


def test_scaled_features_are_scaled_when_they_are_read():
    X, _, _ = data()
    scaling = {"feature_shift": tuple(X.mean(axis=0)), "feature_scale": tuple(X.std(axis=0))}
    whole, passed = (objective(rows, "sigmoid", **scaling) for rows in (X, HeldRows(X)))
    first, second = find_optimum(whole), find_optimum(passed)
    np.testing.assert_allclose(first.coef, second.coef, rtol=0, atol=1e-9)


def both(X, y, n_classes, **settings):
    """The optimum of an objective with rows in memory, and with the same rows passed over."""
    described = ObjectiveSettings(**settings)
    each = [objective_of(described, rows, y, n_classes) for rows in (X, HeldRows(X))]
    return each, [class_by_class.find_optimum(one) for one in each]


def assert_same_proof(first, second):
    """Both certificates say the same."""
    assert (first.finite_optimum, first.method) == (second.finite_optimum, second.method)
    if first.distance is None or second.distance is None:
        assert first.distance is second.distance
    else:
        assert second.distance == pytest.approx(first.distance, rel=1e-6, abs=1e-12)


def test_separated_rows_are_told_without_being_held():
    X, _, _ = data()
    y = (X[:, 0] > X[:, 1]).astype(int)
    (held, passed), (first, second) = both(X, y, 2, output_head="sigmoid")
    assert second.of_rows is None
    assert second.certificate.method == "separation"
    assert_same_proof(first.certificate, second.certificate)
    # A point on the way there is as far from the limit.
    moved = 0.1 * second.coef, second.intercept
    first, second = certify(held, *moved, first), certify(passed, *moved, second)
    assert 1e-3 < second.distance < 1
    assert_same_proof(first, second)


def test_separated_rows_that_stand_for_all_have_their_labels_as_limit():
    X, _, _ = data()
    y, some = (X[:, 0] > X[:, 1]).astype(int), np.arange(0, N, 7)
    (_, passed), (first, second) = both(X, y, 2, output_head="sigmoid")
    sample = class_by_class.determined_on_sample(passed, second, X[some], some)
    assert (sample.known.all(), sample.distance) == (True, 0.0)
    np.testing.assert_array_equal(sample.predictions, first.predictions[some])


@pytest.mark.parametrize("head", ["sigmoid", "softmax"])
def test_rows_that_are_separated_in_part_are_told_without_being_held(head):
    X, y, _ = data()
    y = np.minimum(y, 1) if head == "sigmoid" else y
    # One label alone has this feature, which may grow for ever.
    X[:, 3] = np.where(y == 1, X[:, 3] > 0, 0.0)
    (held, passed), (first, second) = both(X, y, y.max() + 1, output_head=head)
    assert second.finite is False
    assert_same_proof(first.certificate, second.certificate)
    moved = second.coef / 2, second.intercept
    assert_same_proof(certify(held, *moved, first), certify(passed, *moved, second))
    # What vanishes does so on rows that stand for all.
    some = np.arange(0, N, 7)
    sample = class_by_class.determined_on_sample(passed, second, X[some], some)
    assert sample.known.all()
    assert sample.distance is None
    np.testing.assert_allclose(sample.predictions, first.predictions[some], atol=1e-9)


@pytest.mark.parametrize("penalty", [0.0, 0.01])
def test_a_class_without_rows_vanishes_without_being_held(penalty):
    X, y, _ = data()
    y = np.where(y == 2, 3, y)
    _, (first, second) = both(X, y, 4, output_head="softmax", l2_strength=penalty)
    assert (second.finite, second.of_rows) == (False, None)
    assert_same_proof(first.certificate, second.certificate)


@pytest.mark.parametrize("penalty", [0.0, 0.01])
def test_one_vs_rest_has_its_bound_without_being_held(penalty):
    X, y, _ = data()
    objectives, optima = both(X, y, 3, output_head="one_vs_rest", l2_strength=penalty)
    first, second = (one.certificate.distance for one in optima)
    assert 0 < second < 10 * first < 1e-8
    away = optima[0].coef * 1.1, optima[0].intercept
    first, second = (
        class_by_class.certify(one, *away, optimum)
        for one, optimum in zip(objectives, optima, strict=True)
    )
    assert second.distance > 1e-3
    assert_same_proof(first, second)


def test_columns_that_no_row_tells_apart_are_known_without_being_held():
    X, y, _ = data()
    mixed = X[:, 0] - 3 * X[:, 1]
    # The last column is a mixture, too, but for the last rows.
    X = np.column_stack([X, mixed, np.ones(N), np.where(np.arange(N) < N - 500, mixed, 0.0)])
    settings = ObjectiveSettings(output_head="softmax")
    first, second = (
        design_null_space(objective_from_settings(settings, rows, y, 3))
        for rows in (X, HeldRows(X))
    )
    assert first.shape == second.shape == (P + 4, 2)
    np.testing.assert_allclose(first @ first.T, second @ second.T, atol=1e-12)


@given(
    values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=700),
    joins=st.sampled_from([None, [np.maximum], [np.minimum]]),
)
@settings(max_examples=200, deadline=None)
def test_a_tree_puts_everything_together_once(values, joins):
    tree = Tree(partial(added, joins=joins))
    for value in values:
        tree.add([np.array(value)])
    (total,) = tree.total
    if joins:
        assert total == joins[0].reduce(values)
    else:
        sizes = float(np.abs(values).sum())
        assert abs(float(total) - float(np.sum(np.array(values, np.longdouble)))) <= (
            3 * passes.FAN * UNIT * sizes
        )


@given(n=st.integers(1, 5000))
@settings(max_examples=60, deadline=None)
def test_a_tree_adds_in_the_order_of_graphs(n):
    values = np.random.default_rng(n).normal(size=n)
    tree, nodes = Tree(added), [[np.array(value)] for value in values]
    for node in nodes:
        tree.add(node)
    while len(nodes) > 1:
        parts = [nodes[i : i + passes.FAN] for i in range(0, len(nodes), passes.FAN)]
        nodes = [reduce(added, part) for part in parts]
    assert tree.total[0] == nodes[0][0]


@pytest.mark.parametrize("holder", HOLDERS)
def test_statistics_and_rows_by_number(holder, tmp_path):
    X, _, _ = data()
    rows = held_by(holder, X, tmp_path)
    numbers = np.array([8999, 0, 17, 17, 5000])
    np.testing.assert_array_equal(rows.take(numbers), X[numbers])
    np.testing.assert_array_equal(rows[10:20], X[10:20])
    np.testing.assert_array_equal(rows.min(axis=0), X.min(axis=0))
    np.testing.assert_array_equal(rows.max(axis=0), X.max(axis=0))
    np.testing.assert_allclose(rows.mean(axis=0), X.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(rows.std(axis=0), X.std(axis=0), rtol=1e-12)
    # Whatever holds them, to the last bit.
    np.testing.assert_array_equal(rows.mean(axis=0), HeldRows(X).mean(axis=0))
    np.testing.assert_array_equal(rows.std(axis=0), HeldRows(X).std(axis=0))
    assert first_not_finite(rows) is None


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_first_number_that_is_none_is_found(holder, bad, tmp_path):
    X, _, _ = data()
    X[7000, 1] = X[5321, 3] = bad
    assert first_not_finite(held_by(holder, X, tmp_path)) == (5321, 3)


def test_rows_that_are_passed_over_do_not_become_an_array_in_silence():
    X, _, _ = data()
    with pytest.raises(ModelParityError, match=r"for this step X must fit in memory, got 9000 x 5"):
        np.asarray(HeldRows(X))


def test_a_file_that_became_shorter_is_told(tmp_path):
    X, _, _ = data()
    rows = held_by("file", X, tmp_path)
    (tmp_path / "X.npy").write_bytes((tmp_path / "X.npy").read_bytes()[:100_000])
    with pytest.raises(ModelParityError, match=r"rows 2000 to 2999 of X could not be read from"):
        rows.mean(axis=0)


def test_float32_rows_are_widened_group_by_group():
    X, _, _ = data()
    narrow = HeldRows(X.astype(np.float32))
    assert narrow[0:3].dtype == np.float64
    assert find_optimum(objective(narrow, "sigmoid")).certificate.distance < 1e-8
