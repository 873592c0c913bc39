"""The array loop ends with the weights of Keras's own ``fit``, whatever the optimizer and loss."""

from __future__ import annotations

from typing import NamedTuple

import keras
import numpy as np
import pytest

from pytest_modelparity.sides.dataset import read_dataset
from pytest_modelparity.training.defaults import OWN

EPOCHS = 6
STEPS = keras.optimizers.schedules.PiecewiseConstantDecay([4, 20], [0.02, 0.01, 0.005])


def decayed_sgd(rate):
    """Return SGD whose decay leaves the bias alone."""
    optimizer = keras.optimizers.SGD(rate, momentum=0.5, weight_decay=0.02)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


#: By learning rate, which may be a schedule.
OPTIMIZERS = {
    "SGD": keras.optimizers.SGD,
    "momentum": lambda rate: keras.optimizers.SGD(rate, momentum=0.9),
    "Nesterov": lambda rate: keras.optimizers.SGD(rate, momentum=0.9, nesterov=True),
    "Adam": keras.optimizers.Adam,
    "AdamW": lambda rate: keras.optimizers.AdamW(rate, weight_decay=0.05),
    "RMSprop": keras.optimizers.RMSprop,
    "Adagrad": keras.optimizers.Adagrad,
    "Nadam": keras.optimizers.Nadam,
    "EMA": lambda rate: keras.optimizers.Adam(rate, use_ema=True, ema_momentum=0.9),
    "accumulation": lambda rate: keras.optimizers.Adam(rate, gradient_accumulation_steps=3),
}
#: Less usual ones, on one problem each.
OTHERS = {
    "centered RMSprop": lambda rate: keras.optimizers.RMSprop(rate, momentum=0.5, centered=True),
    "AMSGrad": lambda rate: keras.optimizers.Adam(rate, amsgrad=True),
    "EMA that overwrites": lambda rate: keras.optimizers.SGD(
        rate, use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=7
    ),
    "Adamax": keras.optimizers.Adamax,
    "Adadelta": keras.optimizers.Adadelta,
    "Ftrl": lambda rate: keras.optimizers.Ftrl(rate, l1_regularization_strength=0.001),
    "Lion": keras.optimizers.Lion,
    "clipvalue": lambda rate: keras.optimizers.SGD(rate, clipvalue=0.02),
    "scaled loss": lambda rate: keras.optimizers.RMSprop(rate, loss_scale_factor=128.0),
    "decay without bias": decayed_sgd,
    "clipnorm": lambda rate: keras.optimizers.SGD(rate, momentum=0.5, clipnorm=0.05),
    "global_clipnorm": lambda rate: keras.optimizers.Adam(rate, global_clipnorm=0.05),
    "accumulation that averages": lambda rate: keras.optimizers.AdamW(
        rate, clipnorm=0.1, gradient_accumulation_steps=2, use_ema=True, ema_overwrite_frequency=3
    ),
}


class Problem(NamedTuple):
    """What is trained on: data set, rows, rows a step, penalty, and which weights rows have."""

    name: str
    n_samples: int
    batch_size: int
    l2: float | None
    weights: str | None


#: Each optimizer is tried on one of them; on all that they may be made of by the matrix below.
PROBLEMS = (
    Problem("breast_cancer", 569, 64, 0.003, None),
    Problem("digits", 300, 60, None, "class"),
    Problem("breast_cancer", 569, 569, None, "sample"),
    Problem("iris", 150, 32, 0.003, None),
)


def cases(place):
    """Yield name, optimizer and seed of the trainings on a problem."""
    for number, (name, optimizer) in enumerate(OPTIMIZERS.items()):
        if number % len(PROBLEMS) == place:
            # On each problem a schedule beside a plain rate, and on two of them a shuffle.
            scheduled = number // len(PROBLEMS) % 2 == 0
            yield name, optimizer(STEPS if scheduled else 0.01), number if number % 2 else None
    for number, (name, optimizer) in enumerate(OTHERS.items()):
        if number % len(PROBLEMS) == place:
            yield name, optimizer(0.01), number


def row_weights(problem, y):
    """Return weights of classes or of rows."""
    generator = np.random.default_rng(1)
    if problem.weights == "class":
        return generator.uniform(0.3, 2.0, y.max() + 1)[y]
    return generator.uniform(0.3, 2.0, len(y)) if problem.weights == "sample" else None


@pytest.fixture(scope="module")
def rows_of(bundled):
    """Load the first rows of a standardised data set."""

    def load(name, n_samples=None):
        X, y = bundled(name, standardised=True)
        return read_dataset(X[:n_samples], y[:n_samples])

    return load


@pytest.mark.parametrize(
    "place",
    range(len(PROBLEMS)),
    ids=[f"{p.name}-{p.batch_size}-{p.l2}-{p.weights}" for p in PROBLEMS],
)
def test_every_optimizer_ends_where_fit_ends(
    place, rows_of, linear_model, fit_alone, stack_of, assert_fits
):
    problem = PROBLEMS[place]
    data = rows_of(problem.name, problem.n_samples)
    weights = row_weights(problem, data.y)
    names, optimizers, seeds = zip(*cases(place), strict=True)
    models = [linear_model(data, optimizer, l2=problem.l2) for optimizer in optimizers]
    trainer = stack_of(models, data, problem.batch_size, seeds, weights)
    found = trainer.train(EPOCHS)[EPOCHS]
    for variant, (name, model, seed) in enumerate(zip(names, models, seeds, strict=True)):
        alone = fit_alone(model, data, problem.batch_size, seed, weights, EPOCHS)
        assert np.abs(alone[0] - np.asarray(model.layers[-1].kernel)).max() > 1e-4, name
        assert_fits(found, variant, alone)
        # A probability near 1 is rounded by 2^-24, and its logarithm by as much.
        np.testing.assert_allclose(
            trainer.losses[:, variant], alone[2], rtol=1e-6, atol=2.0**-24, err_msg=name
        )


