"""The forms in which people write linear models in Keras, and what is read of each."""

from __future__ import annotations

import re

import keras
import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import ModelParityError, compare_models
from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.build.copying import copy_model
from pytest_modelparity.frameworks.keras.candidate import KerasCandidate
from pytest_modelparity.sides.dataset import read_dataset

layers, ops = keras.layers, keras.ops


@pytest.fixture(scope="module")
def rows(bundled):
    """Return 120 raw rows of four features: scales apart by a hundred."""
    X, y = bundled("breast_cancer", standardised=False)
    return read_dataset(X[:120, :4], y[:120])


def sequential(*parts):
    """Return a model of four features that is these layers."""
    return keras.Sequential([keras.Input((4,)), *parts])


def sigmoid(**options):
    """Return a layer of one sigmoid."""
    return layers.Dense(1, activation="sigmoid", **options)


class Linear(layers.Layer):
    """A layer of its user's, whose arguments Keras finds by itself, and cannot pass back."""

    def __init__(self, units):
        super().__init__()
        self.units = units

    def build(self, shape):
        l2 = keras.regularizers.L2(0.25)
        self.w = self.add_weight(shape=(shape[-1], self.units), regularizer=l2)
        self.b = self.add_weight(shape=(self.units,))

    def call(self, inputs):
        return ops.matmul(inputs, self.w) + self.b


class Subclass(keras.Model):
    """A model whose weights are its own."""

    def __init__(self):
        super().__init__()
        self.w = self.add_weight(shape=(4, 1))
        self.b = self.add_weight(shape=(1,))

    def call(self, inputs):
        return ops.sigmoid(ops.matmul(inputs, self.w) + self.b)


def concatenated():
    """Return a model of two columns by arithmetic on tensors."""
    inputs = keras.Input((4,))
    p = sigmoid()(inputs)
    return keras.Model(inputs, layers.Concatenate()([1 - p, p]))


PAIR = "sparse_categorical_crossentropy"
LINEAR = {
    "two columns by Lambda": (
        lambda: sequential(sigmoid(), layers.Lambda(lambda p: ops.concatenate([1 - p, p], axis=1))),
        PAIR,
        {},
    ),
    "two columns by Concatenate": (concatenated, "categorical_crossentropy", {}),
    "two columns behind Normalization": (
        lambda: sequential(
            layers.Normalization(mean=[14, 19, 92, 650], variance=[9, 16, 400, 9e4]),
            sigmoid(kernel_regularizer="l2"),
            layers.Lambda(lambda p: ops.concatenate([1 - p, p], axis=1)),
        ),
        PAIR,
        {"l2_strength": 0.02, "feature_scale": (3.0, 4.0, 20.0, 300.0)},
    ),
    "features scaled by Lambda": (
        lambda: sequential(layers.Lambda(lambda x: (x - 2.0) / 4.0), sigmoid()),
        "binary_crossentropy",
        {"feature_shift": (2.0,) * 4, "feature_scale": (4.0,) * 4},
    ),
    "reshaped": (
        lambda: sequential(layers.Reshape((2, 2)), layers.Flatten(), sigmoid()),
        "binary_crossentropy",
        {},
    ),
    "a layer of one's own": (
        lambda: sequential(Linear(1), layers.Activation("sigmoid")),
        "binary_crossentropy",
        {"l2_strength": 0.5},
    ),
    "a subclass": (Subclass, "binary_crossentropy", {}),
}


@pytest.mark.parametrize("what", LINEAR)
def test_a_linear_model_is_read_whatever_its_layers(what, rows):
    build, loss, expected = LINEAR[what]
    model = build()
    model.compile("adam", loss)
    reading = KerasCandidate(model, {}, rows, 0).reading
    assert reading.settings.unmodelled == ()
    assert reading.linear.linear
    for name in ("l2_strength", "feature_shift", "feature_scale"):
        value = getattr(reading.objective, name)
        if name in expected:
            assert value == pytest.approx(expected[name], rel=1e-5)
        elif name == "l2_strength":
            assert value == 0


