"""The map of a training: its numbers against real trainings, and when there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from pytest_modelparity import ParityReport, compare_models
from pytest_modelparity.check_settings import CheckSettings
from pytest_modelparity.context import CURRENT, CheckContext
from pytest_modelparity.frameworks.steps.training import StepTraining
from pytest_modelparity.report.pictures import MapPoint, TrainingMap

SEED, EPOCHS, BATCH, RATE, TOLERANCE = 5, 4, 32, 0.05, 0.02
C, N_ROWS = 0.05, 90
L2 = 1 / (2 * C * N_ROWS)

Rows = tuple[np.ndarray, np.ndarray]


def nothing(*_: Any) -> None:
    """Take what a run would record."""


@contextmanager
def asked_for(draws_map: bool = True, record: Callable[..., None] = nothing) -> Iterator[None]:
    """Let checks be made in a run whose report shows maps, or in one without."""
    context = CheckContext(
        record=record,
        refuse=nothing,
        marker=CheckSettings,
        ini=CheckSettings(),
        draws_map=draws_map,
    )
    token = CURRENT.set(context)
    try:
        yield
    finally:
        CURRENT.reset(token)


@pytest.fixture(scope="module")
def rows() -> Rows:
    generator = np.random.default_rng(0)
    X = generator.normal(size=(N_ROWS, 3))
    y = (X @ [1.0, -0.5, 0.2] + generator.normal(size=N_ROWS) > 0.3).astype(int)
    return X, y


def port(optimizer: Any = RATE, penalty: float = L2) -> Callable[[], Any]:
    def make() -> Any:
        dense = keras.layers.Dense(
            1,
            activation="sigmoid",
            kernel_regularizer=keras.regularizers.L2(penalty) if penalty else None,
        )
        model = keras.Sequential([keras.Input((3,)), dense])
        # A fresh one for each model: an optimizer serves one.
        made = optimizer() if callable(optimizer) else keras.optimizers.SGD(optimizer)
        model.compile(made, "binary_crossentropy")
        return model

    return make


def check(
    rows: Rows,
    candidate: Any = None,
    *,
    draws_map: bool = True,
    **options: Any,
) -> ParityReport:
    fit = {"epochs": EPOCHS} | options.pop("fit", {})
    settings = {"tolerance": TOLERANCE, "seed": SEED} | options
    reference = settings.pop("reference", LogisticRegression(C=C, tol=1e-8))
    with asked_for(draws_map):
        return compare_models(reference, *rows, candidate=candidate or port(), fit=fit, **settings)


def really_left(rows: Rows, candidate: Any, **options: Any) -> float:
    """Return what Keras's own ``fit`` leaves."""
    options = {"explain": False, "training": "fit", **options}
    return check(rows, candidate, **options).divergences["probability"].value


def map_of(report: ParityReport) -> TrainingMap:
    assert report.training_map is not None, report.effort
    return report.training_map


@pytest.fixture(scope="module")
def report(rows: Rows) -> ParityReport:
    return check(rows)


@pytest.fixture(scope="module")
def unpenalised(rows: Rows) -> ParityReport:
    """A candidate that lacks the penalty, and so must change its objective."""
    return check(rows, port(penalty=0.0))


# --- the numbers


def test_a_map_has_some_twenty_rates_and_forty_epochs_around_the_user_s(
    report: ParityReport,
) -> None:
    found = map_of(report)
    assert 20 <= len(found.learning_rates) <= 24
    assert 30 <= len(found.epochs) <= 44
    assert list(found.learning_rates) == sorted(set(found.learning_rates))
    assert list(found.epochs) == sorted(set(found.epochs))
    assert {len(row) for row in found.left} == {len(found.epochs)}
    assert len(found.left) == len(found.learning_rates)
    assert found.learning_rates[0] < RATE / 50
    assert found.learning_rates[-1] > RATE * 500
    assert found.epochs[0] == 1
    assert found.epochs[-1] >= 100 * EPOCHS


def test_the_user_s_point_is_what_the_verdict_says(report: ParityReport) -> None:
    found = map_of(report)
    left = pytest.approx(report.divergences["probability"].value, abs=1e-6)
    assert found.own == MapPoint(learning_rate=RATE, epochs=EPOCHS, left=left)
    assert found.left[found.learning_rates.index(RATE)][found.epochs.index(EPOCHS)] == left


