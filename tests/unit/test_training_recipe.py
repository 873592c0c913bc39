"""Recipes, optimizers and schedules as data: equal, picklable, and written as code."""

from __future__ import annotations

import math
import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from pytest_modelparity.training.optimizers import formula_of
from pytest_modelparity.training.recipe import Optimizer, Recipe, Schedule

COSINE = Schedule.of("CosineDecay", 1.0, 600)


def test_what_is_at_its_default_is_left_out():
    assert Schedule.of("CosineDecay", 1.0, 600, alpha=0.0) == COSINE
    assert Optimizer.of("Adam", 0.1, beta_1=0.9, weight_decay=None) == Optimizer.of("Adam", 0.1)
    assert Optimizer.of("AdamW", 0.1, weight_decay=0.004).options == ()
    # Adam has no decay: zero is not its default.
    assert Optimizer.of("Adam", 0.1, weight_decay=0.0).options == (("weight_decay", 0.0),)


def test_options_compare_whatever_their_order():
    first = Optimizer.of("SGD", 0.1, nesterov=True, momentum=0.9)
    assert first == Optimizer.of("SGD", 0.1, momentum=0.9, nesterov=True)
    assert first.options == (("momentum", 0.9), ("nesterov", True))
    assert first == Optimizer(name="SGD", rate=0.1, options=first.options, version="3.15.1")


def test_a_recipe_is_kept_whole_by_pickling_and_serves_as_a_key():
    steps = Schedule.of("PiecewiseConstantDecay", [10, 20], [0.1, 0.01, 0.001])
    recipe = Recipe(optimizer=Optimizer.of("Adam", steps), epochs=12, batch_size=32)
    again = pickle.loads(pickle.dumps(recipe))
    assert again == recipe
    assert {recipe: 1}[again] == 1
    with pytest.raises(FrozenInstanceError):
        recipe.epochs = 13


@pytest.mark.parametrize(
    "optimizer,code",
    [
        (Optimizer.of("Adam", COSINE), "Adam(CosineDecay(1.0, 600))"),
        (Optimizer.of("SGD", 0.01, momentum=0.9), "SGD(0.01, momentum=0.9)"),
        (Optimizer.of("SGD", 1), "SGD(1.0)"),
        (Optimizer.of("SGD", 0.1 + 1e-9), "SGD(0.1)"),
        # In the order of Keras: first what all optimizers have.
        (
            Optimizer.of("Adam", 0.1, amsgrad=True, weight_decay=0.01),
            "Adam(0.1, weight_decay=0.01, amsgrad=True)",
        ),
        (
            Optimizer.of("Adam", Schedule.of("CosineDecay", 0.1, 60, warmup_steps=5)),
            "Adam(CosineDecay(0.1, 60, warmup_steps=5))",
        ),
        (
            Optimizer(name="mine.of.OwnAdam", rate=0.1, options=(("twist", 2),)),
            "OwnAdam(0.1, twist=2)",
        ),
        (
            Optimizer.of("SGD", Schedule.of("PiecewiseConstantDecay", [3], [0.1, 0.01])),
            "SGD(PiecewiseConstantDecay([3], [0.1, 0.01]))",
        ),
    ],
)
def test_an_optimizer_writes_itself_as_code(optimizer, code):
    assert optimizer.code() == code


def test_a_recipe_writes_what_compile_and_fit_take():
    recipe = Recipe(optimizer=Optimizer.of("SGD", 0.1), epochs=12, batch_size=32, shuffle=False)
    expected = "optimizer=SGD(0.1), epochs=12, batch_size=32, shuffle=False"
    assert recipe.code() == expected


def test_a_changed_optimizer_leaves_the_first_as_it_is():
    adam = Optimizer.of("Adam", 0.1, amsgrad=True)
    assert adam.with_rate(COSINE).code() == "Adam(CosineDecay(1.0, 600), amsgrad=True)"
    assert adam.with_options(amsgrad=False, beta_1=0.8).code() == "Adam(0.1, beta_1=0.8)"
    assert adam.code() == "Adam(0.1, amsgrad=True)"


