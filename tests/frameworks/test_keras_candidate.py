"""What is read of a Keras candidate, and that it is checked against what the model does."""

from __future__ import annotations

import functools
import sys
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import ModelParityError, compare_models
from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND, backend_of
from pytest_modelparity.frameworks.keras.candidate import KerasCandidate
from pytest_modelparity.frameworks.keras.fingerprint import THRESHOLD, fingerprint_mismatch
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.sides.dataset import read_dataset
from pytest_modelparity.theory.objective import objective_from_settings
from pytest_modelparity.theory.optimum import find_optimum

# Keras has imported it, or runs on another backend: `backends.py` names what is left out then.
tf: Any = sys.modules.get("tensorflow")

L1, L2, L1L2 = keras.regularizers.L1, keras.regularizers.L2, keras.regularizers.L1L2
SGD = keras.optimizers.SGD
Binary = keras.losses.BinaryCrossentropy


@pytest.fixture(scope="module")
def two_classes(bundled):
    """Return 120 standardised rows of four features that overlap."""
    X, y = bundled("breast_cancer", standardised=True)
    return X[:120, :4], y[:120]


@pytest.fixture(scope="module")
def three_classes(bundled):
    """Return raw wine, all features: the scales differ by a thousand."""
    return bundled("wine")


def linear(units=1, loss="binary_crossentropy", *, optimizer="adam", n_features=4, **options):
    """Return a compiled linear model; one unit has a sigmoid, several a softmax."""
    options.setdefault("activation", "sigmoid" if units == 1 else "softmax")
    compile_options = options.pop("compiled", {})
    before = options.pop("before", ())
    model = keras.Sequential(
        [keras.Input((n_features,)), *before, keras.layers.Dense(units, **options)]
    )
    model.compile(optimizer=optimizer, loss=loss, **compile_options)
    return model


def read(model, rows, fit=None, sample_weight=None):
    """Return the settings that are read of a model."""
    data = read_dataset(*rows, sample_weight=sample_weight)
    return KerasCandidate(model, fit, data, 0).reading.settings


def compared(model, rows, fit=None, **options):
    """Return the report against a plain LogisticRegression."""
    options.setdefault("explain", False)
    return compare_models(LogisticRegression(), *rows, candidate=model, fit=fit, **options)


# -- objective ------------------------------------------------------------------------------

OBJECTIVES = {
    "plain": (lambda: linear(), {}),
    "L2": (lambda: linear(kernel_regularizer=L2(0.005)), {"l2_strength": 0.01}),
    "L1": (lambda: linear(kernel_regularizer=L1(0.25)), {"l1_strength": 0.25}),
    "L1L2": (
        lambda: linear(kernel_regularizer=L1L2(0.25, 0.5)),
        {"l1_strength": 0.25, "l2_strength": 1.0},
    ),
    "bias": (
        lambda: linear(bias_regularizer=L1L2(0.25, 0.5)),
        {"intercept_l1_strength": 0.25, "intercept_l2_strength": 1.0},
    ),
    "no bias": (lambda: linear(use_bias=False), {"fit_intercept": False}),
    "a name": (lambda: linear(kernel_regularizer="l1"), {"l1_strength": 0.01}),
    "logits": (lambda: linear(1, Binary(from_logits=True), activation=None), {}),
    "smoothing": (lambda: linear(1, Binary(label_smoothing=0.2)), {"label_smoothing": 0.2}),
    "sum": (lambda: linear(1, Binary(reduction="sum")), {"loss_scale": 32.0}),
    "loss_weights": (
        lambda: linear(compiled={"loss_weights": [0.25]}),
        {"loss_scale": 0.25},
    ),
    "two units": (lambda: linear(2, "sparse_categorical_crossentropy"), {"output_head": "softmax"}),
    "momentum and decay": (
        lambda: linear(optimizer=SGD(0.1, momentum=0.5, weight_decay=0.25)),
        {"l2_strength": 0.125, "intercept_l2_strength": 0.125},
    ),
    "decay beside a penalty": (
        lambda: linear(optimizer=SGD(0.1, weight_decay=0.25), kernel_regularizer=L2(0.5)),
        {"l2_strength": 1.25, "intercept_l2_strength": 0.25},
    ),
    "decay of the kernel only": (lambda: linear(optimizer=kernel_decay()), {"l2_strength": 0.25}),
    "decay of AdamW": (lambda: linear(optimizer=keras.optimizers.AdamW(weight_decay=0.1)), {}),
    "layers before": (
        lambda: linear(before=[keras.layers.Rescaling(0.5, offset=1.0)]),
        {"feature_shift": (-2.0,) * 4, "feature_scale": (2.0,) * 4},
    ),
    "silent layers": (
        lambda: linear(before=[keras.layers.Flatten(), keras.layers.Dropout(0.0)]),
        {},
    ),
}