@pytest.mark.parametrize("rate,epochs", [(1, 0), (12, 5), (17, 13)])
def test_a_point_is_what_a_real_fit_of_its_rate_and_epochs_leaves(
    rows: Rows, report: ParityReport, rate: int, epochs: int
) -> None:
    found = map_of(report)
    candidate = port(found.learning_rates[rate])
    real = really_left(rows, candidate, fit={"epochs": found.epochs[epochs]})
    assert found.left[rate][epochs] == pytest.approx(real, abs=1e-5)


def test_a_batch_size_and_an_optimizer_leave_what_a_real_fit_with_them_does(
    rows: Rows, report: ParityReport
) -> None:
    lines = {line.setting: line for line in map_of(report).lines}
    assert list(lines) == ["batch_size", "solver"]
    left = dict(zip(lines["batch_size"].values, lines["batch_size"].left, strict=True))
    left.update(zip(lines["solver"].values, lines["solver"].left, strict=True))
    assert left["8"] == pytest.approx(really_left(rows, port(), fit={"batch_size": 8}), abs=1e-5)
    adam = port(lambda: keras.optimizers.Adam(0.1))
    assert left["Adam(0.1)"] == pytest.approx(really_left(rows, adam), abs=1e-5)


def test_the_user_s_own_values_are_on_every_line(report: ParityReport) -> None:
    found = map_of(report)
    own = {line.setting: (line.values[line.own], line.left[line.own]) for line in found.lines}
    assert found.own is not None
    assert own == {
        "batch_size": (str(BATCH), pytest.approx(found.own.left)),
        "solver": ("SGD(0.05)", pytest.approx(found.own.left)),
    }


def test_the_repair_has_its_point_with_what_else_it_changes(
    report: ParityReport, unpenalised: ParityReport
) -> None:
    for each in (report, unpenalised):
        found = map_of(each)
        assert each.repair is not None
        assert found.repair is not None
        settings = "iterations", "learning_rate"
        trained = [change.text for change in each.repair.changes if change.setting in settings]
        assert trained
        for text in trained:
            name, _, value = text.partition("=")
            wanted = {"epochs": found.repair.epochs, "learning_rate": found.repair.learning_rate}
            assert wanted[name] == float(value)
        assert found.repair.left <= TOLERANCE
        # One of the map's own trainings.
        row = found.left[found.learning_rates.index(found.repair.learning_rate)]
        assert row[found.epochs.index(found.repair.epochs)] == found.repair.left
        assert found.repair.beside == ""


def test_a_repair_that_changes_more_says_so_and_has_its_own_number() -> None:
    X, y = load_breast_cancer(return_X_y=True)

    def adam() -> Any:
        model = keras.Sequential([keras.Input((30,)), keras.layers.Dense(1, "sigmoid")])
        model.compile("adam", "binary_crossentropy")
        return model

    scaled = StandardScaler().fit_transform(X)
    options = {"reference": LogisticRegression(), "fit": {"epochs": 12}, "tolerance": 0.01}
    report = check((scaled, y), adam, **options)
    found = map_of(report)
    assert report.repair is not None
    assert found.repair is not None
    assert "batch_size=569" in report.repair.changes[-1].text
    assert found.repair.beside == "batch_size=569"
    assert found.repair.left == pytest.approx(report.repair.left, abs=1e-3)
    row = found.left[found.learning_rates.index(found.repair.learning_rate)]
    # The same learning rate and epochs on the user's own batches.
    assert row[found.epochs.index(found.repair.epochs)] > 10 * found.repair.left


def test_where_the_objective_differs_the_map_is_of_the_repaired_one(
    rows: Rows, unpenalised: ParityReport
) -> None:
    found = map_of(unpenalised)
    assert [change.setting for change in found.changes] == ["penalty"]
    assert unpenalised.repair is not None
    assert set(found.changes) < set(unpenalised.repair.changes)
    assert found.own is not None
    assert found.own.left == pytest.approx(really_left(rows, port()), abs=1e-4)
    assert found.own.left != pytest.approx(unpenalised.divergences["probability"].value, abs=1e-2)


