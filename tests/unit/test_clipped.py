"""Crossentropies of probabilities that are clipped: flat beyond a bound, else as of logits."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_modelparity.settings import ONE_VS_REST, ObjectiveSettings
from pytest_modelparity.training.loop import Stack
from pytest_modelparity.training.problem import Clip, Problem, Variant
from pytest_modelparity.training.recipe import Optimizer, Start

CLIP = Clip(epsilon=1e-7, edge=0.5)
HEADS = {"sigmoid": 1, "softmax": 3, ONE_VS_REST: 3}
#: One row of class 1, whose outputs are the kernel.
ONE_ROW = np.array([[1.0]]), np.array([1])


def trained(head, kernel, rows=ONE_ROW, *, clip=CLIP, logits=False, **settings):
    """Return the kernel that one step of SGD at rate 1 leaves, and the loss before it."""
    kernel = np.array([kernel], dtype=np.float32)
    problem = Problem(
        settings=ObjectiveSettings(output_head=head, fit_intercept=False, **settings),
        X=rows[0],
        y=rows[1],
        n_outputs=HEADS[head],
        clip=clip,
    )
    variant = Variant(
        optimizer=Optimizer.of("SGD", 1.0),
        batch_size=len(rows[1]),
        seed=None,
        start=Start(kernel=kernel, bias=np.zeros(kernel.shape[1])),
        logits=logits,
    )
    stack = Stack(problem, [variant], losses=True)
    return stack.train(1)[1][0][0][0], float(stack.losses[0, 0])


def saturated(head):
    """Return outputs that are wrong beyond a bound: class 1 is all but impossible."""
    return [-30.0] if HEADS[head] == 1 else [30.0, -30.0, 30.0]


@pytest.mark.parametrize("head", HEADS)
def test_a_row_beyond_a_bound_moves_nothing_and_costs_the_bound(head):
    kernel, loss = trained(head, saturated(head))
    np.testing.assert_array_equal(kernel, np.float32(saturated(head)))
    wrong = HEADS[head] if head == ONE_VS_REST else 1
    # 1 - 1e-7 is 1 - 1.19e-7 in float32.
    assert loss == pytest.approx(-wrong * np.log(1e-7), rel=0.02)


@pytest.mark.parametrize("head", HEADS)
def test_on_logits_the_same_row_moves_it(head):
    for given in ({"logits": True}, {"clip": None}):
        kernel, loss = trained(head, saturated(head), **given)
        assert np.abs(kernel - saturated(head)).max() > 0.4
        assert loss > 29


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("head", HEADS)
def test_within_the_bounds_nothing_is_clipped(head, smoothing):
    X = np.random.default_rng(0).normal(size=(12, 1))
    rows = X, np.arange(12) % (2 if HEADS[head] == 1 else 3)
    start = [0.3, -0.2, 0.7][: HEADS[head]]
    clipped = trained(head, start, rows, label_smoothing=smoothing)
    plain = trained(head, start, rows, label_smoothing=smoothing, clip=None)
    np.testing.assert_allclose(clipped[0], plain[0], atol=3e-7)
    assert clipped[1] == pytest.approx(plain[1], abs=1e-6)


def test_weights_of_a_class_against_the_rest_count():
    pairs = ((1.0, 2.0), (3.0, 0.5), (1.0, 1.0))
    rows = np.array([[1.0], [-0.4]]), np.array([1, 2])
    clipped = trained(ONE_VS_REST, [0.1, 0.2, -0.3], rows, binary_weight=pairs)
    plain = trained(ONE_VS_REST, [0.1, 0.2, -0.3], rows, binary_weight=pairs, clip=None)
    np.testing.assert_allclose(clipped[0], plain[0], atol=3e-7)
    assert clipped[1] == pytest.approx(plain[1], abs=1e-6)


def test_of_a_softmax_only_the_classes_that_are_aimed_at_are_clipped():
    # Class 0 is beyond a bound, the true class is not: its gradient is that of the logits.
    kernel, _ = trained("softmax", [-30.0, 0.5, 0.0])
    plain, _ = trained("softmax", [-30.0, 0.5, 0.0], clip=None)
    np.testing.assert_allclose(kernel, plain, atol=3e-7)
    # With smoothing it is one of the targets, and none of its share counts.
    smoothed, _ = trained("softmax", [-30.0, 0.5, 0.0], label_smoothing=0.3)
    assert smoothed[0] == np.float32(-30.0)


@pytest.mark.parametrize("edge", [0.5, 1.0])
def test_at_a_bound_a_part_of_the_gradient_passes(edge):
    # In float32 the sigmoid of 16 is the upper bound itself; of class 0 that is all wrong.
    rows = np.array([[1.0]]), np.array([0])
    kernel, _ = trained("sigmoid", [16.0], rows, clip=Clip(epsilon=1e-7, edge=edge))
    assert kernel[0] == pytest.approx(16.0 - edge, abs=1e-5)
