"""Functions as candidates: told by what they require, called with what they take."""

from __future__ import annotations

import functools
import random
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from one_reference import Sides
from scipy.special import expit
from sklearn.linear_model import LogisticRegression, Ridge

from pytest_modelparity import ModelParityError, compare_models
from pytest_modelparity.sides.signature import role_of

WEIGHTS = np.random.RandomState(0).uniform(0.5, 2.0, size=100)


REFERENCE = LogisticRegression(solver="newton-cholesky", tol=1e-10)


@pytest.fixture(scope="module")
def two(bundled: Callable[..., Any]) -> Sides:
    """Return sides of two classes, which are words."""
    X, y = bundled("iris")
    return Sides(X[50:], np.array(["red", "green"])[y[50:] - 1], REFERENCE)


def train(X: Any, y: Any) -> LogisticRegression:
    return LogisticRegression(solver="newton-cholesky", tol=1e-10).fit(X, y)


# --- what a function is


def anything(*rows: Any) -> None: ...
def of_a_seed(seed: int) -> None: ...
def of_model_rows_and_labels(model: Any, X: Any, y: Any) -> None: ...
def perhaps_with_labels(X: Any, y: Any = None) -> None: ...
def by_name(X: Any, *, temperature: float) -> None: ...


@pytest.mark.parametrize(
    "function,word",
    [
        (lambda: None, "make"),
        (lambda width=3: None, "make"),
        (lambda X: X, "predict"),
        (lambda X, batch_size=32: X, "predict"),
        (lambda X, y: X, "train"),
        (lambda X, y, epochs=3: X, "train"),
        (lambda X, y, sample_weight: X, "train"),
        (lambda X, y, sample_weight=None, seed=0: X, "train"),
        (functools.partial(of_model_rows_and_labels, None), "train"),
        (train, "train"),
        (LogisticRegression().predict_proba, "predict"),
    ],
)
def test_a_function_is_told_by_what_it_requires(function: Any, word: str) -> None:
    role = role_of(function)
    assert role is not None
    assert (role.word, role.unclear) == (word, "")


@pytest.mark.parametrize(
    "function,why",
    [
        (anything, "it takes any number of arguments"),
        (of_a_seed, "it requires seed"),
        (of_model_rows_and_labels, "it requires the 3 arguments model, X, y"),
        (perhaps_with_labels, "it requires X and may take labels"),
        (by_name, "it requires the arguments X, temperature"),
    ],
)
def test_what_may_be_two_things_is_asked_about(two: Sides, function: Any, why: str) -> None:
    words = f"^what the candidate function {function.__name__} is cannot be told: {why}; say kind="
    two.refused(function, words)


def test_kind_says_what_a_function_is(two: Sides) -> None:
    def port(X: np.ndarray, y: Any = None) -> Any:
        return two.fitted.predict_proba(X) if y is None else train(X, y)

    for kind, title in (("predict", "port (a function of X)"), ("train", "LogisticRegression(")):
        report = two.compare(port, kind=kind)
        assert report.equivalent
        assert report.settings["candidate"].model.startswith(title)
    assert two.compare(lambda *given: two.fitted, kind="make").equivalent
    words = r"^kind must be one of .*'make', .*'predict', .*, got kind='tensor'; leave it out"
    two.refused(port, words, kind="tensor")
    two.refused(port, "^kind must be a word such as 'predict' or 'train', got kind=1", kind=1)


# --- a function that makes


def test_a_function_makes_any_kind(two: Sides) -> None:
    assert two.compare(lambda: two.fitted.predict_proba(two.X)).equivalent
    assert two.compare(lambda: LogisticRegression(tol=1e-8)).equivalent
    assert two.compare(lambda: two.fitted.predict_proba).equivalent
    assert two.compare(lambda: train).equivalent


def test_what_making_warns_of_is_told_and_chance_is_left_as_it_was(two: Sides) -> None:
    def make() -> Any:
        warnings.warn("old weights", UserWarning, stacklevel=1)
        random.random()
        np.random.rand()
        return two.fitted

    states = random.getstate(), np.random.get_state()[1].tolist()
    with pytest.warns(UserWarning, match="old weights"):
        two.compare(make)
    assert states == (random.getstate(), np.random.get_state()[1].tolist())


@pytest.mark.parametrize("returned", [None, lambda: None])
def test_a_function_must_make_a_model(two: Sides, returned: Any) -> None:
    words = "must return a model, got .*; end it with: return model$"
    two.refused(lambda: returned, words)
    two.refused(lambda: 7, "^a candidate must be one of these: .*; got int$")


# --- a function that trains


def test_a_function_trains_on_what_the_reference_is_trained_on(two: Sides) -> None:
    report = two.compare(train)
    assert report.equivalent
    # Its settings are read: it returned an estimator.
    assert report.settings["candidate"].model.startswith("LogisticRegression(tol=1e-10")
    assert compare_models(Ridge(), two.X, two.X[:, 0], candidate=lambda X, y: Ridge().fit(X, y))