def test_options_are_given_or_default():
    adam = Optimizer.of("Adam", 0.1, beta_1=0.8)
    assert (adam.option("beta_1"), adam.option("beta_2")) == (0.8, 0.999)
    assert adam.option("weight_decay") is None
    assert Optimizer.of("AdamW", 0.1).option("weight_decay") == 0.004


def test_the_first_learning_rate_is_that_of_step_0():
    warm = Schedule.of("CosineDecay", 0.02, 60, warmup_target=0.1, warmup_steps=5)
    assert Optimizer.of("Adam", 0.1).first_rate == 0.1
    assert Optimizer.of("Adam", Schedule.of("CosineDecay", 0.3, 60)).first_rate == 0.3
    assert Optimizer.of("Adam", warm).first_rate == 0.02
    assert math.isnan(Optimizer.of("Adam", Schedule(name="mine.Own")).first_rate)


def test_rates_are_those_of_the_formula():
    steps = np.arange(700)
    expected = 0.5 * (1 + np.cos(np.pi * np.minimum(steps, 600) / 600))
    np.testing.assert_allclose(COSINE.rates(steps), expected, rtol=0, atol=3e-7)
    assert COSINE.rates(steps).dtype == np.float32
    inverse = Schedule.of("InverseTimeDecay", 0.1, 10, 0.5)
    np.testing.assert_allclose(inverse.rates(steps), 0.1 / (1 + 0.05 * steps), rtol=1e-6)


def test_steps_change_after_their_boundary_and_boundaries_are_whole():
    steps = Schedule.of("PiecewiseConstantDecay", [2.9, 4], [0.3, 0.2, 0.1])
    np.testing.assert_array_equal(
        steps.rates(np.arange(6)), np.float32([0.3, 0.3, 0.3, 0.2, 0.2, 0.1])
    )


def test_only_stock_schedules_with_known_options_are_known():
    assert COSINE.known
    assert not Schedule(name="mine.CosineDecay").known
    assert not Schedule.of("CosineDecay", 1.0, 600, late=True).known


def test_what_the_formulas_do_not_know_means_fit():
    assert formula_of(Optimizer.of("Adam", COSINE, clipnorm=1.0)) is not None
    assert formula_of(Optimizer.of("Adam", 0.1, cautious=True)) is None
    assert formula_of(Optimizer.of("SGD", Schedule.of("CosineDecay", 0.1, 5, late=True))) is None
    assert formula_of(Optimizer.of("Lamb", 0.1)) is None
    assert formula_of(Optimizer.of("mine.Adam", 0.1)) is None
    assert formula_of(Optimizer(name="Adam", rate=0.1, framework="another")) is None
    assert formula_of(Optimizer(name="LBFGS", rate=1.0, framework="torch")) is None


def test_equal_names_of_two_frameworks_are_two_formulas():
    keras, torch = (
        Optimizer(name="RMSprop", rate=0.1, framework=one) for one in ("keras", "torch")
    )
    assert formula_of(keras).update != formula_of(torch).update
    assert keras.option("epsilon") == 1e-7
    assert torch.option("eps") == 1e-8
    assert torch.code() == "RMSprop(lr=0.1)"
    falling = torch.with_rate(Schedule.of("CosineDecay", 0.1, 600))
    assert falling.code() == "RMSprop(lr=0.1) under CosineAnnealingLR(T_max=600)"


def test_a_formula_names_the_slots_that_the_optimizer_keeps():
    plain, full = (
        Optimizer.of("SGD", 0.1),
        Optimizer.of("RMSprop", 0.1, centered=True, use_ema=True),
    )
    assert dict(formula_of(plain).slots()) == {}
    assert set(formula_of(full).slots()) == {"velocity", "average_gradient", "average"}
    assert formula_of(Optimizer.of("Adagrad", 0.1)).slots() == {"accumulator": 0.1}
