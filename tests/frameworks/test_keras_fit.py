"""Training a candidate by its own ``fit``: batches, weights, splits, and what is left alone."""

from __future__ import annotations

import random
import sys
from typing import Any

import keras
import numpy as np
import pytest
import scipy.sparse
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import ModelParityError, compare_models
from pytest_modelparity.frameworks.keras.build.copying import copy_model
from pytest_modelparity.frameworks.keras.candidate import KerasCandidate
from pytest_modelparity.frameworks.keras.read.arguments import read_fit_arguments
from pytest_modelparity.frameworks.keras.train.batches import Batches, FitRows
from pytest_modelparity.frameworks.keras.train.fit import train, train_in_one_pass
from pytest_modelparity.progress import Steps, listening
from pytest_modelparity.sides.dataset import read_dataset

# Keras has imported it, or runs on another backend: `backends.py` names what is left out then.
tf: Any = sys.modules.get("tensorflow")
context: Any = sys.modules.get("tensorflow.python.eager.context")

N = 100


@pytest.fixture(scope="module")
def rows(bundled):
    """Return 100 standardised rows of four features and two classes, mixed."""
    X, y = bundled("breast_cancer", standardised=True)
    return X[:N, :4].astype(np.float32).astype(np.float64), y[:N]


@pytest.fixture(scope="module")
def model():
    """Return a compiled model, never trained."""
    return built()


def built(optimizer=None, **options):
    """Return a compiled linear model with fixed starting weights."""
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(
                1, activation="sigmoid", kernel_initializer=keras.initializers.GlorotUniform(seed=1)
            ),
        ]
    )
    optimizer = optimizer or keras.optimizers.Adam(0.01)
    model.compile(optimizer=optimizer, loss="binary_crossentropy", **options)
    return model


def trained(given, rows, seed=0, sample_weight=None, **fit):
    """Return coefficients and intercept after the candidate's training."""
    data = read_dataset(*rows, sample_weight=sample_weight)
    fitted = KerasCandidate(given, fit, data, seed).train()
    return np.append(fitted.coef, fitted.intercept)


def by_keras(given, rows, **fit):
    """Return the same after Keras's own ``fit`` on a copy."""
    copy = copy_model(given)
    copy.fit(*rows, verbose=0, **fit)
    return np.concatenate([np.asarray(v).ravel() for v in copy.trainable_variables])


class Recorder(keras.callbacks.Callback):
    """Keeps what it saw, to see whether the user's own object is used."""

    def __init__(self):
        super().__init__()
        self.epochs = []

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(epoch)


# -- batches --------------------------------------------------------------------------------


def seen(rows, seed, epochs=3, **fit):
    """Return the rows' numbers by epoch, batch by batch, as Keras asks for them."""
    X, y = rows
    arguments = read_fit_arguments({"batch_size": 32, **fit}, read_dataset(X, y))
    numbers = np.arange(len(y), dtype=np.float64).reshape(-1, 1)
    batches = Batches(FitRows(numbers, y), arguments, seed)
    found = []
    for _ in range(epochs):
        batches.draw()
        found.append([batches[index][0].ravel().astype(int) for index in range(len(batches))])
        batches.on_epoch_end()
    return found


