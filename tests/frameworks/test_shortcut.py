"""Long trainings: the first epochs by ``fit``, the others by the loop where both agree."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import ModelParityError, ParityReport, compare_models
from pytest_modelparity.frameworks.keras.candidate import KerasCandidate
from pytest_modelparity.frameworks.keras.train import refit, shortcut
from pytest_modelparity.frameworks.keras.train.fit import train, train_in_one_pass
from pytest_modelparity.frameworks.steps.rounding import DECIDED
from pytest_modelparity.sides.dataset import Dataset, read_dataset

#: Full-batch epochs: reckoned at 0.7 s by ``fit``.
LONG: dict[str, Any] = {"epochs": 8, "batch_size": 80}

IN_ONE_PASS = "fit, all epochs in one pass"


@pytest.fixture(autouse=True)
def worth(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the short cut be worth its while for trainings that a test can wait for."""
    monkeypatch.setattr(shortcut, "WORTH_SECONDS", 0.65)


def rows(n_classes: int = 2, scale: float = 1.0) -> Dataset:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(80, 4)) * scale
    scores = X @ rng.normal(size=(4, n_classes)) / scale + rng.normal(size=(80, n_classes))
    return read_dataset(X, scores.argmax(axis=1))


def port(optimizer: Any, units: int = 1) -> keras.Model:
    activation = "sigmoid" if units == 1 else "softmax"
    loss = "binary_crossentropy" if units == 1 else "sparse_categorical_crossentropy"
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, activation=activation)])
    model.compile(optimizer=optimizer, loss=loss)
    return model


