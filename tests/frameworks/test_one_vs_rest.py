"""One-vs-rest references: OneVsRestClassifier, SGDClassifier of many classes, and their ports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import sklearn
from sampling import sampled
from scipy.special import expit
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from pytest_modelparity import KerasTwin, ModelParityError, compare_models
from pytest_modelparity.extend import check_mapping
from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.registry import mappings
from pytest_modelparity.parity.side import Side
from pytest_modelparity.sides.dataset import read_dataset
from pytest_modelparity.sides.mapping import find_mapping


def rows(load: Callable[..., Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return standardised rows and labels of three classes, of which two are not so many."""
    X, y = load(return_X_y=True)
    kept = np.flatnonzero((y == 0) | (np.arange(len(y)) % 3 > 0))
    X, y = X[kept], y[kept]
    return (X - X.mean(axis=0)) / X.std(axis=0), y


DATA = {"iris": rows(load_iris), "wine": rows(load_wine)}


def logistic(**options: Any) -> OneVsRestClassifier:
    """Return the reference, trained far."""
    return OneVsRestClassifier(LogisticRegression(tol=1e-8, max_iter=1000, **options))


def side_of(estimator: Any, X: np.ndarray, y: np.ndarray, weights: Any = None) -> Side:
    """Return an estimator as its mapping fits it."""
    data = read_dataset(X, y, sample_weight=weights)
    mapping = find_mapping(estimator, mappings())
    return Side(name="reference", data=data, fitted=mapping.fit(estimator, data))


@pytest.mark.parametrize(
    "check",
    check_mapping(
        next(one for one in mappings() if one.name.startswith("sklearn.multiclass")),
        [OneVsRestClassifier(LogisticRegression(C=0.3, class_weight="balanced"))],
    ),
)
def test_the_mapping_keeps_the_rules(check: Callable[[], None]) -> None:
    check()


@pytest.mark.parametrize(
    "estimator",
    [
        logistic(),
        logistic(class_weight="balanced"),
        logistic(class_weight={0: 0.5, 1: 3.0}, solver="liblinear", intercept_scaling=2.0),
        make_pipeline(StandardScaler(), logistic(C=0.2)),
        GridSearchCV(logistic(), {"estimator__C": [0.1, 1.0]}, cv=3),
    ],
    ids=["plain", "balanced", "liblinear with weights", "pipeline", "search"],
)
def test_each_estimator_ends_at_the_optimum_of_its_class(estimator: Any) -> None:
    X, y = DATA["iris"]
    side = side_of(estimator, X, y)
    assert side.settings.objective is not None
    assert side.settings.objective.output_head == "one_vs_rest"
    assert side.certificate is not None
    assert side.certificate.distance is not None
    assert side.certificate.distance < 1e-5
    assert side.certificate.gradient_norm < 1e-6


@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 0.5, 2: 3.0}])
def test_an_sgd_classifier_weighs_a_class_in_its_own_problem_alone(class_weight: Any) -> None:
    X, y = DATA["iris"]
    model = SGDClassifier(
        loss="log_loss", alpha=0.02, max_iter=3000, tol=None, random_state=0, average=False
    ).set_params(class_weight=class_weight)
    weights = np.where(np.arange(len(y)) % 2, 1.0, 2.0)
    side = side_of(model, X, y, weights)
    assert side.certificate is not None
    assert side.certificate.distance is not None
    # Its steps end 1e-4 away; without the weights of the classes the optimum is 0.05 away.
    assert side.certificate.distance < 1e-3