def kernel_decay():
    """Return SGD with decay that leaves the bias alone."""
    optimizer = SGD(0.1, weight_decay=0.25)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


@pytest.mark.parametrize("what", OBJECTIVES)
def test_objective_is_read(what, two_classes):
    build, expected = OBJECTIVES[what]
    settings = read(build(), two_classes)
    assert settings.objective == ObjectiveSettings(
        **{
            name: pytest.approx(value, rel=1e-6) if isinstance(value, float) else value
            for name, value in expected.items()
        }
    )
    assert settings.unmodelled == ()


def test_arguments_of_fit_are_part_of_the_objective(two_classes):
    fit = {
        "class_weight": {0: 2.0, 1: 1.0},
        "sample_weight": np.ones(120),
        "validation_split": 0.25,
    }
    settings = read(linear(1, Binary(reduction="mean_with_sample_weight")), two_classes, fit)
    assert settings.objective == ObjectiveSettings(
        class_weight=(2.0, 1.0), sample_weight=True, rows_used=90, weights_normalised=True
    )
    assert settings.written["class_weight"] == "class_weight={0: 2, 1: 1}"
    assert settings.written["rows_used"] == "the first 90 of 120 rows (validation_split)"


def test_a_summed_loss_weighs_one_batch_against_the_penalty(two_classes):
    model = linear(1, Binary(reduction="sum"))
    for fit, expected in (
        ({"batch_size": 16}, 16),
        ({"batch_size": 500}, 120),
        ({"batch_size": 500, "validation_split": 0.5}, 60),
    ):
        assert read(model, two_classes, fit).objective.loss_scale == expected


def by_steps(model, rows, steps=4000):
    """Train by full batches, fast; return probabilities of the second class."""
    X, y = (np.asarray(part, np.float32) for part in rows)
    data = tf.data.Dataset.from_tensors((X, y.reshape(-1, 1))).repeat()
    model.fit(data, steps_per_epoch=steps, shuffle=False, verbose=0)
    return BACKEND.array(model(X)).astype(np.float64).ravel()


@pytest.mark.parametrize("momentum, excluded", [(0.0, True), (0.8, False)])
def test_decay_of_sgd_trains_to_the_optimum_that_is_read(momentum, excluded, two_classes):
    optimizer = SGD(0.5 * (1 - momentum), momentum=momentum, weight_decay=0.1)
    if excluded:
        optimizer.exclude_from_weight_decay(var_names=["bias"])
    model = linear(optimizer=optimizer, compiled={"steps_per_execution": 100})
    settings = read(model, two_classes).objective
    assert settings.l2_strength == pytest.approx(0.1 * (1 - momentum))
    assert bool(settings.intercept_l2_strength) is not excluded
    optimum = find_optimum(objective_from_settings(settings, *two_classes, 2))
    found = by_steps(model, two_classes)
    np.testing.assert_allclose(found, optimum.predictions[:, 1], rtol=0, atol=1e-5)


# -- training -------------------------------------------------------------------------------


def test_training_is_read(two_classes):
    rate = keras.optimizers.schedules.ExponentialDecay(0.25, 10, 0.5)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=0.125)
    settings = read(linear(optimizer=optimizer), two_classes, {"epochs": 7, "batch_size": 9})
    training = settings.training
    assert (training.solver, training.iterations, training.batch_size) == ("AdamW", 7, 9)
    assert (training.learning_rate, training.weight_decay) == (0.25, 0.125)
    assert training.dtype == "float32"
    assert settings.written["learning_rate"] == "learning_rate=0.25"


