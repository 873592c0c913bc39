"""What a remedy's fast training leaves is what Keras's own fit leaves; its program is the model."""

from __future__ import annotations

import math
import pickle
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import keras
import numpy as np
import pytest
from sampling import sampled
from sklearn.datasets import load_iris

from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.candidate import KerasCandidate
from pytest_modelparity.frameworks.keras.read.arguments import read_fit_arguments
from pytest_modelparity.frameworks.keras.read.targets import encode_targets
from pytest_modelparity.frameworks.keras.train.batches import FitRows
from pytest_modelparity.frameworks.keras.train.fit import train, train_in_one_pass
from pytest_modelparity.frameworks.keras.train.refit import retrained
from pytest_modelparity.frameworks.keras.train.setup import optimizer_of
from pytest_modelparity.frameworks.keras.train.trainee import KerasTrainee
from pytest_modelparity.frameworks.steps.remedies import groups
from pytest_modelparity.sides.dataset import Dataset, read_dataset
from pytest_modelparity.sides.memory import nothing_remembered
from pytest_modelparity.sides.training import LONGER, Remedy
from pytest_modelparity.training.recipe import Schedule

# Keras has imported it, or runs on another backend: `backends.py` names what is left out then.
tf: Any = sys.modules.get("tensorflow")

#: Few, so that every remedy can be trained by fit too; the last batch is short.
FIT = {"epochs": 3, "batch_size": 32}
L2 = keras.regularizers.L2
SCHEDULES = vars(keras.optimizers.schedules)


def rows(n_classes: int, weighted: bool = False) -> Dataset:
    """Iris, standardised and off its mean, so that intercepts matter."""
    X, y = load_iris(return_X_y=True)
    kept = y < n_classes
    X, y = X[kept], y[kept]
    X = (X - X.mean(axis=0)) / X.std(axis=0) + 0.5
    weight = np.random.default_rng(0).uniform(0.5, 2.0, len(y)) if weighted else None
    return read_dataset(X, y, sample_weight=weight)


def dense(
    units: int, optimizer: Any = "adam", loss: Any = None, scaled: bool = False, **options: Any
) -> Callable[[], Any]:
    """A function that makes a fresh model."""

    def make() -> Any:
        layers: list[Any] = [keras.Input((4,))]
        if scaled:
            layers.append(keras.layers.Normalization(mean=[0.1] * 4, variance=[4.0] * 4))
        head = "sigmoid" if units == 1 else "softmax"
        layers.append(keras.layers.Dense(units, activation=head, **options))
        model = keras.Sequential(layers)
        own = optimizer if isinstance(optimizer, str) else optimizer()
        stock = "binary_crossentropy" if units == 1 else "sparse_categorical_crossentropy"
        model.compile(own, loss or stock)
        return model

    return make


PENALISED = {"kernel_regularizer": L2(0.01)}
CANDIDATES = {
    "adam": (dense(1, **PENALISED), 2, {}),
    "schedule": (
        dense(
            1,
            lambda: keras.optimizers.Nadam(
                keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.9)
            ),
        ),
        2,
        {"class_weight": {0: 1.0, 1: 3.0}},
    ),
    "hidden decay": (
        dense(1, lambda: keras.optimizers.SGD(0.1, momentum=0.5, weight_decay=0.02)),
        2,
        {},
    ),
    "decoupled decay": (dense(1, lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1)), 2, {}),
    "zeros, in order": (
        dense(1, kernel_initializer="zeros", **PENALISED),
        2,
        {"shuffle": False},
    ),
    "scaling layer, rows held back": (
        dense(1, scaled=True, use_bias=False, **PENALISED),
        2,
        {"validation_split": 0.25},
    ),
    "penalised bias": (dense(1, bias_regularizer=L2(0.1), **PENALISED), 2, {}),
    "softmax": (dense(3, **PENALISED), 3, {}),
    "one-hot": (dense(3, loss="categorical_crossentropy"), 3, {}),
    "averaged": (dense(1, lambda: keras.optimizers.Adam(0.01, use_ema=True)), 2, {}),
    "mixing": (dense(1, lambda: keras.optimizers.Adam(0.01, clipnorm=0.1)), 2, {}),
    "half precision": (dense(1, dtype="mixed_bfloat16", **PENALISED), 2, {}),
}