def test_rounding_decides_inside_as_it_does_outside() -> None:
    X, y = load_breast_cancer(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    model = OneVsRestClassifier(SGDClassifier(loss="log_loss", random_state=0))
    found = side_of(model, X, y).fitted.findings
    assert [finding.slug for finding in found] == ["decided-by-rounding"]


def test_two_classes_are_one_problem_and_their_weights_those_of_its_labels() -> None:
    X, y = DATA["iris"]
    kept = y > 0
    labels = np.array(["b", "a"])[y[kept] - 1]
    side = side_of(logistic(class_weight={0: 1.0, 1: 3.0}), X[kept], labels)
    assert side.settings.objective is not None
    assert side.settings.objective.output_head == "sigmoid"
    assert side.settings.objective.class_weight == (1.0, 3.0)
    assert side.certificate is not None
    assert side.certificate.gradient_norm < 1e-6


def test_the_twin_is_at_the_optimum() -> None:
    X, y = DATA["iris"]
    reference = logistic(class_weight="balanced").fit(X, y)
    twin = KerasTwin(reference).fit(X, y)
    assert twin.certificate_.distance is not None
    assert twin.certificate_.distance < 1e-6
    assert np.abs(twin.predict_proba(X) - reference.predict_proba(X)).max() < 1e-4
    assert (twin.predict(X) == reference.predict(X)).all()
    sigmoids = expit(BACKEND.array(twin.model_(X.astype(np.float32)))[:, :, 0])
    shares = sigmoids / sigmoids.sum(axis=1, keepdims=True)
    assert np.abs(shares - twin.predict_proba(X)).max() < 1e-5
    rows = {row.name: row.keras for row in twin.mapping_}
    # Keras averages over three units: 1/(2 C n) over 3.
    assert rows["estimator__C"] == f"kernel_regularizer=L2({1 / (6 * len(y)):.3g})"
    assert rows["estimator__class_weight"].startswith("sample_weight of each unit: {0: ")


def port(
    n: int,
    p: int,
    *,
    softmax: bool = False,
    strength: float = 1.0,
    rate: float = 0.05,
    **layer: Any,
) -> Callable[[], keras.Model]:
    """Return a function that makes a port of C=1, with a penalty so many times as strong."""

    def make() -> keras.Model:
        l2 = strength / (2 * n * (1 if softmax else 3))
        given = {"kernel_regularizer": keras.regularizers.L2(l2), **layer}
        activation = "softmax" if softmax else "sigmoid"
        dense = keras.layers.Dense(
            3, activation, kernel_initializer=keras.initializers.GlorotUniform(seed=0), **given
        )
        model = keras.Sequential([keras.Input((p,)), dense])
        loss = "sparse_categorical_crossentropy" if softmax else "binary_crossentropy"
        model.compile(keras.optimizers.Adam(rate), loss=loss)
        return model

    return make


LONG: dict[str, Any] = {"epochs": 600, "batch_size": 500}
L1 = keras.regularizers.L1(2e-3)
WEIGHTS = {0: 4.0, 1: 1.0, 2: 0.25}
#: Name: data set, reference, settings of the port, arguments of ``fit``, causes that are musts,
#: causes of which one is told.
PLANTED: dict[str, tuple[str, Any, dict[str, Any], dict[str, Any], set[str], set[str]]] = {
    "none": ("wine", logistic(), {}, LONG, set(), set()),
    "not divided by the units": ("iris", logistic(), {"strength": 3.0}, LONG, {"C"}, set()),
    "L1 for L2": ("iris", logistic(), {"kernel_regularizer": L1}, LONG, {"penalty"}, set()),
    "C, no bias": (
        "wine",
        logistic(C=0.1),
        {"use_bias": False},
        LONG,
        {"C", "fit_intercept"},
        set(),
    ),
    "softmax": ("iris", logistic(), {"softmax": True}, LONG, {"output_head"}, set()),
    "softmax forgotten": ("wine", LogisticRegression(tol=1e-8), {}, LONG, {"output_head"}, set()),
    "weights of the reference": (
        "wine",
        logistic(class_weight="balanced"),
        {},
        LONG,
        {"class_weight"},
        set(),
    ),
    "weights of the port": (
        "iris",
        logistic(),
        {},
        {**LONG, "class_weight": WEIGHTS},
        {"class_weight"},
        set(),
    ),
    "few epochs": (
        "wine",
        logistic(),
        {},
        {"epochs": 20, "batch_size": 500},
        set(),
        {"iterations", "solver", "batch_size", "learning_rate"},
    ),
    "small steps": (
        "iris",
        logistic(),
        {"rate": 2e-3},
        {"epochs": 300, "batch_size": 500},
        set(),
        {"iterations", "solver", "batch_size", "learning_rate"},
    ),
}


#: A plain run takes a control, a factor, a head, weights of classes and a training.
EACH_KIND = ("none", "not divided by the units", "softmax", "weights of the port", "few epochs")


@pytest.mark.parametrize("planted", sampled(PLANTED, EACH_KIND))
def test_a_planted_difference_is_told_and_repaired(planted: str) -> None:
    name, reference, settings, fit, musts, ways = PLANTED[planted]
    X, y = DATA[name]
    made = port(*X.shape, **settings)
    report = compare_models(clone(reference), X, y, candidate=made, fit=fit)
    assert report.equivalent is (planted == "none")
    told = {cause.setting for cause in report.causes if cause.role == "must"}
    others = {cause.setting for cause in report.causes} - told
    assert told == musts
    assert others <= ways
    assert bool(others) is bool(ways)
    if planted != "none":
        assert report.repair is not None
        assert report.repair.verified
        assert report.repair.probability_after < 0.01
    if planted == "not divided by the units":
        (cause,) = report.causes
        assert "3 times too strong: Keras averages the loss over the 3 units" in cause.note


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        (OneVsRestClassifier(LinearSVC()), "LinearSVC has a hinge loss"),
        (OneVsRestClassifier(LogisticRegression(C=-1.0)), "labels 0 .the rest. and 1.*C must be"),
        (OneVsRestClassifier(make_pipeline(LogisticRegression())), "no mapping knows Pipeline"),
    ],
)
def test_what_cannot_be_inside_is_refused_with_the_reason(reference: Any, reason: str) -> None:
    X, y = DATA["iris"]
    with pytest.raises(ModelParityError, match=reason):
        compare_models(reference, X, y, candidate=LogisticRegression())