def test_every_epoch_is_a_new_permutation_of_all_rows(rows):
    epochs = [np.concatenate(epoch).tolist() for epoch in seen(rows, 0)]
    assert all(sorted(epoch) == list(range(N)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_the_last_batch_is_short(rows):
    assert [len(batch) for batch in seen(rows, 0)[0]] == [32, 32, 32, 4]


def test_batches_are_those_of_the_seed(rows):
    first, again, other = (
        np.concatenate([*map(np.concatenate, seen(rows, seed))]).tolist() for seed in (3, 3, 4)
    )
    assert first == again != other


def test_batches_replay_one_permutation_under_a_global_seed(rows):
    tf.random.set_seed(5)
    try:
        epochs = [np.concatenate(epoch).tolist() for epoch in seen(rows, 0)]
    finally:
        tf.random.set_seed(None)
    assert epochs[0] == epochs[1] == epochs[2]
    assert epochs[0] != list(range(N))


def test_sparse_rows_are_made_dense_batch_by_batch(rows, model):
    X, y = rows
    expected = trained(model, rows, epochs=3)
    sparse = trained(model, (scipy.sparse.csr_matrix(X), y), epochs=3)
    np.testing.assert_array_equal(sparse, expected)
    in_order = trained(model, (scipy.sparse.csr_matrix(X), y), seed=None, shuffle=False)
    np.testing.assert_allclose(in_order, by_keras(model, rows, shuffle=False), atol=1e-7)


# -- seeds ----------------------------------------------------------------------------------


def test_a_seed_decides_the_training(rows, model):
    first, again, other = (trained(model, rows, seed, epochs=5) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-6


def test_without_shuffling_it_is_plain_fit_bit_for_bit(rows, model):
    fit = {"epochs": 4, "shuffle": False, "batch_size": 16}
    np.testing.assert_array_equal(trained(model, rows, **fit), by_keras(model, rows, **fit))


def test_full_batches_are_plain_fit(rows, model):
    fit = {"epochs": 5, "batch_size": N}
    expected = by_keras(model, rows, **fit)
    np.testing.assert_allclose(trained(model, rows, **fit), expected, rtol=0, atol=1e-6)


def test_seed_none_is_plain_fit(rows, model):
    fit = {"epochs": 3, "batch_size": 16}
    tf.random.set_seed(8)
    try:
        expected = by_keras(model, rows, **fit)
        tf.random.set_seed(8)
        found = trained(model, rows, None, **fit)
    finally:
        tf.random.set_seed(None)
    np.testing.assert_array_equal(found, expected)


def test_who_counts_the_epochs_changes_no_bit(rows):
    data, parts = read_dataset(*rows), FitRows(rows[0], rows[1].reshape(-1, 1))
    arguments, said = read_fit_arguments({"epochs": 40}, data), []
    for way in (train, train_in_one_pass):
        plain, counted = built(), built()
        way(plain, arguments, parts, 0)
        with listening(said.append):
            way(counted, arguments, parts, 0)
        for one, other in zip(plain.weights, counted.weights, strict=True):
            np.testing.assert_array_equal(one, other)
        assert said[-1] == Steps(done=40, total=40, unit="epoch")
        assert len(said) > 1
        said.clear()


def test_a_function_starts_afresh_for_every_seed(rows):
    starts = []

    def build():
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, "sigmoid")])
        model.compile(optimizer="sgd", loss="binary_crossentropy")
        starts.append(np.asarray(model.layers[-1].kernel).ravel().tolist())
        return model

    for seed in (0, 0, 1):
        trained(build, rows, seed)
    assert starts[0] == starts[1] != starts[2]


def test_an_instance_starts_every_seed_from_its_own_weights(rows, model):
    fit = {"epochs": 1, "batch_size": N}
    first, second = (trained(model, rows, seed, **fit) for seed in (0, 1))
    np.testing.assert_allclose(first, second, rtol=0, atol=1e-6)


def test_training_goes_on_where_the_model_given_stands(rows):
    given = built()
    given.fit(*rows, epochs=2, verbose=0, shuffle=False)
    fit = {"epochs": 2, "shuffle": False}
    np.testing.assert_array_equal(trained(given, rows, **fit), by_keras(given, rows, **fit))


# -- weights and rows -----------------------------------------------------------------------


def test_class_weight_and_sample_weight_multiply(rows, model):
    sample_weight = np.random.default_rng(0).uniform(0.2, 2.0, N)
    both = trained(
        model, rows, class_weight={0: 3.0, 1: 0.5}, sample_weight=sample_weight, epochs=3
    )
    product = sample_weight * np.where(rows[1] == 0, 3.0, 0.5)
    np.testing.assert_array_equal(both, trained(model, rows, sample_weight=product, epochs=3))
    assert np.abs(both - trained(model, rows, epochs=3)).max() > 1e-3


@pytest.mark.parametrize("class_weight", [{1: 0.5, 0: 3.0}, {1: 0.0}])
def test_class_weight_is_that_of_keras(class_weight, rows, model):
    fit = {"class_weight": class_weight, "epochs": 3, "shuffle": False}
    expected = by_keras(model, rows, **fit)
    np.testing.assert_allclose(trained(model, rows, **fit), expected, rtol=0, atol=1e-7)


