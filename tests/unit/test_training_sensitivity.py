"""Trainings that forget a rounding of the start, and trainings that live by it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.training.problem import Problem, Variant
from pytest_modelparity.training.recipe import Optimizer, Start
from pytest_modelparity.training.sensitivity import rounding_spread

ADAM = Optimizer.of("Adam", 0.01)


@pytest.fixture(scope="module")
def problem(bundled):
    """Return standardised breast_cancer."""
    X, y = bundled("breast_cancer", standardised=True)
    return Problem(settings=ObjectiveSettings(), X=X, y=y)


def variant_of(optimizer, batch_size=569, kernel=0.1):
    """Return a training from equal weights."""
    start = Start(kernel=np.full((30, 1), kernel, np.float32), bias=np.zeros(1, np.float32))
    return Variant(optimizer=optimizer, batch_size=batch_size, seed=1, start=start)


@pytest.mark.parametrize("kernel", [0.1, 0.0])
def test_a_training_that_forgets_its_start_spreads_by_roundings(problem, kernel):
    spread = rounding_spread(problem, variant_of(ADAM, kernel=kernel), 100)
    assert 0 < spread.relative < 1e-6
    assert spread.kernels.shape == (3, 30, 1)
    assert spread.biases.shape == (3, 1)


def test_rmsprop_on_all_rows_is_decided_by_rounding(problem):
    # A constant step hovers around the optimum: 8.7e-3 of 3.4 between two orders of summation.
    spread = rounding_spread(problem, variant_of(Optimizer.of("RMSprop", 0.01)), 400)
    assert spread.relative > 1e-4


def test_unscaled_features_are_decided_by_rounding(bundled):
    X, y = bundled("breast_cancer")
    raw = Problem(settings=ObjectiveSettings(), X=X, y=y)
    spread = rounding_spread(raw, variant_of(Optimizer.of("SGD", 0.01), 32), 12)
    assert not spread.relative <= 1e-3


def test_one_start_goes_up_where_the_other_goes_down(problem):
    variant = variant_of(ADAM)
    spread = rounding_spread(problem, variant, 0)
    moved = spread.kernels - variant.start.kernel
    np.testing.assert_array_equal(moved[1], -moved[2])
    np.testing.assert_array_equal(np.abs(moved[1]), np.spacing(variant.start.kernel))
    assert set(np.sign(moved[1, :, 0])) == {-1.0, 1.0}


def test_an_overflow_is_no_agreement(problem):
    spread = rounding_spread(
        replace(problem, settings=ObjectiveSettings(l2_strength=1.0)),
        variant_of(Optimizer.of("SGD", 1e30)),
        9,
    )
    assert math.isnan(spread.relative)


def test_without_an_intercept_the_bias_is_not_moved(problem):
    problem = replace(problem, settings=ObjectiveSettings(fit_intercept=False))
    spread = rounding_spread(problem, variant_of(ADAM), 5)
    np.testing.assert_array_equal(spread.biases, 0.0)