def test_coefficients_of_two_such_models_are_compared_as_they_are() -> None:
    X, y = DATA["iris"]
    models = [logistic(C=C).fit(X, y) for C in (1.0, 0.5)]
    coefs = [np.vstack([one.coef_ for one in model.estimators_]) for model in models]
    report = compare_models(models[0], X, y, candidate=models[1], explain=False)
    # Not centred over the classes: a shift of all sigmoids is another model.
    assert report.divergences["coef"].value == pytest.approx(np.abs(coefs[0] - coefs[1]).max())


def test_several_labels_a_row_are_refused() -> None:
    X, y = DATA["iris"]
    many = np.stack([y == 0, y > 0], axis=1).astype(int)
    with pytest.raises(ModelParityError, match=r"multilabel.* are several models"):
        compare_models(logistic(), X, many)
    with pytest.raises(ModelParityError, match=r"\(multilabel\) is several models"):
        compare_models(logistic().fit(X, many), X, y)


def test_weights_of_rows_get_to_the_estimators_by_routing_alone() -> None:
    X, y = DATA["iris"]
    weights = np.where(y == 1, 3.0, 1.0)
    with pytest.raises(ModelParityError, match=r"only with sklearn.set_config"):
        side_of(logistic(), X, y, weights)
    with sklearn.config_context(enable_metadata_routing=True):
        inner = LogisticRegression(tol=1e-8).set_fit_request(sample_weight=True)
        side = side_of(OneVsRestClassifier(inner), X, y, weights)
    assert side.certificate is not None
    assert side.certificate.gradient_norm < 1e-6


def test_sigmoids_under_a_crossentropy_of_one_choice_are_no_head() -> None:
    X, y = DATA["iris"]
    model = port(*X.shape)()
    model.compile("adam", loss="sparse_categorical_crossentropy")
    report = compare_models(logistic(), X, y, candidate=model, fit={"epochs": 1}, explain=False)
    assert report.verdict == "diverged"
    settings = report.settings["candidate"]
    assert settings.objective is None
    assert "3 sigmoids are no distribution over the classes" in settings.unmodelled