def test_where_the_reference_needed_a_repair_the_map_is_of_the_way_to_the_repaired_one(
    rows: Rows,
) -> None:
    early = LogisticRegression(C=C, tol=1.0)
    report = check(rows, reference=early)
    found = map_of(report)
    assert {change.side for change in found.changes} == {"reference"}
    assert found.own is not None
    assert found.own.left == pytest.approx(really_left(rows, port()), abs=5e-3)
    assert found.own.left != pytest.approx(report.divergences["probability"].value, abs=1e-2)


def test_a_map_is_of_the_rows_that_are_compared(rows: Rows) -> None:
    others = rows[0][:20] * 3.0
    report = check(rows, X_eval=others)
    found = map_of(report)
    assert found.own is not None
    assert found.own.left == pytest.approx(report.divergences["probability"].value, abs=1e-6)


def test_a_schedule_has_no_point_among_constant_rates(rows: Rows) -> None:
    def falling() -> Any:
        return keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(RATE, 10))

    found = map_of(check(rows, port(falling)))
    assert found.own is None
    assert RATE in found.learning_rates
    (solver,) = (line for line in found.lines if line.setting == "solver")
    assert solver.values[solver.own] == "SGD(CosineDecay(0.05, 10))"


# --- when there is one


def test_a_map_changes_nothing_else(rows: Rows, report: ParityReport) -> None:
    without = check(rows, draws_map=False)
    assert without.training_map is None

    def told(each: ParityReport) -> tuple[Any, ...]:
        return each.verdict, each.causes, each.repair, each.alternatives, each.findings

    assert told(report) == told(without)
    assert str(report) == str(without)


def test_outside_of_a_run_nobody_asks_for_one(rows: Rows) -> None:
    found = compare_models(
        LogisticRegression(C=C), *rows, candidate=port(), fit={"epochs": 1}, seed=SEED
    )
    assert not found.equivalent
    assert found.training_map is None


@pytest.mark.parametrize("options", [{"tolerance": 1.0}, {"explain": False}])
def test_without_an_explanation_there_is_none(rows: Rows, options: dict[str, Any]) -> None:
    assert check(rows, **options).training_map is None


def test_without_room_in_the_budget_it_is_left_out_and_named(rows: Rows) -> None:
    report = check(rows, budget=0.0)
    assert report.training_map is None
    assert report.effort is not None
    assert "a map of the training" in report.effort.left_out


class Doubled(keras.optimizers.SGD):
    """An optimizer that has no formula here."""

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        super().update_step(gradient * 2.0, variable, learning_rate)


class Quiet(keras.callbacks.Callback):
    """A callback, which only ``fit`` knows."""


@pytest.mark.parametrize(
    "optimizer,fit",
    [(lambda: Doubled(RATE), {}), (RATE, {"callbacks": [Quiet()]})],
    ids=["optimizer", "callback"],
)
def test_what_only_fit_can_train_has_none_and_that_is_named(
    rows: Rows, optimizer: Any, fit: dict[str, Any]
) -> None:
    report = check(rows, port(optimizer), fit=fit, budget=0.0)
    assert report.training_map is None
    assert report.effort is not None
    assert "a map of the training, which only fit itself could make" in report.effort.left_out


def test_a_candidate_that_came_trained_misses_none(rows: Rows) -> None:
    with asked_for():
        report = compare_models(LogisticRegression(C=C), *rows, candidate=port()())
    assert not report.equivalent
    assert report.training_map is None
    assert report.effort is not None
    assert not any("a map" in sentence for sentence in report.effort.left_out)


def test_an_interrupt_while_it_is_drawn_loses_nothing_else(
    rows: Rows, report: ParityReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_off(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(StepTraining, "on_the_way", broken_off)
    kept: list[ParityReport] = []

    def record(found: ParityReport, asserted: bool) -> None:
        kept.append(found)

    reference, settings = LogisticRegression(C=C, tol=1e-8), {"tolerance": TOLERANCE, "seed": SEED}
    with asked_for(record=record), pytest.raises(KeyboardInterrupt):
        compare_models(reference, *rows, candidate=port(), fit={"epochs": EPOCHS}, **settings)
    (found,) = kept
    assert found.training_map is None
    assert (found.causes, found.repair) == (report.causes, report.repair)
    assert found.effort is not None
    assert found.effort.interrupted_while == "drawing a map of the training"
