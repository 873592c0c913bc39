"""Regressors in Keras: the twin, and ports with a known difference on two data sets."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.base import clone, is_regressor
from sklearn.datasets import load_diabetes
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import parametrize_with_checks

from pytest_modelparity import (
    KerasRegressorTwin,
    KerasTwin,
    ModelParityError,
    compare_models,
    train_to_optimum,
)
from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND

#: Keras 3.15 saves a variable by ``np.array(variable)``, which numpy 2 does not like.
SAVES = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)


def diabetes() -> tuple[np.ndarray, np.ndarray]:
    """Return the diabetes data, standardised."""
    X, y = load_diabetes(return_X_y=True)
    return (X - X.mean(axis=0)) / X.std(axis=0), y


def prices() -> tuple[np.ndarray, np.ndarray]:
    """Return 200 skewed prices of a large unit, with columns that depend on each other."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(200, 5))
    X[:, 4] = 0.8 * X[:, 0] + 0.6 * X[:, 4]
    noise = rng.exponential(2e4, size=200)
    return X, 2e5 + X @ [5e4, -2e4, 0.0, 1e4, 3e4] + noise


DATA = {"diabetes": diabetes(), "prices": prices()}


def port(p: int, *, loss: Any = "mse", units: int = 1, **layer: Any) -> Callable[[], keras.Model]:
    """Return a function that makes a port with the settings given."""

    def make() -> keras.Model:
        model = keras.Sequential([keras.Input((p,)), keras.layers.Dense(units, **layer)])
        model.compile(keras.optimizers.SGD(0.05, momentum=0.9), loss=loss)
        return model

    return make


def l2(strength: float) -> Any:
    """Return Keras's L2."""
    return keras.regularizers.L2(strength)


LONG: dict[str, Any] = {"epochs": 300, "batch_size": 500}
#: Name: reference, settings of the port by the rows, arguments of ``fit``, causes that are musts,
#: causes of which one is told.
PLANTED: dict[str, tuple[Any, Callable[[int], dict[str, Any]], dict[str, Any], set, set]] = {
    "none": (Ridge(5.0), lambda n: {"kernel_regularizer": l2(5.0 / n)}, LONG, set(), set()),
    "not divided by n": (
        Ridge(5.0),
        lambda n: {"kernel_regularizer": l2(5.0)},
        LONG,
        {"C"},
        set(),
    ),
    "no penalty": (Ridge(50.0), lambda n: {}, LONG, {"penalty"}, set()),
    "L1 for L2": (
        Ridge(50.0),
        lambda n: {"kernel_regularizer": keras.regularizers.L1(50.0 / n)},
        LONG,
        {"penalty"},
        set(),
    ),
    "no bias": (LinearRegression(), lambda n: {"use_bias": False}, LONG, {"fit_intercept"}, set()),
    "penalised bias": (
        Ridge(5.0),
        lambda n: {"kernel_regularizer": l2(5.0 / n), "bias_regularizer": l2(5.0 / n)},
        LONG,
        {"intercept_penalty"},
        set(),
    ),
    "absolute error": (LinearRegression(), lambda n: {"loss": "mae"}, LONG, {"loss"}, set()),
    "few epochs": (
        LinearRegression(),
        lambda n: {},
        {"epochs": 5, "batch_size": 500},
        set(),
        {"iterations", "learning_rate", "batch_size", "solver"},
    ),
    "held back rows": (
        LinearRegression(),
        lambda n: {},
        {**LONG, "validation_split": 0.5},
        {"rows_used"},
        set(),
    ),
    "weights forgotten": (
        Ridge(5.0),
        lambda n: {"kernel_regularizer": l2(5.0 / n)},
        LONG,
        {"sample_weight"},
        set(),
    ),
}


# Each on one of the data sets.
CASES = [
    (name, planted)
    for number, planted in enumerate(PLANTED)
    for place, name in enumerate(DATA)
    if number % 2 == place
]


@pytest.mark.parametrize("name,planted", CASES)
def test_a_planted_difference_is_told_and_none_that_is_innocent(name: str, planted: str) -> None:
    X, y = DATA[name]
    reference, settings, fit, musts, ways = PLANTED[planted]
    weights = None
    if planted == "weights forgotten":
        weights = np.where(np.arange(len(y)) % 3 == 0, 5.0, 1.0)
        fit = {**fit, "sample_weight": np.ones(len(y))}
    report = compare_models(
        clone(reference),
        X,
        y,
        candidate=port(X.shape[1], **settings(len(y))),
        fit=fit,
        sample_weight=weights,
        budget=1.5,
    )
    assert report.equivalent is (planted == "none")
    told = {cause.setting for cause in report.causes if cause.role == "must"}
    others = {cause.setting for cause in report.causes} - told
    if ways:
        assert told | others
        assert told | others <= ways
    else:
        assert told >= musts
        # What stopped short beside it is a training setting, of which any may be named.
        assert told - musts <= {"iterations", "learning_rate", "solver"}


