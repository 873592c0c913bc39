"""The array loop on rows that are not held: batches gathered from an array, a file, or in parts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pytest_modelparity.rows import gathering, passes
from pytest_modelparity.rows.between import rows_between
from pytest_modelparity.rows.held import HeldRows, rows_of_array
from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.rows.orders import shuffle, shuffled_parts
from pytest_modelparity.settings import ONE_VS_REST, ObjectiveSettings
from pytest_modelparity.theory.clock import OutOfTimeError, watched
from pytest_modelparity.training import feeds
from pytest_modelparity.training.loop import Stack
from pytest_modelparity.training.problem import Problem, Variant
from pytest_modelparity.training.recipe import Optimizer, Start

N, P = 403, 5


class InParts(RowMatrix):
    """Rows that are read part by part, and count how often."""

    def __init__(self, array):
        self._array, self.reads = array, []

    @property
    def shape(self):
        return self._array.shape

    def read(self, rows):
        self.reads.append(rows)
        return self._array[rows]


@pytest.fixture
def small_parts(monkeypatch):
    """Groups of a hundred rows."""
    monkeypatch.setattr(passes, "GROUP_NUMBERS", 500)
    monkeypatch.setattr(passes, "FEWEST_ROWS", 10)


def problem_of(head, *, weighted=False, **options):
    generator = np.random.default_rng(0)
    n_outputs = 1 if head in ("sigmoid", "identity", "exponential") else 3
    y = generator.integers(0, max(2, n_outputs), N)
    return Problem(
        settings=ObjectiveSettings(output_head=head, l2_strength=0.01, **options),
        X=generator.normal(size=(N, P)).astype(np.float32),
        y=y if head != "identity" else generator.normal(size=N),
        row_weight=generator.uniform(0.5, 2.0, N) if weighted else None,
        n_outputs=n_outputs,
    )


def passed(problem, how, folder):
    """The same problem on rows that are not held."""
    X = problem.X.astype(np.float64)
    if how == "file":
        np.save(folder / "X.npy", problem.X)
        return replace(problem, X=rows_of_array(np.load(folder / "X.npy", mmap_mode="r")))
    return replace(problem, X=HeldRows(X))


def variants_of(problem, batch_size, n_seeds=2):
    generator = np.random.default_rng(1)
    shape = (P, problem.n_outputs)
    start = Start(
        kernel=generator.normal(size=shape).astype(np.float32),
        bias=np.zeros(shape[1], dtype=np.float32),
    )
    optimizers = Optimizer.of("Adam", 0.01), Optimizer.of("Adam", 0.03)
    return [
        Variant(optimizer=optimizer, batch_size=batch_size, seed=seed, start=start)
        for optimizer in optimizers
        for seed in range(n_seeds)
    ]


def trained(problem, variants, epochs=3):
    stack = Stack(problem, variants, losses=True)
    return (*stack.train(epochs)[epochs], stack.losses)


@pytest.mark.parametrize("batch_size", [32, N])
@pytest.mark.parametrize("how", ["array", "file"])
@pytest.mark.parametrize("head", ["sigmoid", "softmax", "identity", ONE_VS_REST])
@pytest.mark.parametrize("weighted", [False, True])
def test_batches_are_gathered_to_the_last_bit(head, how, batch_size, weighted, tmp_path):
    problem = problem_of(head, weighted=weighted)
    variants = variants_of(problem, batch_size)
    here = trained(problem, variants)
    there = trained(passed(problem, how, tmp_path), variants)
    for mine, expected in zip(there, here, strict=True):
        np.testing.assert_array_equal(mine, expected)


@pytest.mark.parametrize("batch_size", [150, N])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("normalised", [False, True])
def test_a_large_batch_is_made_of_pieces(batch_size, weighted, normalised, monkeypatch, tmp_path):
    problem = problem_of("softmax", weighted=weighted, weights_normalised=normalised and weighted)
    variants = variants_of(problem, batch_size)
    here = trained(problem, variants)
    monkeypatch.setattr(feeds, "_GATHERED", 40 * (P + 1))
    gathered, take = [], HeldRows.take
    monkeypatch.setattr(HeldRows, "take", lambda X, rows: gathered.append(rows) or take(X, rows))
    there = trained(passed(problem, "array", tmp_path), variants)
    assert max(map(len, gathered)) <= 40
    for mine, expected in zip(there, here, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=0, atol=1e-6)


def test_an_order_in_parts_has_every_row_once(small_parts):
    matrix = InParts(np.zeros((N, P)))
    parts = shuffled_parts(matrix)
    assert [part.stop - part.start for part in parts] == [100, 100, 100, 100, 3]
    generator, order = np.random.default_rng(0), np.arange(N)
    first = order.copy()
    shuffle(first, generator, parts)
    second = first.copy()
    shuffle(second, generator, parts)
    for drawn in (first, second):
        assert not np.array_equal(drawn, order)
        np.testing.assert_array_equal(np.sort(drawn), order)
        # A part's rows stand together.
        assert (np.diff(drawn // 100) != 0).sum() == len(parts) - 1
        assert (np.diff(drawn) < 0).sum() > 100
    assert not np.array_equal(first, second)


def test_rows_of_any_order_are_shuffled_all_at_once(tmp_path):
    np.save(tmp_path / "X.npy", np.zeros((N, P)))
    mapped = rows_of_array(np.load(tmp_path / "X.npy", mmap_mode="r"))
    for matrix in (HeldRows(np.zeros((N, P))), mapped, rows_between(mapped, 3, 90)):
        assert shuffled_parts(matrix) == []
        assert shuffled_parts(matrix.mapped(np.negative, P)) == []


def test_each_part_is_read_once_an_epoch(small_parts, monkeypatch):
    # Few rows are gathered at once, so that batches lie across two parts.
    monkeypatch.setattr(feeds, "_GATHERED", 32 * (P + 1))
    problem = problem_of("sigmoid")
    matrix = InParts(problem.X.astype(np.float64))
    Stack(replace(problem, X=matrix), variants_of(problem, 32, n_seeds=1)[:1]).train(3)
    # What an epoch ends with may be what the next begins with.
    assert 3 * 5 - 2 * gathering.KEPT <= len(matrix.reads) <= 3 * 5


def test_a_part_that_is_kept_is_the_one_that_was_asked_for(small_parts):
    X = np.arange(N * P, dtype=float).reshape(N, P)
    gatherer = gathering.Gatherer(InParts(X))
    for numbers in ([3, 250, 1], [399, 402, 0], [100, 300]):
        np.testing.assert_array_equal(gatherer.take(np.array(numbers)), X[numbers])


def test_consecutive_rows_are_a_matrix(small_parts):
    X = np.arange(N * P, dtype=float).reshape(N, P)
    between = rows_between(InParts(X), 50, 320)
    np.testing.assert_array_equal(between[0:270], X[50:320])
    np.testing.assert_array_equal(between.take(np.array([269, 0])), X[[319, 50]])
    np.testing.assert_allclose(between.mean(axis=0), X[50:320].mean(axis=0))
    assert between.parts == [slice(0, 50), slice(50, 150), slice(150, 250), slice(250, 270)]


def test_reading_ends_where_the_time_is_up():
    problem = problem_of("sigmoid")
    stack = Stack(replace(problem, X=HeldRows(problem.X)), variants_of(problem, 32))
    with watched(lambda: False), pytest.raises(OutOfTimeError):
        stack.train(1)
