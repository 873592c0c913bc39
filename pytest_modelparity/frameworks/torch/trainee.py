"""A module under test as whoever trains it again sees it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from pytest_modelparity.frameworks.steps.fitted import fitted_parameters
from pytest_modelparity.frameworks.steps.setup import steps_an_epoch
from pytest_modelparity.frameworks.steps.trainee import Task, Trained, Words
from pytest_modelparity.frameworks.torch.optimum import at_own_optimum
from pytest_modelparity.frameworks.torch.program import program
from pytest_modelparity.frameworks.torch.reading import in_torch
from pytest_modelparity.frameworks.torch.setup import TorchSetup
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.recording import recorded_warnings
from pytest_modelparity.training.problem import Problem
from pytest_modelparity.training.recipe import Optimizer, Recipe, Schedule, Start

#: Seconds of a step of the plain loop, one thread, and of a training beside its steps. Measured:
#: 0.3 to 0.45 ms on batches of 32 rows of 30 features (torch 2.13).
STEP, TRAINING = 4.5e-4, 0.01
#: Evaluations of the training to the optimum.
EVALUATIONS = 300


class TorchWords:
    """What is changed of a training, as users of torch write it."""

    framework = "torch"
    trainer = "torch's own loop"
    by = "torch"
    # In double the same steps are rounded less, which the comparison with the loop allows.
    dtypes: tuple[str, ...] = ("float32", "float64")
    zeros = "weight and bias from zero"
    standardise = "standardise the rows (see source)"
    to_optimum = 'optimizer=LBFGS(max_iter=1000, line_search_fn="strong_wolfe"), in float64'

    def rate(self, optimizer: Optimizer) -> str:
        """Return the learning rate of an optimizer."""
        falls = isinstance(optimizer.rate, Schedule)
        return f"lr={optimizer.first_rate!r}" + ", falling to 0 by a cosine" * falls


class TorchTrainee:
    """The trainings of a module: a `Trainee`.

    Parameters
    ----------
    setup : TorchSetup
        The candidate.
    """

    words: Words = TorchWords()
    takes_batches = False

    def __init__(self, setup: TorchSetup) -> None:
        self.setup = setup

    @property
    def logits(self) -> str:
        """Return nothing: how torch's `BCELoss` saturates has no formula here."""
        return ""

    @property
    def trains_to_optimum(self) -> bool:
        """Whether L-BFGS can train it, which a penalty with corners does not let."""
        objective = self.setup.reading.objective
        return objective is not None and not (
            objective.l1_strength or objective.intercept_l1_strength
        )

    def task(self, *, standardised: bool = False) -> Task:
        """Return what its recipes are trained on in plain arrays."""
        setup, settings = self.setup, self.setup.reading.objective
        assert settings is not None
        scaling = setup.scaling(replace(self.setup.recipe, standardised=standardised))
        X = setup.dense if scaling is None else (setup.dense - scaling[0]) / scaling[1]
        shift, scale = scaling or (None, None)
        objective = setup.objective
        assert objective is not None
        problem = Problem(
            settings=in_torch(settings, self.setup.n_outputs),
            X=X.astype(np.float32),
            y=self.setup.data.y,
            row_weight=objective.row_weights(self.setup.data),
            n_outputs=self.setup.n_outputs,
            summed_over=min(setup.batch_size, self.setup.n_rows) if self.setup.is_summed else None,
            penalty_scale=scale,
            decayed=setup.reading.optimizer.decayed,
        )
        return Task(problem=problem, shift=shift, scale=scale)

    def start(self, recipe: Recipe, number: int) -> Start:
        """Return where a recipe starts with the seed of a number."""
        return self.setup.start_of(recipe, number)

    def first_epochs(self, recipe: Recipe, epochs: int, *, many: bool) -> Trained:
        """Train a fresh module for the first epochs of a recipe."""
        return self._trained(recipe, epochs, 0)

    def retrained(self, recipe: Recipe, number: int, *, callbacks: bool = False) -> FittedModel:
        """Train a recipe, with the seed of a number."""
        return self._trained(recipe, recipe.epochs, number).fitted

    def seconds(self, recipe: Recipe, epochs: int, *, by_epochs: bool = False) -> float:
        """Return the reckoned seconds of a training."""
        return TRAINING + STEP * epochs * steps_an_epoch(self.setup, recipe.batch_size)

    def at_optimum(self) -> FittedModel:
        """Train to the optimum of its own objective."""
        return at_own_optimum(self.setup)

    def minimising_seconds(self) -> float:
        """Return the seconds that `at_optimum` is reckoned to take."""
        return TRAINING + EVALUATIONS * STEP

    def program(self, recipe: Recipe | None, *, callbacks: bool = False) -> str:
        """Return code that trains a recipe; of None to the optimum."""
        return program(self.setup, recipe)

    def _trained(self, recipe: Recipe, epochs: int, number: int) -> Trained:
        """Train a fresh module for some epochs of a recipe."""
        setup = self.setup
        loop = setup.loop(recipe, number)
        # They were reported when the candidate was trained first.
        with recorded_warnings():
            loop.train(epochs)
        kernel, bias = setup.layer.arrays(loop.module)
        return Trained(kernel=kernel, bias=bias, fitted=self._fitted(recipe, loop.module))

    def _fitted(self, recipe: Recipe, module: torch.nn.Module) -> FittedModel:
        """Return what a module that was trained by a recipe is."""
        if not recipe.standardised:
            return self.setup.fitted(module)
        layer = self.setup.layer.arrays(module)
        return fitted_parameters(self.setup, *self.task(standardised=True).given_parameters(*layer))
