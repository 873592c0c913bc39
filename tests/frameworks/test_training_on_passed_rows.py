"""Keras's own fit, and trainings again, on rows that are not held: an array, a file and dask."""

from __future__ import annotations

import threading
from dataclasses import replace

import dask.array
import keras
import numpy as np
import pytest
from passed_reports import classes, cut_small, passed_over, without_times
from sklearn.linear_model import LogisticRegression, SGDClassifier

from pytest_modelparity import ModelParityError, compare_models
from pytest_modelparity.extend import nothing_remembered
from pytest_modelparity.frameworks.keras.read.arguments import FitArguments
from pytest_modelparity.frameworks.keras.train.batches import Batches, FitRows
from pytest_modelparity.frameworks.keras.train.fit import train
from pytest_modelparity.parity.budget import Budget
from pytest_modelparity.rows.held import HeldRows

N = 800
#: Of two trainings on the same batches: rounding of float32.
ROUNDING = 2e-6


@pytest.fixture(autouse=True)
def small_groups(monkeypatch):
    """Groups of some hundred rows, and few rows that stand for all."""
    cut_small(monkeypatch, group=1000, sample=500, fewest_samples=100)


@pytest.fixture(scope="module")
def rows():
    return classes(N, 2)


def reference():
    """A reference that came trained: of dask there is no array to fit it on."""
    return LogisticRegression(tol=1e-8).fit(*classes(N, 2))


def model_of(rate=0.05, optimizer=keras.optimizers.SGD):
    """A port that starts at the same weights each time."""
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(1, activation="sigmoid")])
    model.compile(optimizer(rate), "binary_crossentropy")
    model.set_weights([np.full((5, 1), 0.1), np.zeros(1)])
    return model


def held(how, X, folder):
    """The rows of X, held in another way."""
    if how == "array":
        return X
    if how == "memmap":
        np.save(folder / "X.npy", X)
        return np.load(folder / "X.npy", mmap_mode="r")
    return dask.array.from_array(X, chunks=(150, 5))


def check(X, y, fit, **arguments):
    """The report of a check that trains a port."""
    with nothing_remembered():
        return compare_models(reference(), X, y, candidate=model_of(), fit=fit, **arguments)


@pytest.mark.parametrize("how", ["array", "memmap"])
@pytest.mark.parametrize(
    "fit",
    [
        {"epochs": 3},
        {"epochs": 2, "shuffle": False, "batch_size": 33},
        {"epochs": 2, "validation_split": 0.25, "batch_size": 64},
        {"epochs": 2, "class_weight": {0: 1.0, 1: 3.0}},
    ],
    ids=["plain", "in order", "rows held back", "class weights"],
)
def test_fit_leaves_the_weights_of_rows_in_memory(how, fit, rows, tmp_path):
    X, y = rows
    weight = np.random.default_rng(0).uniform(0.5, 2.0, N)
    whole, over = (
        check(given, y, fit, sample_weight=weight, memory=memory, explain=False)
        for given, memory in ((X, np.inf), (held(how, X, tmp_path), 0))
    )
    assert over.trained_by == whole.trained_by
    assert over.divergences["coef"].value == pytest.approx(
        whole.divergences["coef"].value, rel=ROUNDING
    )
    assert over.divergences["probability"].value == pytest.approx(
        whole.divergences["probability"].value, rel=ROUNDING
    )
    assert not over.settings["candidate"].unmodelled


#: What a callback was told of the rows that are held back; its copies share it.
TOLD = []


class Told(keras.callbacks.Callback):
    """Notes the loss of rows that are held back."""

    def on_epoch_end(self, epoch, logs=None):
        TOLD.append(logs["val_loss"])


def test_callbacks_see_the_rows_that_are_held_back(rows, tmp_path):
    X, y = rows
    stopping = keras.callbacks.EarlyStopping(monitor="val_loss", min_delta=0.02)
    fit = {"epochs": 30, "validation_split": 0.25, "callbacks": [stopping, Told()]}
    TOLD.clear()
    whole, over = (
        check(given, y, fit, memory=memory, explain=False)
        for given, memory in ((X, np.inf), (held("memmap", X, tmp_path), 0))
    )
    run = whole.settings["candidate"].training.iterations_run
    assert 1 < run < 30
    assert over.settings["candidate"].training.iterations_run == run
    assert TOLD[run:] == pytest.approx(TOLD[:run], rel=1e-5)


def test_parts_are_shuffled_of_dask_and_the_report_says_so(rows):
    X, y = rows
    rows_of_dask = dask.array.from_array(X, chunks=(150, 5))
    report = check(rows_of_dask, y, {"epochs": 3}, memory=0, explain=False)
    assert report.settings["candidate"].unmodelled == (
        "shuffle=True permutes parts of the rows and the rows within each, where fit would permute "
        "all rows of an array",
    )
    assert "permutes parts of the rows" in str(report)
    again = check(rows_of_dask, y, {"epochs": 3}, memory=0, explain=False)
    assert again.divergences["coef"].value == report.divergences["coef"].value
    # In order there is nothing to shuffle.
    whole, over = (
        check(given, y, {"epochs": 2, "shuffle": False}, memory=memory, explain=False)
        for given, memory in ((X, np.inf), (rows_of_dask, 0))
    )
    assert not over.settings["candidate"].unmodelled
    assert over.divergences["coef"].value == pytest.approx(
        whole.divergences["coef"].value, rel=ROUNDING
    )


def test_without_a_seed_the_report_says_that_the_order_is_not_known(rows):
    X, y = rows
    report = check(X, y, {"epochs": 1}, memory=0, seed=None, explain=False)
    assert report.settings["candidate"].unmodelled == (
        "without a seed the order of the rows is not the one that fit would draw",
    )


