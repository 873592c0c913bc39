"""Seeds, causes in training, verified repairs and the budget, on a pair that stopped early."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import scipy.stats
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import ParityReport, compare_models
from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND

SEED, EPOCHS, TOLERANCE = 5, 4, 0.02
C = 0.05


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    X = generator.normal(size=(90, 3))
    y = (X @ [1.0, -0.5, 0.2] + generator.normal(size=90) > 0.3).astype(int)
    return X, y


def port(penalised: bool = True) -> Callable[[], Any]:
    def make() -> Any:
        penalty = keras.regularizers.L2(1 / (2 * C * 90)) if penalised else None
        dense = keras.layers.Dense(1, activation="sigmoid", kernel_regularizer=penalty)
        model = keras.Sequential([keras.Input((3,)), dense])
        model.compile(keras.optimizers.SGD(0.05), "binary_crossentropy")
        return model

    return make


def check(rows: tuple[np.ndarray, np.ndarray], **options: Any) -> ParityReport:
    candidate = options.pop("candidate", port())
    fit = {"epochs": EPOCHS} | options.pop("fit", {})
    settings = {"tolerance": TOLERANCE, "seed": SEED} | options
    reference = LogisticRegression(C=C, tol=1e-8)
    return compare_models(reference, *rows, candidate=candidate, fit=fit, **settings)


@pytest.fixture(scope="module")
def report(rows: tuple[np.ndarray, np.ndarray]) -> ParityReport:
    return check(rows)


def test_the_spread_begins_with_the_seed_of_the_check(report: ParityReport) -> None:
    assert report.seeds is not None
    assert report.seeds.seeds == tuple(range(SEED, SEED + 8))
    assert report.seeds.probability[0] == pytest.approx(
        report.divergences["probability"].value, abs=1e-6
    )
    assert len(set(report.seeds.probability)) == 8


def test_the_bounds_are_those_of_the_one_sided_t_test(report: ParityReport) -> None:
    seeds = report.seeds
    assert seeds is not None
    found = np.array(seeds.probability)
    distribution = scipy.stats.t(df=7, loc=found.mean(), scale=found.std(ddof=1) / np.sqrt(8))
    assert seeds.mean == pytest.approx(found.mean())
    assert seeds.upper == pytest.approx(distribution.ppf(0.95))
    assert seeds.lower == pytest.approx(distribution.ppf(0.05))
    assert seeds.lower > TOLERANCE
    assert seeds.outcome == "diverged"


def test_the_spread_over_epochs_holds_the_candidate(report: ParityReport) -> None:
    assert report.seeds is not None
    spread = {point.epoch: point for point in report.seeds.trajectory}
    assert set(spread) == {point.epoch for point in report.trajectory}
    for point in report.trajectory:
        assert spread[point.epoch].lowest - 1e-6 <= point.probability
        assert point.probability <= spread[point.epoch].highest + 1e-6


def test_the_finding_says_whether_it_still_moves(report: ParityReport) -> None:
    (text,) = [f.text for f in report.findings if f.slug == "candidate-not-converged"]
    assert "it is still moving: 4 times as long" in text


def test_every_cause_says_what_it_does_alone_and_last(report: ParityReport) -> None:
    assert {cause.kind for cause in report.causes} == {"training"}
    assert {"iterations", "solver"} <= {cause.setting for cause in report.causes}
    assert {cause.role for cause in report.causes} == {"one_of"}
    for cause in report.causes:
        assert cause.alone is not None
        assert cause.last == pytest.approx(report.divergences["probability"].value, abs=1e-5)


def test_the_repair_was_trained_by_fit_with_three_seeds(report: ParityReport) -> None:
    repair = report.repair
    assert repair is not None
    assert repair.verified
    assert len(repair.trained) == 3
    assert max(repair.trained) == repair.probability_after
    assert repair.probability_after <= TOLERANCE
    assert len(repair.changes) == 1
    assert report.effort is not None
    assert report.effort.verifying > 0


def test_other_repairs_are_told_apart_by_whether_they_are_verified(report: ParityReport) -> None:
    assert report.alternatives
    for other in report.alternatives:
        assert other.changes != report.repair.changes
        # Only what was trained for real may be called verified.
        assert other.verified == bool(other.trained)
        assert other.verified or other.note


def test_the_program_of_the_repair_trains_an_equivalent_model(
    report: ParityReport, rows: tuple[np.ndarray, np.ndarray]
) -> None:
    names: dict[str, Any] = {"X": rows[0], "y": rows[1]}
    with BACKEND.random_state_kept():
        exec(report.repair.source, names)
    reference = LogisticRegression(C=C, tol=1e-8).fit(*rows)
    found = BACKEND.array(names["model"](rows[0].astype(np.float32)))[:, 0]
    assert np.abs(found - reference.predict_proba(rows[0])[:, 1]).max() <= TOLERANCE


def test_an_explanation_is_told_what_it_costs(report: ParityReport) -> None:
    assert report.effort is not None
    assert report.effort.budget == 10.0
    assert not report.effort.stopped_by_the_clock
    assert report.effort.explaining > 0


def test_without_a_budget_the_causes_that_need_training_are_left_out(
    rows: tuple[np.ndarray, np.ndarray],
) -> None:
    found = check(rows, budget=0.0, candidate=port(penalised=False), fit={"epochs": 60})
    assert [c.setting for c in found.causes if c.role == "must"] == ["penalty"]
    assert found.effort is not None
    assert found.effort.verifying == 0.0
    assert found.effort.left_out
    assert found.repair is None or not found.repair.trained or len(found.repair.trained) == 1


def test_a_divergence_that_another_seed_makes_too_is_called_seed_noise(
    rows: tuple[np.ndarray, np.ndarray],
) -> None:
    # Nearly at its optimum, in steps so long that each seed hovers elsewhere.
    def hovering() -> Any:
        model = port()()
        model.compile(keras.optimizers.SGD(2.0), "binary_crossentropy")
        return model

    found = check(rows, candidate=hovering, fit={"epochs": 40, "batch_size": 8})
    texts = {finding.slug: finding.text for finding in found.findings}
    assert "seed-noise" in texts
    assert "it does not get nearer" in texts["candidate-not-converged"]
    assert {"learning_rate", "batch_size"} & {cause.setting for cause in found.causes}
    assert found.repair is not None
    assert found.repair.verified


def test_equivalent_models_train_no_further_seeds(rows: tuple[np.ndarray, np.ndarray]) -> None:
    found = check(rows, fit={"epochs": 60, "batch_size": 10})
    assert found.equivalent
    assert found.seeds is None
    assert found.effort is None


def test_weights_that_became_nan_are_explained_like_others(
    rows: tuple[np.ndarray, np.ndarray],
) -> None:
    def exploding() -> Any:
        model = port()()
        # The penalty alone multiplies a weight by 1 - 50 * 2 / 9 in each step.
        model.compile(keras.optimizers.SGD(50.0), "binary_crossentropy")
        return model

    found = check(rows, candidate=exploding, fit={"epochs": 60})
    assert np.isnan(found.divergences["probability"].value)
    assert not found.equivalent
    assert "learning_rate" in {cause.setting for cause in found.causes}
    assert "weights are NaN" in " ".join(str(found).split())
    told = " ".join(found.text(verbosity=2).split())
    assert "the candidate's weights are no numbers any more" in told
    texts = {finding.slug: finding.text for finding in found.findings}
    assert "its predictions are NaN" in texts["candidate-not-converged"]
    assert found.repair is not None
    assert found.repair.verified
    assert ParityReport.from_dict(found.to_dict()).causes


def test_settings_beside_a_loss_that_is_not_modelled_are_named(
    rows: tuple[np.ndarray, np.ndarray],
) -> None:
    def focal() -> Any:
        model = port(penalised=False)()
        model.compile(keras.optimizers.SGD(0.5), keras.losses.BinaryFocalCrossentropy())
        return model

    found = check(rows, candidate=focal, fit={"epochs": 100, "batch_size": 90})
    musts = {cause.setting: cause for cause in found.causes if cause.role == "must"}
    assert set(musts) == {"loss", "penalty"}
    assert musts["penalty"].candidate == "no kernel_regularizer"
    assert found.repair is not None
    assert found.repair.verified


def test_a_repair_by_fit_comes_before_the_training_to_the_optimum(
    rows: tuple[np.ndarray, np.ndarray],
) -> None:
    # One epoch of tiny steps: no change of one setting makes up for it by a margin.
    def creeping() -> Any:
        model = port()()
        model.compile(keras.optimizers.SGD(1e-6), "binary_crossentropy")
        return model

    found = check(rows, candidate=creeping, fit={"epochs": 1, "batch_size": 90})
    assert found.repair is not None
    assert found.repair.verified
    assert len(found.repair.trained) == 3
    assert "train_to_optimum" not in found.repair.source
    optimum = [item for item in found.alternatives if "train_to_optimum" in item.source]
    assert len(optimum) == 1


def test_a_head_without_its_link_is_told_to_have_one(
    rows: tuple[np.ndarray, np.ndarray],
) -> None:
    def linear() -> Any:
        penalty = keras.regularizers.L2(1 / (2 * C * 90))
        dense = keras.layers.Dense(1, kernel_regularizer=penalty)
        model = keras.Sequential([keras.Input((3,)), dense])
        model.compile(keras.optimizers.SGD(0.5), "binary_crossentropy")
        return model

    found = check(rows, candidate=linear, fit={"epochs": 100, "batch_size": 90})
    assert [c.setting for c in found.causes if c.role == "must"] == ["output_head"]
    assert found.repair is not None
    assert found.repair.verified
    assert [change.text for change in found.repair.changes] == ['activation="sigmoid"']


# Of an accuracy Keras must be told that it is to rise, which it reads of the compiled metrics.
@pytest.mark.parametrize(("monitored", "metrics"), [("loss", []), ("accuracy", ["accuracy"])])
def test_a_repair_without_held_back_rows_leaves_out_what_watches_them(
    rows: tuple[np.ndarray, np.ndarray], monitored: str, metrics: list[str]
) -> None:
    # One that monitors rows that are held back cannot run where none are.
    stopping = keras.callbacks.EarlyStopping(monitor=f"val_{monitored}", patience=18)
    seen: list[str] = []

    class Watching(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            seen.append(" ".join(sorted(logs)))

    def steep() -> Any:
        model = port()()
        model.compile(keras.optimizers.SGD(1.5), "binary_crossentropy", metrics=metrics)
        return model

    callbacks = [stopping, Watching()]
    fit = {"epochs": 20, "batch_size": 90, "validation_split": 0.5, "callbacks": callbacks}
    with warnings.catch_warnings():
        # Keras warns where what a callback monitors is not there.
        warnings.simplefilter("error")
        # With callbacks the whole fit is made three times, 20 epochs each.
        found = check(rows, candidate=steep, fit=fit, budget=60.0)
    assert [c.setting for c in found.causes if c.role == "must"] == ["rows_used"]
    repair = found.repair
    assert repair is not None
    assert repair.verified
    assert len(repair.trained) == 3
    assert [(change.setting, change.text) for change in repair.changes] == [
        ("rows_used", "fit(..., validation_split=0.0)"),
        ("iterations", f'without EarlyStopping(monitor="val_{monitored}", patience=18)'),
    ]
    assert "# Your callbacks took part: pass them as callbacks=[...]." in repair.source
    # The user's own callback, in the trainings that are verified too.
    assert stopping.monitor == f"val_{monitored}"
    trained_on = " ".join(sorted({"loss", monitored}))
    held_back = " ".join(sorted({"val_loss", f"val_{monitored}"}))
    assert set(seen) == {f"{trained_on} {held_back}", trained_on}


def test_a_budget_of_nothing_trains_the_reference_once(
    rows: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    fits: list[LogisticRegression] = []
    fit = LogisticRegression.fit

    def counted(self: LogisticRegression, *data: Any, **options: Any) -> Any:
        fits.append(self)
        return fit(self, *data, **options)

    monkeypatch.setattr(LogisticRegression, "fit", counted)
    stopped = LogisticRegression(C=100.0, solver="saga", max_iter=1, random_state=0)
    found = {}
    for budget in (0.0, 30.0):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            report = compare_models(stopped, *rows, tolerance=TOLERANCE, budget=budget)
        found[budget] = report, len(fits)
        fits.clear()
    report, n_fits = found[0.0]
    assert n_fits == 1
    assert [(cause.setting, cause.kind) for cause in report.causes] == [("iterations", "reference")]
    assert report.repair is None
    assert report.effort is not None
    assert "more values of iterations" in report.effort.left_out[0]
    assert found[30.0][1] > 1
    assert found[30.0][0].repair.verified
