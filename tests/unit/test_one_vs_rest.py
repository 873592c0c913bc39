"""One-vs-rest: its optimum and certificate class by class, and its joined predictions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit
from sklearn.datasets import load_iris, load_wine
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import ModelParityError
from pytest_modelparity.settings import ObjectiveSettings, same_setting
from pytest_modelparity.sides.dataset import read_dataset
from pytest_modelparity.sides.objective import SideObjective
from pytest_modelparity.theory.class_by_class import (
    certify,
    determined,
    determined_in_training,
    find_optimum,
    scaled_condition_number,
)
from pytest_modelparity.theory.one_vs_rest import normalised_sigmoids, objective_of
from pytest_modelparity.training.loop import Stack
from pytest_modelparity.training.problem import Problem, Variant
from pytest_modelparity.training.recipe import Optimizer, Start

#: What the rest, and the class, weighs in the problem of each class.
PAIRS = ((0.5, 2.0), (1.0, 1.0), (1.5, 0.7))


def rows(load=load_iris):
    """Return standardised rows and class codes."""
    X, y = load(return_X_y=True)
    return (X - X.mean(axis=0)) / X.std(axis=0), y


def described(n, C=1.0, **changes):
    """Return the settings of a one-vs-rest model with the C of a LogisticRegression."""
    return ObjectiveSettings(output_head="one_vs_rest", l2_strength=1.0 / (C * n), **changes)


@pytest.mark.parametrize("load", [load_iris, load_wine])
def test_the_optimum_is_that_of_a_logistic_regression_for_each_class(load):
    X, y = rows(load)
    found = find_optimum(objective_of(described(len(y), binary_weight=PAIRS), X, y, 3))
    assert found.certificate.finite_optimum
    assert found.certificate.distance < 1e-8
    sigmoids = []
    for code, (rest, inside) in enumerate(PAIRS):
        model = LogisticRegression(
            solver="newton-cholesky", tol=1e-12, class_weight={0: rest, 1: inside}
        ).fit(X, (y == code).astype(int))
        assert np.abs(found.coef[code] - model.coef_).max() < 1e-6
        assert np.abs(found.intercept[code] - model.intercept_).max() < 1e-6
        sigmoids.append(expit(model.decision_function(X)))
    shares = np.stack(sigmoids, axis=1) / np.sum(sigmoids, axis=0)[:, None]
    assert np.abs(found.predictions - shares).max() < 1e-7


@pytest.mark.parametrize("l1", [0.0, 0.02])
def test_a_certificate_bounds_the_distance_of_the_joined_predictions(l1):
    X, y = rows()
    objective = objective_of(described(len(y), l1_strength=l1, binary_weight=PAIRS), X, y, 3)
    best = find_optimum(objective)
    rng = np.random.default_rng(1)
    for size in (1e-6, 1e-2):
        coef = best.coef + size * rng.normal(size=best.coef.shape)
        moved = np.abs(objective.predictions(coef, best.intercept) - best.predictions).max()
        proven = certify(objective, coef, best.intercept, best)
        assert moved <= proven.distance <= 1.01 * moved + 1e-9
        assert proven.gradient_norm > 0


def test_its_value_and_derivatives_are_those_of_the_sum():
    X, y = rows()
    objective = objective_of(described(len(y), binary_weight=PAIRS), X, y, 3)
    rng = np.random.default_rng(0)
    theta, along = rng.normal(size=(2, objective.n_parameters))
    coef, intercept = objective.unpack(theta)
    z = X @ coef.T + intercept
    inside = np.eye(3, dtype=bool)[y]
    weights = np.where(inside, [own for _, own in PAIRS], [rest for rest, _ in PAIRS])
    losses = (weights * np.logaddexp(0, np.where(inside, -z, z))).sum() / len(y)
    assert objective.value(theta) == pytest.approx(losses + 0.5 / len(y) * (coef**2).sum())
    step = 1e-5 * along
    slope = (objective.value(theta + step) - objective.value(theta - step)) / 2
    assert slope == pytest.approx(objective.gradient(theta) @ step, rel=1e-6)
    change = (objective.gradient(theta + step) - objective.gradient(theta - step)) / 2
    assert np.abs(change - objective.hessian(theta) @ step).max() < 1e-9
    assert np.array_equal(objective.pack(coef, intercept), theta)


def test_a_class_that_is_separable_alone_has_a_limit_alone():
    # Of iris the first class is; without a penalty its sigmoids are 0 and 1 in the limit.
    X, y = rows()
    objective = objective_of(ObjectiveSettings(output_head="one_vs_rest"), X, y, 3)
    found = find_optimum(objective)
    assert [part.finite for part in found.parts] == [False, True, True]
    assert found.finite is False
    others = found.parts[1].predictions[:, 1] + found.parts[2].predictions[:, 1]
    assert np.allclose(found.predictions[:, 0], np.where(y == 0, 1 / (1 + others), 0.0))
    # Along the separating direction the limit is approached.
    far = np.array([1e4, 1.0, 1.0])
    near = certify(objective, found.coef * far[:, None], found.intercept * far, found)
    assert near.distance < 1e-6
    assert near.finite_optimum is False
    assert determined_in_training(objective, found).known.all()
    # On the boundary of the separable class nothing says what its sigmoid is.
    between = 0.5 * (X[:1] + X[60:61])
    known = determined(objective, found, np.vstack([X[:1], between])).known
    assert known.tolist() == [True, False]


def test_where_every_sigmoid_vanishes_in_the_limit_nothing_is_determined():
    # The middle of a square is among the rest, for certain, whichever corner is the class.
    corners = np.array([[-1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    X, y = np.repeat(corners, 2, axis=0), np.repeat(np.arange(4), 2)
    objective = objective_of(ObjectiveSettings(output_head="one_vs_rest"), X, y, 4)
    found = find_optimum(objective)
    assert np.array_equal(found.predictions, np.eye(4)[y])
    known = determined(objective, found, np.vstack([corners[:1], np.zeros((1, 2))])).known
    assert known.tolist() == [True, False]


def test_without_any_sigmoid_every_class_is_alike():
    # As scikit-learn 1.9 has it: no division by a sum of 0.
    z = np.array([[-800.0, -900.0, -1000.0], [800.0, 900.0, -1000.0]])
    assert normalised_sigmoids(z).tolist() == [[1 / 3] * 3, [0.5, 0.5, 0.0]]


def test_scaled_features_are_judged_by_the_worst_class():
    X, y = rows()
    scaled = objective_of(described(len(y)), X * [1, 100, 1, 1], y, 3)
    found = find_optimum(scaled)
    better = scaled_condition_number(scaled, found.coef, found.intercept)
    assert 100 * better < found.certificate.condition_number


def test_weights_of_classes_are_one_setting():
    plain, weighted = described(150), described(150, binary_weight=PAIRS)
    assert not same_setting("class_weight", plain, weighted)
    assert same_setting("class_weight", plain, described(150, binary_weight=((1.0, 1.0),) * 3))
    X, y = rows()
    side = SideObjective(settings=replace(weighted, class_weight=(1.0, 2.0, 3.0)))
    weights = side.fit_weights(read_dataset(X, y))
    wanted = [[2.0, 1.0, 1.5], [1.0, 2.0, 3.0], [1.5, 3.0, 2.1]]
    assert np.allclose(weights[[0, 50, 100]], wanted)
    with pytest.raises(ModelParityError, match="3 pairs, one for each class, got 2"):
        objective_of(replace(weighted, binary_weight=PAIRS[:2]), X, y, 3)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_array_loop_ends_at_the_optimum(smoothing):
    X, y = rows()
    settings = described(
        len(y), 0.05, label_smoothing=smoothing, loss_scale=0.5, binary_weight=PAIRS
    )
    found = find_optimum(objective_of(settings, X, y, 3))
    problem = Problem(settings=settings, X=X, y=y, n_outputs=3)
    start = Start(kernel=np.zeros((4, 3), np.float32), bias=np.zeros(3, np.float32))
    variant = Variant(optimizer=Optimizer.of("SGD", 1.0), batch_size=len(y), seed=None, start=start)
    stack = Stack(problem, [variant], losses=True)
    kernels, biases = stack.train(400)[400]
    assert np.abs(kernels[0].T - found.coef).max() < 1e-4
    assert np.abs(biases[0] - found.intercept).max() < 1e-4
    assert stack.losses[-1, 0] == pytest.approx(found.value, rel=1e-5)
