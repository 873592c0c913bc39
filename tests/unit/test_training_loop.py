"""The array loop by itself: its gradients, its groups, and that no bit depends on its mates."""

from __future__ import annotations

import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from pytest_modelparity.progress import listening
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.training import loop as loop_module
from pytest_modelparity.training.batches import Permutations
from pytest_modelparity.training.defaults import OWN
from pytest_modelparity.training.loop import Stack
from pytest_modelparity.training.problem import Problem, Variant
from pytest_modelparity.training.recipe import Optimizer, OptimizerState, Schedule, Start

SGD = Optimizer.of("SGD", 0.1)
#: One of each, and every common option.
OPTIMIZERS = (
    *(Optimizer.of(name, 0.01) for name in OWN),
    Optimizer.of("SGD", Schedule.of("CosineDecay", 0.1, 60), momentum=0.9, nesterov=True),
    Optimizer.of("Adam", 0.01, amsgrad=True, clipnorm=0.1, weight_decay=0.02),
    Optimizer.of("RMSprop", 0.01, centered=True, momentum=0.5, global_clipnorm=0.1),
    Optimizer.of("AdamW", 0.01, clipvalue=0.01, use_ema=True, ema_overwrite_frequency=5),
    Optimizer.of("Nadam", 0.01, gradient_accumulation_steps=3),
)


#: Heads that have no classes.
NUMBERS = ("identity", "exponential")


def problem_of(head="sigmoid", n_samples=83, n_features=5, **options):
    """Return a problem; 83 rows are no multiple of anything."""
    generator = np.random.default_rng(0)
    n_outputs = 4 if head == "softmax" else 1
    settings = {
        name: options.pop(name) for name in list(options) if name in ObjectiveSettings.__slots__
    }
    y = generator.integers(0, max(2, n_outputs), n_samples)
    if head == "identity":
        y = generator.normal(size=n_samples)
    return Problem(
        settings=ObjectiveSettings(output_head=head, **settings),
        X=generator.normal(size=(n_samples, n_features)),
        y=y,
        n_outputs=n_outputs,
        **options,
    )


def variant_of(problem, optimizer=SGD, *, batch_size=16, seed=1, start=0, **options):
    """Return a training from a random start."""
    generator = np.random.default_rng(start)
    shape = (problem.X.shape[1], problem.n_outputs)
    intercept = problem.settings.fit_intercept
    return Variant(
        optimizer=optimizer,
        batch_size=batch_size,
        seed=seed,
        start=Start(
            kernel=generator.normal(size=shape).astype(np.float32) / 4,
            bias=generator.normal(size=shape[1]).astype(np.float32) / 4 * intercept,
        ),
        **options,
    )


def trained(problem, variants, epochs=7):
    """Return kernels and biases."""
    return Stack(problem, variants).train(epochs)[epochs]


def objective(problem, kernel, bias, rows=slice(None)):
    """Return loss and penalty in float64, as `ObjectiveSettings` says."""
    settings = problem.settings
    z = problem.X[rows] @ kernel + bias
    y = problem.y[rows]
    if settings.output_head == "identity":
        losses = 0.5 * (z[:, 0] - y) ** 2
    elif settings.output_head == "exponential":
        # Keras's, which has 1e-7 beside the prediction, and no constant of y.
        losses = np.exp(z[:, 0]) - y * np.log(np.exp(z[:, 0]) + 1e-7)
    else:
        two = np.column_stack([np.zeros(len(z)), z]) if z.shape[1] == 1 else z
        targets = np.eye(two.shape[1])[y] * (1 - settings.label_smoothing)
        targets += settings.label_smoothing / two.shape[1]
        losses = np.log(np.exp(two).sum(axis=1)) - (targets * two).sum(axis=1)
    weights = np.ones(len(z)) if problem.row_weight is None else problem.row_weight[rows]
    divisor = weights.sum() if settings.weights_normalised else problem.summed_over or len(z)
    scale = 1.0 if problem.penalty_scale is None else problem.penalty_scale[:, None]
    total = settings.loss_scale * (weights * losses).sum() / divisor
    for values, l2, l1 in (
        (kernel / scale, settings.l2_strength, settings.l1_strength),
        (bias, settings.intercept_l2_strength, settings.intercept_l1_strength),
    ):
        total += 0.5 * l2 * (values**2).sum() + l1 * np.abs(values).sum()
    return total