@pytest.fixture
def epochs_by_fit(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Epochs that Keras's own ``fit`` is asked for, by each call, in one pass or not."""
    made: list[int] = []
    for way in (train, train_in_one_pass):

        def counted(model: Any, arguments: Any, *rest: Any, way: Any = way, **more: Any) -> Any:
            made.append(arguments.epochs)
            return way(model, arguments, *rest, **more)

        monkeypatch.setattr(refit, way.__name__, counted)
    return made


@pytest.mark.parametrize(
    ("optimizer", "n_classes", "batch_size"), [("adam", 2, 32), ("sgd", 3, 80)]
)
def test_the_short_cut_has_the_weights_of_fit(
    optimizer: str, n_classes: int, batch_size: int, epochs_by_fit: list[int]
) -> None:
    data, model = rows(n_classes), port(optimizer, 1 if n_classes == 2 else n_classes)
    fit = {"epochs": 8, "batch_size": batch_size}
    whole = KerasCandidate(model, fit, data, 3, shortcut=False).train()
    short = KerasCandidate(model, fit, data, 3).train()
    assert epochs_by_fit == [8, 3]
    assert whole.trained_by == "fit"
    assert short.trained_by.startswith("fit for 3 epochs, then its optimizer in a loop that agreed")
    assert short.settings == whole.settings
    assert whole.coef is not None
    # 24 steps of float32, measured 2e-7.
    np.testing.assert_allclose(short.coef, whole.coef, rtol=0, atol=2e-6)
    np.testing.assert_allclose(short.intercept, whole.intercept, rtol=0, atol=2e-6)
    predicted = whole.predict(data.X_given)
    np.testing.assert_allclose(short.predict(data.X_given), predicted, rtol=0, atol=2e-6)
    for first, second in zip(short.trajectory, whole.trajectory, strict=True):
        assert first[0] == second[0]
        np.testing.assert_allclose(first[1], second[1], rtol=0, atol=2e-6)


class Halved(keras.optimizers.SGD):
    """A custom optimizer, which no formula here stands for."""

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        super().update_step(gradient / 2, variable, learning_rate)


class Watching(keras.callbacks.Callback):
    """Could change the training."""


@pytest.mark.parametrize(
    ("optimizer", "fit", "seed", "by"),
    [
        (lambda: Halved(0.1), {}, 0, IN_ONE_PASS),
        (lambda: "adam", {"callbacks": [Watching()]}, 0, "fit"),
        # Without a seed nobody knows the batches.
        (lambda: "adam", {"batch_size": 32}, None, "fit"),
        (lambda: "adam", {"steps_per_epoch": 1}, 0, "fit"),
        # Short: the proof alone costs as much.
        (lambda: "adam", {"epochs": 4}, 0, "fit"),
    ],
    ids=["custom optimizer", "callback", "no seed", "steps_per_epoch", "short"],
)
def test_what_cannot_be_proven_or_is_short_is_trained_by_fit(
    optimizer: Any, fit: dict[str, Any], seed: int | None, by: str, epochs_by_fit: list[int]
) -> None:
    fit = LONG | fit
    fitted = KerasCandidate(lambda: port(optimizer()), fit, rows(), seed).train()
    assert fitted.trained_by == by
    # No epoch is made to prove a loop that could not stand for it.
    assert epochs_by_fit == [fit["epochs"]]


class Stepping(keras.Sequential):
    """A model whose class may do more in an epoch than its batches."""


def test_a_loss_without_a_model_is_trained_in_one_pass_and_a_class_of_the_users_is_not() -> None:
    for make, by in ((keras.Sequential, IN_ONE_PASS), (Stepping, "fit")):
        layers = [keras.Input((4,)), keras.layers.Dense(1, "sigmoid", kernel_initializer="zeros")]
        model = make(layers)
        model.compile(keras.optimizers.SGD(0.1), "mean_squared_error")
        found = [
            KerasCandidate(model, LONG, rows(), 0, shortcut=shortcut).train()
            for shortcut in (True, False)
        ]
        assert [fitted.trained_by for fitted in found] == [by, "fit"]
        np.testing.assert_array_equal(found[0].coef, found[1].coef)
        for first, second in zip(*(fitted.trajectory for fitted in found), strict=True):
            assert first[0] == second[0]
            np.testing.assert_array_equal(first[1], second[1])


def test_a_loop_that_disagrees_is_not_used(
    epochs_by_fit: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = keras.optimizers.Optimizer.learning_rate
    changed = property(lambda self: 1.001 * own.fget(self), own.fset)
    # As if Keras had changed its formula.
    monkeypatch.setattr(keras.optimizers.Adam, "learning_rate", changed)
    model = port(keras.optimizers.Adam(0.01))
    fitted = KerasCandidate(model, LONG, rows(), 0).train()
    assert fitted.trained_by == IN_ONE_PASS
    assert epochs_by_fit == [3, 8]


def test_a_training_that_rounding_decides_is_made_by_fit_and_found(
    epochs_by_fit: list[int],
) -> None:
    # 800 noisy steps, each of which throws the outputs from one side to the other. On logits: JAX
    # and torch clip probabilities, and from many a start no row has a gradient then.
    fit = {"epochs": 40, "batch_size": 4}
    start = keras.initializers.GlorotUniform(seed=0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, kernel_initializer=start)])
    logits = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss=logits)
    fitted = KerasCandidate(model, fit, rows(scale=30.0), 0).train()
    assert fitted.trained_by == IN_ONE_PASS
    assert epochs_by_fit == [3, 40]
    (finding,) = fitted.findings
    assert finding.slug == "decided-by-rounding"
    assert "apart in probability" in finding.text


def check(**more: Any) -> ParityReport:
    data = rows()
    return compare_models(
        LogisticRegression(C=1e3, tol=1e-10),
        data.X,
        data.y,
        candidate=lambda: port(keras.optimizers.Adam(0.1)),
        fit=LONG,
        explain=False,
        **more,
    )


def test_the_report_says_who_trained_the_candidate(epochs_by_fit: list[int]) -> None:
    assert check().trained_by.startswith("fit for 3 epochs")
    assert check(training="fit").trained_by == "fit"
    assert epochs_by_fit == [3, 8]


def test_a_wrong_training_is_refused_before_anything_is_trained(epochs_by_fit: list[int]) -> None:
    with pytest.raises(
        ModelParityError, match="training must be 'auto' or 'fit', got training='x'"
    ):
        check(training="x")
    assert epochs_by_fit == []


def test_the_threshold_is_a_tenth_of_the_default_tolerance() -> None:
    from pytest_modelparity import Tolerance

    assert Tolerance().probability / 10 == DECIDED