NOT_LINEAR = {
    "relu": lambda: sequential(layers.Dense(4, activation="relu"), sigmoid()),
    "a bend that the rows hardly reach": lambda: sequential(
        layers.Lambda(lambda x: x + 1e-3 * x * x), sigmoid()
    ),
    "hard sigmoid": lambda: sequential(layers.Dense(1, activation="hard_sigmoid")),
    "a norm of each row": lambda: sequential(layers.LayerNormalization(), sigmoid()),
}


@pytest.mark.parametrize("what", NOT_LINEAR)
def test_a_nearly_linear_model_is_not_linear(what, rows):
    model = NOT_LINEAR[what]()
    model.compile("adam", "binary_crossentropy")
    assert not KerasCandidate(model, {}, rows, 0).reading.linear.linear


@pytest.mark.parametrize("what", ["two columns by Lambda", "a layer of one's own", "a subclass"])
def test_a_copy_is_alike_and_leaves_the_model_alone(what, rows):
    build, loss, _ = LINEAR[what]
    model = build()
    model.compile("adam", loss)
    X = rows.X.astype(np.float32)
    before = BACKEND.array(model(X))
    copy = copy_model(model)
    assert np.array_equal(BACKEND.array(copy(X)), before)
    for variable in copy.trainable_variables:
        variable.assign(variable + 1.0)
    assert np.array_equal(BACKEND.array(model(X)), before)
    assert not {id(item) for item in model.variables} & {id(item) for item in copy.variables}


HEADS = {
    "sigmoids that a loss takes for logits": (
        lambda: layers.Dense(2, activation="sigmoid"),
        lambda: keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        "output_head",
        'Dense(1, activation="sigmoid"), loss="binary_crossentropy"',
    ),
    "a squared loss": (lambda: sigmoid(), lambda: "mse", "loss", 'loss="binary_crossentropy"'),
}


@pytest.mark.parametrize("what", HEADS)
@pytest.mark.filterwarnings("ignore:.*received `from_logits=True`")
def test_what_is_no_log_loss_of_its_outputs_is_the_cause(what, rows):
    head, loss, setting, change = HEADS[what]
    model = sequential(layers.Normalization(mean=rows.X.mean(0), variance=rows.X.var(0)), head())
    model.compile(keras.optimizers.Adam(0.1), loss())
    report = compare_models(
        LogisticRegression(C=np.inf), rows.X, rows.y, candidate=model, fit={"epochs": 3}
    )
    assert [one.setting for one in report.causes if one.role == "must"] == [setting]
    assert change in [one.text for one in report.repair.changes]


def test_the_nearest_linear_model_says_how_much_is_not_linear(rows):
    # Half of its logit is linear, and the rest bends both ways alike.
    bent = layers.Lambda(lambda x: ops.concatenate([x, ops.abs(x - 14.0)], axis=1))
    model = sequential(bent, sigmoid())
    kernel = np.array([1.0, 0, 0, 0, 0.5, 0, 0, 0])[:, None]
    model.layers[-1].set_weights([kernel, np.array([-14.0])])
    model.compile("sgd", "binary_crossentropy")
    reference = LogisticRegression().fit(rows.X, rows.y)
    report = compare_models(reference, rows.X, rows.y, candidate=model, budget=5)
    (finding,) = [one for one in report.findings if one.slug == "not-linear"]
    X = np.hstack([rows.X, np.ones((len(rows.X), 1))])
    p = BACKEND.array(model(rows.X.astype(np.float32))).astype(np.float64)[:, 0]
    nearest = minimize(
        lambda w: np.mean(np.logaddexp(0, X @ w) - p * (X @ w)),
        np.zeros(5),
        jac=lambda w: X.T @ (expit(X @ w) - p) / len(X),
        method="trust-exact",
        hess=lambda w: (X.T * (expit(X @ w) * expit(-X @ w))) @ X / len(X),
        options={"gtol": 1e-10},
    )
    linear = expit(X @ nearest.x)
    own = np.abs(linear - p).max()
    others = np.abs(linear - reference.predict_proba(rows.X)[:, 1]).max()
    apart = f"{own:.2g} in probability away from it, and {others:.2g} from the reference"
    assert finding.text.endswith(f"nearest to it on these rows is {apart}")


# -- callbacks ------------------------------------------------------------------------------