def test_epochs_of_a_trained_model_are_those_of_its_last_fit(two_classes):
    model = linear()
    unknown = read(model, two_classes)
    assert unknown.training.iterations_run is None
    assert unknown.written["iterations"] == "already trained, epochs unknown"
    model.fit(*two_classes, epochs=3, verbose=0)
    report = compared(model, two_classes)
    training = report.settings["candidate"].training
    assert (training.iterations, training.iterations_run) == (None, 3)
    assert training.batch_size is None


# -- fingerprint ----------------------------------------------------------------------------

STOCK_TWO = {
    "sigmoid": lambda penalty: linear(**penalty),
    "sigmoid, object": lambda penalty: linear(1, Binary(), **penalty),
    "logits": lambda penalty: linear(1, Binary(from_logits=True), activation=None, **penalty),
    "smoothing": lambda penalty: linear(1, Binary(label_smoothing=0.1), **penalty),
    "sum": lambda penalty: linear(1, Binary(reduction="sum"), **penalty),
    "function": lambda penalty: linear(1, keras.losses.binary_crossentropy, **penalty),
    "two units": lambda penalty: linear(2, "categorical_crossentropy", **penalty),
    "decay": lambda penalty: linear(optimizer=SGD(0.1, weight_decay=0.3), **penalty),
    "normalized": lambda penalty: linear(
        before=[keras.layers.Normalization(mean=[1.0] * 4, variance=[4.0] * 4)], **penalty
    ),
}
STOCK_THREE = {
    "softmax": lambda penalty: linear(
        3, "sparse_categorical_crossentropy", n_features=13, **penalty
    ),
    "one-hot": lambda penalty: linear(
        3, keras.losses.CategoricalCrossentropy(label_smoothing=0.1), n_features=13, **penalty
    ),
    "logits": lambda penalty: linear(
        3,
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        activation=None,
        n_features=13,
        **penalty,
    ),
}
PENALISED = {
    "no penalty": {},
    "penalties": {"kernel_regularizer": L1L2(0.01, 0.02), "bias_regularizer": L1L2(0.03, 0.04)},
    "no bias": {"use_bias": False},
}


@pytest.mark.parametrize("penalty", PENALISED)
@pytest.mark.parametrize("kind", STOCK_TWO)
def test_stock_models_of_two_classes_do_what_they_say(kind, penalty, two_classes):
    assert_as_read(STOCK_TWO[kind](PENALISED[penalty]), two_classes)


@pytest.mark.parametrize("penalty", PENALISED)
@pytest.mark.parametrize("kind", STOCK_THREE)
def test_stock_models_of_three_classes_do_what_they_say(kind, penalty, three_classes):
    assert_as_read(STOCK_THREE[kind](PENALISED[penalty]), three_classes)


def assert_as_read(model, rows):
    """See that the closed form of what was read is the compiled loss, far below the threshold."""
    data = read_dataset(*rows)
    candidate = KerasCandidate(model, None, data, 0)
    reading = candidate.reading
    assert reading.objective is not None
    mismatch = fingerprint_mismatch(reading.parts, reading.objective, data)
    assert mismatch <= THRESHOLD / 2


class LinearWithTerm(keras.layers.Dense):
    """A Dense layer that adds a term of its own to the loss."""

    def call(self, inputs):
        outputs = super().call(inputs)
        self.add_loss(1e-3 * keras.ops.mean(keras.ops.square(outputs)))
        return outputs


class NearlyFocal(keras.losses.BinaryCrossentropy):
    """Log-loss times (1 - p) ** 0.01."""

    def call(self, y_true, y_pred):
        right = y_true * y_pred + (1 - y_true) * (1 - y_pred)
        factor = keras.ops.power(keras.ops.clip(1 - right[:, 0], 1e-6, 1.0), 0.01)
        return factor * super().call(y_true, y_pred)


class OwnStep(keras.Sequential):
    """A model that trains in its own way."""

    # JAX passes a state first.
    def train_step(self, *arguments):
        return super().train_step(*arguments)


def with_term():
    """Return a model whose layer adds to the loss."""
    model = keras.Sequential([keras.Input((4,)), LinearWithTerm(1, activation="sigmoid")])
    model.compile(optimizer="adam", loss="binary_crossentropy")
    return model


