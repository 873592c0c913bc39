"""Recipes of one Keras candidate, trained together in compiled loops, taken further on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse

from pytest_modelparity.frameworks.keras.build.model import standardisation
from pytest_modelparity.frameworks.keras.build.parameters import to_given_features
from pytest_modelparity.frameworks.keras.read.model import LinearModel, dense_rows
from pytest_modelparity.frameworks.keras.read.reading import Reading, rows_a_step
from pytest_modelparity.frameworks.keras.read.settings import without_decay
from pytest_modelparity.frameworks.keras.train.fit import FitArguments, replays_one_permutation
from pytest_modelparity.frameworks.keras.train.optimum import row_weights
from pytest_modelparity.frameworks.keras.train.recipe import Recipe
from pytest_modelparity.frameworks.keras.train.stack import (
    STEPS_WORTH_COMPILING,
    Variant,
    can_stack,
)
from pytest_modelparity.frameworks.keras.train.stacked import StackedTrainer
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.sides.dataset import Dataset

#: Values of X, as dense float32, up to which sparse rows are trained on in the compiled loop.
DENSE_VALUES = 5e7
#: Seconds, on an idle machine of two cores, to trace the loop of one optimizer and batch size, ...
TRACE_SECONDS = 0.35
#: ... of one step, and of one product in it.
STEP_SECONDS, PRODUCT_SECONDS = 1e-4, 7e-10
#: The same where XLA compiles the loop.
XLA_SECONDS, XLA_STEP_SECONDS, XLA_PRODUCT_SECONDS = 0.7, 2e-5, 3.5e-10

#: A start: kernel and bias of the Dense layer.
Start = tuple[np.ndarray, np.ndarray]


def can_sweep(reading: Reading, arguments: FitArguments | None, data: Dataset) -> bool:
    """Whether the compiled loop models the batches and the loss of ``fit``."""
    dense = not scipy.sparse.issparse(data.X) or data.n_samples * data.n_features <= DENSE_VALUES
    return (
        reading.objective is not None
        and dense
        and not (arguments and arguments.others.get("steps_per_epoch"))
    )


class Sweep:
    """Trainings of several recipes, each with several seeds.

    Parameters
    ----------
    model : keras.Model
        The candidate at its start; never changed.
    reading : Reading
        Of that model.
    arguments : FitArguments, optional
        How it is trained; ``None``: Keras's defaults.
    data : Dataset
        On what.
    sample_weight : ndarray of shape (n_samples,), optional
        Class weights not included.
    recipes : sequence of Recipe
        Each with an optimizer that `keras_stack.can_stack`, in float32; all or none of them on
        standardised features.
    starts : sequence of (ndarray, ndarray)
        Kernel and bias of each seed.
    seeds : sequence of int
        Of the permutations.
    marks : sequence of int
        Epochs whose weights are kept whenever a training comes by.
    """

    def __init__(
        self,
        model: Any,
        reading: Reading,
        arguments: FitArguments | None,
        data: Dataset,
        sample_weight: np.ndarray | None,
        recipes: Sequence[Recipe],
        starts: Sequence[Start],
        seeds: Sequence[int],
        marks: Sequence[int],
    ) -> None:
        self._model, self._reading, self._arguments = model, reading, arguments
        self._data, self._sample_weight = data, sample_weight
        self._recipes, self._starts, self._seeds = tuple(recipes), starts, seeds
        self._marks, self._epochs_run = marks, 0
        self._found: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        settings = reading.objective
        assert settings is not None
        n_rows = settings.rows_used or data.n_samples
        loops = {(type(recipe.optimizer), recipe.batch_size) for recipe in recipes}
        size = n_rows * data.n_features * (reading.linear.n_outputs + 2)
        self._loops, self._steps = len(loops), sum(-(-n_rows // batch) for _, batch in loops)
        self._products = len(recipes) * len(seeds) * size

    @cached_property
    def _linear(self) -> LinearModel:
        """The layer, with the scaling that the recipes' features have."""
        linear, settings = self._reading.linear, self._reading.objective
        if not self._recipes[0].standardised:
            return linear
        assert settings is not None
        shift, scale = standardisation(settings, self._rows(settings))
        return replace(linear, shift=shift, scale=scale)

    @cached_property
    def _trainer(self) -> StackedTrainer:
        """The stacks: made when the first of them is to be trained."""
        reading, arguments, data = self._reading, self._arguments, self._data
        linear, settings, loss = self._linear, reading.objective, reading.loss
        assert settings is not None
        assert loss is not None
        shuffled = arguments is None or arguments.shuffle
        rows = slice(settings.rows_used)
        weights = row_weights(settings, data, self._sample_weight)
        X = self._rows(settings)
        if linear.scale is not None:
            X = (X - linear.shift) / linear.scale
        standardised = self._recipes[0].standardised
        if not standardised:
            settings = without_decay(settings, self._model, linear)
        return StackedTrainer(
            [
                Variant(
                    kernel=np.zeros_like(start[0]) if recipe.zeros else start[0],
                    bias=np.zeros_like(start[1]) if recipe.zeros else start[1],
                    optimizer=recipe.optimizer,
                    batch_size=recipe.batch_size,
                    seed=seed if shuffled else None,
                    decayed=_decayed(self._model, linear),
                )
                for recipe in self._recipes
                for start, seed in zip(self._starts, self._seeds, strict=True)
            ],
            settings,
            X.astype(np.float32),
            data.y[rows],
            None if weights is None else weights[rows],
            summed_over=rows_a_step(arguments, data) if loss.reduction == "sum" else None,
            penalty_scale=linear.scale if standardised else None,
            replay=replays_one_permutation(),
        )

    def _rows(self, settings: ObjectiveSettings) -> np.ndarray:
        """Return the rows that are trained on, dense."""
        return dense_rows(self._data.X[slice(settings.rows_used)])

    def cost(self, epochs: int) -> float:
        """Return the seconds that training on to so many epochs in all is reckoned to take."""
        made, enough = self._epochs_run, self._loops * STEPS_WORTH_COMPILING
        ahead = max(epochs - made, 0)
        begin = 0.0 if made else TRACE_SECONDS * self._loops
        # As `Stack.run` decides.
        if (made + ahead) * self._steps < enough:
            per_epoch = STEP_SECONDS * self._steps + PRODUCT_SECONDS * self._products
            return begin + per_epoch * ahead
        if made * self._steps < enough:
            begin += XLA_SECONDS * self._loops
        per_epoch = XLA_STEP_SECONDS * self._steps + XLA_PRODUCT_SECONDS * self._products
        return begin + per_epoch * ahead

    def until(self, epochs: int, snapshots: Iterable[int] = ()) -> None:
        """Train on, where that has not been done yet, and keep the weights there."""
        if epochs not in self._found and epochs > self._epochs_run:
            wanted = [
                epoch for epoch in (*self._marks, *snapshots) if self._epochs_run < epoch < epochs
            ]
            self._found.update(self._trainer.train(epochs, wanted))
            self._epochs_run = epochs

    def parameters(self, recipe: int, seed: int, epochs: int) -> tuple[np.ndarray, np.ndarray]:
        """Return coef and intercept, on the features as given, after so many epochs in all."""
        self.until(epochs)
        kernels, biases = self._found[epochs]
        index = recipe * len(self._seeds) + seed
        return to_given_features(self._linear, kernels[index].T, biases[index])


