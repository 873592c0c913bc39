"""What no formula stands for is trained by Keras's own fit, and the report says so."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from sampling import sampled
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import ParityReport, compare_models
from pytest_modelparity.frameworks.keras.build.copying import copy_model
from pytest_modelparity.frameworks.keras.candidate import KerasCandidate
from pytest_modelparity.frameworks.keras.train import trainee as keras_trainee
from pytest_modelparity.sides.dataset import read_dataset

C, N = 0.05, 90
OTHER_SEEDS = "training with other seeds, which only fit itself could do"


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    X = generator.normal(size=(N, 3))
    y = (X @ [1.0, -0.5, 0.2] + generator.normal(size=N) > 0.3).astype(int)
    return X, y


@keras.saving.register_keras_serializable("modelparity-tests")
class Halved(keras.optimizers.SGD):
    """An optimizer of the user's own: half a step."""

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        super().update_step(gradient, variable, 0.5 * learning_rate)


class Steady(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule of the user's own, which does not change."""

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def __call__(self, step: Any) -> float:
        return self.rate

    def get_config(self) -> dict[str, Any]:
        return {"rate": self.rate}


def model(
    optimizer: Any,
    loss: Any = "binary_crossentropy",
    *,
    layer: Any = None,
    l2: float = 1 / (2 * C * N),
    **options: Any,
) -> keras.Model:
    layer = layer or keras.layers.Dense
    dense = layer(
        1,
        activation="sigmoid",
        kernel_regularizer=keras.regularizers.L2(l2),
        **options,
    )
    built = keras.Sequential([keras.Input((3,)), dense])
    built.compile(optimizer, loss)
    return built


def check(rows: Any, candidate: Any, fit: dict[str, Any], **options: Any) -> ParityReport:
    reference = LogisticRegression(C=C, tol=1e-8)
    return compare_models(reference, *rows, candidate=candidate, fit=fit, tolerance=0.02, **options)


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the recipes that Keras's own fit trains, beside the candidate's training itself."""
    seen: list[Any] = []
    real = keras_trainee.retrained

    def counted(setup: Any, recipe: Any, number: int, **options: Any) -> Any:
        seen.append(recipe)
        return real(setup, recipe, number, **options)

    monkeypatch.setattr(keras_trainee, "retrained", counted)
    return seen


BY_FIT = {
    "optimizer of the user's own": (
        lambda: model(Halved(0.05)),
        "Halved(0.05) has no formula here",
    ),
    "schedule of the user's own": (
        lambda: model(keras.optimizers.SGD(Steady(0.025))),
        "SGD(Steady(rate=0.025)) has no formula here",
    ),
    "mixed precision": (
        lambda: model(keras.optimizers.SGD(0.025), dtype="mixed_bfloat16"),
        "it computes in bfloat16",
    ),
}


@pytest.mark.parametrize("what", sampled(BY_FIT, ["schedule of the user's own"]))
def test_what_has_no_formula_is_trained_by_fit_and_said(what: str, rows: Any, fits: list) -> None:
    build, reason = BY_FIT[what]
    report = check(rows, build, {"epochs": 4})
    assert report.verdict == "diverged"
    assert report.effort is not None
    assert f"any faster training than by fit itself, as {reason}" in report.effort.left_out
    assert OTHER_SEEDS in report.effort.left_out
    assert report.seeds is None
    assert reason in " ".join(report.text(verbosity=2).split())
    assert report.repair is not None
    assert report.repair.verified
    own = KerasCandidate(build, {"epochs": 4}, read_dataset(*rows), 0).setup.recipe
    # Not only the verification: what keeps its optimizer was tried by fit, too.
    assert [recipe for recipe in fits if recipe.optimizer == own.optimizer]


def test_what_has_a_formula_is_not_said_to_lack_one(rows: Any, fits: list) -> None:
    report = check(rows, lambda: model(keras.optimizers.SGD(0.025)), {"epochs": 4})
    assert report.effort is not None
    assert not [text for text in report.effort.left_out if "fit itself" in text]
    assert report.seeds is not None
    # Not even the verification trains a whole repair: fit proves the loop.
    assert fits == []
    assert report.repair is not None
    assert report.repair.verified
    assert report.repair.verified_by.startswith("fit for ")


def test_callbacks_are_heard_by_fit_alone_and_said(rows: Any, fits: list) -> None:
    stopping = keras.callbacks.EarlyStopping("loss", min_delta=10.0, patience=2)
    fit = {"epochs": 30, "callbacks": [stopping]}
    report = check(rows, lambda: model(keras.optimizers.SGD(0.025)), fit)
    assert report.effort is not None
    assert report.effort.left_out == (OTHER_SEEDS,)
    assert report.seeds is None
    stopping_text = 'EarlyStopping(monitor="loss", min_delta=10.0, patience=2)'
    assert report.causes[0].candidate == f"epochs=30, {stopping_text} (stopped after 3)"
    assert report.repair is not None
    assert report.repair.verified
    assert f"without {stopping_text}" in report.repair.changes[0].text


class StoppingOnce(keras.callbacks.Callback):
    """Stops the first training after two epochs, and counts the epochs of all others.

    In attributes of the class, since each training has a copy.
    """

    trainings = 0
    epochs = 0

    def on_train_begin(self, logs: Any = None) -> None:
        type(self).trainings += 1

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.trainings == 1:
            self.model.stop_training = epoch == 1
        else:
            type(self).epochs += 1


def test_a_fit_that_outruns_the_budget_is_ended_and_said(
    rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An epoch takes a second by this clock: ten of the budget, one of overtime.
    clock = SimpleNamespace(perf_counter=lambda: float(StoppingOnce.epochs))
    monkeypatch.setattr("pytest_modelparity.parity.budget.time", clock)
    fit = {"epochs": 100, "callbacks": [StoppingOnce()]}
    report = check(rows, lambda: model(keras.optimizers.SGD(0.025), l2=0.5), fit)
    assert report.verdict == "diverged"
    assert StoppingOnce.epochs == 12
    assert report.effort is not None
    assert report.effort.stopped_by_the_clock
    failed = "training on the repaired objective, which failed: the time was up"
    assert failed in report.effort.left_out
    assert report.repair is not None
    assert not report.repair.verified
    assert ("C", "must") in {(cause.setting, cause.role) for cause in report.causes}


class OwnStep(keras.Sequential):
    """A model that trains in its own way."""

    # JAX passes a state first.
    def train_step(self, *arguments: Any) -> Any:
        return super().train_step(*arguments)


class LinearWithTerm(keras.layers.Dense):
    """A Dense layer that adds a term of its own to the loss."""

    def call(self, inputs: Any) -> Any:
        outputs = super().call(inputs)
        self.add_loss(1e-1 * keras.ops.mean(keras.ops.square(outputs)))
        return outputs


def own_step() -> keras.Model:
    built = OwnStep([keras.Input((3,)), keras.layers.Dense(1, "sigmoid")])
    built.compile("sgd", "binary_crossentropy")
    return built


def squared(y_true: Any, y_pred: Any) -> Any:
    """A loss of the user's own."""
    return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        pytest.param(own_step, "the model has a train_step of its own", id="train_step"),
        pytest.param(
            lambda: model("sgd", squared), "the loss squared is not a log-loss", id="loss"
        ),
        pytest.param(
            lambda: model("sgd", layer=LinearWithTerm), "a term that is not modelled", id="layer"
        ),
    ],
)
def test_an_objective_of_the_users_own_is_trained_by_nothing_but_fit(
    build: Any, sentence: str, rows: Any
) -> None:
    # All rows at once, so that their order does not matter.
    own = KerasCandidate(build, {"epochs": 2, "batch_size": N}, read_dataset(*rows), 0)
    expected = copy_model(own.setup.start)
    expected.fit(*rows, epochs=2, batch_size=N, verbose=0)
    kernel, bias = expected.get_weights()
    found = own.train()
    np.testing.assert_allclose(found.coef, kernel.T, rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.intercept, bias, rtol=0, atol=1e-6)
    assert own.training is not None
    # The array loop, which knows nothing of it, is never asked.
    assert own.training.unchanged() is None
    assert own.training.spread(3) is None
    assert list(own.training.remedies()) == []
    report = check(rows, build, {"epochs": 4})
    assert report.verdict == "diverged"
    assert sentence in " ".join(str(report).split())
