"""Matrices of features as a setting: what they make, and when two of them are one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.feature_map import FeatureMap
from pytest_modelparity.settings import ObjectiveSettings, same_setting
from pytest_modelparity.theory.coordinates import of_given_features, of_scaled_features
from pytest_modelparity.theory.design import scaled_features
from pytest_modelparity.theory.objective import objective_from_settings
from pytest_modelparity.theory.optimum import find_optimum

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4)) * [1, 10, 0.1, 1] + [0, 50, 1, -3]
Y = (X[:, 0] + 10 * X[:, 2] + RNG.normal(size=60) > 10).astype(int)
SHIFT, SCALE = (0.5, 50.0, 1.0, 0.0), (1.0, 10.0, 0.1, 2.0)
MIXING = FeatureMap(
    matrix=((1.0, -0.5, 0.0, 2.0), (0.0, 1.0, 1.0, 0.25), (3.0, 0.0, 0.0, 0.0)),
    offset=(0.0, -2.0, 1.0),
)


def settings(**changes: object) -> ObjectiveSettings:
    """Return settings with a map of features."""
    given = {"feature_shift": SHIFT, "feature_scale": SCALE, "feature_map": MIXING}
    return ObjectiveSettings(l2_strength=0.01, **{**given, **changes})


def written_otherwise(one: ObjectiveSettings) -> ObjectiveSettings:
    """Return the same map with scales and shifts in the matrix."""
    assert one.feature_map is not None
    matrix = np.array(one.feature_map.matrix) / np.array(one.feature_scale)
    offset = np.array(one.feature_map.offset) - matrix @ np.array(one.feature_shift)
    whole = FeatureMap(matrix=tuple(map(tuple, matrix.tolist())), offset=tuple(offset.tolist()))
    return replace(one, feature_shift=None, feature_scale=None, feature_map=whole)


def test_a_map_makes_the_features_that_the_coefficients_belong_to() -> None:
    expected = (X - SHIFT) / SCALE @ np.array(MIXING.matrix).T + MIXING.offset
    np.testing.assert_allclose(scaled_features(settings(), X), expected, rtol=1e-12)
    unshifted = settings(feature_shift=None)
    filled = scaled_features(unshifted, sparse.csr_array(X))
    np.testing.assert_allclose(filled, scaled_features(unshifted, X), rtol=1e-12)
    with pytest.raises(ModelParityError, match="must hold 5 numbers, got 4"):
        scaled_features(settings(feature_shift=None, feature_scale=None), np.hstack([X, X[:, :1]]))


def test_the_optimum_behind_a_map_is_that_of_the_mapped_rows() -> None:
    plain = settings(feature_shift=None, feature_scale=None, feature_map=None)
    found = find_optimum(objective_from_settings(settings(), X, Y, 2))
    rows = scaled_features(settings(), X)
    expected = find_optimum(objective_from_settings(plain, rows, Y, 2))
    np.testing.assert_allclose(found.coef, expected.coef, rtol=1e-9)
    coef, intercept = of_given_features(SHIFT, SCALE, found.coef, found.intercept, MIXING)
    p = 1 / (1 + np.exp(-(X @ coef.T + intercept)[:, 0]))
    np.testing.assert_allclose(p, expected.predictions[:, 1], atol=1e-12)
    # And back, where they are parameters of such features.
    again = of_scaled_features(SHIFT, SCALE, coef, intercept, MIXING)
    np.testing.assert_allclose(again[0], found.coef, rtol=1e-9)
    np.testing.assert_allclose(again[1], found.intercept, rtol=1e-9)


def test_an_intercept_of_zero_comes_back_as_zero() -> None:
    scaled = np.random.default_rng(2).normal(size=(50, 4))
    # Rounded in another order than it is taken back in.
    shifted = -np.sum(scaled * SHIFT / SCALE, axis=1)
    coef, _ = of_given_features(SHIFT, SCALE, scaled, np.zeros(50))
    _, intercept = of_scaled_features(SHIFT, SCALE, coef, shifted)
    np.testing.assert_array_equal(intercept, 0.0)
    # What is more than the rounding of its terms is no zero.
    _, intercept = of_scaled_features(SHIFT, SCALE, coef, shifted + 1e-12)
    np.testing.assert_allclose(intercept, 1e-12, rtol=0.05)


@pytest.mark.parametrize("lost", [np.inf, -np.inf, np.nan])
def test_an_intercept_that_is_no_number_stays_none(lost: float) -> None:
    _, intercept = of_scaled_features(SHIFT, SCALE, np.ones((1, 4)), np.array([lost]))
    np.testing.assert_array_equal(intercept, [lost])


def test_one_map_is_the_same_however_it_is_written() -> None:
    assert same_setting("feature_scaling", settings(), written_otherwise(settings()))
    identity = FeatureMap(matrix=tuple(map(tuple, np.eye(4).tolist())), offset=(0.0,) * 4)
    scaled = settings(feature_map=None)
    assert same_setting("feature_scaling", settings(feature_map=identity), scaled)
    raw = settings(feature_shift=None, feature_scale=None, feature_map=None)
    assert not same_setting("feature_scaling", raw, settings(feature_map=identity))


@pytest.mark.parametrize(("part", "apart"), [(1e-5, True), (1e-7, False)])
@pytest.mark.parametrize("place", [(0, 1), (1, 2), (2, 0)])
def test_maps_that_are_more_than_rounding_apart_are_two(
    place: tuple[int, int], part: float, apart: bool
) -> None:
    matrix = np.array(MIXING.matrix)
    matrix[place] += part * np.abs(matrix[:, place[1]]).max()
    moved = FeatureMap(matrix=tuple(map(tuple, matrix.tolist())), offset=MIXING.offset)
    other = written_otherwise(settings(feature_map=moved))
    assert same_setting("feature_scaling", settings(), other) != apart


@pytest.mark.parametrize(
    "other",
    [
        replace(MIXING, offset=(0.0, -2.0, 1.1)),
        FeatureMap(matrix=MIXING.matrix[:2], offset=MIXING.offset[:2]),
        FeatureMap(matrix=MIXING.matrix[::-1], offset=MIXING.offset[::-1]),
        None,
    ],
    ids=["offset", "fewer", "order", "none"],
)
def test_another_map_is_another_setting(other: FeatureMap | None) -> None:
    assert not same_setting("feature_scaling", settings(), settings(feature_map=other))
    assert not same_setting("feature_scaling", settings(feature_map=other), settings())
