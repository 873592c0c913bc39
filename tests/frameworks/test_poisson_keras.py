"""Counts in Keras: the twin, heads of one number, and ports with a known difference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from sampling import sampled
from sklearn.linear_model import PoissonRegressor, Ridge
from sklearn.utils import get_tags

from pytest_modelparity import KerasRegressorTwin, compare_models, train_to_optimum
from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.build.copying import made_by
from pytest_modelparity.frameworks.keras.read.parts import read_parts
from pytest_modelparity.frameworks.keras.read.reading import read_candidate
from pytest_modelparity.sides.regression import read_numbers


def visits() -> tuple[np.ndarray, np.ndarray]:
    """Return 250 small counts, a third of them zero."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(250, 4))
    return X, rng.poisson(np.exp(0.3 + X @ [0.5, -0.3, 0.2, 0.0])).astype(float)


def claims() -> tuple[np.ndarray, np.ndarray]:
    """Return 200 counts of about 40, with columns that depend on each other."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(200, 3))
    X[:, 2] = 0.8 * X[:, 0] + 0.6 * X[:, 2]
    return X, rng.poisson(np.exp(3.5 + X @ [0.3, -0.4, 0.1])).astype(float)


DATA = {"visits": visits(), "claims": claims()}


def port(
    p: int, *, activation: Any = "exponential", loss: Any = "poisson", **layer: Any
) -> Callable[[], keras.Model]:
    """Return a function that makes a port with the settings given."""

    def make() -> keras.Model:
        dense = keras.layers.Dense(1, activation=activation, **layer)
        model = keras.Sequential([keras.Input((p,)), dense])
        model.compile(keras.optimizers.Adam(0.1), loss=loss)
        return model

    return make


def l2(strength: float) -> Any:
    """Return Keras's L2."""
    return keras.regularizers.L2(strength)


LONG: dict[str, Any] = {"epochs": 250, "batch_size": 500}
TRAINING = {"iterations", "learning_rate", "batch_size", "solver"}
#: Name: data set, alpha, settings of the port, arguments of ``fit``, causes that are musts.
PLANTED: dict[str, tuple[str, float, dict[str, Any], dict[str, Any], set[str]]] = {
    "none": ("claims", 1.0, {"kernel_regularizer": l2(0.5)}, LONG, set()),
    "no half": ("visits", 1.0, {"kernel_regularizer": l2(1.0)}, LONG, {"C"}),
    "penalised bias": (
        "visits",
        0.5,
        {"kernel_regularizer": l2(0.25), "bias_regularizer": l2(0.25)},
        LONG,
        {"intercept_penalty"},
    ),
    # What is written beside the loss stays right.
    "squared error": (
        "claims",
        1.0,
        {"activation": None, "loss": "mse", "kernel_regularizer": l2(0.5)},
        LONG,
        {"output_head"},
    ),
    "softplus": ("visits", 0.0, {"activation": "softplus"}, {"epochs": 9}, {"output_head"}),
    "held back rows": ("visits", 0.0, {}, {**LONG, "validation_split": 0.5}, {"rows_used"}),
    "weights forgotten": (
        "claims",
        1.0,
        {"kernel_regularizer": l2(0.5)},
        {**LONG, "sample_weight": np.ones(200)},
        {"sample_weight"},
    ),
    "few epochs": ("visits", 0.0, {}, {"epochs": 3, "batch_size": 50}, set()),
}


#: A plain run takes a control, a factor, a loss and a training.
IN_PLAIN = ("none", "no half", "squared error", "few epochs")


@pytest.mark.parametrize("planted", sampled(PLANTED, IN_PLAIN))
def test_a_planted_difference_is_told_and_none_that_is_innocent(planted: str) -> None:
    name, alpha, settings, fit, musts = PLANTED[planted]
    X, y = DATA[name]
    weights = None
    if planted == "weights forgotten":
        weights = np.where(np.arange(len(y)) % 2 == 0, 1.9, 0.1)
    reference = PoissonRegressor(alpha=alpha, solver="newton-cholesky", tol=1e-8)
    made = port(X.shape[1], **settings)
    # Causes of the objective take no training again; one repair is tried for all.
    budget = 1.0 if planted in ("no half", "few epochs") else 0.0
    report = compare_models(
        reference, X, y, candidate=made, fit=fit, sample_weight=weights, budget=budget
    )
    assert report.equivalent is (planted == "none")
    assert report.structure.agrees is (settings.get("activation", "exponential") == "exponential")
    if planted == "none":
        # Rounding moves a count of 200 more than it moves its logarithm.
        assert "in a loop that agreed" in report.trained_by
    told = {cause.setting for cause in report.causes if cause.role == "must"}
    others = {cause.setting for cause in report.causes} - told
    if planted == "no half":
        assert report.repair is not None
        assert report.repair.changes[0].text == "kernel_regularizer=L2(0.5)"
    if planted == "few epochs":
        assert told | others
        assert told | others <= TRAINING
    else:
        assert told == musts
        assert others <= TRAINING


