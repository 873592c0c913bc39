"""Losses: what each says of itself, and that nothing else asks which one it is."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from pytest_modelparity import ModelParityError, theory
from pytest_modelparity.theory import losses
from pytest_modelparity.theory.bounds import value_bounds
from pytest_modelparity.theory.certificate import certify
from pytest_modelparity.theory.duality import duality_gap_bounds
from pytest_modelparity.theory.new_rows import determined
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.optimum import find_optimum
from pytest_modelparity.theory.separation import find_separation

LOSSES = {
    "sigmoid": losses.loss_of("sigmoid", 2),
    "sigmoid, smoothed": losses.loss_of("sigmoid", 2, 0.2),
    "softmax": losses.loss_of("softmax", 3),
    "softmax, smoothed": losses.loss_of("softmax", 4, 0.1),
    "identity": losses.loss_of("identity", 0),
    "exponential": losses.loss_of("exponential", 0),
}
every_loss = pytest.mark.parametrize("name", LOSSES)
seeds = given(seed=st.integers(0, 10_000))
modest = settings(deadline=None, max_examples=15)


def random_rows(loss, seed, n=7):
    """Decisions and targets that suit a loss."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, loss.n_outputs)) * rng.uniform(0.1, 3.0)
    if loss is LOSSES["exponential"]:
        return z, rng.poisson(1.0, n).astype(float)
    n_classes = loss.response(z).shape[1]
    return z, rng.normal(size=n) if n_classes == 1 else rng.integers(0, n_classes, n)


@every_loss
@modest
@seeds
def test_slope_is_the_difference_of_values_and_curvature_that_of_slopes(name, seed):
    loss = LOSSES[name]
    z, y = random_rows(loss, seed)
    weight = np.random.default_rng(seed).uniform(0.1, 2.0, (len(z), 1))
    curvature, step = loss.curvature(z, weight), 1e-5
    total = np.zeros((loss.n_outputs, loss.n_outputs))
    for k, unit in enumerate(np.eye(loss.n_outputs)):
        ahead, behind = z + step * unit, z - step * unit
        slope = (loss.value(ahead, y) - loss.value(behind, y)) / (2 * step)
        second = weight * (loss.slope(ahead, y) - loss.slope(behind, y)) / (2 * step)
        size = np.max(np.exp(np.abs(z)))
        np.testing.assert_allclose(loss.slope(z, y)[:, k], slope, atol=1e-9 * size)
        product = curvature.apply(np.broadcast_to(unit, z.shape))
        np.testing.assert_allclose(product, second, atol=1e-8 * size)
        np.testing.assert_allclose(curvature.diagonal[:, k], product[:, k], rtol=1e-10)
        total[:, k] = product.sum(axis=0)
    np.testing.assert_allclose(loss.total_curvature(z, weight), total, atol=1e-12, rtol=1e-12)


@every_loss
@modest
@seeds
def test_value_at_zero_is_that_of_a_decision_of_zero(name, seed):
    loss = LOSSES[name]
    z, y = random_rows(loss, seed)
    np.testing.assert_allclose(loss.value_at_zero(y), loss.value(0.0 * z, y), rtol=1e-14)


@every_loss
@modest
@seeds
def test_slope_moves_as_far_as_the_prediction(name, seed):
    loss = LOSSES[name]
    z, y = random_rows(loss, seed)
    other = random_rows(loss, seed + 1)[0]
    moved = (loss.response(z) - loss.response(other))[:, -loss.n_outputs :]
    np.testing.assert_allclose(loss.slope(z, y) - loss.slope(other, y), moved, atol=1e-13)