def slopes(problem, kernel, bias, rows=slice(None)):
    """Return the gradient of the objective by finite differences."""
    parameters = np.vstack([kernel, bias]).astype(float)
    gradient = np.empty_like(parameters)
    for index in np.ndindex(parameters.shape):
        values = []
        for change in (1e-6, -1e-6):
            moved = parameters.copy()
            moved[index] += change
            values.append(objective(problem, moved[:-1], moved[-1], rows))
        gradient[index] = (values[0] - values[1]) / 2e-6
    return gradient


WEIGHTS = np.random.default_rng(5).uniform(0.3, 2.0, 83)
PENALTY = {
    "l2_strength": 0.1,
    "l1_strength": 0.02,
    "intercept_l2_strength": 0.3,
    "intercept_l1_strength": 0.05,
}


OPTIONS = (
    {},
    PENALTY,
    {"row_weight": WEIGHTS},
    {"row_weight": WEIGHTS, "weights_normalised": True, "loss_scale": 0.7},
    {"summed_over": 20, "loss_scale": 20.0, "row_weight": WEIGHTS},
    {**PENALTY, "penalty_scale": np.array([0.5, 2.0, 1.0, 3.0, 0.1])},
    {"label_smoothing": 0.2},
    {"label_smoothing": 0.2, "row_weight": WEIGHTS},
)


@pytest.mark.parametrize(
    "head,options",
    [
        (head, options)
        for head in ("sigmoid", "softmax", *NUMBERS)
        for options in OPTIONS
        # Numbers have no labels to smooth.
        if not (head in NUMBERS and "label_smoothing" in options)
    ],
    ids=str,
)
@pytest.mark.parametrize("batch_size", [83, 50])
def test_a_step_goes_down_the_gradient_of_the_objective(head, options, batch_size):
    problem = problem_of(head, **options)
    variant = variant_of(problem, batch_size=batch_size, seed=None)
    parameters = np.vstack([variant.start.kernel, variant.start.bias]).astype(float)
    for rows in [slice(None)] if batch_size == 83 else [slice(50), slice(50, None)]:
        parameters -= 0.1 * slopes(problem, parameters[:-1], parameters[-1], rows)
    kernels, biases = trained(problem, [variant], 1)
    size = max(1.0, np.abs(parameters).max())
    np.testing.assert_allclose(kernels[0], parameters[:-1], rtol=0, atol=1e-6 * size)
    np.testing.assert_allclose(biases[0], parameters[-1], rtol=0, atol=1e-6 * size)


@pytest.mark.parametrize("head", ["sigmoid", "softmax", *NUMBERS])
def test_losses_are_those_of_the_objective(head):
    smoothing = 0.0 if head in NUMBERS else 0.2
    problem = problem_of(head, row_weight=WEIGHTS, label_smoothing=smoothing, **PENALTY)
    variants = [variant_of(problem, batch_size=83, start=start) for start in range(3)]
    stack = Stack(problem, variants, losses=True)
    stack.train(1)
    expected = [objective(problem, v.start.kernel, v.start.bias) for v in variants]
    np.testing.assert_allclose(stack.losses[0], expected, rtol=1e-6)
    with pytest.raises(AssertionError, match="no losses"):
        _ = Stack(problem, variants).losses


# JAX takes the slope of |w| at 0 from the right.
@pytest.mark.parametrize("slope_at_zero", [0.0, 1.0])
def test_an_l1_penalty_moves_a_zero_by_its_slope_there(slope_at_zero):
    problem = problem_of(l1_strength=0.5, loss_scale=0.0, slope_at_zero=slope_at_zero)
    variant = variant_of(problem, batch_size=83)
    kernel = np.array([[0.0], [1.0], [-1.0], [0.0], [2.0]], dtype=np.float32)
    start = replace(variant.start, kernel=kernel)
    kernels, _ = trained(problem, [replace(variant, start=start)], 1)
    at_zero = -0.05 * slope_at_zero
    expected = [at_zero, 0.95, -0.95, at_zero, 1.95]
    np.testing.assert_allclose(kernels[0, :, 0], expected, atol=1e-6)


