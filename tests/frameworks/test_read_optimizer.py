"""Keras's optimizers as data: what is read, what is made again, and that Keras has not moved."""

from __future__ import annotations

import inspect
import math

import keras
import numpy as np
import pytest

from pytest_modelparity.frameworks.keras.read.optimizer import (
    make_optimizer,
    read_decayed,
    read_optimizer,
    read_state,
)
from pytest_modelparity.training.defaults import OWN, defaults_of
from pytest_modelparity.training.optimizers import formula_of
from pytest_modelparity.training.schedules import FORMULAS, parameters_of

schedules = keras.optimizers.schedules

#: Code as a user writes it.
OPTIMIZERS = (
    "SGD(0.01)",
    "SGD(0.01, weight_decay=0.02, momentum=0.9, nesterov=True)",
    "Adam(CosineDecay(1.0, 600))",
    "Adam(0.001, clipnorm=1.0, beta_1=0.8, amsgrad=True)",
    "AdamW(0.001)",
    "AdamW(0.001, weight_decay=0.0)",
    "RMSprop(PiecewiseConstantDecay([10, 20], [0.1, 0.01, 0.001]), centered=True)",
    "Adagrad(ExponentialDecay(0.1, 100, 0.9, staircase=True))",
    "Adadelta(InverseTimeDecay(0.1, 100, 0.5), use_ema=True, ema_overwrite_frequency=3)",
    "Nadam(PolynomialDecay(0.1, 100, power=2.0), gradient_accumulation_steps=4)",
    "Adamax(CosineDecayRestarts(0.1, 100, m_mul=0.5), loss_scale_factor=8.0)",
    "Ftrl(0.1, beta=0.1)",
    "Lion(0.1, global_clipnorm=1.0)",
)
#: Those that change from step to step in different ways, by their code.
SCHEDULES = (
    "CosineDecay(0.1, 30, alpha=0.2)",
    "CosineDecay(0.01, 30, warmup_target=0.1, warmup_steps=7)",
    "CosineDecayRestarts(0.1, 7)",
    "CosineDecayRestarts(0.1, 7, t_mul=1.0, m_mul=0.5, alpha=0.1)",
    "ExponentialDecay(0.1, 10, 0.7)",
    "ExponentialDecay(0.1, 10, 0.7, staircase=True)",
    "InverseTimeDecay(0.1, 5, 0.5)",
    "InverseTimeDecay(0.1, 5, 0.5, staircase=True)",
    "PiecewiseConstantDecay([9, 19], [0.1, 0.05, 0.01])",
    "PolynomialDecay(0.1, 20, power=2.0)",
    "PolynomialDecay(0.1, 20, end_learning_rate=0.01, cycle=True)",
)


def made(code):
    """Return the Keras object of a line of code."""
    names = {name: getattr(keras.optimizers, name) for name in OWN}
    return eval(code, names | {name: getattr(schedules, name) for name in FORMULAS})


class OwnAdam(keras.optimizers.Adam):
    """An optimizer of the user's."""


class OwnDecay(schedules.LearningRateSchedule):
    """A schedule of the user's, which cannot be saved."""

    def __call__(self, step):
        """Return the learning rate."""
        return 0.1


@pytest.mark.parametrize("name", OWN)
def test_the_defaults_are_those_of_the_installed_keras(name):
    config = getattr(keras.optimizers, name)().get_config()
    del config["name"], config["learning_rate"]
    assert config == defaults_of(name)
    assert list(config) == list(defaults_of(name)), "the order of the code"


@pytest.mark.parametrize("name", FORMULAS)
def test_the_parameters_are_those_of_the_installed_keras(name):
    parameters = inspect.signature(getattr(schedules, name)).parameters.values()
    expected = {item.name: item.default for item in parameters if item.name != "name"}
    assert dict(parameters_of(name)) == expected