@every_loss
@modest
@seeds
def test_dual_gap_is_that_of_fenchel(name, seed):
    loss = LOSSES[name]
    z, y = random_rows(loss, seed, n=1)
    for share in (0.3, 1.0):
        dual = share * loss.slope(z, y)[0]

        def conjugate(u, dual=dual):
            row = u[None, :]
            return loss.value(row, y)[0] - dual @ u, loss.slope(row, y)[0] - dual

        lowest = scipy.optimize.minimize(
            conjugate, z[0], jac=True, method="BFGS", options={"gtol": 1e-9}
        )
        expected = loss.value(z, y)[0] - dual @ z[0] - lowest.fun
        q, gap = loss.dual_point(z, y, share)
        assert gap[0] == pytest.approx(expected, abs=1e-9)
        # The dual point is the slope at the decisions that it belongs to.
        np.testing.assert_allclose(q[0], loss.response(lowest.x[None, :])[0], atol=1e-5)


@every_loss
@modest
@seeds
def test_a_dual_gap_places_the_prediction_as_said(name, seed):
    loss = LOSSES[name]
    z, y = random_rows(loss, seed)
    other = random_rows(loss, seed + 1)[0]
    # How far the dual falls from the prediction at z to that at another decision.
    linear = np.sum(loss.slope(other, y) * (z - other), axis=1)
    gap = np.maximum(loss.value(z, y) - loss.value(other, y) - linear, 0.0)
    moved = np.abs(loss.response(z) - loss.response(other)).max(axis=1)
    # Rounding of the difference of losses, which weighs most where both are near.
    rounding = 1e-14 * np.max(np.exp(np.abs(z)), initial=1.0)
    assert np.all(moved <= loss.dual_distance(loss.response(other), gap + rounding) + rounding)
    assert np.all(moved <= loss.diameter)


@every_loss
@modest
@seeds
def test_third_derivative_is_bounded_by_the_second_as_said(name, seed):
    loss = LOSSES[name]
    z, _ = random_rows(loss, seed)
    change = np.random.default_rng(seed + 1).normal(size=z.shape)
    reach = np.ptp(change, axis=1) if loss.shift_invariant else np.abs(change).max(axis=1)
    ones, step = np.ones((len(z), 1)), 1e-4

    def second(at):
        return np.sum(change * loss.curvature(at, ones).apply(change), axis=1)

    third = (second(z + step * change) - second(z - step * change)) / (2 * step)
    bound = loss.self_concordance * reach * second(z)
    # Of central differences: step^2 times the fifth derivative, which reaches exp(9) here.
    assert np.all(np.abs(third) <= bound * (1 + 1e-5) + 1e-6)


@every_loss
@modest
@seeds
def test_predictions_and_slopes_move_no_further_than_said(name, seed):
    loss = LOSSES[name]
    z, y = random_rows(loss, seed)
    for size in (1e-7, 0.1, 2.0):
        change = size * np.random.default_rng(seed + 1).uniform(-1, 1, z.shape)
        reach = np.ptp(change, axis=1) if loss.shift_invariant else np.abs(change).max(axis=1)
        moved = np.abs(loss.response(z + change) - loss.response(z)).max(axis=1)
        # A difference of two predictions, which exp makes as large as 8000.
        rounding = 1e-15 * np.max(np.abs(loss.response(z)), initial=1.0)
        bound = loss.response_change(loss.response(z), reach)
        assert np.all(moved <= bound * (1 + 1e-9) + rounding)
        if size < 1e-6:
            error = np.abs(change).max(axis=1, keepdims=True)
            slopes = np.abs(loss.slope(z + change, y) - loss.slope(z, y))
            assert np.all(slopes <= loss.slope_error(z, error) + 4 * rounding)


@every_loss
@modest
@seeds
def test_a_small_loss_places_the_prediction(name, seed):
    loss = LOSSES[name]
    z, y = random_rows(loss, seed)
    other = random_rows(loss, seed + 1)[0]
    bound = np.maximum(loss.value(z, y), loss.value(other, y))
    distance = loss.distance_within(z, y, bound)
    if distance is not None:
        moved = np.abs(loss.response(z) - loss.response(other)).max(axis=1)
        assert np.all(moved <= distance + 1e-12)
    assert np.all(loss.value(z, y) >= -1e-15)


