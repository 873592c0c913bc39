"""The array loop's seeds, snapshots, losses and limits, beside Keras."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.read.arguments import read_fit_arguments
from pytest_modelparity.frameworks.keras.train.batches import Batches, FitRows
from pytest_modelparity.sides.dataset import read_dataset
from pytest_modelparity.training.batches import Permutations
from pytest_modelparity.training.loop import Stack


@pytest.fixture(scope="module")
def class_rows(bundled):
    """Return standardised iris: with batches of 32 the last has 22 rows."""
    return read_dataset(*bundled("iris", standardised=True))


@pytest.fixture
def adam_model(class_rows, linear_model):
    """Return a model of iris that Adam trains."""
    return linear_model(class_rows, keras.optimizers.Adam(0.01))


@pytest.mark.parametrize("replayed", [False, True])
def test_permutations_are_those_that_fit_is_fed(class_rows, monkeypatch, replayed):
    if replayed:
        monkeypatch.setattr(f"{BACKEND.__name__}.replays_one_permutation", lambda: True)
    arguments = read_fit_arguments({"batch_size": 32}, class_rows)
    rows = np.arange(150.0)[:, None]
    permutations = Permutations(150, [7, None, 8, 7], replay=replayed)
    drawn = np.concatenate([permutations.draw(2), permutations.draw(3)])
    assert permutations.columns.tolist() == [0, 1, 2, 0]
    for column, seed in ((0, 7), (2, 8)):
        batches = Batches(FitRows(rows, class_rows.y), arguments, seed)
        for epoch in range(5):
            batches.draw()
            order = np.concatenate([batches[step][0][:, 0] for step in range(len(batches))])
            np.testing.assert_array_equal(drawn[epoch, column], order)
        assert (drawn[0, column] != np.arange(150)).any()
        assert (drawn[0, column] == drawn[1, column]).all() == replayed
    np.testing.assert_array_equal(drawn[:, 1], np.tile(np.arange(150), (5, 1)))


def test_variants_of_one_seed_differ_by_their_batches_alone(class_rows, adam_model, stack_of):
    trainer = stack_of([adam_model] * 4, class_rows, (32, 32, 50, 32), (2, 3, 2, 2))
    kernels, biases = trainer.train(4)[4]
    np.testing.assert_array_equal(kernels[0], kernels[3])
    np.testing.assert_array_equal(biases[0], biases[3])
    assert np.abs(kernels[0] - kernels[1]).max() > 1e-4
    assert np.abs(kernels[0] - kernels[2]).max() > 1e-4


def test_training_on_is_the_same_as_training_at_once(class_rows, adam_model, stack_of):
    in_steps, at_once = (stack_of([adam_model], class_rows, 32, (2,)) for _ in range(2))
    in_steps.train(3)
    found, expected = in_steps.train(80)[80], at_once.train(80)[80]
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(in_steps.losses, at_once.losses)
    assert in_steps.epochs_run == 80
    assert in_steps.losses.shape == (80, 1)


def test_snapshots_are_where_shorter_fits_end(
    class_rows, linear_model, stack_of, fit_alone, assert_fits
):
    optimizer = keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.9)
    model = linear_model(class_rows, optimizer)
    plain, watched = (stack_of([model], class_rows, 32, (2,)) for _ in range(2))
    end, found = plain.train(9)[9], watched.train(9, snapshots=(0, 2, 4))
    assert list(found) == [0, 2, 4, 9]
    np.testing.assert_array_equal(found[0][0][0], np.asarray(model.layers[-1].kernel))
    np.testing.assert_array_equal(found[9][0], end[0])
    for epochs in (2, 4):
        assert_fits(found[epochs], 0, fit_alone(model, class_rows, 32, 2, epochs=epochs))


def test_a_variant_that_diverges_leaves_the_others_alone(class_rows, linear_model, stack_of):
    def variant(rate):
        return linear_model(class_rows, keras.optimizers.SGD(rate, momentum=0.9), l2=0.1)

    models = [variant(rate) for rate in (0.01, 1e20, 0.01)]
    trainer = stack_of(models, class_rows, 32, (1, 1, 2))
    alone = stack_of(models[::2], class_rows, 32, (1, 2))
    kernels, expected = trainer.train(5)[5][0], alone.train(5)[5][0]
    assert np.isnan(kernels[1]).any()
    np.testing.assert_allclose(kernels[::2], expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(trainer.losses[:, ::2], alone.losses, rtol=1e-6)


@pytest.mark.parametrize("optimizer", ["Adam", "Nadam"])
def test_training_goes_on_from_the_state_of_the_optimizer(
    optimizer, class_rows, linear_model, stack_of, fit_alone, assert_fits
):
    model = linear_model(class_rows, getattr(keras.optimizers, optimizer)(0.01))
    fresh = linear_model(class_rows, getattr(keras.optimizers, optimizer)(0.02))
    model.fit(class_rows.X, np.eye(3)[class_rows.y], epochs=3, verbose=0)
    before = [np.asarray(variable).copy() for variable in model.optimizer.variables]
    found = stack_of([model, fresh, model], class_rows, 32, (9, 9, 9)).train(5)[5]
    assert_fits(found, 2, fit_alone(model, class_rows, 32, 9, epochs=5))
    assert_fits(found, 1, fit_alone(fresh, class_rows, 32, 9, epochs=5))
    for variable, value in zip(model.optimizer.variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)


def test_asking_for_epochs_that_are_past_is_refused(class_rows, adam_model, stack_of):
    trainer = stack_of([adam_model], class_rows, 32, (3,))
    trainer.train(2)
    assert isinstance(trainer, Stack)
    with pytest.raises(AssertionError, match="2 epochs are made already"):
        trainer.train(1)