def own_step():
    """Return a model with a train_step."""
    model = OwnStep([keras.Input((4,)), keras.layers.Dense(1, "sigmoid")])
    model.compile(optimizer="adam", loss="binary_crossentropy")
    return model


def squared(y_true, y_pred):
    """Return a loss of the user's own."""
    return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


UNMODELLED = {
    "activity_regularizer": (
        lambda: linear(activity_regularizer=L2(1e-4)),
        "activity_regularizer=L2 is not modelled",
    ),
    "dropout": (lambda: linear(before=[keras.layers.Dropout(0.05)]), "one layer Dropout(0.05)"),
    "focal loss": (
        lambda: linear(1, keras.losses.BinaryFocalCrossentropy(gamma=0.01)),
        "the loss BinaryFocalCrossentropy is not a log-loss",
    ),
    "loss of its own": (lambda: linear(1, squared), "the loss squared is not a log-loss"),
    "loss subclass": (lambda: linear(1, NearlyFocal()), "it has a term that is not modelled"),
    "add_loss": (with_term, "it has a term that is not modelled"),
    "train_step": (own_step, "the model has a train_step of its own"),
    "constraint": (
        lambda: linear(kernel_constraint="non_neg"),
        "kernel_constraint=NonNeg is not modelled",
    ),
    "regularizer": (
        lambda: linear(kernel_regularizer=keras.regularizers.OrthogonalRegularizer()),
        "kernel_regularizer=OrthogonalRegularizer is not modelled",
    ),
    "frozen": (lambda: linear(trainable=False), "the Dense layer is frozen"),
}


@pytest.mark.parametrize("what", UNMODELLED)
def test_what_is_not_modelled_is_said(what, two_classes):
    build, sentence = UNMODELLED[what]
    settings = read(build(), two_classes)
    assert settings.objective is None
    assert sentence in "; ".join(settings.unmodelled)


@pytest.mark.parametrize(
    "what", ["activity_regularizer", "focal loss", "loss subclass", "add_loss"]
)
def test_fingerprint_alone_sees_small_terms(what, two_classes):
    data = read_dataset(*two_classes)
    candidate = KerasCandidate(UNMODELLED[what][0](), None, data, 0)
    reading = candidate.reading
    mismatch = fingerprint_mismatch(reading.parts, ObjectiveSettings(), data)
    assert not mismatch <= 2 * THRESHOLD


@pytest.mark.parametrize("what", ["loss of its own", "loss subclass", "add_loss", "train_step"])
def test_what_is_not_modelled_is_compared_all_the_same(what, two_classes):
    report = compared(UNMODELLED[what][0](), two_classes, {"epochs": 2})
    assert report.verdict == "diverged"
    assert report.structure.agrees is True
    assert report.settings["candidate"].unmodelled
    assert UNMODELLED[what][1] in " ".join(str(report).split())


def test_a_network_with_a_hidden_layer_is_compared(two_classes):
    model = linear(before=[keras.layers.Dense(3, activation="relu")])
    report = compared(model, two_classes, {"epochs": 2}, explain=True)
    assert report.verdict == "diverged"
    assert report.split is None
    assert report.structure.agrees is None
    assert "coef" not in report.divergences
    assert report.repair is None
    sentences = report.settings["candidate"].unmodelled
    assert sentences == ("the model has one more layer Dense(1, 'sigmoid'): it is not linear",)
    assert "it is not linear" in str(report)


# -- heads that do not fit their loss -------------------------------------------------------


def test_sigmoid_with_from_logits_is_the_log_loss_on_tensorflow(two_classes):
    # Keras 3.15 on TensorFlow takes the logits from before the sigmoid, and warns.
    model = linear(1, Binary(from_logits=True), optimizer=keras.optimizers.Adam(0.1))
    with pytest.warns(UserWarning, match="received `from_logits=True`"):
        report = compared(model, two_classes, {"epochs": 3})
    assert report.structure.agrees is True
    assert report.settings["candidate"].objective == ObjectiveSettings()
    quoted = [item for item in report.warnings if item.side == "candidate"]
    assert "from_logits=True" in quoted[0].message