def test_a_count_model_in_the_place_of_a_ridge() -> None:
    X, y = DATA["visits"]
    fit = {"epochs": 1, "batch_size": 500}
    report = compare_models(Ridge(0.0), X, y, candidate=port(4, loss="mse"), fit=fit, budget=0)
    told = [cause.setting for cause in report.causes if cause.role == "must"]
    assert told == ["output_head"]
    # The Poisson loss of negative numbers is none.
    report = compare_models(Ridge(0.0), X, y - 2.0, candidate=port(4), fit={"epochs": 1}, budget=0)
    assert not report.equivalent
    assert any(
        "the Poisson loss is one of numbers >= 0" in text
        for text in report.settings["candidate"].unmodelled
    )


@pytest.mark.parametrize(
    "name,alpha,intercept,weighted",
    [
        ("visits", 1.0, True, False),
        ("claims", 0.1, True, True),
        ("claims", 0.0, True, False),
        ("visits", 0.5, False, True),
    ],
)
def test_the_twin_is_at_its_certified_optimum(
    name: str, alpha: float, intercept: bool, weighted: bool
) -> None:
    X, y = DATA[name]
    weights = np.linspace(0.1, 3.0, len(y)) if weighted else None
    exact = PoissonRegressor(
        alpha=alpha, fit_intercept=intercept, solver="newton-cholesky", tol=1e-9
    )
    twin = KerasRegressorTwin(exact).fit(X, y, weights)
    assert twin.certificate_.distance is not None
    # Keras's loss has log(p + 1e-7) in place of log(p): 3e-7 of the deviation of y (measured).
    assert twin.certificate_.distance < 1e-6 * y.std()
    fitted = exact.fit(X, y, sample_weight=weights)
    assert np.abs(twin.predict(X) - fitted.predict(X)).max() < 1e-6 * y.std()
    # The float32 model within its own rounding.
    found = BACKEND.array(twin.model_(X.astype(np.float32))).astype(np.float64)[:, 0]
    assert np.abs(found - fitted.predict(X)).max() < 1e-5 * np.abs(y).max()


@pytest.mark.parametrize(
    "settings,sentences",
    [
        ({"activation": keras.ops.exp}, ()),
        ({"loss": keras.losses.Poisson(reduction="sum")}, ()),
        ({"activation": "relu"}, ("the output goes through 'relu'",)),
        ({"activation": None}, ("the output goes through 'linear' beside the loss poisson",)),
        (
            {"activation": None, "loss": "mae"},
            ("the loss mean_absolute_error is not the squared error or the Poisson loss",),
        ),
    ],
)
def test_what_keeps_a_model_of_counts_from_being_read_is_said_once(
    settings: dict[str, Any], sentences: tuple[str, ...]
) -> None:
    X, y = DATA["visits"]
    parts = read_parts(made_by(port(4, **settings)), 4, numbers=True)
    reading = read_candidate(parts, read_numbers(X, y), None, None)
    assert reading.settings.unmodelled == sentences
    assert (reading.objective is not None) is not bool(sentences)


def test_the_twin_says_that_its_counts_are_not_negative() -> None:
    # scikit-learn's `check_estimator` passes whole with it.
    for estimator, positive in ((PoissonRegressor(), True), (Ridge(), False)):
        assert get_tags(KerasRegressorTwin(estimator)).target_tags.positive_only is positive
    assert not get_tags(KerasRegressorTwin(PoissonRegressor)).target_tags.positive_only


def test_a_keras_model_is_trained_to_its_optimum() -> None:
    X, y = DATA["visits"]
    trained = train_to_optimum(port(4, kernel_regularizer=l2(0.5))(), X, y)
    exact = PoissonRegressor(alpha=1.0, solver="newton-cholesky", tol=1e-10).fit(X, y)
    np.testing.assert_allclose(trained.coef[0], exact.coef_, rtol=1e-6)
    assert trained.certificate.distance is not None
    assert trained.certificate.distance < 1e-6 * y.std()
