"""The squared loss: its optimum in closed form, and certificates that hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from pytest_modelparity import ModelParityError
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.theory.bounds import value_bounds
from pytest_modelparity.theory.certificate import certify
from pytest_modelparity.theory.composite import smallest_subgradient
from pytest_modelparity.theory.duality import duality_gap_bounds
from pytest_modelparity.theory.objective import LinearObjective, objective_from_settings
from pytest_modelparity.theory.optimum import find_optimum
from pytest_modelparity.theory.proof import certificate_at


def random_objective(seed, **changes):
    """A regression of random size, weights, penalties and units of y."""
    rng = np.random.default_rng(seed)
    n, p = int(rng.integers(12, 60)), int(rng.integers(1, 7))
    X = rng.normal(size=(n, p)) * 10.0 ** rng.uniform(-1, 1, p) + rng.normal(size=p)
    unit = 10.0 ** rng.uniform(-4, 4)
    described = {
        "y": unit * (X @ rng.normal(size=p) + rng.normal(size=n) + 3.0),
        "row_weight": rng.uniform(0.05, 2.0, n) * (np.arange(n) < n - 2),
        "l2_strength": float(10.0 ** rng.uniform(-4, 1)) * (rng.random() < 0.7),
        "intercept_l2_strength": 0.3 * float(rng.random() < 0.4),
        "fit_intercept": bool(rng.random() < 0.8),
    }
    return LinearObjective(X=X, output_head="identity", **{**described, **changes})


def closed_form(objective):
    """The minimiser without L1 penalties, by least squares with the penalties as rows."""
    ones = np.ones((objective.n_samples, int(objective.fit_intercept)))
    design = np.hstack([objective.X, ones])
    root = np.sqrt(objective.row_weight / objective.n_samples)
    rows = np.vstack([root[:, None] * design, np.diag(np.sqrt(objective.l2_weights))])
    right = np.concatenate([root * objective.y, np.zeros(len(objective.l2_weights))])
    return np.linalg.lstsq(rows, right, rcond=None)[0]


seeds = given(seed=st.integers(0, 100_000))
modest = settings(deadline=None, max_examples=30)


@modest
@seeds
def test_optimum_solves_the_normal_equations_of_weighted_ridge(seed):
    objective = random_objective(seed)
    optimum = find_optimum(objective)
    theta = objective.pack(optimum.coef, optimum.intercept)
    np.testing.assert_allclose(theta, closed_form(objective), rtol=1e-8, atol=1e-9)
    assert optimum.finite is True
    assert optimum.certificate.method == "newton-decrement"
    scale = np.abs(objective.y).max()
    assert optimum.certificate.distance < 1e-9 * scale


def test_ridge_divides_alpha_by_the_number_of_rows():
    rng = np.random.default_rng(0)
    X, y, weight, alpha = rng.normal(size=(30, 3)), rng.normal(size=30), rng.uniform(size=30), 2.5
    # Ridge: sum_i s_i (x_i w + b - y_i)^2 + alpha |w|^2, centred for the free intercept.
    mean_x, mean_y = np.average(X, axis=0, weights=weight), np.average(y, weights=weight)
    centred = X - mean_x
    gram = centred.T @ (weight[:, None] * centred) + alpha * np.eye(3)
    coef = np.linalg.solve(gram, centred.T @ (weight * (y - mean_y)))
    described = ObjectiveSettings(
        l2_strength=alpha / 30, sample_weight=True, output_head="identity"
    )
    optimum = find_optimum(objective_from_settings(described, X, y, 0, weight))
    np.testing.assert_allclose(optimum.coef[0], coef, rtol=1e-12)
    np.testing.assert_allclose(optimum.intercept[0], mean_y - mean_x @ coef, rtol=1e-12)
    np.testing.assert_allclose(optimum.predictions[:, 0], X @ coef + optimum.intercept[0])


@modest
@seeds
def test_lasso_optimum_meets_its_conditions(seed):
    l1 = 10.0 ** np.random.default_rng(seed).uniform(-3, 0)
    objective = random_objective(seed, l2_strength=0.0)
    objective = replace(objective, l1_strength=l1 * np.abs(objective.y).max())
    optimum = find_optimum(objective)
    theta = objective.pack(optimum.coef, optimum.intercept)
    slope = objective.gradient(theta)
    scale = np.abs(objective.y).max() * np.abs(objective.X).max()
    subgradient = smallest_subgradient(theta, slope, objective.l1_weights)
    assert np.abs(subgradient).max() < 1e-13 * scale
    # Written out: the slope has the size of the strength on the support, at most that off it.
    coef_slope, coef = slope[: objective.n_features], optimum.coef[0]
    np.testing.assert_allclose(
        coef_slope[coef != 0],
        -objective.l1_strength * np.sign(coef[coef != 0]),
        atol=1e-13 * scale,
    )
    assert np.all(np.abs(coef_slope) <= objective.l1_strength + 1e-13 * scale)
    assert optimum.certificate.distance is not None


def test_lasso_of_orthogonal_columns_is_soft_thresholding():
    X = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    y = X @ [2.0, -0.3] + 5.0
    objective = LinearObjective(
        X=X, y=y, row_weight=np.ones(4), l1_strength=0.5, output_head="identity"
    )
    optimum = find_optimum(objective)
    np.testing.assert_allclose(optimum.coef, [[1.5, 0.0]], atol=1e-14)
    np.testing.assert_allclose(optimum.intercept, [5.0], atol=1e-14)
    assert optimum.certificate.method == "support"


@modest
@seeds
def test_no_bound_is_below_the_distance_to_the_closed_form(seed):
    objective = random_objective(seed)
    exact, scale = closed_form(objective), np.abs(objective.y).max()
    there = objective.predictions(*objective.unpack(exact))
    rng = np.random.default_rng(seed)
    weighted = objective.row_weight > 0
    for size in (1e-8, 1e-3, 0.5, 10.0):
        theta = exact + size * np.maximum(np.abs(exact), 1e-3) * rng.normal(size=len(exact))
        rows = np.abs(objective.predictions(*objective.unpack(theta)) - there).max(axis=1)
        coef = np.abs(theta - exact)[: objective.n_features].max()
        excess = objective.value(theta) - objective.value(exact)
        # What the closed form itself may be off.
        noise = 1e-10
        local = certify(objective, *objective.unpack(theta))
        assert local.method == "newton-decrement"
        assert rows.max() <= local.distance + noise * scale
        assert coef <= local.coef + noise * max(np.abs(exact).max(), 1.0)
        assert excess <= local.objective_excess + noise * scale**2
        for theorem in (duality_gap_bounds, value_bounds):
            bounds = theorem(objective, theta)
            if bounds is not None:
                assert np.all(rows[weighted] <= bounds.distance[weighted] + noise * scale)
                assert excess <= bounds.objective_excess + noise * scale**2


@modest
@seeds
def test_lasso_bounds_hold_from_any_distance(seed):
    objective = random_objective(seed)
    strength = float(10.0 ** np.random.default_rng(seed).uniform(-3, 0)) * np.abs(objective.y).max()
    objective = replace(objective, l1_strength=strength)
    optimum, scale = find_optimum(objective), np.abs(objective.y).max()
    exact = objective.pack(optimum.coef, optimum.intercept)
    rng, weighted = np.random.default_rng(seed), objective.row_weight > 0
    for size in (1e-6, 1e-2, 1.0):
        theta = exact + size * np.abs(exact) * rng.normal(size=len(exact))
        rows = np.abs(objective.predictions(*objective.unpack(theta)) - optimum.predictions)[:, 0]
        for dense_limit in (1500, 0):
            bound = certificate_at(objective, theta, dense_limit=dense_limit)
            reached = rows.max() if bound.method == "support" else rows[weighted].max()
            assert bound.distance is None or reached <= bound.distance + 1e-9 * scale
        full = certify(objective, *objective.unpack(theta), optimum)
        assert rows.max() <= full.distance + 1e-12 * scale


def test_bound_is_close_to_the_distance_however_far():
    objective = random_objective(3, l2_strength=0.1)
    exact = closed_form(objective)
    there = objective.predictions(*objective.unpack(exact))
    ratios = []
    for seed in range(30):
        theta = exact + np.random.default_rng(seed).normal(size=len(exact)) * 1e3
        distance = np.abs(objective.predictions(*objective.unpack(theta)) - there).max()
        ratios.append(certificate_at(objective, theta).distance / distance)
    assert min(ratios) >= 1.0
    assert np.median(ratios) < 5


@pytest.mark.parametrize("unit", [1e-7, 1e7])
def test_duality_gap_goes_with_the_unit_of_y(unit):
    objective = random_objective(3, l2_strength=0.1, intercept_l2_strength=0.0, fit_intercept=True)
    # Far from the best intercept, where each unit takes a logistic loss a step.
    theta = closed_form(objective) + 100.0
    bounds = duality_gap_bounds(objective, theta)
    scaled = duality_gap_bounds(replace(objective, y=unit * objective.y), unit * theta)
    np.testing.assert_allclose(scaled.distance, unit * bounds.distance, rtol=1e-6)
    assert scaled.objective_excess == pytest.approx(unit**2 * bounds.objective_excess, rel=1e-6)


@pytest.mark.parametrize("l1_strength", [0.0, 0.2])
@pytest.mark.parametrize("kind", ["dense", "sparse"])
def test_many_features_give_the_dense_answer_and_a_duality_gap(kind, l1_strength):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 150)) * (rng.random((80, 150)) < 0.2)
    y = 100.0 * (X[:, 0] - X[:, 1] + 0.1 * rng.normal(size=80)) + 1000.0
    described = {
        "y": y,
        "row_weight": np.ones(80),
        "l2_strength": 0.1,
        "l1_strength": l1_strength,
        "output_head": "identity",
    }
    dense = find_optimum(LinearObjective(X=X, **described))
    rows = sparse.csr_array(X) if kind == "sparse" else X
    large = find_optimum(LinearObjective(X=rows, **described), dense_limit=10)
    np.testing.assert_allclose(large.predictions, dense.predictions, atol=1e-7)
    assert large.certificate.method == "duality-gap"
    distance = np.abs(large.predictions - dense.predictions).max()
    assert distance <= large.certificate.distance + dense.certificate.distance < 1e-3


def test_collinear_columns_have_one_fit_and_no_unique_coefficients():
    objective = random_objective(5, l2_strength=0.0, intercept_l2_strength=0.0, fit_intercept=True)
    ones = np.ones((objective.n_samples, 1))
    collinear = replace(objective, X=np.hstack([objective.X, objective.X[:, :1] + ones, ones]))
    optimum, full = find_optimum(collinear), find_optimum(objective)
    assert optimum.finite is True
    assert optimum.certificate.method == "newton-decrement"
    assert optimum.certificate.coef is None
    scale = np.abs(objective.y).max()
    np.testing.assert_allclose(optimum.predictions, full.predictions, atol=1e-10 * scale)


def test_more_features_than_rows_fit_every_row():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(5, 9)), rng.normal(size=5)
    objective = LinearObjective(X=X, y=y, row_weight=np.ones(5), output_head="identity")
    optimum = find_optimum(objective)
    assert optimum.finite is True
    np.testing.assert_allclose(optimum.predictions[:, 0], y, atol=1e-12)
    # F is 0 there: its rounding once let 800 steps pass as improvements.
    assert optimum.n_iter < 20


def test_rows_without_any_weight_leave_the_penalty():
    objective = LinearObjective(
        X=[[1.0], [2.0]],
        y=[1.0, 2.0],
        row_weight=[0.0, 0.0],
        l2_strength=1.0,
        intercept_l2_strength=1.0,
        output_head="identity",
    )
    optimum = find_optimum(objective)
    assert optimum.finite is True
    np.testing.assert_array_equal(optimum.predictions, [[0.0], [0.0]])


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"y": [1.0, np.nan]}, "y must hold finite numbers only"),
        ({"y": [1.0]}, r"y must have shape \(2,\)"),
        ({"n_classes": 2}, "output_head='identity' has no classes, got n_classes=2"),
        ({"label_smoothing": 0.1}, "no labels to smooth"),
    ],
)
def test_what_is_no_regression_is_refused(changes, message):
    fitting = {"X": np.ones((2, 1)), "y": [1.0, 2.5], "row_weight": np.ones(2)}
    with pytest.raises(ModelParityError, match=message):
        LinearObjective(**{**fitting, "output_head": "identity", **changes})


def test_class_weights_need_classes():
    described = ObjectiveSettings(class_weight=(1.0, 2.0), output_head="identity")
    with pytest.raises(ModelParityError, match="class_weight needs classes"):
        objective_from_settings(described, np.ones((2, 1)), [1.0, 2.5], 0)
