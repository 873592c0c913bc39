"""The largest difference of two softmax models that a search finds: more than two classes."""

from __future__ import annotations

import numpy as np
import pytest
from sampling import counted

from pytest_modelparity.theory.box import Box
from pytest_modelparity.theory.box_search import search_box
from pytest_modelparity.theory.ellipsoid import radius_of
from pytest_modelparity.theory.softmax_gap import (
    SoftmaxPair,
    gain_and_gradient,
    gains_of,
    likely_directions,
)
from pytest_modelparity.theory.worst_search import search_ellipsoid, search_mixtures

N_POINTS = 100_000


def random_models(random: np.random.Generator, n_classes: int, n_features: int) -> SoftmaxPair:
    """Return two models from nearly equal to unlike, and from flat to steep."""
    scale = 10 ** random.uniform(-0.5, 1)
    first = random.normal(size=(n_classes, n_features)) * scale
    apart = random.normal(size=first.shape) * scale * 10 ** random.uniform(-2, 0.3)
    return SoftmaxPair(
        coef=np.concatenate([first, first + apart]), intercept=random.normal(size=2 * n_classes)
    )


def largest_at(models: SoftmaxPair, X: np.ndarray) -> float:
    """Return the largest difference of a probability at inputs."""
    return float(gains_of(models.logits(X)).max())


@pytest.mark.parametrize("aim", range(6))
def test_the_gradient_is_that_of_the_gain(aim: int) -> None:
    logits = np.random.default_rng(aim).normal(size=6)
    value, gradient = gain_and_gradient(logits, aim)
    assert value == gains_of(logits[None])[0, aim]
    steps = 1e-6 * np.eye(6)
    up, down = gains_of(logits + steps)[:, aim], gains_of(logits - steps)[:, aim]
    np.testing.assert_allclose(gradient, (up - down) / 2e-6, atol=1e-9)


def test_likely_directions_are_gradients_up_to_the_size_of_each_half() -> None:
    directions = likely_directions(60, 3, np.random.default_rng(0))
    halves = directions.reshape(60, 2, 3)
    aims = np.arange(60) % 6
    np.testing.assert_allclose(halves.sum(axis=2), 0, atol=1e-12)
    own = halves[np.arange(60), :, aims % 3]
    assert (np.sign(own) == np.where(aims < 3, 1, -1)[:, None] * np.array([1, -1])).all()


@pytest.mark.parametrize("n_boxes", counted(8, 25))
def test_no_random_point_of_a_box_is_above_what_is_found(n_boxes: int) -> None:
    random = np.random.default_rng(1)
    for _ in range(n_boxes):
        n_classes, n_features = int(random.integers(3, 7)), int(random.integers(1, 8))
        models = random_models(random, n_classes, n_features)
        low, high = -random.random(n_features), random.random(n_features)
        box = Box(low=low, high=high, steps=np.zeros(n_features, dtype=int))
        found = search_box(box, models, low[None])
        assert found.bound is None
        assert found.x is not None
        assert (found.x >= low).all()
        assert (found.x <= high).all()
        assert largest_at(models, found.x[None]) == found.value
        points = low + (high - low) * random.random((N_POINTS, n_features))
        assert largest_at(models, points) <= found.value + 1e-12


@pytest.mark.parametrize("n_boxes", counted(4, 12))
def test_discrete_columns_are_kept_and_no_random_input_is_above(n_boxes: int) -> None:
    random = np.random.default_rng(2)
    for _ in range(n_boxes):
        groups = (np.array([0, 3, 5]), np.array([1, 2]))
        steps = np.array([0, 0, 0, 0, 0, 0, 1, 4, 0])
        low, high = np.array([0.0] * 6 + [-0.5, -2, -1]), np.array([1.0] * 6 + [1.5, 2, 1])
        box = Box(low=low, high=high, steps=steps, groups=groups)
        models = random_models(random, 3, 9)
        found = search_box(box, models, np.zeros((1, 9)))
        assert found.x is not None
        np.testing.assert_array_equal(box.nearest(found.x[None])[0], found.x)
        assert largest_at(models, found.x[None]) == found.value
        points = box.nearest(low + (high - low) * random.random((N_POINTS, 9)))
        assert largest_at(models, points) <= found.value + 1e-12


def test_what_it_starts_from_is_never_above() -> None:
    random = np.random.default_rng(3)
    box = Box(low=np.zeros(40), high=np.ones(40), steps=np.ones(40, dtype=int))
    models = random_models(random, 4, 40)
    best = max(box.sample(20_000, random), key=lambda x: largest_at(models, x[None]))
    assert search_box(box, models, best[None]).value >= largest_at(models, best[None])


@pytest.mark.parametrize("n_sets", counted(2, 8))
def test_no_random_mixture_is_above_what_is_found(n_sets: int) -> None:
    random = np.random.default_rng(4)
    for n_rows in [1, 2, *random.integers(3, 60, size=n_sets)]:
        models = random_models(random, int(random.integers(3, 6)), 4)
        logits = models.logits(random.normal(size=(n_rows, 4)))
        found = search_mixtures(logits)
        assert found.rows is not None
        assert found.shares is not None
        assert found.bound is None
        assert found.shares.sum() == pytest.approx(1)
        assert (found.shares > 0).all()
        assert gains_of(found.shares[None] @ logits[found.rows]).max() == pytest.approx(
            found.value, abs=1e-12
        )
        shares = np.concatenate([np.eye(n_rows), random.dirichlet(np.full(n_rows, 0.1), 20_000)])
        assert gains_of(shares @ logits).max() <= found.value + 1e-9


@pytest.mark.parametrize("n_sets", counted(4, 10))
def test_no_random_input_of_an_ellipsoid_is_above_what_is_found(n_sets: int) -> None:
    random = np.random.default_rng(5)
    for _ in range(n_sets):
        n_features, n_rows = int(random.integers(1, 6)), int(random.integers(10, 60))
        models = random_models(random, int(random.integers(3, 6)), n_features)
        X = random.normal(size=(n_rows, n_features))
        radius = radius_of(n_rows, n_features)
        found = search_ellipsoid(X, models.logits(X), radius)
        assert found.x is not None
        assert largest_at(models, found.x[None]) == pytest.approx(found.value, abs=1e-9)
        root = np.linalg.cholesky(np.cov(X.T).reshape(n_features, n_features))
        length = np.linalg.norm(np.linalg.solve(root, found.x - X.mean(axis=0)))
        assert length <= radius * (1 + 1e-9)
        ball = random.normal(size=(20_000, n_features))
        ball /= np.linalg.norm(ball, axis=1, keepdims=True)
        ball[::2] *= random.random((10_000, 1))
        points = X.mean(axis=0) + radius * ball @ root.T
        assert largest_at(models, points) <= found.value + 1e-9


def test_rows_that_are_all_alike_leave_one_input() -> None:
    models = random_models(np.random.default_rng(6), 3, 2)
    X = np.ones((5, 2))
    found = search_ellipsoid(X, models.logits(X), 2.0)
    assert found.value == pytest.approx(largest_at(models, X[:1]))
    np.testing.assert_allclose(found.x, [1, 1])
