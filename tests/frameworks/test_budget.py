"""Exact optima, and calls that nothing can interrupt, are reckoned before they begin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import ParityReport, compare_models
from pytest_modelparity.extend import nothing_remembered
from pytest_modelparity.sides.dataset import read_dataset
from pytest_modelparity.sides.estimator import seconds_an_iteration
from pytest_modelparity.theory import costs, optimum

Bundled = Callable[..., tuple[np.ndarray, np.ndarray]]
EXACT: dict[str, Any] = {"tol": 1e-12, "max_iter": 10_000}


def different(bundled: Bundled, **more: Any) -> ParityReport:
    """Compare two estimators whose objectives differ in two settings."""
    X, y = bundled("iris", standardised=True)
    candidate = LogisticRegression(C=0.01, class_weight={0: 1.0, 1: 5.0, 2: 1.0}, **EXACT)
    return compare_models(LogisticRegression(**EXACT), X, y, candidate=candidate.fit(X, y), **more)


def settings_of(report: ParityReport) -> set[tuple[str, str]]:
    return {(cause.setting, cause.role) for cause in report.causes}


def test_a_budget_of_nothing_still_names_what_must_change(bundled: Bundled) -> None:
    report = different(bundled, budget=0)
    assert settings_of(report) == {("C", "must"), ("class_weight", "must")}


def test_optima_that_do_not_fit_are_not_begun_and_named(
    bundled: Bundled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(costs, "STEP", 1000.0)
    made = []
    find = optimum.find_optimum
    monkeypatch.setattr(
        "pytest_modelparity.sides.optimum.find_optimum",
        lambda *args, **more: made.append(args) or find(*args, **more),
    )
    with nothing_remembered():
        report = different(bundled)
    # Those of the two sides, without which there is no verdict.
    assert len(made) == 2
    assert report.verdict == "diverged"
    assert report.causes == ()
    assert report.effort is not None
    assert "telling apart what C and class_weight do" in report.effort.left_out
    assert not report.effort.stopped_by_the_clock
    asked = {item.setting: item.looked_for for item in report.compared}
    assert not asked["C"]
    assert not asked["class_weight"]


def test_what_the_clock_ends_claims_nothing(
    bundled: Bundled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_modelparity.parity.budget.Budget.allows_step", lambda self: False)
    with nothing_remembered():
        report = different(bundled)
    assert report.causes == ()
    assert report.effort is not None
    assert "telling apart what C and class_weight do" in report.effort.left_out


def test_newton_s_factor_is_reckoned_by_what_it_costs() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(2000, 100)), rng.integers(0, 10, 2000)
    data = read_dataset(X, y)
    # Measured: a second of one step on ten times the rows, 5 ms of a pass on these.
    assert 0.1 < seconds_an_iteration(data, "newton-cholesky") < 1.0
    assert seconds_an_iteration(data, "lbfgs") < 0.01


def test_ten_classes_without_a_penalty_are_explained_within_what_was_reckoned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import keras

    def begun(*args: object, **more: object) -> None:
        raise AssertionError("a linear programme of half a minute was begun")

    monkeypatch.setattr("pytest_modelparity.theory.separation.linprog", begun)
    rng = np.random.default_rng(0)
    y = rng.integers(0, 10, 600)
    X = rng.normal(size=(600, 60))
    X[:, 0] += 30.0 * (y == 0)

    def port() -> keras.Model:
        model = keras.Sequential([keras.Input((60,)), keras.layers.Dense(10, "softmax")])
        model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
        return model

    report = compare_models(
        LogisticRegression(C=np.inf), X, y, candidate=port, fit={"epochs": 5, "batch_size": 100}
    )
    assert report.certificates["reference"].finite_optimum is False
    assert {cause.kind for cause in report.causes} == {"training"}
    assert report.repair is not None
    assert report.repair.verified
    assert report.effort is not None
    # The tests' clock stands still: what was reckoned decided.
    assert not report.effort.stopped_by_the_clock
    assert "more values of" in report.effort.left_out[0]