# --- nothing else knows which loss it is -------------------------------------------------------


def test_only_losses_ask_for_the_head():
    of_losses = {"losses.py", "logistic.py", "squared.py", "counts.py", "recession.py"}
    # The last makes several objectives of the one head that has no loss of its own.
    of_losses |= {"curvature.py", "one_vs_rest.py"}
    asked = []
    for path in Path(theory.__file__).parent.glob("*.py"):
        if path.name in of_losses:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare | ast.If | ast.IfExp | ast.Match):
                test = getattr(node, "test", getattr(node, "subject", node))
                words = ast.unparse(test)
                if "output_head" in words or "label_smoothing" in words or "Loss" in words:
                    asked.append(f"{path.name}:{node.lineno}: {words}")
    assert asked == []


def poisson(X, y, **changes):
    """An objective of counts."""
    described = {"row_weight": np.ones(len(y)), "output_head": "exponential", **changes}
    return LinearObjective(X=X, y=y, **described)


@pytest.mark.parametrize("l1_strength", [0.0, 0.05])
@pytest.mark.parametrize("l2_strength", [0.0, 0.1])
def test_counts_are_solved_and_certified(l1_strength, l2_strength):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    y = rng.poisson(np.exp(0.5 * X[:, 0])).astype(float)
    penalties = {"l1_strength": l1_strength, "l2_strength": l2_strength}
    objective = poisson(X, y, **penalties)
    optimum = find_optimum(objective)
    assert optimum.finite is True
    assert optimum.certificate.gradient_norm < 1e-14
    # The free intercept fits the mean.
    assert optimum.predictions.mean() == pytest.approx(y.mean(), rel=1e-12)
    moved = objective.pack(optimum.coef, optimum.intercept) * (1 + 1e-3)
    distance = np.abs(objective.predictions(*objective.unpack(moved)) - optimum.predictions).max()
    assert distance <= certify(objective, *objective.unpack(moved)).distance < 5 * distance


def test_counts_say_where_they_have_no_optimum():
    X, y = np.array([[0.0], [0.0], [1.0], [1.0]]), np.array([1.0, 3.0, 0.0, 0.0])
    objective = poisson(X, y)
    assert find_separation(objective).kind == "quasi-complete"
    optimum = find_optimum(objective)
    assert optimum.finite is False
    np.testing.assert_allclose(optimum.predictions[:, 0], [2.0, 2.0, 0.0, 0.0], atol=1e-12)
    nothing = find_optimum(poisson(X, np.zeros(4), l2_strength=0.1))
    assert nothing.finite is False
    np.testing.assert_array_equal(nothing.predictions, np.zeros((4, 1)))


@pytest.mark.parametrize("beta", [0.0, 0.5])
def test_what_is_left_of_counts_beside_zeros_told_apart_is_certified(beta):
    rng = np.random.default_rng(2)
    X = np.hstack([rng.normal(size=(60, 2)), (np.arange(60) % 5 == 0)[:, None]])
    y = np.where(X[:, 2] == 1, 0.0, rng.poisson(np.exp(1.0 + X[:, 0])))
    weight = rng.uniform(0.5, 2.0, 60)
    whole = poisson(X, y, row_weight=weight, intercept_l2_strength=beta)
    optimum = find_optimum(whole)
    assert optimum.finite is False
    rest = X[:, 2] == 0
    # A mean over all rows stands beside the penalty of the intercept.
    scaled = weight[rest] * rest.mean()
    alone = find_optimum(
        poisson(X[rest][:, :2], y[rest], row_weight=scaled, intercept_l2_strength=beta)
    )
    np.testing.assert_array_equal(optimum.predictions[~rest], 0.0)
    distance = np.abs(optimum.predictions[rest] - alone.predictions).max()
    assert distance <= optimum.certificate.distance + alone.certificate.distance < 1e-9
    # Whoever is compared with the limit is told how far he is from it, proven.
    moved = certify(whole, optimum.coef, optimum.intercept + 0.1)
    assert moved.finite_optimum is False
    expected = np.expm1(0.1) * optimum.predictions.max()
    assert moved.distance == pytest.approx(expected, rel=1e-6)