def test_huber_is_a_loss_of_its_own_and_a_sigmoid_a_head() -> None:
    X, y = DATA["diabetes"]
    made = port(X.shape[1], loss=keras.losses.Huber(delta=10.0))
    report = compare_models(LinearRegression(), X, y, candidate=made, fit=LONG, budget=0)
    assert [cause.setting for cause in report.causes if cause.role == "must"][:1] == ["loss"]
    made = port(X.shape[1], activation="sigmoid")
    report = compare_models(LinearRegression(), X, y, candidate=made, fit=LONG, budget=0)
    assert [cause.setting for cause in report.causes if cause.role == "must"][:1] == ["output_head"]


@pytest.mark.parametrize(
    "units,loss,message",
    [
        (1, "binary_crossentropy", "is a loss of classes"),
        (3, "mse", "must have one output for numbers, got 3"),
    ],
)
def test_what_cannot_predict_numbers_is_refused(units: int, loss: str, message: str) -> None:
    X, y = DATA["diabetes"]
    made = port(10, units=units, loss=loss)
    with pytest.raises(ModelParityError, match=message):
        compare_models(LinearRegression(), X, y, candidate=made, fit={"epochs": 1})


MATRIX = [
    LinearRegression(),
    LinearRegression(fit_intercept=False),
    Ridge(alpha=5.0),
    Ridge(alpha=0.3, fit_intercept=False),
    Lasso(alpha=0.5),
    Lasso(alpha=0.5, fit_intercept=False),
    ElasticNet(alpha=0.1, l1_ratio=0.4),
]


@pytest.mark.parametrize("estimator,weighted", [(e, i % 2 > 0) for i, e in enumerate(MATRIX)])
def test_the_twin_is_at_its_certified_optimum(estimator: Any, weighted: bool) -> None:
    X, y = DATA["diabetes"]
    weights = np.linspace(0.1, 3.0, len(y)) if weighted else None
    twin = KerasRegressorTwin(estimator).fit(X, y, weights)
    assert twin.certificate_.distance is not None
    assert twin.certificate_.distance < 1e-6 * y.std()
    exact = clone(estimator)
    if isinstance(estimator, ElasticNet):
        exact.set_params(tol=1e-12, max_iter=100_000)
    fitted = exact.fit(X, y, sample_weight=weights)
    assert np.abs(twin.predict(X) - fitted.predict(X)).max() < 1e-6 * y.std()
    # The float32 model within its own rounding.
    found = BACKEND.array(twin.model_(X.astype(np.float32))).astype(np.float64)[:, 0]
    assert np.abs(found - fitted.predict(X)).max() < 1e-5 * np.abs(y).max()


def test_the_twin_stands_in_for_a_candidate() -> None:
    X, y = DATA["prices"]
    report = compare_models(Lasso(alpha=100.0, tol=1e-10), X, y)
    assert report.equivalent
    assert report.quantity.name == "prediction"


# scikit-learn's checks whole: none is expected to fail.
@SAVES
@parametrize_with_checks([KerasRegressorTwin(Ridge())])
def test_the_twin_passes_scikit_learns_checks(estimator: Any, check: Any) -> None:
    check(estimator)


@SAVES
def test_the_twin_is_a_regressor_that_searches_and_pickles_take() -> None:
    X, y = DATA["diabetes"]
    assert is_regressor(KerasRegressorTwin(Ridge()))
    grid = {"estimator__alpha": [0.1, 100.0]}
    twin = GridSearchCV(KerasRegressorTwin(Ridge()), grid, cv=2).fit(X, y)
    own = GridSearchCV(Ridge(), {"alpha": [0.1, 100.0]}, cv=2).fit(X, y)
    scores = [search.cv_results_["mean_test_score"] for search in (twin, own)]
    np.testing.assert_allclose(*scores)
    again = pickle.loads(pickle.dumps(twin.best_estimator_))
    np.testing.assert_array_equal(again.predict(X), twin.predict(X))
    with pytest.raises(ModelParityError, match="a pickled twin does not carry"):
        again.source()


def test_each_twin_names_the_other() -> None:
    X, y = DATA["diabetes"]
    with pytest.raises(ModelParityError, match=r"write KerasRegressorTwin\(...\) for a regressor"):
        KerasTwin(Ridge()).fit(X, y)
    with pytest.raises(ModelParityError, match=r"write KerasTwin\(...\) for a classifier"):
        KerasRegressorTwin(LogisticRegression()).fit(X, y > 100)


def test_a_keras_model_is_trained_to_its_optimum() -> None:
    X, y = DATA["diabetes"]
    model = port(10, kernel_regularizer=l2(5.0 / len(y)))()
    trained = train_to_optimum(model, X, y)
    np.testing.assert_allclose(trained.coef[0], Ridge(5.0).fit(X, y).coef_, rtol=1e-9)
    assert trained.certificate.distance is not None
    assert trained.certificate.distance < 1e-6 * y.std()
