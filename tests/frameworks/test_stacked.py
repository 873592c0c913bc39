"""The compiled loop moves each variant as ``fit`` does on the same batches."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from pytest_modelparity.frameworks.dataset import read_dataset
from pytest_modelparity.frameworks.keras_build import copy_model
from pytest_modelparity.frameworks.keras_fit import encode_targets, read_fit_arguments, train
from pytest_modelparity.frameworks.keras_model import read_linear_model, read_loss
from pytest_modelparity.frameworks.keras_settings import read_objective, without_decay
from pytest_modelparity.frameworks.stacked import StackedTrainer, can_stack

EPOCHS = 20


@pytest.fixture(scope="module")
def binary_rows(bundled):
    """Return standardised breast_cancer: with batches of 64 the last has 57 rows."""
    return read_dataset(*bundled("breast_cancer", standardised=True))


@pytest.fixture(scope="module")
def class_rows(bundled):
    """Return standardised iris: with batches of 32 the last has 22 rows."""
    return read_dataset(*bundled("iris", standardised=True))


def model_of(data, optimizer, **options):
    """Return a compiled linear model with weights of its own."""
    penalty = options.pop("l2", None)
    loss_options = {"from_logits": True} | options.pop("loss", {})
    softmax = data.n_classes > 2
    loss = keras.losses.CategoricalCrossentropy if softmax else keras.losses.BinaryCrossentropy
    model = keras.Sequential(
        [
            keras.Input((data.n_features,)),
            keras.layers.Dense(
                data.n_classes if softmax else 1,
                kernel_initializer=keras.initializers.GlorotUniform(seed=3),
                kernel_regularizer=keras.regularizers.L2(penalty) if penalty else None,
                bias_regularizer=keras.regularizers.L1L2(0.001, 0.002) if penalty else None,
                **options,
            ),
        ]
    )
    model.compile(optimizer=optimizer, loss=loss(**loss_options))
    return model


def fitted(model, data, batch_size, seed, row_weight=None, epochs=EPOCHS):
    """Return kernel and bias after the model's own ``fit``."""
    copy = copy_model(model)
    targets = encode_targets(
        data.y, data.n_classes, 1 if data.n_classes == 2 else data.n_classes, "categorical"
    )
    arguments = read_fit_arguments({"epochs": epochs, "batch_size": batch_size}, data)
    train(copy, arguments, data.X, targets, row_weight, seed)
    dense = copy.layers[-1]
    return np.asarray(dense.kernel), np.asarray(dense.bias) if dense.use_bias else 0.0


def trainer(model, data, batch_size, seeds, row_weight=None):
    """Return the loop for the same training, a variant a seed, all from the model's weights."""
    linear, loss = read_linear_model(model, data.n_features), read_loss(model)
    objective = read_objective(
        model, linear, loss, batch_size=batch_size, sample_weight=row_weight is not None
    )
    dense = linear.dense
    variables = [dense.kernel, dense.bias][: 1 + dense.use_bias]
    bias = np.asarray(dense.bias) if dense.use_bias else np.zeros(linear.n_outputs)
    return StackedTrainer(
        kernel=np.repeat(np.asarray(dense.kernel)[None], len(seeds), axis=0),
        bias=np.repeat(bias[None], len(seeds), axis=0),
        settings=without_decay(objective, model, linear),
        optimizer=model.optimizer,
        X=data.X,
        y=data.y,
        row_weight=row_weight,
        batch_size=batch_size,
        seeds=seeds,
        summed=loss.reduction == "sum",
        decayed=tuple(map(model.optimizer._use_weight_decay, variables)),
    )


def assert_same(stacked, alone):
    """Compare weights with what float32 leaves after some hundred steps."""
    for found, expected in zip(stacked, alone, strict=True):
        size = max(1.0, np.abs(expected).max())
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 * size)


def decayed_sgd():
    """Return SGD whose decay leaves the bias alone."""
    optimizer = keras.optimizers.SGD(0.05, momentum=0.5, weight_decay=0.02)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


