"""The objective: its derivatives, its conventions, and what the settings make of the data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from pytest_modelparity import ModelParityError
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.theory.logistic import decision_to_probabilities
from pytest_modelparity.theory.objective import LinearObjective, objective_from_settings
from pytest_modelparity.theory.strength import l1_strength_from_c, l2_strength_from_c


def random_objective(seed, **changes):
    """An objective of random size, head and penalties."""
    rng = np.random.default_rng(seed)
    K = int(rng.integers(2, 5))
    n, p = int(rng.integers(K, 25)), int(rng.integers(1, 6))
    head = "sigmoid" if K == 2 and rng.random() < 0.6 else "softmax"
    given = {
        "X": rng.normal(size=(n, p)) * 10.0 ** rng.uniform(-1, 1, p),
        "y": np.concatenate([np.arange(K), rng.integers(0, K, n - K)]),
        "n_classes": K,
        "row_weight": rng.uniform(0.1, 2.0, n),
        "l2_strength": 0.1,
        "l1_strength": 0.03,
        "intercept_l2_strength": 0.02,
        "intercept_l1_strength": 0.01,
        "fit_intercept": bool(rng.random() < 0.7),
        "output_head": head,
        "label_smoothing": float(rng.choice([0.0, 0.1])),
    }
    return LinearObjective(**{**given, **changes})


def random_theta(objective, seed):
    return np.random.default_rng(seed).normal(size=objective.n_parameters)


seeds = given(seed=st.integers(0, 10_000))
modest = settings(deadline=None, max_examples=40)


@modest
@seeds
def test_gradient_is_the_finite_difference_of_the_smooth_value(seed):
    objective = random_objective(seed)
    theta, step = random_theta(objective, seed), 1e-5

    def smooth(point):
        return objective.smooth_value_and_gradient(point)[0]

    differences = [
        (smooth(theta + step * unit) - smooth(theta - step * unit)) / (2 * step)
        for unit in np.eye(len(theta))
    ]
    # Central differences: step^2 |F'''| plus rounding eps F / step; features reach 10.
    np.testing.assert_allclose(objective.gradient(theta), differences, atol=2e-7, rtol=1e-6)


@modest
@seeds
def test_hessian_is_the_difference_of_gradients(seed):
    objective = random_objective(seed)
    theta, step = random_theta(objective, seed), 1e-5
    differences = [
        (objective.gradient(theta + step * unit) - objective.gradient(theta - step * unit))
        / (2 * step)
        for unit in np.eye(len(theta))
    ]
    np.testing.assert_allclose(objective.hessian(theta), differences, atol=1e-6, rtol=1e-6)


@modest
@seeds
def test_hessian_product_and_diagonal_are_those_of_the_hessian(seed):
    objective = random_objective(seed)
    theta = random_theta(objective, seed)
    hessian, product = objective.hessian(theta), objective.hessian_product(theta)
    columns = [product(unit) for unit in np.eye(len(theta))]
    np.testing.assert_allclose(columns, hessian, atol=1e-13, rtol=1e-12)
    np.testing.assert_allclose(objective.hessian_diagonal(theta), np.diag(hessian), rtol=1e-10)


@modest
@seeds
def test_value_adds_the_l1_penalties_to_the_smooth_value(seed):
    objective = random_objective(seed)
    theta = random_theta(objective, seed)
    coef, intercept = objective.unpack(theta)
    penalty = 0.03 * np.abs(coef).sum() + 0.01 * np.abs(intercept).sum()
    smooth = objective.smooth_value_and_gradient(theta)[0]
    assert objective.value(theta) == pytest.approx(smooth + penalty, rel=1e-13)


@modest
@seeds
def test_weight_two_equals_a_repeated_row(seed):
    objective = random_objective(seed)
    n = objective.n_samples
    once = replace(objective, row_weight=np.ones(n))
    doubled = replace(once, row_weight=np.append(np.ones(n - 1), 2.0))
    # n + 1 rows are divided by n + 1, so that the weights carry the ratio.
    repeated = replace(
        once,
        X=np.vstack([once.X, once.X[-1:]]),
        y=np.append(once.y, once.y[-1]),
        row_weight=np.full(n + 1, (n + 1) / n),
    )
    theta = random_theta(objective, seed)
    assert repeated.value(theta) == pytest.approx(doubled.value(theta), rel=1e-12)
    np.testing.assert_allclose(
        repeated.gradient(theta), doubled.gradient(theta), atol=1e-13, rtol=1e-10
    )


@modest
@seeds
def test_intercept_equals_a_column_of_ones_without_penalty(seed):
    objective = random_objective(
        seed,
        fit_intercept=True,
        l2_strength=0.0,
        l1_strength=0.0,
        intercept_l2_strength=0.0,
        intercept_l1_strength=0.0,
    )
    ones = np.ones((objective.n_samples, 1))
    column = replace(objective, X=np.hstack([objective.X, ones]), fit_intercept=False)
    theta = random_theta(objective, seed)
    assert column.value(theta) == pytest.approx(objective.value(theta), rel=1e-13)
    np.testing.assert_allclose(column.gradient(theta), objective.gradient(theta), atol=1e-13)
    np.testing.assert_allclose(column.hessian(theta), objective.hessian(theta), atol=1e-12)


@modest
@seeds
def test_sparse_x_gives_what_dense_x_gives(seed):
    dense = random_objective(seed)
    theta = random_theta(dense, seed)
    held = replace(dense, X=sparse.csr_array(dense.X))
    assert held.value(theta) == pytest.approx(dense.value(theta), rel=1e-12)
    np.testing.assert_allclose(held.gradient(theta), dense.gradient(theta), atol=1e-12)
    np.testing.assert_allclose(held.hessian(theta), dense.hessian(theta), atol=1e-11)
    np.testing.assert_allclose(
        held.hessian_diagonal(theta), dense.hessian_diagonal(theta), rtol=1e-10
    )


def test_blocks_of_rows_add_up(monkeypatch):
    objective = random_objective(3)
    theta = random_theta(objective, 3)
    whole = objective.hessian(theta)
    monkeypatch.setattr("pytest_modelparity.rows.passes.BLOCK_NUMBERS", 1)
    monkeypatch.setattr("pytest_modelparity.rows.passes.FEWEST_ROWS", 1)
    np.testing.assert_allclose(objective.hessian(theta), whole, atol=1e-14)


@modest
@seeds
def test_pack_inverts_unpack(seed):
    objective = random_objective(seed)
    theta = random_theta(objective, seed)
    np.testing.assert_array_equal(objective.pack(*objective.unpack(theta)), theta)


def test_loss_is_divided_by_the_number_of_rows_not_by_the_sum_of_weights():
    objective = LinearObjective(
        X=np.zeros((4, 1)), y=[0, 1, 0, 1], n_classes=2, row_weight=[3.0, 1.0, 1.0, 1.0]
    )
    assert objective.value(np.zeros(2)) == pytest.approx(6 * np.log(2) / 4, rel=1e-15)


@pytest.mark.parametrize(
    "head, K, targets",
    [
        ("sigmoid", 2, [0.1, 0.9]),
        ("softmax", 3, [[0.8 + 0.2 / 3, 0.2 / 3, 0.2 / 3], [0.2 / 3, 0.8 + 0.2 / 3, 0.2 / 3]]),
    ],
)
def test_label_smoothing_makes_keras_targets(head, K, targets):
    objective = LinearObjective(
        X=np.zeros((2, 1)),
        y=[0, 1],
        n_classes=K,
        row_weight=np.ones(2),
        output_head=head,
        label_smoothing=0.2,
    )
    z = np.array([[0.3], [-1.2]]) if K == 2 else np.array([[0.3, 1.0, -2.0], [0.1, 0.2, 0.3]])
    p = decision_to_probabilities(z, K)[:, -z.shape[1] :]
    np.testing.assert_allclose(
        p - objective.loss.slope(z, objective.y), np.reshape(targets, z.shape), atol=1e-15
    )
    everything = decision_to_probabilities(z, K)
    full = np.reshape(targets, z.shape)
    full = np.hstack([1 - full, full]) if K == 2 else full
    cross_entropy = -np.sum(full * np.log(everything), axis=1)
    np.testing.assert_allclose(objective.loss.value(z, objective.y), cross_entropy, rtol=1e-14)


def test_two_class_softmax_is_the_sigmoid_of_the_difference():
    z = np.array([[0.5, -1.0], [2.0, 3.0]])
    np.testing.assert_allclose(
        decision_to_probabilities(z, 2),
        decision_to_probabilities(z[:, 1] - z[:, 0], 2),
        rtol=1e-14,
    )


def test_small_probabilities_and_residuals_keep_their_digits():
    assert decision_to_probabilities([40.0], 2)[0, 0] == pytest.approx(
        np.exp(-40.0), rel=1e-12, abs=0
    )
    objective = LinearObjective(
        X=np.zeros((1, 1)), y=[1], n_classes=3, row_weight=[1.0], output_head="softmax"
    )
    residual = objective.loss.slope(np.array([[-40.0, 0.0, -41.0]]), objective.y)
    expected = -(np.exp(-40.0) + np.exp(-41.0))
    assert residual[0, 1] == pytest.approx(expected, rel=1e-12, abs=0)


@pytest.mark.parametrize("z", [-1000.0, 1000.0])
def test_nothing_overflows_far_out(z):
    objective = LinearObjective(X=[[z], [1.0]], y=[0, 1], n_classes=2, row_weight=[1.0, 1.0])
    theta = np.array([1.0, 0.0])
    assert np.isfinite(objective.value(theta))
    assert np.isfinite(objective.hessian(theta)).all()


def test_strengths_of_c():
    assert l2_strength_from_c(2.0, 10, 0.25) == pytest.approx(0.75 / 20)
    assert l1_strength_from_c(2.0, 10, 0.25) == pytest.approx(0.25 / 20)
    assert l2_strength_from_c(float("inf"), 10) == 0.0
    assert l1_strength_from_c(float("inf"), 10, 1.0) == 0.0
    assert l2_strength_from_c(1e308, 1000) == pytest.approx(1e-311, rel=1e-3, abs=0)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((0.0, 5), "C must be a number > 0, got C=0.0"),
        ((-1.0, 5), "C must be a number > 0, got C=-1.0"),
        ((float("nan"), 5), "C must be a number > 0, got C=nan"),
        ((1.0, 0), "n_samples must be an integer > 0, got n_samples=0"),
        ((1.0, 5, 1.5), r"l1_ratio must be a number in \[0, 1\], got l1_ratio=1.5"),
    ],
)
def test_strengths_refuse_what_is_out_of_range(arguments, message):
    with pytest.raises(ModelParityError, match=message):
        l2_strength_from_c(*arguments)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"l2_strength": -1.0}, "l2_strength must be a finite number >= 0"),
        ({"l1_strength": float("nan")}, "l1_strength must be a finite number >= 0"),
        (
            {"output_head": "relu"},
            "output_head must be 'sigmoid', 'softmax', 'identity' or 'exponential', got 'relu'",
        ),
        ({"n_classes": 3}, "output_head='sigmoid' needs 2 classes, got 3"),
        ({"n_classes": 1}, "n_classes must be at least 2"),
        ({"label_smoothing": 1.0}, r"label_smoothing must be in \[0, 1\)"),
        ({"y": [0, 1]}, r"y must have shape \(3,\)"),
        ({"y": [0, 1, 2]}, "y must hold class codes 0 to 1, got 0 to 2"),
        ({"row_weight": [1.0, 1.0]}, r"row_weight must have shape \(3,\)"),
        ({"row_weight": [1.0, 1.0, -1.0]}, "row weights must be finite numbers >= 0"),
        ({"X": [1.0, 2.0, 3.0]}, "X must have two dimensions"),
        ({"X": [[1.0], [2.0], [np.nan]]}, "X must hold finite numbers only"),
    ],
)
def test_objective_refuses_what_does_not_fit(changes, message):
    fitting = {"X": np.ones((3, 1)), "y": [0, 1, 0], "n_classes": 2, "row_weight": np.ones(3)}
    with pytest.raises(ModelParityError, match=message):
        LinearObjective(**{**fitting, **changes})


def test_settings_multiply_class_and_sample_weights():
    described = ObjectiveSettings(class_weight=(1.0, 3.0), sample_weight=True, loss_scale=2.0)
    objective = objective_from_settings(described, np.ones((3, 1)), [0, 1, 1], 2, [1.0, 2.0, 0.5])
    np.testing.assert_allclose(objective.row_weight, [2.0, 12.0, 3.0])


def test_settings_without_sample_weight_disregard_the_array():
    objective = objective_from_settings(ObjectiveSettings(), np.ones((2, 1)), [0, 1], 2, [5.0, 7.0])
    np.testing.assert_array_equal(objective.row_weight, [1.0, 1.0])


def test_rows_used_is_the_mean_over_the_leading_rows():
    X, y = np.arange(8.0).reshape(4, 2), [0, 1, 0, 1]
    objective = objective_from_settings(ObjectiveSettings(rows_used=3), X, y, 2)
    alone = objective_from_settings(ObjectiveSettings(), X[:3], y[:3], 2)
    theta = np.array([0.3, -0.2, 0.1])
    assert objective.value(theta) == pytest.approx(alone.value(theta), rel=1e-14)


def test_normalised_weights_divide_by_their_sum():
    described = ObjectiveSettings(sample_weight=True, weights_normalised=True)
    objective = objective_from_settings(described, np.ones((2, 1)), [0, 1], 2, [1.0, 3.0])
    np.testing.assert_allclose(objective.row_weight / 2, [0.25, 0.75])


@pytest.mark.parametrize("kind", ["dense", "sparse"])
def test_features_are_shifted_and_scaled_and_stay_sparse_without_shift(kind):
    X = np.array([[1.0, 0.0], [0.0, 4.0]])
    given = sparse.csr_matrix(X) if kind == "sparse" else X
    both = ObjectiveSettings(feature_shift=(1.0, 2.0), feature_scale=(2.0, 4.0))
    shifted = objective_from_settings(both, given, [0, 1], 2)
    np.testing.assert_allclose(shifted.X, (X - [1.0, 2.0]) / [2.0, 4.0])
    scaled = objective_from_settings(replace(both, feature_shift=(0.0, 0.0)), given, [0, 1], 2)
    assert sparse.issparse(scaled.X) == (kind == "sparse")
    values = scaled.X.toarray() if kind == "sparse" else scaled.X
    np.testing.assert_allclose(values, X / [2.0, 4.0])


def test_float64_x_is_held_not_copied():
    X = np.ones((3, 2))
    assert objective_from_settings(ObjectiveSettings(), X, [0, 1, 0], 2).X is X


@pytest.mark.parametrize(
    "described, message",
    [
        (ObjectiveSettings(class_weight=(1.0,)), "class_weight must hold 2 numbers, got 1"),
        (ObjectiveSettings(rows_used=0), "rows_used must be in 1 to 2, got rows_used=0"),
        (ObjectiveSettings(sample_weight=True), r"sample_weight must have shape \(2,\)"),
        (ObjectiveSettings(feature_scale=(1.0, 2.0)), "feature_scale must hold 1 numbers, got 2"),
        (ObjectiveSettings(feature_scale=(0.0,)), "feature_scale must not hold 0"),
    ],
)
def test_settings_that_do_not_fit_the_data_are_refused(described, message):
    with pytest.raises(ModelParityError, match=message):
        objective_from_settings(described, np.ones((2, 1)), [0, 1], 2, [1.0])


def test_wrong_parameter_shapes_are_refused():
    objective = random_objective(1)
    with pytest.raises(ModelParityError, match="coef must have shape"):
        objective.pack(np.zeros((7, 7)), np.zeros(1))
    with pytest.raises(ModelParityError, match="4 classes has 4 columns, got 3"):
        decision_to_probabilities(np.zeros((2, 3)), 4)