FAST = keras.callbacks.EarlyStopping("loss", min_delta=0.02, patience=1)
FALLING = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.7 * rate)
CALLBACKS = {
    "early stopping": (FAST, "iterations", 'EarlyStopping(monitor="loss", min_delta=0.02, pati'),
    "a schedule": (FALLING, "learning_rate", "LearningRateScheduler(<lambda>)"),
}


def odds(callback, **fit):
    """Return the check of a training to the end, but for a callback: log odds of 3 are wanted."""
    X = np.repeat([0.0, 0.0, 1.0, 1.0], [20, 20, 10, 30])[:, None]
    y = np.repeat([0, 1, 0, 1], [20, 20, 10, 30])
    model = keras.Sequential([keras.Input((1,)), sigmoid(kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(4.0), "binary_crossentropy", metrics=["accuracy"])
    fit = {"epochs": 60, "batch_size": 80, "callbacks": [callback], **fit}
    return compare_models(LogisticRegression(C=np.inf, tol=1e-10), X, y, candidate=model, fit=fit)


@pytest.mark.parametrize("what", CALLBACKS)
def test_a_callback_that_acts_is_the_setting_it_belongs_to(what):
    callback, setting, written = CALLBACKS[what]
    report = odds(callback)
    cause = next(one for one in report.causes if one.role == "one_of")
    assert cause.setting == setting
    assert written in cause.candidate
    (change,) = report.repair.changes
    assert change.text.startswith(f"without {written}")
    assert report.repair.verified


def test_a_callback_that_watches_is_no_setting():
    report = odds(keras.callbacks.CSVLogger("/dev/null"), epochs=2)
    assert not any("CSVLogger" in one.text for one in report.repair.changes)


def test_a_repair_takes_away_what_watches_rows_that_are_no_longer_held_back():
    watching = keras.callbacks.EarlyStopping("val_accuracy", patience=1, restore_best_weights=True)
    report = odds(watching, validation_split=0.3)
    texts = [one.text for one in report.repair.changes]
    assert "fit(..., validation_split=0.0)" in texts
    stopping = 'EarlyStopping(monitor="val_accuracy", patience=1, restore_best_weights=True)'
    assert f"without {stopping}" in texts
    assert {"rows_used", "iterations"} <= {one.setting for one in report.causes}
    assert report.repair.verified


# -- inputs ---------------------------------------------------------------------------------

NAMES = ("radius", "texture", "perimeter", "area")


def named(order=NAMES, as_dict=True):
    """Return a model with an input for each column, put together in some order."""
    inputs = {name: keras.Input((1,), name=name) for name in order}
    joined = layers.Concatenate()(list(inputs.values()))
    return keras.Model(inputs if as_dict else list(inputs.values()), sigmoid()(joined))


def two_wide():
    """Return a model of two inputs of two columns, the second first."""
    first, second = keras.Input((2,)), keras.Input((2,))
    return keras.Model([first, second], sigmoid()(layers.Concatenate()([second, first])))


INPUTS = {
    "a dict": lambda: named(),
    "a dict in another order": lambda: named(NAMES[::-1]),
    "a list in another order": lambda: named(NAMES[::-1], as_dict=False),
    "a list of wide ones": two_wide,
}


@pytest.mark.parametrize("what", INPUTS)
def test_a_model_of_several_inputs_is_a_model_of_rows(what, rows):
    model = INPUTS[what]()
    model.compile("adam", "binary_crossentropy")
    data = read_dataset(pd.DataFrame(rows.X, columns=NAMES), rows.y)
    own = KerasCandidate(model, {}, data, 0)
    assert own.reading.objective is not None
    X = rows.X.astype(np.float32)
    if isinstance(model.input, dict):
        parts = {name: X[:, [place]] for place, name in enumerate(NAMES)}
    else:
        parts = [X[:, :2], X[:, 2:]] if what == "a list of wide ones" else list(X.T[::-1, :, None])
    expected = BACKEND.array(model(parts))[:, 0]
    fitted = KerasCandidate(model, None, data, 0).train()
    assert fitted.predict(data.X_given)[:, 1] == pytest.approx(expected, abs=1e-6)
    assert expit(rows.X @ fitted.coef[0] + fitted.intercept[0]) == pytest.approx(expected, abs=1e-5)


def test_inputs_that_columns_do_not_fit_are_refused_before_the_model_is_called(rows):
    for model, X, missing in (
        (named(), rows.X, "4 columns without names"),
        (named(("radius", "mass", "area", "texture")), None, "mass"),
        (two_inputs_of(3), rows.X, "input.*3"),
    ):
        model.compile("adam", "binary_crossentropy")
        given = pd.DataFrame(rows.X, columns=NAMES) if X is None else X
        with pytest.raises(ModelParityError, match=f"{missing}.*pass X as a DataFrame"):
            KerasCandidate(model, {}, read_dataset(given, rows.y), 0)


def two_inputs_of(width):
    """Return a model of two inputs of so many columns each."""
    first, second = keras.Input((width,)), keras.Input((width,))
    return keras.Model([first, second], sigmoid()(layers.Add()([first, second])))


# -- fit ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "right"),
    [
        ("max_iter", "epochs"),
        ("n_epochs", "epochs"),
        ("lr", "compile(optimizer=keras.optimizers.Adam(learning_rate=...))"),
        ("C", "kernel_regularizer=keras.regularizers.L2(...) of the Dense layer"),
        ("batchsize", "batch_size"),
        ("tol", "callbacks=[keras.callbacks.EarlyStopping(...)]"),
        ("epoch", "epochs"),
        ("validation_spilt", "validation_split"),
    ],
)
def test_a_word_of_another_library_is_answered_with_that_of_keras(word, right, rows):
    model = sequential(sigmoid())
    model.compile("adam", "binary_crossentropy")
    told = (
        rf"fit has no argument '{word}', which is {re.escape(right)} in Keras; allowed are .*epochs"
    )
    with pytest.raises(ModelParityError, match=told):
        KerasCandidate(model, {word: 3}, rows, 0)


def test_sigmoids_are_told_as_they_are_and_divided_by_their_sum(bundled):
    X, y = bundled("iris", standardised=True)
    for loss, compared in (("binary_crossentropy", 1), ("sparse_categorical_crossentropy", 0)):
        model = sequential(layers.Dense(3, activation="sigmoid"))
        model.compile("adam", loss)
        reference = LogisticRegression().fit(X, y)
        own = BACKEND.array(model(X.astype(np.float32))).astype(np.float64)
        distances = [
            np.abs(one - reference.predict_proba(X)).max()
            for one in (own, own / own.sum(axis=1, keepdims=True))
        ]
        report = compare_models(reference, X, y, candidate=model, explain=False)
        (finding,) = [one for one in report.findings if one.slug == "no-distribution"]
        text = f"it is {distances[0]:.2g} away from the reference, divided by its sum "
        assert text + f"{distances[1]:.2g}" in finding.text
        assert finding.text.endswith("before it is compared") == bool(compared)
        found = report.divergences["probability"].value
        assert found == pytest.approx(distances[compared], abs=1e-6)


def test_an_initializer_that_made_another_shape_is_named(rows):
    # The shape of scikit-learn's coef_: a row, where Keras's kernel is a column.
    constant = keras.initializers.Constant(np.ones((1, 4)))
    model = sequential(sigmoid(kernel_initializer=constant))
    with pytest.raises(ModelParityError, match=r"kernel must hold .*\(4, 1\), .* \(4, 4\); set it"):
        KerasCandidate(model, None, rows, 0)


class Powered(keras.Model):
    """A model whose argument Keras forgets: its configuration has the default."""

    def __init__(self, power=1, **options):
        super().__init__(**options)
        self.dense, self.power = layers.Dense(1, kernel_initializer="zeros"), power

    def call(self, inputs):
        return ops.sigmoid(self.dense(inputs)) ** self.power


def test_a_copy_that_lost_an_argument_is_none(rows):
    model = Powered(2)
    model.compile("adam", "binary_crossentropy")
    model(rows.X.astype(np.float32))
    with pytest.raises(ModelParityError, match="pass a function that returns the model"):
        KerasCandidate(model, {}, rows, 0)

    def made():
        model = Powered(2)
        model.compile("adam", "binary_crossentropy")
        return model

    assert not KerasCandidate(made, {}, rows, 0).reading.linear.linear