OPTIMIZERS = {
    "SGD": lambda: keras.optimizers.SGD(0.1),
    "momentum": lambda: keras.optimizers.SGD(0.02, momentum=0.9, nesterov=True),
    "Adam": lambda: keras.optimizers.Adam(0.01),
    "RMSprop": lambda: keras.optimizers.RMSprop(0.005),
    "schedule": lambda: keras.optimizers.Adam(
        keras.optimizers.schedules.ExponentialDecay(0.02, 20, 0.8)
    ),
    "SGD with decay": decayed_sgd,
    "AdamW": lambda: keras.optimizers.AdamW(0.01, weight_decay=0.05),
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_two_classes_with_penalty_and_weights(optimizer, binary_rows):
    model = model_of(binary_rows, OPTIMIZERS[optimizer](), l2=0.003)
    row_weight = np.random.default_rng(1).uniform(0.3, 2.0, binary_rows.n_samples)
    alone = fitted(model, binary_rows, 64, 4, row_weight)
    kernel, bias = trainer(model, binary_rows, 64, (4,), row_weight).train_until(EPOCHS)
    assert_same((kernel[0], bias[0]), alone)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_three_classes(optimizer, class_rows):
    model = model_of(class_rows, OPTIMIZERS[optimizer](), loss={"label_smoothing": 0.1})
    alone = fitted(model, class_rows, 32, 9)
    kernel, bias = trainer(model, class_rows, 32, (9,)).train_until(EPOCHS)
    assert_same((kernel[0], bias[0]), alone)


def test_variants_keep_to_their_own_seeds(class_rows):
    model = model_of(class_rows, keras.optimizers.Adam(0.01))
    kernel, bias = trainer(model, class_rows, 32, (0, 1, None)).train_until(5)
    arguments = {"epochs": 5, "batch_size": 32}
    in_order = copy_model(model)
    targets = np.eye(3, dtype=np.float32)[class_rows.y]
    in_order.fit(class_rows.X, targets, shuffle=False, verbose=0, **arguments)
    for variant, seed in enumerate((0, 1)):
        assert_same((kernel[variant], bias[variant]), fitted(model, class_rows, 32, seed, epochs=5))
    assert_same(
        (kernel[2], bias[2]), [np.asarray(weights) for weights in in_order.trainable_variables]
    )
    assert np.abs(kernel[0] - kernel[1]).max() > 1e-4


def test_training_on_is_the_same_as_training_at_once(class_rows):
    model = model_of(class_rows, keras.optimizers.Adam(0.01))
    in_steps, at_once = (trainer(model, class_rows, 32, (2,)) for _ in range(2))
    in_steps.train_until(3)
    np.testing.assert_array_equal(in_steps.train_until(80)[0], at_once.train_until(80)[0])
    assert in_steps.epochs_run == 80


@pytest.mark.parametrize("reduction", ["sum", "mean_with_sample_weight"])
def test_other_reductions_on_a_short_last_batch(reduction, binary_rows):
    rate = 0.001 if reduction == "sum" else 0.05
    model = model_of(
        binary_rows, keras.optimizers.SGD(rate), l2=0.02, loss={"reduction": reduction}
    )
    row_weight = np.random.default_rng(1).uniform(0.3, 2.0, binary_rows.n_samples)
    alone = fitted(model, binary_rows, 256, 4, row_weight)
    kernel, bias = trainer(model, binary_rows, 256, (4,), row_weight).train_until(EPOCHS)
    assert_same((kernel[0], bias[0]), alone)


def test_without_an_intercept(binary_rows):
    model = model_of(binary_rows, keras.optimizers.Adam(0.01), use_bias=False)
    kernel, bias = trainer(model, binary_rows, 64, (4,)).train_until(EPOCHS)
    assert_same((kernel[0],), fitted(model, binary_rows, 64, 4)[:1])
    assert not bias.any()


def test_training_goes_on_from_the_state_of_the_optimizer(class_rows):
    model = model_of(class_rows, keras.optimizers.Adam(0.01))
    model.fit(class_rows.X, np.eye(3)[class_rows.y], epochs=3, verbose=0)
    before = [np.asarray(variable).copy() for variable in model.optimizer.variables]
    alone = fitted(model, class_rows, 32, 9, epochs=5)
    kernel, bias = trainer(model, class_rows, 32, (9, 9)).train_until(5)
    assert_same((kernel[1], bias[1]), alone)
    for variable, value in zip(model.optimizer.variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)


def test_optimizers_that_mix_elements_are_not_stacked():
    assert can_stack(keras.optimizers.SGD(0.1, momentum=0.9))
    assert can_stack(keras.optimizers.Adam(clipvalue=1.0))
    for optimizer in (
        keras.optimizers.Adam(clipnorm=1.0),
        keras.optimizers.Adam(global_clipnorm=1.0),
        keras.optimizers.SGD(use_ema=True),
        keras.optimizers.SGD(gradient_accumulation_steps=2),
        keras.optimizers.Adafactor(),
        keras.optimizers.Lamb(),
    ):
        assert not can_stack(optimizer)