def test_the_slope_of_a_row_far_on_the_right_side_is_exact():
    X = np.array([[40.0], [-41.0]])
    problem = Problem(settings=ObjectiveSettings(fit_intercept=False), X=X, y=np.array([1, 0]))
    start = Start(kernel=np.ones((1, 1), np.float32), bias=np.zeros(1))
    variant = Variant(
        optimizer=Optimizer.of("Adam", 0.1, epsilon=1e-30), batch_size=2, seed=None, start=start
    )
    # Adam's first step has the size of its rate whatever the gradient, here of 1e-16.
    assert trained(problem, [variant], 1)[0] == pytest.approx(1.1, abs=1e-6)


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=Optimizer.code)
@pytest.mark.parametrize("head", ["sigmoid", "softmax"])
def test_no_bit_depends_on_what_is_trained_beside(optimizer, head):
    problem = problem_of(head, l2_strength=0.1, l1_strength=0.01, row_weight=WEIGHTS)
    variants = [
        variant_of(problem, optimizer.with_rate(rate), batch_size=size, seed=seed, start=seed or 0)
        for size in (16, 83)
        for rate, seed in ((optimizer.rate, 3), (0.02, 1), (0.03, 3), (optimizer.rate, None))
    ]
    kernels, biases = trained(problem, variants)
    assert np.isfinite(kernels).all()
    for index, variant in enumerate(variants):
        kernel, bias = trained(problem, [variant])
        np.testing.assert_array_equal(kernels[index], kernel[0])
        np.testing.assert_array_equal(biases[index], bias[0])


@pytest.mark.parametrize("seeds", [(1, 2, 1, 2), (2, 2, 1, 1, 3, 3), (1, None, 1), (4, 5, 6)])
def test_each_variant_has_the_rows_of_its_seed(seeds):
    problem = problem_of("softmax", row_weight=WEIGHTS)
    variants = [variant_of(problem, seed=seed, start=index) for index, seed in enumerate(seeds)]
    kernels, _ = trained(problem, variants)
    for index, variant in enumerate(variants):
        np.testing.assert_array_equal(kernels[index], trained(problem, [variant])[0][0])


@pytest.mark.parametrize("n_variants", [1, 2, 7, 33])
def test_no_bit_depends_on_how_many_are_trained(n_variants):
    problem = problem_of("softmax", n_features=7)
    variant = variant_of(problem, Optimizer.of("Adam", 0.1))
    kernels, _ = trained(problem, [variant] * n_variants)
    alone, _ = trained(problem, [variant])
    np.testing.assert_array_equal(kernels, np.repeat(alone, n_variants, axis=0))


PROGRAM = """
import pickle, sys
problem, variant = pickle.load(open(sys.argv[1], "rb"))
from pytest_modelparity.training.loop import Stack
kernels, biases = Stack(problem, [variant]).train(20)[20]
loaded = {"tensorflow", "keras", "sklearn", "torch"} & set(sys.modules)
pickle.dump((kernels, biases, loaded), open(sys.argv[2], "wb"))
"""


def test_another_process_comes_to_the_same_bits_without_a_framework(tmp_path):
    problem = problem_of("softmax", l2_strength=0.1)
    variant = variant_of(problem, Optimizer.of("Adam", Schedule.of("CosineDecay", 0.1, 90)))
    given, result = tmp_path / "given", tmp_path / "result"
    given.write_bytes(pickle.dumps((problem, variant)))
    subprocess.run([sys.executable, "-c", PROGRAM, given, result], check=True)
    kernels, biases, loaded = pickle.loads(result.read_bytes())
    expected = trained(problem, [variant], 20)
    np.testing.assert_array_equal(kernels, expected[0])
    np.testing.assert_array_equal(biases, expected[1])
    assert loaded == set()


def test_a_variant_that_overflows_leaves_the_others_alone():
    problem = problem_of(l2_strength=0.1, row_weight=WEIGHTS)
    rates = (0.01, 1e30, 0.02)
    variants = [
        variant_of(problem, Optimizer.of("SGD", rate, momentum=0.9), seed=1) for rate in rates
    ]
    kernels, _ = trained(problem, variants)
    assert np.isnan(kernels[1]).any()
    np.testing.assert_array_equal(kernels[::2], trained(problem, variants[::2])[0])


