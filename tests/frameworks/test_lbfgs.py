"""Any Keras linear model, trained to the optimum of the objective that it was compiled with."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from pytest_modelparity import ModelParityError, train_to_optimum
from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.theory.objective import objective_from_settings
from pytest_modelparity.theory.optimum import find_optimum

ALLOWED = 1e-6


@pytest.fixture(scope="module")
def two_classes(bundled):
    """Return raw rows of two classes that overlap."""
    X, y = bundled("breast_cancer")
    return X[:150, :4], y[:150]


@pytest.fixture(scope="module")
def three_classes(bundled):
    """Return raw iris."""
    return bundled("iris")


def compiled(model, loss, **options):
    """Compile a model and return it."""
    model.compile(optimizer=options.pop("optimizer", "adam"), loss=loss, **options)
    return model


def sequential(units, *, before=(), n_features=4, **options):
    """Return a linear model with layers before the Dense layer."""
    return keras.Sequential(
        [keras.Input((n_features,)), *before, keras.layers.Dense(units, **options)]
    )


def functional(units, **options):
    """Return a linear model of the functional kind, its activation in a layer of its own."""
    activation = options.pop("activation", None)
    inputs = keras.Input((4,))
    outputs = keras.layers.Dense(units, **options)(inputs)
    if activation:
        outputs = keras.layers.Activation(activation)(outputs)
    return keras.Model(inputs, outputs)


def probabilities_of(trained, X, n_classes):
    """Return the probabilities of the float64 parameters."""
    decision = X @ trained.coef.T + trained.intercept
    if trained.coef.shape[0] == 1:
        positive = 1 / (1 + np.exp(-decision))
        return np.hstack([1 - positive, positive])
    decision = decision - decision.max(axis=1, keepdims=True)
    return np.exp(decision) / np.exp(decision).sum(axis=1, keepdims=True)


def assert_at_optimum(trained, settings, X, y, sample_weight=None):
    """Compare with the exact optimum of an objective that the test writes down itself."""
    n_classes = len(np.unique(y))
    objective = objective_from_settings(
        ObjectiveSettings(**settings), X, y, n_classes, sample_weight
    )
    optimum = find_optimum(objective)
    found = probabilities_of(trained, X, n_classes)
    assert np.abs(found - optimum.predictions).max() <= ALLOWED
    assert trained.certificate.probability <= ALLOWED
    assert trained.n_iter > 0


SIGMOID = {
    "sequential, sigmoid": lambda: compiled(
        sequential(1, activation="sigmoid", kernel_regularizer="l2"), "binary_crossentropy"
    ),
    "sequential, logits": lambda: compiled(
        sequential(1, kernel_regularizer="l2"),
        keras.losses.BinaryCrossentropy(from_logits=True),
    ),
    "functional, sigmoid": lambda: compiled(
        functional(1, activation="sigmoid", kernel_regularizer="l2"),
        keras.losses.BinaryCrossentropy(),
    ),
    "loss as a function": lambda: compiled(
        sequential(1, activation="sigmoid", kernel_regularizer="l2"),
        keras.losses.binary_crossentropy,
    ),
}


@pytest.mark.parametrize("build", SIGMOID)
def test_heads_of_one_unit(build, two_classes):
    # keras.regularizers.L2() is 0.01, hence lambda2 = 0.02.
    trained = train_to_optimum(SIGMOID[build](), *two_classes)
    assert_at_optimum(trained, {"l2_strength": 0.02}, *two_classes)
    assert trained.coef.shape == (1, 4)


SOFTMAX = {
    "sequential, softmax": lambda: compiled(
        sequential(3, activation="softmax", kernel_regularizer="l2"),
        "sparse_categorical_crossentropy",
    ),
    "functional, softmax": lambda: compiled(
        functional(3, activation="softmax", kernel_regularizer="l2"), "categorical_crossentropy"
    ),
    "logits": lambda: compiled(
        sequential(3, kernel_regularizer="l2"),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    ),
    "Softmax layer": lambda: compiled(
        keras.Sequential(
            [
                keras.Input((4,)),
                keras.layers.Dense(3, kernel_regularizer="l2"),
                keras.layers.Softmax(),
            ]
        ),
        keras.losses.CategoricalCrossentropy(),
    ),
}


@pytest.mark.parametrize("build", SOFTMAX)
def test_heads_of_several_units(build, three_classes):
    trained = train_to_optimum(SOFTMAX[build](), *three_classes)
    settings = {"l2_strength": 0.02, "output_head": "softmax"}
    assert_at_optimum(trained, settings, *three_classes)


def test_softmax_of_two_units(two_classes):
    model = compiled(
        sequential(2, activation="softmax", kernel_regularizer="l2"),
        "sparse_categorical_crossentropy",
    )
    trained = train_to_optimum(model, *two_classes)
    assert_at_optimum(trained, {"l2_strength": 0.02, "output_head": "softmax"}, *two_classes)


L1, L2, L1L2 = keras.regularizers.L1, keras.regularizers.L2, keras.regularizers.L1L2
PENALTIES = {
    "L2": ({"kernel_regularizer": L2(0.005)}, {"l2_strength": 0.01}),
    "L1": ({"kernel_regularizer": L1(0.01)}, {"l1_strength": 0.01}),
    "L1L2": (
        {"kernel_regularizer": L1L2(l1=0.003, l2=0.002)},
        {"l1_strength": 0.003, "l2_strength": 0.004},
    ),
    "bias L2": (
        {"kernel_regularizer": L2(0.005), "bias_regularizer": L2(0.02)},
        {"l2_strength": 0.01, "intercept_l2_strength": 0.04},
    ),
    "bias L1": (
        {"kernel_regularizer": L2(0.005), "bias_regularizer": L1(0.02)},
        {"l2_strength": 0.01, "intercept_l1_strength": 0.02},
    ),
    "no bias": (
        {"kernel_regularizer": L2(0.005), "use_bias": False},
        {"l2_strength": 0.01, "fit_intercept": False},
    ),
    "none": ({}, {}),
}


@pytest.mark.parametrize("penalty", PENALTIES)
def test_penalties(penalty, two_classes):
    options, settings = PENALTIES[penalty]
    model = compiled(sequential(1, **options), keras.losses.BinaryCrossentropy(from_logits=True))
    trained = train_to_optimum(model, *two_classes)
    assert_at_optimum(trained, settings, *two_classes)
    if penalty == "no bias":
        assert trained.intercept.tolist() == [0.0]


def test_label_smoothing(two_classes, three_classes):
    binary = compiled(
        sequential(1), keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.2)
    )
    trained = train_to_optimum(binary, *two_classes)
    assert_at_optimum(trained, {"label_smoothing": 0.2}, *two_classes)
    several = compiled(
        sequential(3, kernel_regularizer="l2"),
        keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2),
    )
    settings = {"label_smoothing": 0.2, "l2_strength": 0.02, "output_head": "softmax"}
    assert_at_optimum(train_to_optimum(several, *three_classes), settings, *three_classes)


def test_sample_weights(two_classes):
    X, y = two_classes
    sample_weight = np.random.default_rng(0).uniform(0.1, 3.0, len(y))
    model = compiled(sequential(1, kernel_regularizer="l2"), sigmoid_loss())
    trained = train_to_optimum(model, X, y, sample_weight=sample_weight)
    settings = {"l2_strength": 0.02, "sample_weight": True}
    assert_at_optimum(trained, settings, X, y, sample_weight)


def sigmoid_loss(**options):
    """Return the log-loss of a linear output."""
    return keras.losses.BinaryCrossentropy(from_logits=True, **options)


def test_normalised_weights_are_divided_by_their_sum(two_classes):
    X, y = two_classes
    sample_weight = np.random.default_rng(0).uniform(0.1, 5.0, len(y))
    model = compiled(
        sequential(1, kernel_regularizer="l2"), sigmoid_loss(reduction="mean_with_sample_weight")
    )
    trained = train_to_optimum(model, X, y, sample_weight)
    settings = {"l2_strength": 0.02, "sample_weight": True, "weights_normalised": True}
    assert_at_optimum(trained, settings, X, y, sample_weight)


def test_a_summed_loss_weighs_all_rows_against_the_penalty(two_classes):
    X, y = two_classes
    model = compiled(sequential(1, kernel_regularizer="l2"), sigmoid_loss(reduction="sum"))
    trained = train_to_optimum(model, X, y)
    assert_at_optimum(trained, {"l2_strength": 0.02, "loss_scale": float(len(y))}, X, y)


def test_loss_weights_scale_the_data_term(two_classes):
    model = compiled(sequential(1, kernel_regularizer="l2"), sigmoid_loss(), loss_weights=[0.25])
    trained = train_to_optimum(model, *two_classes)
    assert_at_optimum(trained, {"l2_strength": 0.02, "loss_scale": 0.25}, *two_classes)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_decay_of_sgd_is_a_penalty(momentum, two_classes):
    model = compiled(
        sequential(1),
        sigmoid_loss(),
        optimizer=keras.optimizers.SGD(0.1, momentum=momentum, weight_decay=0.05),
    )
    trained = train_to_optimum(model, *two_classes)
    strength = (1 - momentum) * 0.05
    settings = {"l2_strength": strength, "intercept_l2_strength": strength}
    assert_at_optimum(trained, settings, *two_classes)


def normalization(X):
    """Return a layer that was adapted to X."""
    layer = keras.layers.Normalization()
    layer.adapt(X)
    return layer


def test_scaling_layers_are_part_of_the_model(two_classes):
    X, y = two_classes
    shift, scale = X.mean(axis=0), X.std(axis=0)
    cases = {
        "adapted": (normalization(X), shift, scale),
        "given": (keras.layers.Normalization(mean=shift, variance=scale**2), shift, scale),
        "rescaling": (keras.layers.Rescaling(1 / 50, offset=-2.0), 100.0, 50.0),
    }
    for layer, shift, scale in cases.values():
        model = compiled(sequential(1, before=[layer], kernel_regularizer="l2"), sigmoid_loss())
        trained = train_to_optimum(model, X, y)
        settings = {
            "l2_strength": 0.02,
            "feature_shift": tuple(np.broadcast_to(shift, 4).tolist()),
            "feature_scale": tuple(np.broadcast_to(scale, 4).tolist()),
        }
        # float32 keeps an adapted mean and variance to seven digits only.
        objective = objective_from_settings(ObjectiveSettings(**settings), X, y, 2)
        optimum = find_optimum(objective)
        found = probabilities_of(trained, X, 2)
        assert np.abs(found - optimum.predictions).max() <= 1e-5
        assert trained.certificate.probability <= ALLOWED
        outputs = BACKEND.array(trained.model(X.astype(np.float32))).astype(np.float64)
        np.testing.assert_allclose(1 / (1 + np.exp(-outputs)), found[:, 1:], rtol=0, atol=1e-5)


def test_the_argument_is_never_modified(two_classes):
    X, y = two_classes
    model = compiled(sequential(1, kernel_regularizer="l2"), sigmoid_loss())
    model.fit(X / 1000, y, epochs=2, verbose=0)
    optimizer, loss = model.optimizer, model.loss
    before = [np.asarray(v).copy() for v in (*model.weights, *optimizer.variables)]
    trained = train_to_optimum(model, X, y)
    after = [np.asarray(v) for v in (*model.weights, *model.optimizer.variables)]
    for first, second in zip(before, after, strict=True):
        np.testing.assert_array_equal(first, second)
    assert model.optimizer is optimizer
    assert model.loss is loss
    assert trained.model is not model
    assert np.abs(np.asarray(trained.model.layers[-1].kernel).T - trained.coef).max() < 1e-6


def test_the_model_given_may_be_unbuilt(two_classes):
    model = compiled(
        keras.Sequential([keras.layers.Dense(1, kernel_regularizer="l2")]), sigmoid_loss()
    )
    trained = train_to_optimum(model, *two_classes)
    assert_at_optimum(trained, {"l2_strength": 0.02}, *two_classes)
    assert not model.built


def test_a_custom_loss_is_minimised_without_a_certificate(two_classes):
    def squared(y_true, y_pred):
        return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)

    X, y = two_classes
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    model = compiled(sequential(1, activation="sigmoid", kernel_regularizer="l2"), squared)
    trained = train_to_optimum(model, X, y)
    assert trained.certificate.probability is None
    assert trained.certificate.gradient_norm < 1e-6


REFUSED = {
    "uncompiled": (lambda: sequential(1), "takes a compiled model, got an uncompiled one"),
    "no loss": (lambda: compiled(sequential(1), None), "must be compiled with one loss"),
    "hidden layer": (
        lambda: compiled(
            sequential(1, before=[keras.layers.Dense(3, activation="relu")]), sigmoid_loss()
        ),
        "takes a linear model: .*one more layer Dense",
    ),
    "dropout": (
        lambda: compiled(sequential(1, before=[keras.layers.Dropout(0.1)]), sigmoid_loss()),
        r"Dropout\(0.1\)",
    ),
    "width": (
        lambda: compiled(sequential(3, activation="softmax"), "sparse_categorical_crossentropy"),
        r"must have 1 \(sigmoid\) or 2 \(softmax\) outputs for 2 classes, got 3",
    ),
    "features": (
        lambda: compiled(sequential(1, n_features=7), sigmoid_loss()),
        "must take rows of 4 features",
    ),
    "an operation": (
        lambda: compiled(bare_operation(), sigmoid_loss()),
        "operation Tanh that is no layer",
    ),
    "constraint": (
        lambda: compiled(sequential(1, kernel_constraint="non_neg"), sigmoid_loss()),
        "frozen or constrained",
    ),
    "no model": (lambda: "model", "takes a keras.Model, got str"),
}


def bare_operation():
    """Return a model whose features go through a function."""
    inputs = keras.Input((4,))
    return keras.Model(inputs, keras.layers.Dense(1)(keras.ops.tanh(inputs)))


@pytest.mark.parametrize("what", REFUSED)
def test_models_that_have_no_certified_optimum_are_refused(what, two_classes):
    build, message = REFUSED[what]
    with pytest.raises(ModelParityError, match=message):
        train_to_optimum(build(), *two_classes)