def test_what_fits_as_float32_is_brought_to_fit(rows, monkeypatch):
    X, y = rows
    asked = []
    monkeypatch.setattr(Batches, "__init__", lambda *given: asked.append(given))
    # 800 x 5 numbers are 0.032 MB as float64 and half of it as float32.
    rows_of_dask = dask.array.from_array(X, chunks=(150, 5))
    report = check(rows_of_dask, y, {"epochs": 1, "shuffle": False}, memory=0.02, explain=False)
    assert not asked
    assert not report.settings["candidate"].unmodelled


def test_steps_an_epoch_are_refused_of_rows_that_are_not_held(rows):
    X, y = rows
    fit = {"epochs": 1, "steps_per_epoch": 3}
    with pytest.raises(ModelParityError, match=r"steps_per_epoch ends epochs amid the rows, .*"):
        check(X, y, fit, memory=0)
    assert check(X, y, fit, memory=1, explain=False).settings["candidate"]


@pytest.mark.parametrize("how", ["array", "memmap", "dask"])
def test_a_port_is_trained_again(how, rows, tmp_path):
    X, y = rows
    report = check(held(how, X, tmp_path), y, {"epochs": 3}, memory=0)
    assert report.repair.verified
    assert report.seeds is not None
    # 800 x 5 numbers.
    wanted = "training the reference again, which takes rows in memory: 1 MB (memory=1,"
    assert [text for text in report.effort.left_out if text.startswith(wanted)]


def test_trainings_again_are_the_same_for_an_array_and_a_file(rows, tmp_path):
    X, y = rows
    here, there = (
        check(held(how, X, tmp_path), y, {"epochs": 3}, memory=0) for how in ("array", "memmap")
    )
    assert here.repair == there.repair
    assert here.seeds == there.seeds
    assert [cause.setting for cause in here.causes] == [cause.setting for cause in there.causes]


@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
def test_an_estimator_is_trained_again_on_rows_that_memory_holds_alone(rows, tmp_path):
    X, y = rows
    candidate = LogisticRegression(max_iter=1)
    here, there = (
        passed_over(reference(), held(how, X, tmp_path), y, candidate=candidate)
        for how in ("array", "memmap")
    )
    assert without_times(here) == without_times(there)
    assert here.repair is None
    wanted = "training either side again, which takes rows in memory: 1 MB (memory=1,"
    assert here.effort.left_out[0].startswith(wanted)
    # As much as it says is enough.
    report = compare_models(reference(), X, y, candidate=candidate, memory=1)
    assert report.repair.verified


def test_whether_rounding_decides_is_told_of_rows_that_memory_holds_alone(rows, tmp_path):
    X, y = rows
    port = SGDClassifier("log_loss", alpha=1e-5, random_state=0, max_iter=5, tol=None)
    # A second fit tells it, where there is room for the rows that it takes.
    for how, memory in (("array", 1), ("array", 0), ("memmap", 0)):
        with nothing_remembered():
            given = held(how, X, tmp_path)
            report = compare_models(reference(), given, y, candidate=port, memory=memory)
        assert not report
        told = [finding.slug for finding in report.findings]
        assert ("decided-by-rounding" in told) == (memory == 1)


def test_what_takes_too_long_is_left_out(rows, monkeypatch):
    X, y = rows
    # An epoch of the loop takes 2 s, and the comparison with fit 6.
    monkeypatch.setattr(HeldRows, "row_seconds", property(lambda _: 2.0 / N))
    report = check(X, y, {"epochs": 3}, memory=0)
    assert report.seeds is None
    assert report.repair is None or not report.repair.verified
    assert "training on the repaired objective (about 20 s)" in report.effort.left_out
    # One of the loop takes 0.8 s, its proof 2.4, and eight seeds four times as far 77.
    monkeypatch.setattr(HeldRows, "row_seconds", property(lambda _: 0.8 / N))
    report = check(X, y, {"epochs": 3}, memory=0)
    assert report.seeds is None
    assert "training with other seeds (about 77 s)" in report.effort.left_out


def arguments_of(**given):
    return FitArguments(**{"epochs": 2, "batch_size": 32, "others": {"verbose": 0}, **given})


def test_no_thread_is_left_and_an_interrupt_ends_it(rows):
    X, y = rows
    fed = FitRows(HeldRows(X), y.astype(np.float32)[:, None])
    train(model_of(), arguments_of(), fed, 0)
    before = threading.active_count()
    train(model_of(), arguments_of(), fed, 0)
    assert threading.active_count() == before

    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 3:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(model_of(), arguments_of(others={"verbose": 0, "callbacks": [Interrupt()]}), fed, 0)
    assert threading.active_count() == before


def test_each_epoch_is_gathered_in_its_own_order(rows):
    X, _ = rows
    fed = FitRows(HeldRows(X), np.arange(N))
    batches = Batches(fed, arguments_of(), 5)
    plain = Batches(replace(fed, X=X), arguments_of(), 5)
    for _ in range(2):
        for one in (batches, plain):
            one.draw()
        for mine, expected in zip(batches, plain, strict=True):
            np.testing.assert_array_equal(mine[1], expected[1])
            np.testing.assert_array_equal(mine[0], expected[0])
            assert mine[0].dtype == np.float32


@pytest.mark.parametrize("memory", [0, np.inf])
def test_a_check_ends_with_its_verdict_where_the_time_is_up_at_once(memory, rows, monkeypatch):
    X, y = rows
    monkeypatch.setattr(Budget, "allows_step", lambda _: False)
    report = check(X, y, {"epochs": 3}, memory=memory)
    assert not report
    assert report.repair is None or not report.repair.verified
