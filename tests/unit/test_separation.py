"""Separation: proven by a direction whose margins are evaluated, on known data."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.datasets import load_breast_cancer, load_iris, load_wine

from pytest_modelparity.theory import separation
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.optimum import find_optimum
from pytest_modelparity.theory.separation import find_separation, separates_completely


def unpenalised(X, y, **changes):
    K = int(np.max(y)) + 1
    described = {
        "row_weight": np.ones(len(y)),
        "output_head": "sigmoid" if K == 2 else "softmax",
    }
    return LinearObjective(X=X, y=y, n_classes=K, **{**described, **changes})


def known(name):
    """A bundled data set, or the part of one, by name."""
    iris, wine = load_iris(return_X_y=True), load_wine(return_X_y=True)
    cancer = load_breast_cancer(return_X_y=True)
    virginica = iris[1] > 0
    return {
        "iris": iris,
        "wine": wine,
        "breast_cancer": cancer,
        "breast_cancer, ten features": (cancer[0][:, :10], cancer[1]),
        "wine, four features": (wine[0][:, :4], wine[1]),
        "iris, classes 1 and 2": (iris[0][virginica], iris[1][virginica] - 1),
    }[name]


KINDS = {
    "iris": "quasi-complete",
    "wine": "complete",
    "breast_cancer": "complete",
    "breast_cancer, ten features": "none",
    "wine, four features": "none",
    "iris, classes 1 and 2": "none",
}


@pytest.mark.parametrize("name", KINDS)
def test_known_data_are_separated_as_known(name):
    X, y = known(name)
    objective = unpenalised(X, y)
    assert find_separation(objective).kind == KINDS[name]
    found = find_optimum(objective)
    # Overlap is proven by the certificate of a finite optimum, not by the linear programme.
    assert found.finite is (KINDS[name] == "none")
    if KINDS[name] == "none":
        assert found.certificate.method == "newton-decrement"
        assert found.certificate.distance < 1e-6


@pytest.mark.parametrize("name", ["iris", "breast_cancer"])
def test_direction_has_no_negative_margin_and_lowers_the_loss_for_ever(name):
    X, y = known(name)
    objective = unpenalised(X, y)
    coef, intercept = objective.unpack(find_separation(objective).theta)
    z = objective.decision_function(coef, intercept)
    if name == "iris":
        margins = z[np.arange(len(y)), y][:, None] - z
    else:
        margins = np.where(y == 1, 1, -1)[:, None] * z
    assert margins.min() > -1e-9 * np.abs(margins).max()
    direction = objective.pack(coef, intercept)
    values = [objective.value(length * direction) for length in (0, 1, 10, 100)]
    assert all(later < earlier for earlier, later in itertools.pairwise(values))


def test_overlap_has_no_direction():
    overlapping = unpenalised([[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1])
    assert find_separation(overlapping).theta is None


def test_a_shared_boundary_value_is_quasi_complete():
    objective = unpenalised([[0.0], [1.0], [1.0], [2.0]], np.array([0, 0, 1, 1]))
    found = find_separation(objective)
    assert found.kind == "quasi-complete"
    np.testing.assert_array_equal(found.separated.any(axis=1), [True, False, False, True])
    optimum = find_optimum(objective)
    np.testing.assert_allclose(
        optimum.predictions, [[1, 0], [0.5, 0.5], [0.5, 0.5], [0, 1]], atol=1e-12
    )


@pytest.mark.parametrize(
    "changes, kind",
    [
        ({}, "complete"),
        ({"fit_intercept": False}, "none"),
        ({"intercept_l2_strength": 0.1}, "none"),
        ({"intercept_l1_strength": 0.1}, "none"),
        ({"label_smoothing": 0.1}, "none"),
    ],
)
def test_an_intercept_that_cannot_grow_separates_nothing(changes, kind):
    objective = unpenalised([[1.0], [2.0], [3.0], [4.0]], np.array([0, 0, 1, 1]), **changes)
    assert find_separation(objective).kind == kind
    assert find_optimum(objective).finite is (kind == "none")


def test_rows_without_weight_do_not_prevent_separation():
    objective = unpenalised([[0.0], [1.0], [2.0], [3.0]], np.array([0, 1, 0, 1]))
    assert find_separation(objective).kind == "none"
    weight = np.array([1.0, 0.0, 1.0, 1.0])
    assert find_separation(replace(objective, row_weight=weight)).kind == "complete"


def test_sparse_rows_are_separated_like_dense_ones():
    X, y = known("wine")
    assert find_separation(unpenalised(sparse.csr_matrix(X), y)).kind == "complete"


def test_too_large_a_programme_is_left_undecided(monkeypatch):
    monkeypatch.setattr("pytest_modelparity.theory.separation.LARGEST_PROGRAMME", 3)
    assert (
        find_separation(unpenalised([[0.0], [1.0], [2.0]], np.array([0, 1, 0]))).kind == "unknown"
    )


def test_a_boundary_through_a_row_proves_no_complete_separation():
    objective = unpenalised([[-1.0], [0.0], [1.0]], np.array([0, 1, 1]))
    assert not separates_completely(objective, np.array([1.0, 0.0]))
    assert separates_completely(objective, np.array([1.0, 0.5]))


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000), K=st.integers(2, 4))
def test_labels_made_by_a_direction_are_separated_completely(seed, K):
    rng = np.random.default_rng(seed)
    X, coef = rng.normal(size=(30, 3)), rng.normal(size=(K, 3))
    scores = X @ coef.T
    y = np.argmax(scores, axis=1)
    # The classes in order, so that the codes are without a gap.
    y = np.unique(y, return_inverse=True)[1]
    if y.max() == 0:
        return
    objective = unpenalised(X * 10.0 ** rng.uniform(-2, 2, 3), y)
    assert find_separation(objective).kind == "complete"
    assert find_optimum(objective).finite is False


def no_programme(*args, **kwargs):
    raise AssertionError("a linear programme was begun")


def separated_in_part(n, d, n_classes, seed=0):
    """Rows whose first class can be told from all others, which overlap."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_classes, n)
    X = rng.normal(size=(n, d))
    X[:, 0] += 30.0 * (y == 0)
    return X, y