#: A plain run takes these; one of each head, of schedules, decays and rows that are held back.
EACH_KIND = ("schedule", "decoupled decay", "scaling layer, rows held back", "softmax", "averaged")


def candidate(name: str, *, weighted: bool = False) -> KerasCandidate:
    make, n_classes, fit = CANDIDATES[name]
    return KerasCandidate(make, FIT | fit, rows(n_classes, weighted), 7)


def assert_same_weights(first: Any, second: Any) -> None:
    allowed = 1e-6 * max(1.0, np.abs(first.coef).max(), np.abs(first.intercept).max())
    assert np.abs(first.coef - second.coef).max() <= allowed
    assert np.abs(first.intercept - second.intercept).max() <= allowed


def setting_of(remedy: Remedy) -> str:
    return remedy.settings[0]


def both_ways(training: Any, remedy: Remedy) -> tuple[Any, Any]:
    """What the fast training of a remedy leaves, and what Keras's own ``fit`` does."""
    # In an unlimited time the whole of it is made by fit.
    return training.train(remedy, range(1))[0], training.verify(remedy, 1, math.inf).fitted[0]


@pytest.mark.parametrize("name", sampled(CANDIDATES, EACH_KIND))
def test_every_remedy_trains_as_fit_does(name: str) -> None:
    training = candidate(name).training
    remedies = [item for item in training.remedies() if item.by_fit and len(item.settings) == 1]
    kinds = {setting_of(item): item for item in remedies if item.recipe.epochs <= 9}
    assert set(kinds) >= {"iterations", "learning_rate", "batch_size", "solver"}
    looked_at = sorted(kinds)
    if name not in ("adam", "softmax"):
        # A third of them for each of the others: what one leaves out, its neighbours look at.
        looked_at = sorted(set(kinds) - {"solver", "feature_scaling"})[
            list(CANDIDATES).index(name) % 3 :: 3
        ]
    for setting in looked_at:
        assert_same_weights(*both_ways(training, kinds[setting]))


@pytest.mark.parametrize("name", sampled(["adam", "softmax"], ["softmax"]))
def test_other_seeds_train_as_fit_does(name: str) -> None:
    own = candidate(name, weighted=True)
    training = own.training
    remedy = training.unchanged()
    repeats = training.train(remedy, range(1, 3))
    assert len(repeats) == 2
    for index, repeat in enumerate(repeats, start=1):
        assert_same_weights(repeat, retrained(own.setup, remedy.recipe, index))
    first, second = (retrained(own.setup, remedy.recipe, number).coef for number in range(2))
    assert np.abs(first - second).max() > 1e-3


@pytest.mark.parametrize("name", ["decoupled decay", "half precision"])
def test_pairs_are_trained_for_both_changes(name: str) -> None:
    training = candidate(name).training
    pairs = [remedy for remedy in training.remedies() if len(remedy.settings) > 1]
    smallest = {item.settings: item for item in reversed(pairs) if item.recipe.epochs <= 9}
    assert ("batch_size", "learning_rate") in smallest
    assert ("learning_rate", "iterations") in smallest
    if name == "decoupled decay":
        assert ("weight_decay", "learning_rate") in smallest
    if name == "half precision":
        # Trained one by one are those that leave the precision as it is.
        smallest = {names: item for names, item in smallest.items() if names[0] == "dtype"}
        assert ("dtype", "learning_rate") in smallest
    # From zero, with all rows of balanced classes at once, the intercept's gradient is nothing but
    # rounding, which Adam divides by itself.
    smallest.pop(("batch_size", "initialization"), None)
    for names, remedy in smallest.items():
        assert tuple(change.setting for change in remedy.changes) == names
        assert_same_weights(*both_ways(training, remedy))