@pytest.mark.parametrize(
    "returned",
    [
        lambda fitted: fitted.predict_proba,
        lambda fitted: lambda X: fitted.predict_proba(X)[:, 1],
        lambda fitted: fitted,
    ],
    ids=["a method", "a function of X", "an estimator"],
)
def test_whatever_it_returns_is_compared(two: Sides, returned: Any) -> None:
    assert two.compare(lambda X, y: returned(train(X, y))).equivalent
    other = two.compare(lambda X, y: returned(LogisticRegression(C=0.01).fit(X, y)), explain=True)
    assert [cause.setting for cause in other.causes] == ["C"]


def test_it_is_given_the_rows_as_they_are_and_cannot_change_them(two: Sides) -> None:
    before = two.X.copy()

    def careless(X: Any, y: Any) -> Any:
        assert isinstance(X, np.ndarray)
        assert y.tolist() == two.y.tolist()
        X -= X.mean(axis=0)
        return LogisticRegression().fit(X, y)

    assert not two.compare(careless).equivalent
    np.testing.assert_array_equal(two.X, before)


def test_weights_are_passed_where_it_takes_them(two: Sides) -> None:
    def weighted(X: Any, y: Any, sample_weight: Any = None) -> Any:
        return LogisticRegression(tol=1e-10).fit(X, y, sample_weight)

    assert two.compare(weighted, sample_weight=WEIGHTS).equivalent
    assert two.compare(weighted).equivalent
    words = r"candidate function train takes none: .* write train\(X, y, sample_weight\), or leave"
    two.refused(train, words, sample_weight=WEIGHTS)


def test_the_seed_is_passed_where_it_takes_one(two: Sides) -> None:
    seeds = []

    def seeded(X: Any, y: Any, random_state: Any = None) -> Any:
        seeds.append(random_state)
        return train(X, y)

    for seed in (0, 3, None):
        two.compare(seeded, seed=seed)
    assert seeds == [0, 3, None]


def test_chance_of_a_training_is_that_of_the_seed(two: Sides) -> None:
    def by_chance(X: Any, y: Any) -> Any:
        fitted = train(X, y)
        fitted.coef_ = fitted.coef_ + 0.1 * np.random.normal(size=fitted.coef_.shape)
        return fitted.predict_proba

    first, again, other = (two.compare(by_chance, seed=seed) for seed in (1, 1, 2))
    values = [one.divergences["probability"].value for one in (first, again, other)]
    assert values[0] == values[1] != values[2]


def test_a_training_that_fails_is_told(two: Sides) -> None:
    def broken(X: Any, y: Any) -> Any:
        raise ValueError("no such optimizer")

    two.refused(broken, "candidate function broken raised ValueError: no such optimizer; it is")
    two.refused(lambda X, y: None, "must return what it trained, got NoneType; end it with: return")
    two.refused(lambda X, y: train, "must return what it trained, got function; end it with")
    two.refused(train, "^fit holds arguments of keras.Model.fit, got a function", fit={})
    with pytest.raises(ModelParityError, match=r"^the candidate function train trains on X and y"):
        compare_models(two.fitted, two.X, candidate=train)


def test_what_a_training_warns_of_is_in_the_report(two: Sides) -> None:
    def warned(X: Any, y: Any) -> Any:
        warnings.warn("few rows", UserWarning, stacklevel=1)
        return train(X, y)

    with pytest.warns(UserWarning, match="few rows"):
        report = two.compare(warned)
    assert ("candidate", "few rows") in [(one.side, one.message) for one in report.warnings]


# --- what is no probability


@pytest.mark.parametrize(
    "labels",
    [
        lambda fitted, X: fitted.predict(X),
        lambda fitted, X: fitted.predict_proba(X).argmax(axis=1),
        lambda fitted, X: fitted.predict_proba(X)[:, 1] > 0.5,
    ],
    ids=["words", "codes", "booleans"],
)
def test_labels_are_told(two: Sides, labels: Any) -> None:
    words = r"must predict probabilities, got labels such as .*; return predict_proba\(X\) in place"
    two.refused(lambda X: labels(two.fitted, X), words)
    two.refused(labels(two.fitted, two.X), words)


def test_logits_are_told_with_the_line_that_mends_them(two: Sides) -> None:
    def port(X: np.ndarray) -> np.ndarray:
        return two.fitted.decision_function(X)

    two.refused(port, r"outputs: candidate=lambda X: scipy.special.expit\(port\(X\)\)$")
    assert two.compare(lambda X: expit(port(X))).equivalent


def test_predictions_of_another_length_are_told(two: Sides) -> None:
    words = r"must predict probabilities of shape \(100, 2\), .* got \(50, 2\)"
    two.refused(lambda X: two.fitted.predict_proba(X)[:50], words)
