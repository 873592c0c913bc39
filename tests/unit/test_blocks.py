"""Sums over blocks of rows: what they add up to, and that threads change no bit."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from pytest_modelparity.rows import passes
from pytest_modelparity.rows.passes import longest_sum, row_slices, summed
from pytest_modelparity.theory.design import UNIT
from pytest_modelparity.theory.factor import scaled_factor
from pytest_modelparity.theory.gauge import gauge_directions
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.optimum import find_optimum
from pytest_modelparity.theory.scrutiny import scrutinise
from pytest_modelparity.theory.spread import exact_spread, loose_reach, spread_of


def problem(seed, K=2, n=300, p=4, **changes):
    """Classes of correlated features of different sizes, with weights."""
    rng = np.random.default_rng(seed)
    X = (rng.normal(size=(n, p)) + rng.normal(size=(n, 1))) * 10.0 ** rng.uniform(-2, 2, size=p)
    X += rng.normal(size=p)
    described = {
        "X": X,
        "y": rng.integers(0, K, n),
        "n_classes": K,
        "row_weight": rng.uniform(0, 2, n),
        "l2_strength": 10.0 ** rng.uniform(-4, 0),
        "output_head": "sigmoid" if K == 2 else "softmax",
    }
    return LinearObjective(**{**described, **changes})


def point(objective, seed):
    """Parameters whose decisions are of a usual size."""
    rng = np.random.default_rng(seed)
    scale = np.append(1.0 / np.abs(objective.X).max(axis=0), 1.0)
    return (rng.normal(size=(objective.n_outputs, len(scale))) * scale).ravel()


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of some ten rows, shared by threads however little there is to do."""
    monkeypatch.setattr(passes, "BLOCK_NUMBERS", 200)
    monkeypatch.setattr(passes, "FEWEST_ROWS", 10)
    monkeypatch.setattr(passes, "THREADED_WORK", -1.0)


@given(n=st.integers(1, 5000), width=st.integers(1, 10**6))
def test_every_row_is_in_one_block(n, width):
    slices = row_slices(slice(0, n), width)
    rows = np.concatenate([np.arange(n)[part] for part in slices])
    np.testing.assert_array_equal(rows, np.arange(n))
    assert longest_sum(slices) >= len(slices)


def in_extended_precision(objective, theta):
    """Value, gradient and Hessian of the smooth part in numpy's long double."""
    wide = np.longdouble
    n, K = objective.n_samples, objective.n_outputs
    rows = np.hstack([objective.X, np.ones((n, 1))]).astype(wide)
    z = rows @ theta.reshape(K, -1).T.astype(wide)
    weight = objective.row_weight.astype(wide)[:, None] / n
    if K == 1:
        sign = np.where(objective.y == 1, -1, 1)[:, None]
        losses, p = np.log1p(np.exp(sign * z))[:, 0], 1 / (1 + np.exp(-z))
        slope = np.where(objective.y[:, None] == 1, -1 / (1 + np.exp(z)), p)
        second = (p / (1 + np.exp(z)))[:, :, None]
    else:
        top = z - z.max(axis=1, keepdims=True)
        p = np.exp(top) / np.exp(top).sum(axis=1, keepdims=True)
        of_class = np.eye(K, dtype=bool)[objective.y]
        losses = -(top[of_class] - np.log(np.exp(top).sum(axis=1)))
        slope = p - of_class
        second = p[:, :, None] * (np.eye(K) - p[:, None, :])
    l2 = objective.l2_weights.astype(wide)
    value = weight[:, 0] @ losses + 0.5 * l2 @ theta.astype(wide) ** 2
    gradient = ((weight * slope).T @ rows).ravel() + l2 * theta
    hessian = np.einsum("nkl,ni,nj->kilj", weight[:, :, None] * second, rows, rows)
    return value, gradient, hessian.reshape(len(theta), -1) + np.diag(l2)