def test_each_pair_of_settings_is_there_once() -> None:
    training = candidate("decoupled decay").training
    pairs = [remedy for remedy in training.remedies() if len(remedy.settings) > 1]
    assert len({remedy.changes for remedy in pairs}) == len(pairs)
    settings = {remedy.settings for remedy in pairs}
    assert not settings & {tuple(reversed(names)) for names in settings}


@pytest.mark.parametrize("name", sampled(["adam", "softmax", "penalised bias"], ["softmax"]))
@pytest.mark.parametrize("falls", [False, True])
def test_full_batches_end_at_the_optimum(name: str, falls: bool) -> None:
    own = candidate(name, weighted=True)
    resorts = (item for item in own.training.remedies() if item.last_resort)
    remedy = next(r for r in resorts if isinstance(r.recipe.optimizer.rate, Schedule) is falls)
    data = own.setup.data
    goal = own.objective.own_optimum().predict(data.X)
    by_fit = retrained(own.setup, remedy.recipe, 1)
    for fitted in (*own.training.train(remedy, range(1)), by_fit):
        assert np.abs(fitted.predict(data.X) - goal).max() < 1e-4


def test_full_batches_are_standardised_only_where_scales_are_far_apart() -> None:
    plain = rows(2)
    for factor, setting in ((1.0, "solver"), (100.0, "feature_scaling")):
        data = read_dataset(plain.X * [1.0, 1.0, 1.0, factor], plain.y)
        own = KerasCandidate(CANDIDATES["adam"][0], FIT, data, 0)
        resorts = {setting_of(item) for item in own.training.remedies() if item.last_resort}
        assert resorts == {setting}


def test_a_spread_holds_each_seed_now_and_later() -> None:
    own = candidate("adam")
    spread = own.training.spread(4)
    assert spread.seeds == (7, 8, 9, 10)
    assert_same_weights(spread.fitted[0], own.train())
    longer = KerasCandidate(CANDIDATES["adam"][0], FIT | {"epochs": 3 * LONGER}, rows(2), 9)
    assert_same_weights(spread.longer[2], longer.train())
    epochs = [[epoch for epoch, _, _ in fitted.trajectory] for fitted in spread.fitted]
    assert epochs == [[1, 2, 3]] * 4


def test_callbacks_are_left_to_fit() -> None:
    stop = keras.callbacks.EarlyStopping(monitor="loss", patience=1, min_delta=100.0)
    fit = FIT | {"epochs": 20, "callbacks": [stop]}
    own = KerasCandidate(CANDIDATES["adam"][0], fit, rows(2), 0)
    assert own.training.spread(8) is None
    (again,) = own.training.train(own.training.unchanged(), range(1))
    assert again.settings.training.iterations_run < 20
    assert_same_weights(again, own.train())
    whole, longer, *_ = own.training.remedies()
    stopping = 'without EarlyStopping(monitor="loss", min_delta=100.0, patience=1)'
    assert [change.text for change in whole.changes] == [stopping]
    assert [change.text for change in longer.changes] == [f"epochs=60, {stopping}"]
    # Without callbacks the loop may stand for it.
    assert own.training.verify(longer, 1, 0.0).by.startswith("fit for 3 of 60 epochs")
    assert own.training.verify(own.training.unchanged(), 2, 0.0).by == "fit with 2 seeds"