class OneByOne:
    """The same for recipes that cannot share a compiled loop: by real trainings.

    Parameters
    ----------
    train : callable
        Maps a recipe, its epochs and the number of a seed to coef and intercept.
    seconds : callable
        Maps a recipe to what one of its trainings is reckoned to take.
    recipes : sequence of Recipe
        What is trained.
    n_seeds : int
        How many seeds a recipe is tried with.
    """

    def __init__(
        self,
        train: Callable[[Recipe, int, int], tuple[np.ndarray, np.ndarray]],
        seconds: Callable[[Recipe], float],
        recipes: Sequence[Recipe],
        n_seeds: int,
    ) -> None:
        self._train, self._seconds, self._recipes = train, seconds, recipes
        self._n_seeds = n_seeds
        self._found: dict[tuple[int, int, int], tuple[np.ndarray, np.ndarray]] = {}

    def cost(self, epochs: int) -> float:
        """Return the seconds that one recipe is reckoned to take with all seeds."""
        longest = max(self._seconds(replace(recipe, epochs=epochs)) for recipe in self._recipes)
        return self._n_seeds * longest

    def parameters(self, recipe: int, seed: int, epochs: int) -> tuple[np.ndarray, np.ndarray]:
        """Return coef and intercept, on the features as given, after so many epochs in all."""
        key = recipe, seed, epochs
        if key not in self._found:
            self._found[key] = self._train(self._recipes[recipe], epochs, seed)
        return self._found[key]


def stackable(recipe: Recipe) -> bool:
    """Whether a recipe can be trained in the compiled loop."""
    return recipe.dtype == "float32" and can_stack(recipe.optimizer)


def _decayed(model: Any, linear: Any) -> tuple[bool, bool]:
    """Return whether the optimizer's weight decay acts on kernel and bias."""
    acts = model.optimizer._use_weight_decay
    bias = linear.dense.use_bias and bool(acts(linear.dense.bias))
    return bool(acts(linear.dense.kernel)), bias