@pytest.mark.parametrize("K", [2, 3])
@given(seed=st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_blocks_add_up_to_the_whole_sum_within_its_rounding(K, seed):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passes, "BLOCK_NUMBERS", 200)
        patch.setattr(passes, "FEWEST_ROWS", 10)
        objective = problem(seed, K)
        theta = point(objective, seed)
        assert len(objective.mean_loss.rows.slices(4, dense=True)) > 5
        seen, there = scrutinise(objective, theta), objective.expansion(theta)
        gradients = [seen.gradient, there.gradient, objective.gradient(theta)]
        length = objective.mean_loss.longest_sum
    value, gradient, hessian = in_extended_precision(objective, theta)
    for computed in gradients:
        assert np.all(np.abs(computed - gradient) <= seen.rounding)
    # What the certificate takes for the rounding of a scaled Gram matrix.
    scale = np.sqrt(np.diagonal(hessian))
    assert np.abs((there.hessian - hessian) / scale / scale[:, None]).max() <= 32 * UNIT
    assert abs(there.value - value) <= (length + 20) * UNIT * value
    assert objective.smooth_value_and_gradient(theta)[0] == pytest.approx(float(value), rel=1e-14)


def everything(objective, theta):
    """All that is summed over rows."""
    there = objective.expansion(theta)
    seen = scrutinise(objective, theta)
    factor = scaled_factor(there.hessian, gauge_directions(objective))
    return [
        np.asarray(there.value),
        there.gradient,
        there.hessian,
        objective.gradient(theta),
        objective.hessian_product(theta)(theta),
        objective.hessian_diagonal(theta),
        exact_spread(objective, factor.inverse_lower()).each,
        seen.gradient,
        seen.rounding,
    ]


@pytest.mark.parametrize("K", [2, 3])
@pytest.mark.parametrize("workers", [2, 5])
def test_bits_do_not_depend_on_the_number_of_threads(K, workers, small_blocks, monkeypatch):
    objective = problem(1, K)
    theta = point(objective, 1)
    monkeypatch.setattr(passes, "usable_cores", lambda: 1)
    alone, found = everything(objective, theta), find_optimum(objective)
    monkeypatch.setattr(passes, "usable_cores", lambda: workers)
    together, again = everything(objective, theta), find_optimum(objective)
    for one, many in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, many)
    np.testing.assert_array_equal(found.coef, again.coef)
    assert found.certificate == again.certificate


def test_blocks_are_worked_on_by_several_threads_and_added_in_order(small_blocks, monkeypatch):
    monkeypatch.setattr(passes, "usable_cores", lambda: 2)
    both, seen = threading.Barrier(2, timeout=30), []

    def part(rows):
        # Passed only by two blocks at a time.
        both.wait()
        seen.append(threading.get_ident())
        return [np.array([1.0 / (rows.start + 1.0)])]

    slices = row_slices(slice(0, 60), 20)
    total = summed(part, slices)
    in_order = 0.0
    for rows in slices:
        in_order += 1.0 / (rows.start + 1.0)
    assert len(set(seen)) == 2
    assert total[0][0] == in_order


def test_an_error_in_a_thread_reaches_the_caller(small_blocks, monkeypatch):
    monkeypatch.setattr(passes, "usable_cores", lambda: 2)

    def part(rows):
        if rows.start == 30:
            raise MemoryError("no room for this block")
        return [np.zeros(1)]

    with pytest.raises(MemoryError, match="no room"):
        summed(part, row_slices(slice(0, 60), 20))


@pytest.mark.parametrize("K", [2, 3, 5])
@given(seed=st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_loose_bounds_are_never_below_the_exact_spread(K, seed):
    objective = problem(seed, K)
    factor = scaled_factor(objective.hessian(point(objective, seed)), gauge_directions(objective))
    lower = factor.inverse_lower()
    reach = loose_reach(objective, factor, lower.T @ lower)
    loose = spread_of(objective, reach, len(lower)).each
    exact = exact_spread(objective, lower).each
    assert np.all(loose >= exact * (1 - 1e-9))


@pytest.mark.parametrize("kind", ["dense", "sparse", "fortran"])
def test_layout_of_the_rows_changes_rounding_only(kind, small_blocks):
    plain = problem(3, n=100)
    X = {
        "dense": plain.X.copy(),
        "sparse": sparse.csr_array(plain.X),
        "fortran": np.asfortranarray(plain.X),
    }[kind]
    other, theta = replace(plain, X=X), point(plain, 3)
    for one, another in zip(
        everything(plain, theta)[:6], everything(other, theta)[:6], strict=True
    ):
        np.testing.assert_allclose(another, one, rtol=1e-11, atol=1e-12 * np.abs(one).max())