@pytest.mark.matrix
@pytest.mark.parametrize("shuffled", [False, True], ids=["in order", "shuffled"])
@pytest.mark.parametrize("scheduled", [False, True], ids=["one rate", "schedule"])
@pytest.mark.parametrize("weights", [None, "class", "sample"])
@pytest.mark.parametrize("l2", [None, 0.003])
@pytest.mark.parametrize(
    ("name", "n_samples", "batch_size"),
    [("breast_cancer", 569, 64), ("iris", 150, 50), ("digits", 300, 128)],
)
def test_every_combination_ends_where_fit_ends(
    name,
    n_samples,
    batch_size,
    l2,
    weights,
    scheduled,
    shuffled,
    rows_of,
    linear_model,
    fit_alone,
    stack_of,
    assert_fits,
):
    data = rows_of(name, n_samples)
    row_weight = row_weights(Problem(name, n_samples, batch_size, l2, weights), data.y)
    seed, rate = (7 if shuffled else None), (STEPS if scheduled else 0.01)
    models = [linear_model(data, optimizer(rate), l2=l2) for optimizer in OPTIMIZERS.values()]
    trainer = stack_of(models, data, batch_size, (seed,) * len(models), row_weight)
    found = trainer.train(EPOCHS)[EPOCHS]
    for variant, model in enumerate(models):
        alone = fit_alone(model, data, batch_size, seed, row_weight, EPOCHS)
        assert_fits(found, variant, alone)


def test_every_optimizer_with_a_formula_is_tried():
    tried = {type(optimizer(0.01)).__name__ for optimizer in (OPTIMIZERS | OTHERS).values()}
    assert tried == set(OWN)


def test_learning_rates_and_schedules_of_one_stack_stay_apart(
    rows_of, linear_model, fit_alone, stack_of, assert_fits
):
    data = rows_of("iris")
    schedules = [keras.optimizers.schedules.ExponentialDecay(rate, 20, 0.8) for rate in (0.01, 0.1)]
    rates = (0.003, *schedules, 0.03)
    models = [linear_model(data, keras.optimizers.AdamW(rate, weight_decay=0.1)) for rate in rates]
    trainer = stack_of(models, data, 32, (5, 5, 6, 6))
    found = trainer.train(10)[10]
    for variant, (model, seed) in enumerate(zip(models, (5, 5, 6, 6), strict=True)):
        assert_fits(found, variant, fit_alone(model, data, 32, seed, epochs=10))


def test_every_schedule_ends_where_fit_ends(
    rows_of, linear_model, fit_alone, stack_of, assert_fits
):
    data = rows_of("iris")
    schedules = keras.optimizers.schedules
    rates = (
        schedules.CosineDecay(0.01, 20, alpha=0.1, warmup_target=0.1, warmup_steps=8),
        schedules.CosineDecayRestarts(0.1, 7, m_mul=0.9),
        schedules.ExponentialDecay(0.1, 10, 0.7, staircase=True),
        schedules.InverseTimeDecay(0.1, 5, 0.5),
        schedules.PiecewiseConstantDecay([9, 19], [0.1, 0.05, 0.01]),
        schedules.PolynomialDecay(0.1, 20, power=2.0),
    )
    models = [linear_model(data, keras.optimizers.SGD(rate, momentum=0.5)) for rate in rates]
    found = stack_of(models, data, 32, (3,) * 6).train(6)[6]
    for variant, model in enumerate(models):
        assert_fits(found, variant, fit_alone(model, data, 32, 3, epochs=6))


@pytest.mark.parametrize("reduction", ["sum", "mean_with_sample_weight"])
def test_other_reductions_on_short_last_batches(
    reduction, rows_of, linear_model, fit_alone, stack_of, assert_fits
):
    data = rows_of("breast_cancer")
    optimizer = keras.optimizers.SGD(0.001 if reduction == "sum" else 0.05)
    loss = {"reduction": reduction, "label_smoothing": 0.1}
    model = linear_model(data, optimizer, l2=0.02, loss=loss)
    weights = np.random.default_rng(1).uniform(0.3, 2.0, data.n_samples)
    found = stack_of([model] * 2, data, (256, 100), (4, 4), weights).train(EPOCHS)[EPOCHS]
    for variant, batch_size in enumerate((256, 100)):
        alone = fit_alone(model, data, batch_size, 4, weights, EPOCHS)
        assert_fits(found, variant, alone)


def test_without_an_intercept(rows_of, linear_model, fit_alone, stack_of, assert_fits):
    data = rows_of("iris")
    loss = {"label_smoothing": 0.1}
    model = linear_model(data, keras.optimizers.Adam(0.01), use_bias=False, loss=loss)
    found = stack_of([model], data, 32, (4,)).train(EPOCHS)[EPOCHS]
    assert_fits(found, 0, fit_alone(model, data, 32, 4, epochs=EPOCHS))