def test_sample_weight_is_that_of_keras(rows, model):
    fit = {
        "sample_weight": np.random.default_rng(0).uniform(0.2, 2.0, N),
        "epochs": 3,
        "shuffle": False,
    }
    expected = by_keras(model, rows, **fit)
    np.testing.assert_allclose(trained(model, rows, **fit), expected, rtol=0, atol=1e-7)


def test_sample_weight_of_fit_goes_before_that_of_the_check(rows, model):
    first, second = np.random.default_rng(0).uniform(0.2, 2.0, (2, N))
    data = read_dataset(*rows, sample_weight=first)
    candidate = KerasCandidate(model, {"sample_weight": second, "shuffle": False}, data, 0)
    found = candidate.train()
    np.testing.assert_array_equal(found.sample_weight, second)
    expected = by_keras(model, rows, sample_weight=second, shuffle=False)
    np.testing.assert_allclose(np.append(found.coef, found.intercept), expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("split", [0.29, 1 / 3])
def test_validation_split_holds_back_the_rows_that_keras_does(split, rows, model):
    fit = {"validation_split": split, "epochs": 1, "shuffle": False, "batch_size": 8}
    np.testing.assert_array_equal(trained(model, rows, **fit), by_keras(model, rows, **fit))
    arguments = read_fit_arguments({"validation_split": split}, read_dataset(*rows))
    changed = rows[0].copy()
    changed[arguments.rows_used(N) :] = 1e3
    np.testing.assert_array_equal(
        trained(model, (changed, rows[1]), **fit), trained(model, rows, **fit)
    )


# -- callbacks ------------------------------------------------------------------------------


def test_early_stopping_is_read_from_what_happened(rows):
    data = read_dataset(*rows)
    stopping = keras.callbacks.EarlyStopping("loss", min_delta=10.0, patience=2)
    candidate = KerasCandidate(built(), {"epochs": 50, "callbacks": [stopping]}, data, 0)
    fitted = candidate.train()
    training = fitted.settings.training
    assert (training.iterations, training.iterations_run) == (50, 3)
    stopping = 'EarlyStopping(monitor="loss", min_delta=10.0, patience=2)'
    assert fitted.settings.written["iterations"] == f"epochs=50, {stopping} (stopped after 3)"


def test_validation_loss_can_be_monitored(rows):
    data = read_dataset(*rows)
    stopping = keras.callbacks.EarlyStopping("val_loss", min_delta=10.0, patience=1)
    fit = {"epochs": 50, "callbacks": stopping, "validation_split": 0.2}
    assert KerasCandidate(built(), fit, data, 0).train().settings.training.iterations_run == 2


def test_callbacks_and_the_dict_are_left_alone(rows, model):
    callback = Recorder()
    fit = {"epochs": 2, "callbacks": [callback]}
    trained(model, rows, **fit)
    assert callback.epochs == []
    assert fit == {"epochs": 2, "callbacks": [callback]}


# -- what is left alone ---------------------------------------------------------------------


def test_the_model_given_is_never_trained(rows):
    given = built()
    before = [np.asarray(v).copy() for v in given.weights]
    compare_models(
        LogisticRegression(),
        *rows,
        candidate=given,
        fit={"epochs": 2, "class_weight": {0: 2.0, 1: 1.0}},
    )
    for old, new in zip(before, given.weights, strict=True):
        np.testing.assert_array_equal(old, new)
    assert not given.optimizer.built or int(given.optimizer.iterations) == 0
    assert not hasattr(given, "history")


@pytest.mark.parametrize("seed", [0, None])
def test_global_random_states_are_left_alone(seed, rows, model):
    tf.random.set_seed(4)
    try:
        random.seed(1)
        np.random.seed(2)
        before = random.getstate(), np.random.get_state()[1].tolist()
        expected = tf.random.uniform([3]).numpy().tolist()
        tf.random.set_seed(4)
        compare_models(LogisticRegression(), *rows, candidate=model, fit={"epochs": 2}, seed=seed)
        assert tf.random.uniform([3]).numpy().tolist() == expected
        assert (random.getstate(), np.random.get_state()[1].tolist()) == before
    finally:
        tf.random.set_seed(None)


def test_a_seed_that_the_function_sets_does_not_stay(rows):
    def build():
        keras.utils.set_random_seed(3)
        return built()

    before = random.getstate()
    trained(build, rows)
    assert random.getstate() == before
    assert context.global_seed() is None


# -- refused arguments ----------------------------------------------------------------------

REFUSED = {
    "no dict": ([("epochs", 3)], "fit must be a dict of keras.Model.fit arguments, got list"),
    "x": ({"x": 1}, "must not hold 'x', which the check sets itself; leave it out"),
    "y": ({"y": 1}, "must not hold 'y'"),
    "validation_data": ({"validation_data": 1}, "'validation_data'.*use validation_split"),
    "unknown": (
        {"epoch": 3},
        "no argument 'epoch', which is epochs in Keras; allowed are batch_size, epochs",
    ),
    "epochs=0": ({"epochs": 0}, "epochs must be an integer >= 1, got epochs=0"),
    "epochs='3'": ({"epochs": "3"}, "epochs must be an integer >= 1, got epochs='3'"),
    "epochs=True": ({"epochs": True}, "epochs must be an integer >= 1, got epochs=True"),
    "batch_size": ({"batch_size": -1}, "batch_size must be an integer >= 1"),
    "shuffle": ({"shuffle": "batch"}, "shuffle must be True or False, got shuffle='batch'"),
    "balanced": ({"class_weight": "balanced"}, "a dict from class index to weight.*'balanced'"),
    "labels": ({"class_weight": {"no": 1.0, "yes": 2.0}}, r"\(0: 'no', 1: 'yes'\)"),
    "class too many": ({"class_weight": {1: 2.0, 2: 1.0}}, "from class index to weight"),
    "negative": ({"class_weight": {0: -1.0, 1: 2.0}}, "must be finite, >= 0 and not all 0"),
    "no weight": ({"class_weight": {0: 0, 1: 0.0}}, "must be finite, >= 0 and not all 0"),
    "a word": ({"class_weight": {0: "x", 1: 2.0}}, "class_weight must hold numbers, got 'x'"),
    "split": ({"validation_split": 1.0}, r"must lie in \[0, 1\) and leave rows"),
    "split of a word": ({"validation_split": "x"}, "validation_split must hold numbers"),
    "too few weights": ({"sample_weight": np.ones(3)}, "sample_weight"),
    "NaN weights": ({"sample_weight": np.full(N, np.nan)}, "sample_weight"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_arguments_that_fit_does_not_take_are_refused(what, rows, model):
    fit, message = REFUSED[what]
    labels = np.array(["no", "yes"])[rows[1]]
    with pytest.raises(ModelParityError, match=message):
        compare_models(LogisticRegression(), rows[0], labels, candidate=model, fit=fit)


def test_class_weights_of_more_than_ten_classes_are_read(digits):
    X, y = digits[0][:200], np.arange(200) % 12
    weights = {code: 1.0 + code for code in range(12)}
    arguments = read_fit_arguments({"class_weight": weights}, read_dataset(X, y))
    assert arguments.class_weight == tuple(1.0 + code for code in range(12))


def test_an_error_inside_fit_is_quoted(rows):
    with pytest.raises(ModelParityError, match=r"could not be trained: fit raised .*boom"):
        trained(built(), rows, callbacks=[Boom()])


class Boom(keras.callbacks.Callback):
    """Raises at once."""

    def on_train_begin(self, logs=None):
        raise RuntimeError("boom")


@pytest.mark.filterwarnings("ignore:.*lambda:UserWarning")
def test_a_learning_rate_that_is_a_function_is_read_as_what_it_returns(rows):
    def make():
        model = built()
        model.compile(keras.optimizers.Adam(learning_rate=lambda: 0.25), "binary_crossentropy")
        return model

    candidate = KerasCandidate(make, {"epochs": 1}, read_dataset(*rows), 0)
    assert candidate.reading.settings.training.learning_rate == 0.25