def test_a_linear_output_without_from_logits_is_no_probability(two_classes):
    report = compared(linear(activation=None), two_classes, {"epochs": 3})
    assert report.verdict == "diverged"
    assert report.structure.agrees is False
    assert "no probabilities" in report.structure.note
    assert report.settings["candidate"].objective is None
    assert "from_logits=False" in report.settings["candidate"].unmodelled[0]


# -- refused candidates ---------------------------------------------------------------------


def uncompiled(units=1, activation="sigmoid"):
    """Return a linear model that was never compiled."""
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, activation=activation)])


SPARSE = "sparse_categorical_crossentropy"


class Unwritten(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule without get_config."""

    def __call__(self, step):
        return 0.1


def scheduled():
    """A sigmoid with such a learning rate."""
    model = linear()
    model.compile(keras.optimizers.SGD(Unwritten()), "binary_crossentropy")
    return model


REFUSED = {
    "uncompiled, with fit": (uncompiled, {}, "not compiled; call model.compile.*or pass fit=None"),
    "uncompiled, linear output": (
        lambda: uncompiled(activation=None),
        None,
        "the link of the candidate's output cannot be told",
    ),
    "three units": (
        lambda: linear(3, SPARSE),
        {},
        "for 2 classes, got 3; change the units",
    ),
    "softmax of one": (
        lambda: linear(activation="softmax"),
        {},
        "a softmax over one output is always 1.*sigmoid",
    ),
    "categorical loss of one": (
        lambda: linear(1, SPARSE),
        {},
        "needs one output for each class.*binary_crossentropy",
    ),
    "no loss": (lambda: linear(1, None), {}, "must be compiled with one loss, got loss=None"),
    "features": (lambda: linear(n_features=5), {}, "rows of 4 features.*keras.Input"),
    "a number": (
        lambda: 3,
        None,
        "a compiled keras.Model; .*with predict_proba; .*that returns one of these; .*; got int",
    ),
    "what Keras cannot copy": (
        lambda: linear(1, functools.partial(keras.losses.binary_crossentropy, label_smoothing=0.1)),
        {},
        "cannot be copied, and is never trained itself: Keras says .*get_config",
    ),
    "a schedule that is not written down": (
        lambda: scheduled,
        {},
        "compiled with what Keras cannot write down.* 'Unwritten' must override.*; give it get_",
    ),
    "a function of nothing": (lambda: lambda: None, {}, "must return a model, got NoneType"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_candidates_that_cannot_be_compared_are_refused(what, two_classes):
    build, fit, message = REFUSED[what]
    with pytest.raises(ModelParityError, match=message):
        compared(build(), two_classes, fit)


def test_an_uncompiled_model_with_a_link_is_taken_as_it_is(two_classes):
    report = compared(uncompiled(), two_classes)
    assert report.structure.agrees is True
    assert "not compiled" in report.settings["candidate"].unmodelled[0]


def test_a_backend_that_trains_nothing_is_refused():
    with pytest.raises(ModelParityError, match=r"tensorflow, jax, torch .*'numpy'.*KERAS_BACKEND"):
        backend_of("numpy")


@pytest.mark.parametrize("uncompiled", [False, True])
def test_two_trained_models_are_compared_without_labels(three_classes, uncompiled):
    X = (three_classes[0] - three_classes[0].mean(axis=0)) / three_classes[0].std(axis=0)
    fitted = LogisticRegression().fit(X, three_classes[1])
    weights = [fitted.coef_.T, fitted.intercept_]
    model = linear(3, "sparse_categorical_crossentropy", n_features=13)
    model.set_weights(weights)
    reversed_model = linear(3, "sparse_categorical_crossentropy", n_features=13)
    reversed_model.set_weights([weights[0][::-1], weights[1]])
    if uncompiled:
        model, reversed_model = map(keras.models.clone_model, (model, reversed_model))
        model.set_weights(weights)
        reversed_model.set_weights([weights[0][::-1], weights[1]])
    assert compare_models(model, X, candidate=fitted, tolerance=1e-5).equivalent
    report = compare_models(fitted, X, candidate=reversed_model)
    assert report.relation is not None
    assert (report.relation.name, report.relation.exact) == ("columns-reversed", True)
    # Which loss it was compiled with says nothing where there are no labels.
    assert report.certificates == {}
    assert "candidate-not-converged" not in {finding.slug for finding in report.findings}