def test_counts_far_out_are_solved_and_bounded_without_an_overflow():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(80, 3))
    for unit in (1e-6, 1.0, 1e6):
        y = unit * np.exp(X @ [0.5, -0.3, 0.0]) * rng.gamma(1.0, size=80)
        for changes in ({}, {"fit_intercept": False}, {"l2_strength": 0.1}):
            objective = poisson(X, y, row_weight=rng.uniform(0.0, 2.0, 80), **changes)
            optimum = find_optimum(objective)
            assert optimum.certificate.distance < 1e-6 * y.std()
            exact = objective.pack(optimum.coef, optimum.intercept)
            # A decision of a thousand is one that exp takes out of the numbers.
            for size in (1e-6, 1.0, 1e3):
                point = exact + size * rng.normal(size=len(exact))
                moved = objective.predictions(*objective.unpack(point)) - optimum.predictions
                bound = certify(objective, *objective.unpack(point)).distance
                assert np.abs(moved).max() <= bound * (1 + 1e-9)
                for theorem in (duality_gap_bounds, value_bounds):
                    found = theorem(objective, point)
                    if found is not None:
                        assert np.all(np.abs(moved[:, 0]) <= found.distance * (1 + 1e-9))


@pytest.mark.parametrize("l2_strength,l1_strength", [(0.1, 0.0), (0.1, 0.05), (0.0, 0.05)])
def test_many_features_of_counts_have_the_dense_answer_and_a_duality_gap(l2_strength, l1_strength):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 150)) * (rng.random((80, 150)) < 0.2)
    y = rng.poisson(np.exp(0.5 * X[:, 0] - 0.5 * X[:, 1])).astype(float)
    penalties = {"l1_strength": l1_strength, "l2_strength": l2_strength}
    dense = find_optimum(poisson(X, y, **penalties))
    large = find_optimum(poisson(sparse.csr_array(X), y, **penalties), dense_limit=10)
    assert large.certificate.method == "duality-gap"
    distance = np.abs(large.predictions - dense.predictions).max()
    assert distance <= large.certificate.distance + dense.certificate.distance < 1e-6


@pytest.mark.parametrize("y", [[1.0, -1.0], [1.0, np.nan]])
def test_counts_are_finite_and_not_negative(y):
    with pytest.raises(ModelParityError, match="must hold finite numbers >= 0 only"):
        poisson(np.ones((2, 1)), y)


def test_a_limit_of_counts_says_which_new_rows_fall_with_the_zeros():
    X = np.array([[0.0], [0.0], [1.0], [1.0]])
    objective = poisson(X, np.array([1.0, 3.0, 0.0, 0.0]))
    new = np.array([[0.0], [0.5], [2.0], [-1.0]])
    found = determined(objective, find_optimum(objective), new)
    # Beyond the zeros: on their side a mixture of all rows falls too, on the other it rises.
    np.testing.assert_array_equal(found.known, [True, True, True, False])
    np.testing.assert_allclose(found.predictions[:3, 0], [2.0, 0.0, 0.0], atol=1e-12)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            ("relu", 2),
            "output_head must be 'sigmoid', 'softmax', 'identity' or 'exponential', got 'relu'",
        ),
        (("identity", 2), "output_head='identity' has no classes, got n_classes=2"),
        (("identity", 0, 0.1), "no labels to smooth, got label_smoothing=0.1"),
        (("exponential", 2), "output_head='exponential' has no classes, got n_classes=2"),
        (("exponential", 0, 0.1), "no labels to smooth, got label_smoothing=0.1"),
        (("softmax", 0), "n_classes must be at least 2, got 0"),
    ],
)
def test_heads_refuse_what_does_not_fit_them(arguments, message):
    with pytest.raises(ModelParityError, match=message):
        losses.loss_of(*arguments)