def test_what_overflows_is_not_touched_by_the_penalty_of_another():
    problem = problem_of(n_features=1, fit_intercept=False, loss_scale=100.0)
    penalised = replace(problem.settings, l2_strength=0.1)
    once = Schedule.of("PiecewiseConstantDecay", [0], [3e38, 0.0])
    wild = variant_of(problem, Optimizer.of("SGD", once), batch_size=83)
    beside = variant_of(problem, settings=penalised, batch_size=83)
    kernels, _ = trained(problem, [wild, beside], 2)
    # Without a penalty it stays there; 0 * inf would make it NaN.
    assert np.isinf(kernels[0]).all()


def test_kept_gradients_make_one_step_of_their_mean():
    problem = problem_of(l2_strength=0.1)
    plain = variant_of(problem, Optimizer.of("SGD", 0.1, momentum=0.5), batch_size=83)
    kept = Optimizer.of("SGD", 0.1, momentum=0.5, gradient_accumulation_steps=2)
    slow = Stack(problem, [replace(plain, optimizer=kept)])
    reached = slow.train(7, snapshots=range(7))
    np.testing.assert_array_equal(reached[1][0], reached[0][0])
    np.testing.assert_array_equal(reached[7][0], reached[6][0])
    np.testing.assert_allclose(reached[6][0], trained(problem, [plain], 3)[0], rtol=1e-6)


def test_averaged_weights_are_left():
    problem = problem_of()
    plain = variant_of(problem, batch_size=83)
    averaged = Optimizer.of("SGD", 0.1, use_ema=True, ema_momentum=0.75)
    reached = Stack(problem, [replace(plain, optimizer=averaged)]).train(2, snapshots=[1])
    first, second = (trained(problem, [plain], epochs)[0] for epochs in (1, 2))
    np.testing.assert_array_equal(reached[1][0], first)
    np.testing.assert_allclose(reached[2][0], 0.75 * first + 0.25 * second, rtol=1e-6)


def test_variants_have_objectives_of_their_own():
    problem = problem_of(l2_strength=0.1)
    own = [
        problem.settings,
        replace(problem.settings, l2_strength=0.5, l1_strength=0.1),
        replace(problem.settings, l2_strength=0.0),
        replace(problem.settings, label_smoothing=0.1, loss_scale=2.0),
    ]
    variants = [variant_of(problem, settings=settings) for settings in own]
    kernels, biases = trained(problem, variants)
    for index, settings in enumerate(own):
        kernel, bias = trained(replace(problem, settings=settings), [variant_of(problem)])
        np.testing.assert_array_equal(kernels[index], kernel[0])
        np.testing.assert_array_equal(biases[index], bias[0])


def test_weight_decay_acts_where_it_is_to():
    problem = problem_of(loss_scale=0.0)
    sgd = Optimizer.of("SGD", 0.1, weight_decay=0.5)
    both, kernel_only = (
        variant_of(problem, sgd, batch_size=83, decayed=decayed)
        for decayed in ((True, True), (True, False))
    )
    kernels, biases = trained(problem, [both, kernel_only], 1)
    np.testing.assert_allclose(kernels, np.stack([both.start.kernel * 0.95] * 2), rtol=1e-6)
    np.testing.assert_allclose(biases[:, 0] / both.start.bias[0], [0.95, 1.0], rtol=1e-6)
    problem = replace(problem, decayed=(False, True))
    kernels, biases = trained(problem, [variant_of(problem, sgd, batch_size=83)], 1)
    np.testing.assert_array_equal(kernels[0], both.start.kernel)
    np.testing.assert_allclose(biases[0], both.start.bias * 0.95, rtol=1e-6)


def test_without_an_intercept_the_bias_stays():
    problem = problem_of(fit_intercept=False, intercept_l2_strength=0.3)
    for optimizer in OPTIMIZERS:
        _, biases = trained(problem, [variant_of(problem, optimizer)], 1)
        np.testing.assert_array_equal(biases, 0.0)