@pytest.mark.parametrize("code", OPTIMIZERS)
def test_an_optimizer_is_read_written_and_made_again(code):
    optimizer = made(code)
    read = read_optimizer(optimizer)
    assert read.code() == code
    assert read.version == keras.__version__
    assert formula_of(read) is not None
    again = make_optimizer(read).get_config()
    assert again | {"name": ""} == optimizer.get_config() | {"name": ""}
    assert read_optimizer(make_optimizer(read)) == read


@pytest.mark.parametrize("code", SCHEDULES)
def test_a_schedule_has_the_rates_of_keras(code):
    schedule = made(code)
    read = read_optimizer(keras.optimizers.SGD(schedule)).rate
    assert read.code() == code
    expected = [float(schedule(np.int64(step))) for step in range(50)]
    np.testing.assert_allclose(read.rates(np.arange(50)), expected, rtol=3e-7, atol=1e-9)


@pytest.mark.parametrize("rate", [0.1, 0.01234567, 1 / 3, 1e-20])
def test_a_learning_rate_is_the_float32_that_keras_holds(rate):
    read = read_optimizer(keras.optimizers.SGD(rate)).rate
    assert np.float32(read) == np.float32(rate)
    assert len(repr(read)) <= len(repr(float(np.float32(rate))))


def test_a_learning_rate_that_was_set_is_read():
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.learning_rate = 0.02
    assert read_optimizer(optimizer).code() == "SGD(0.02)"


@pytest.mark.parametrize(
    "optimizer,name,code",
    [
        (keras.optimizers.Lamb(beta_1=0.8), "Lamb", "Lamb(0.001, beta_1=0.8)"),
        (OwnAdam(0.1, beta_1=0.8), f"{__name__}.OwnAdam", "OwnAdam(0.1, beta_1=0.8)"),
        (
            keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.1)),
            "LossScaleOptimizer",
            "LossScaleOptimizer(Adam(0.1))",
        ),
        (keras.optimizers.SGD(OwnDecay()), "SGD", "SGD(OwnDecay())"),
    ],
)
def test_what_has_no_formula_is_read_all_the_same(optimizer, name, code):
    read = read_optimizer(optimizer)
    assert (read.name, read.code()) == (name, code)
    assert formula_of(read) is None


def test_a_learning_rate_that_is_a_function_has_no_formula():
    read = read_optimizer(keras.optimizers.Adam(lambda: 0.1))
    assert formula_of(read) is None
    assert math.isnan(read.first_rate)


def test_an_optimizer_that_wraps_another_is_made_again():
    wrapped = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.1), initial_scale=8.0)
    again = make_optimizer(read_optimizer(wrapped))
    assert again.initial_scale == 8.0
    assert read_optimizer(again.inner_optimizer).code() == "Adam(0.1)"


@pytest.mark.parametrize("name", OWN)
def test_the_state_has_every_slot_of_the_formula(name):
    options = {"use_ema": True, "gradient_accumulation_steps": 2}
    optimizer = getattr(keras.optimizers, name)(**options)
    dense = keras.layers.Dense(3)
    dense.build((None, 2))
    assert read_state(optimizer, dense.trainable_variables) is None
    optimizer.build(dense.trainable_variables)
    optimizer.apply([keras.ops.ones((2, 3)), keras.ops.ones(3)])
    state = read_state(optimizer, dense.trainable_variables)
    assert state.iterations == 1
    slots = formula_of(read_optimizer(optimizer)).slots()
    expected = {(slot, owner) for slot in slots for owner in ("kernel", "bias")}
    assert set(state.slots) == expected
    assert (state.slots["gradient_accumulator", "kernel"] == 1).all()
    assert state.slots["average", "bias"].shape == (3,)


def test_variables_without_decay_are_read():
    dense = keras.layers.Dense(3)
    dense.build((None, 2))
    optimizer = keras.optimizers.AdamW()
    assert read_decayed(optimizer, dense.trainable_variables) == (True, True)
    exempt = keras.optimizers.AdamW()
    exempt.exclude_from_weight_decay(var_names=["bias"])
    assert read_decayed(exempt, dense.trainable_variables) == (True, False)