@pytest.mark.parametrize(
    "fit, seeded", [({}, True), ({"shuffle": False, "validation_split": 0.3}, False)], ids=str
)
def test_one_long_epoch_leaves_the_weights_of_many(fit: dict[str, Any], seeded: bool) -> None:
    data = rows(2, weighted=True)
    arguments = read_fit_arguments(FIT | fit, data)
    found, snapshots = [], []
    with BACKEND.random_state_kept():
        if seeded:
            tf.random.set_seed(1)
        for fit_by in (train, train_in_one_pass, partial(train_in_one_pass, snapshots=True)):
            model = dense(1, kernel_initializer="zeros")()
            targets = encode_targets(data.y, 2, 1, "binary")
            result = fit_by(model, arguments, FitRows(data.X, targets, data.sample_weight), 3)
            found.append([np.asarray(weight) for weight in model.weights])
            snapshots.append(result.snapshots)
    for others in found[1:]:
        assert all(map(np.array_equal, found[0], others))
    epochs, none, kept = snapshots
    assert [epoch for epoch, _ in kept] == [epoch for epoch, _ in epochs] == [1, 2, 3]
    for (_, one), (_, other) in zip(epochs, kept, strict=True):
        assert all(map(np.array_equal, one, other))
    assert none == ()


@pytest.mark.parametrize(
    "name", sampled([name for name in CANDIDATES if name != "half precision"], EACH_KIND)
)
def test_a_program_makes_the_same_model(name: str) -> None:
    own = candidate(name, weighted=name in ("adam", "softmax"))
    data = own.setup.data
    names: dict[str, Any] = {"X": data.X, "y": data.y, "sample_weight": data.sample_weight}
    with BACKEND.random_state_kept():
        exec(own.training.source(own.training.unchanged()), names)
    model = names["model"]
    again = KerasCandidate(model, FIT | CANDIDATES[name][2], data, 0)
    objective = replace(again.reading.objective, class_weight=own.reading.objective.class_weight)
    assert objective == own.reading.objective
    assert optimizer_of(model) == own.setup.recipe.optimizer
    assert model.optimizer.iterations == 3 * -(-own.setup.n_rows // 32)


def test_the_program_to_the_optimum_arrives() -> None:
    own = candidate("schedule", weighted=True)
    *_, best = own.training.remedies()
    data = own.setup.data
    names: dict[str, Any] = {"X": data.X, "y": data.y, "sample_weight": data.sample_weight}
    exec(own.training.source(best), names)
    found = BACKEND.array(names["model"](data.X.astype(np.float32)))[:, 0]
    (expected,) = own.training.train(best, range(1))
    assert np.abs(found - expected.predict(data.X)[:, 1]).max() < 1e-5


@pytest.mark.parametrize("penalised", [False, True])
def test_standardised_features_keep_the_objective(penalised: bool) -> None:
    # Classes that overlap, on scales far apart and off zero.
    generator = np.random.default_rng(0)
    plain = generator.normal(size=(120, 4))
    y = (plain @ [1.0, -1.0, 0.5, 0.0] + 2 * generator.normal(size=120) > 0).astype(int)
    data = read_dataset(plain * [1.0, 10.0, 100.0, 0.1] + [0.0, 30.0, 100.0, 0.5], y)
    make = dense(1, lambda: keras.optimizers.Adam(0.05), **(PENALISED if penalised else {}))
    own = KerasCandidate(make, {"epochs": 60, "batch_size": 120}, data, 0)
    training = own.training
    goal = own.objective.own_optimum().predict(data.X)

    def distance(remedy: Remedy) -> float:
        (fitted,) = training.train(remedy, range(1))
        return float(np.abs(fitted.predict(data.X) - goal).max())

    remedies = [item for item in training.remedies() if setting_of(item) == "feature_scaling"]
    before = distance(training.unchanged())
    near = [remedy for remedy in remedies if distance(remedy) < 0.05 * before]
    # A plain epoch takes 40 ms, and the program has plain ones.
    shortest = min(near, key=lambda remedy: remedy.recipe.epochs)
    assert_same_weights(*both_ways(training, shortest))
    if not penalised:
        return
    names: dict[str, Any] = {"X": data.X, "y": data.y}
    with BACKEND.random_state_kept(0):
        exec(training.source(shortest), names)
    found = BACKEND.array(names["model"](data.X.astype(np.float32)))[:, 0]
    assert np.abs(found - goal[:, 1]).max() < 0.1 * before


def test_a_batch_size_is_no_training_setting_of_a_summed_loss() -> None:
    loss = keras.losses.BinaryCrossentropy(reduction="sum")
    own = KerasCandidate(dense(1, loss=loss), FIT, rows(2), 0)
    remedies = list(own.training.remedies())
    assert remedies
    assert "batch_size" not in {setting_of(remedy) for remedy in remedies}


def test_a_model_trained_before_is_trained_on_or_to_its_optimum() -> None:
    own = KerasCandidate(CANDIDATES["adam"][0](), None, rows(2), 0)
    assert own.training.unchanged() is None
    settings = {remedy.settings for remedy in own.training.remedies()}
    assert settings == {("iterations",), ("solver",)}


def test_changes_of_one_setting_grow() -> None:
    for remedies in groups(KerasTrainee(candidate("adam").setup)):
        for settings in {remedy.settings for remedy in remedies}:
            sizes = [remedy.size for remedy in remedies if remedy.settings == settings]
            assert all(b > a - 1e-9 for a, b in pairwise(sizes))


@pytest.mark.parametrize("name", ["adam", "schedule", "hidden decay", "half precision"])
def test_remedies_are_data(name: str) -> None:
    remedies = list(candidate(name).training.remedies())
    # Made again from the same model they are equal, and so are they from their pickle, whole.
    assert list(candidate(name).training.remedies()) == remedies
    assert pickle.loads(pickle.dumps(remedies)) == remedies
    recipes = {remedy.recipe: remedy for remedy in remedies if remedy.by_fit}
    assert len(recipes) > 20
    for recipe in recipes:
        assert pickle.loads(pickle.dumps(recipe)) == recipe
        assert eval(recipe.optimizer.code(), {**vars(keras.optimizers), **SCHEDULES})
    # Each says what to write, for the settings that its recipe changes.
    assert all(remedy.changes and all(item.text for item in remedy.changes) for remedy in remedies)


def nine_epochs(training: Any) -> Remedy:
    return next(r for r in training.remedies() if r.recipe.epochs == 9 and len(r.settings) == 1)


def test_a_repair_is_made_wholly_by_fit_or_proven_by_its_first_epochs() -> None:
    training = candidate("adam").training
    remedy = nine_epochs(training)
    proven, whole = training.verify(remedy, 3, 0.0), training.verify(remedy, 3, math.inf)
    assert re.fullmatch(
        r"fit for 3 of 9 epochs, then a loop that agreed to \S+; 3 seeds", proven.by
    )
    assert re.fullmatch(r"fit, and with 2 more seeds by a loop that agreed to \S+", whole.by)
    assert (proven.note, whole.note) == ("", "")
    assert len(proven.fitted) == len(whole.fitted) == 3
    for first, second in zip(proven.fitted, whole.fitted, strict=True):
        assert_same_weights(first, second)
    costs = [training.verifying_cost(remedy, 3, seconds) for seconds in (0.0, math.inf)]
    assert 0 < costs[0] < costs[1]


@pytest.mark.parametrize("seconds", [0.0, math.inf])
def test_what_fit_does_otherwise_verifies_nothing(
    seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = candidate("adam").training
    remedy = nine_epochs(training)
    # The candidate's own training agrees; the repair's will not.
    training.train(remedy, range(1))
    own = keras.optimizers.Optimizer.learning_rate
    changed = property(lambda self: 1.001 * own.fget(self), own.fset)
    # As if the fresh model, built with the repair, were trained otherwise than the candidate.
    monkeypatch.setattr(keras.optimizers.Adam, "learning_rate", changed)
    with nothing_remembered():
        assert "off Keras's own fit" in training.verify(remedy, 3, seconds).note