def test_training_goes_on_from_the_state_of_an_optimizer():
    problem = problem_of()
    adam = Optimizer.of("Adam", 0.1, amsgrad=True)
    variant = variant_of(problem, adam, batch_size=83)
    fresh = OptimizerState(
        iterations=0,
        slots={
            (slot, owner): np.zeros(shape, np.float32)
            for slot in ("momentum", "velocity", "velocity_hat")
            for owner, shape in (("kernel", (5, 1)), ("bias", (1,)))
        },
    )
    same = replace(variant, start=replace(variant.start, state=fresh))
    later = replace(variant, start=replace(variant.start, state=replace(fresh, iterations=9)))
    kernels, _ = trained(problem, [variant, same, later], 3)
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert np.abs(kernels[0] - kernels[2]).max() > 1e-2


def test_memory_is_bounded_by_more_groups_and_smaller_blocks(monkeypatch):
    problem = problem_of("softmax", row_weight=WEIGHTS)
    variants = [variant_of(problem, seed=seed) for seed in (1, 2, 3)]
    whole = trained(problem, variants)
    monkeypatch.setattr(loop_module, "_GATHERED_A_STEP", 2 * 16 * 5)
    monkeypatch.setattr(loop_module, "_ROWS_A_CALL", 3 * 83 * 2)
    monkeypatch.setattr("pytest_modelparity.training.feeds._GATHERED", 2 * 16 * 6 * 2)
    for expected, parts in zip(whole, trained(problem, variants), strict=True):
        np.testing.assert_array_equal(expected, parts)


def test_snapshots_and_training_on_are_on_the_way():
    problem = problem_of()
    variant = variant_of(problem, Optimizer.of("Adam", 0.01, use_ema=True))
    stack = Stack(problem, [variant])
    reached = stack.train(9, snapshots=(0, 2))
    assert list(reached) == [0, 2, 9]
    np.testing.assert_array_equal(reached[0][0][0], variant.start.kernel)
    np.testing.assert_array_equal(reached[2][0], trained(problem, [variant], 2)[0])
    np.testing.assert_array_equal(stack.train(80)[80][0], trained(problem, [variant], 80)[0])
    assert stack.epochs_run == 80
    with pytest.raises(AssertionError, match="80 epochs are made already"):
        stack.train(79)
    with pytest.raises(AssertionError, match="beyond the end"):
        stack.train(90, snapshots=[91])


def test_epochs_are_counted_up_to_those_that_are_wanted():
    problem, said = problem_of(), []
    stack = Stack(problem, [variant_of(problem)])
    with listening(said.append):
        stack.train(200, snapshots=(0, 3))
    assert [item.done for item in said] == [3, 67, 131, 195, 200]
    assert {(item.total, item.unit) for item in said} == {(200, "epoch")}


def test_an_optimizer_without_a_formula_is_refused():
    problem = problem_of()
    with pytest.raises(AssertionError, match=r"no formula for Lamb\(0.1\)"):
        Stack(problem, [variant_of(problem, Optimizer.of("Lamb", 0.1))])


def test_each_seed_shuffles_its_own_order_again_and_again():
    permutations = Permutations(10, [7, None, 8, 7], replay=False)
    drawn = np.concatenate([permutations.draw(2), permutations.draw(1)])
    assert permutations.columns.tolist() == [0, 1, 2, 0]
    for column, seed in ((0, 7), (2, 8)):
        generator, order = np.random.default_rng(seed), np.arange(10)
        for epoch in range(3):
            generator.shuffle(order)
            np.testing.assert_array_equal(drawn[epoch, column], order)
    np.testing.assert_array_equal(drawn[:, 1], np.tile(np.arange(10), (3, 1)))


def test_a_replayed_permutation_serves_all_epochs():
    drawn = Permutations(10, [7, 8], replay=True).draw(3)
    first = Permutations(10, [7, 8], replay=False).draw(1)
    np.testing.assert_array_equal(drawn, np.repeat(first, 3, axis=0))
    problem = replace(problem_of(), replay=True)
    kernels = [trained(p, [variant_of(p)], 3)[0] for p in (problem, replace(problem, replay=False))]
    assert np.abs(kernels[0] - kernels[1]).max() > 1e-4
