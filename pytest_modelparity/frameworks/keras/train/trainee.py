"""A Keras candidate as whoever trains it again sees it."""

from __future__ import annotations

import numpy as np

from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.build.logits import on_logits
from pytest_modelparity.frameworks.keras.read.layers import dense_rows
from pytest_modelparity.frameworks.keras.read.optimizer import read_decayed
from pytest_modelparity.frameworks.keras.read.penalty import without_decay
from pytest_modelparity.frameworks.keras.read.reading import rows_a_step
from pytest_modelparity.frameworks.keras.read.scale import in_keras
from pytest_modelparity.frameworks.keras.train.own_optimum import train_to_its_optimum
from pytest_modelparity.frameworks.keras.train.recipe import start_of
from pytest_modelparity.frameworks.keras.train.refit import fitted_model, retrained, trained_for
from pytest_modelparity.frameworks.keras.train.setup import Setup
from pytest_modelparity.frameworks.keras.write.program import program
from pytest_modelparity.frameworks.steps.scales import Scaled
from pytest_modelparity.frameworks.steps.setup import steps_an_epoch
from pytest_modelparity.frameworks.steps.trainee import Task, Trained, Words
from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.sides.finite import Matrix
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.theory.class_by_class import optimum_seconds
from pytest_modelparity.training.costs import fit_seconds, minimising_seconds, passing_seconds
from pytest_modelparity.training.problem import Problem
from pytest_modelparity.training.recipe import Optimizer, Recipe, Schedule, Start

#: Steps to the optimum by passes over rows, reckoned: 7 to 12 were made.
STEPS = 12


class KerasWords:
    """What is changed of a training, as Keras's users write it."""

    framework = "keras"
    trainer = "Keras's own fit"
    by = "fit"
    dtypes: tuple[str, ...] = ("float32",)
    zeros = 'kernel_initializer="zeros"'
    standardise = "standardise inside the model (see source)"
    to_optimum = "train_to_optimum(model, X, y)"

    def rate(self, optimizer: Optimizer) -> str:
        """Return the learning rate of an optimizer."""
        rate = optimizer.rate
        return f"learning_rate={rate.code() if isinstance(rate, Schedule) else repr(rate)}"


class KerasTrainee:
    """The trainings of a Keras candidate: a `Trainee`.

    Parameters
    ----------
    setup : Setup
        The candidate.
    """

    words: Words = KerasWords()
    takes_batches = True

    def __init__(self, setup: Setup) -> None:
        self.setup = setup

    @property
    def logits(self) -> str:
        """How its user would give its loss logits."""
        linear, loss = self.setup.reading.linear, self.setup.reading.loss
        # What no layer says cannot be built anew.
        if self.setup.clip is None or loss is None or linear.by_value:
            return ""
        return f'activation="linear", loss={on_logits(loss.kind).__name__}(from_logits=True)'

    @property
    def trains_to_optimum(self) -> bool:
        """Whether `train_to_optimum` can train it."""
        return not self.setup.reading.linear.unit_rows

    def task(self, *, standardised: bool = False) -> Task:
        """Return what its recipes are trained on in plain arrays."""
        return task_of(self.setup, standardised=standardised)

    def start(self, recipe: Recipe, number: int) -> Start:
        """Return where a recipe starts with the seed of a number."""
        return start_of(self.setup, recipe, number)

    def first_epochs(self, recipe: Recipe, epochs: int, *, many: bool) -> Trained:
        """Train a fresh model for the first epochs of a recipe by ``fit``, without callbacks."""
        model, kernel, bias = trained_for(self.setup, recipe, epochs, in_one_pass=many)
        fitted = fitted_model(self.setup, model, self.setup.settings, [])
        return Trained(kernel=kernel, bias=bias, fitted=fitted)

    def retrained(self, recipe: Recipe, number: int, *, callbacks: bool = False) -> FittedModel:
        """Train a recipe by ``fit``, with the seed of a number."""
        return retrained(self.setup, recipe, number, callbacks=callbacks)

    def seconds(self, recipe: Recipe, epochs: int, *, by_epochs: bool = False) -> float:
        """Return the reckoned seconds of a ``fit``."""
        setup = self.setup
        steps = epochs * steps_an_epoch(setup, recipe.batch_size)
        own = fit_seconds(steps, epochs if by_epochs or not setup.feeds_from_memory else 0)
        return own + epochs * setup.feeding_seconds

    def at_optimum(self) -> FittedModel:
        """Train to the optimum of its own objective."""
        return train_to_its_optimum(self.setup)

    def minimising_seconds(self) -> float:
        """Return the seconds that `at_optimum` is reckoned to take."""
        setup, data = self.setup, self.setup.data
        fixed = minimising_seconds(setup.n_outputs * (data.n_features + 1))
        if data.is_held or setup.objective is None:
            return fixed
        # By passes: from the exact optimum a few more evaluations are made (measured).
        return (
            fixed
            + STEPS * passing_seconds(data.X.size)
            + optimum_seconds(setup.objective.on(data), STEPS)
        )

    def program(self, recipe: Recipe | None, *, callbacks: bool = False) -> str:
        """Return stock code that trains a recipe; of None to the optimum."""
        code = program(self.setup, recipe)
        # They are objects of the user's own, which no program can write.
        named = "# Your callbacks took part: pass them as callbacks=[...].\n"
        return named + code if callbacks else code


def task_of(setup: Setup, *, standardised: bool = False) -> Task:
    """Return what a candidate's recipes are trained on in plain arrays."""
    reading, data, objective = setup.reading, setup.data, setup.objective
    assert objective is not None
    linear, loss, settings = reading.linear, reading.loss, objective.settings
    assert loss is not None
    rows, shift, scale = slice(settings.rows_used), linear.shift, linear.scale
    if standardised:
        shift, scale = setup.standardisation
    else:
        # The decay is the optimizer's own business here.
        settings = without_decay(settings, setup.start, linear.dense)
    scaled = Scaled(shift=shift, scale=scale, then=linear.then)
    # What each unit weighs of a row is in the settings.
    weights = objective.row_weights(data)
    problem = Problem(
        settings=in_keras(settings, linear.n_outputs),
        X=_as_layer_sees(setup.first_rows(settings.rows_used), scaled),
        y=data.y[rows],
        row_weight=None if weights is None else weights[rows],
        n_outputs=linear.n_outputs,
        # The candidate's own rows a step, whatever a variant's: else the objective would change
        # with them.
        summed_over=rows_a_step(setup.arguments, data) if loss.reduction == "sum" else None,
        penalty_scale=scale if standardised else None,
        replay=BACKEND.replays_one_permutation(),
        decayed=_decayed(setup),
        clip=setup.clip,
        slope_at_zero=BACKEND.SLOPE_AT_ZERO,
    )
    return Task(problem=problem, shift=shift, scale=scale, then=linear.then)


def _as_layer_sees(rows: Matrix, scaled: Scaled) -> np.ndarray | RowMatrix:
    """Return rows as the layer sees them: float32, or not held."""
    if not isinstance(rows, RowMatrix):
        X: np.ndarray = scaled(dense_rows(rows))
        return X.astype(np.float32)
    if scaled.changes_nothing:
        return rows
    n_features = rows.shape[1] if scaled.then is None else len(scaled.then.offset)
    return rows.mapped(scaled, n_features)


def _decayed(setup: Setup) -> tuple[bool, bool]:
    """Return whether the optimizer's weight decay acts on kernel and bias."""
    dense = setup.reading.linear.dense
    variables = (dense.kernel, dense.bias) if dense.use_bias else (dense.kernel,)
    return read_decayed(setup.start.optimizer, variables)