@pytest.mark.parametrize("shape", [(300, 20, 5), (600, 60, 10)], ids=["small", "ten classes"])
@pytest.mark.parametrize("seed", range(2))
def test_newton_s_last_steps_show_what_is_separated_without_a_programme(monkeypatch, shape, seed):
    # The programme takes half a minute on the second shape, and leaves it undecided.
    monkeypatch.setattr(separation, "linprog", no_programme)
    X, y = separated_in_part(*shape, seed=seed)
    found = find_optimum(unpenalised(X, y))
    assert found.finite is False
    # The first class is told from all others for certain, by either side.
    np.testing.assert_array_equal(found.predictions[:, 0], y == 0)
    others = find_optimum(unpenalised(X[y > 0], y[y > 0] - 1))
    np.testing.assert_allclose(found.predictions[y > 0, 1:], others.predictions, atol=1e-8)


def test_a_feature_that_only_some_rows_have_separates_them_without_a_programme(monkeypatch):
    monkeypatch.setattr(separation, "linprog", no_programme)
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(1000, 30)), rng.integers(0, 2, 1000)
    X[:, 0] = np.arange(1000) % 7 == 0
    y[X[:, 0] == 1] = 1
    found = find_optimum(unpenalised(X, y))
    assert found.finite is False
    np.testing.assert_array_equal(found.predictions[X[:, 0] == 1, 1], 1.0)


def test_a_programme_of_half_a_minute_is_not_begun(monkeypatch):
    monkeypatch.setattr(separation, "linprog", no_programme)
    X, y = separated_in_part(600, 60, 10)
    assert find_separation(unpenalised(X, y)).kind == "unknown"
