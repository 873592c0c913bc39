"""Recipes of one Keras candidate, trained together in compiled loops, taken further on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse

from pytest_modelparity.frameworks.dataset import Dataset
from pytest_modelparity.frameworks.keras_build import standardisation
from pytest_modelparity.frameworks.keras_fit import FitArguments, replays_one_permutation
from pytest_modelparity.frameworks.keras_model import dense_rows
from pytest_modelparity.frameworks.keras_predict import to_given_features
from pytest_modelparity.frameworks.keras_reading import Reading, rows_a_step
from pytest_modelparity.frameworks.keras_recipe import Recipe
from pytest_modelparity.frameworks.keras_settings import without_decay
from pytest_modelparity.frameworks.keras_stack import (
    STEPS_WORTH_COMPILING,
    Variant,
    can_stack,
)
from pytest_modelparity.frameworks.lbfgs import row_weights
from pytest_modelparity.frameworks.stacked import StackedTrainer

#: Values of X, as dense float32, up to which sparse rows are trained on in the compiled loop.
DENSE_VALUES = 5e7
#: Seconds, on an idle machine of two cores, to trace the loop of one optimizer and batch size, ...
TRACE_SECONDS = 0.35
#: ... of one step, and of one product in it.
STEP_SECONDS, PRODUCT_SECONDS = 1.5e-4, 2e-9
#: Long loops are compiled, which takes so many seconds and leaves this part of the others.
XLA_SECONDS, XLA_SHARE = 0.7, 0.2

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
        self._marks = marks
        linear, settings, loss = reading.linear, reading.objective, reading.loss
        assert settings is not None
        assert loss is not None
        self._linear = linear
        self.n_seeds = len(seeds)
        shuffled = arguments is None or arguments.shuffle
        rows = slice(settings.rows_used)
        weights = row_weights(settings, data, sample_weight)
        X = dense_rows(data.X[rows])
        penalty_scale = None
        if recipes[0].standardised:
            shift, penalty_scale = standardisation(settings, X)
            self._linear = replace(linear, shift=shift, scale=penalty_scale)
        else:
            settings = without_decay(settings, model, linear)
        if self._linear.scale is not None:
            X = (X - self._linear.shift) / self._linear.scale
        self._trainer = StackedTrainer(
            [
                Variant(
                    kernel=start[0] * (not recipe.zeros),
                    bias=start[1] * (not recipe.zeros),
                    optimizer=recipe.optimizer,
                    batch_size=recipe.batch_size,
                    seed=seed if shuffled else None,
                    decayed=_decayed(model, linear),
                )
                for recipe in recipes
                for start, seed in zip(starts, seeds, strict=True)
            ],
            settings,
            X.astype(np.float32),
            data.y[rows],
            None if weights is None else weights[rows],
            summed_over=rows_a_step(arguments, data) if loss.reduction == "sum" else None,
            penalty_scale=penalty_scale,
            replay=replays_one_permutation(),
        )
        self._found: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        loops = {(type(recipe.optimizer), recipe.batch_size) for recipe in recipes}
        products = len(recipes) * len(seeds) * X.size * (linear.n_outputs + 2)
        self._loops, self._steps = len(loops), sum(-(-len(X) // size) for _, size in loops)
        self._seconds_an_epoch = STEP_SECONDS * self._steps + PRODUCT_SECONDS * products

    def cost(self, epochs: int) -> float:
        """Return the seconds that training on to so many epochs in all is reckoned to take."""
        ahead = max(epochs - self._trainer.epochs_run, 0)
        begin = 0.0 if self._trainer.epochs_run else TRACE_SECONDS * self._loops
        if ahead * self._steps < self._loops * STEPS_WORTH_COMPILING:
            return begin + self._seconds_an_epoch * ahead
        return begin + XLA_SECONDS * self._loops + XLA_SHARE * self._seconds_an_epoch * ahead

    def until(self, epochs: int, snapshots: Iterable[int] = ()) -> None:
        """Train on, where that has not been done yet, and keep the weights there."""
        if epochs not in self._found and epochs > self._trainer.epochs_run:
            wanted = [
                epoch
                for epoch in (*self._marks, *snapshots)
                if self._trainer.epochs_run < epoch < epochs
            ]
            self._found.update(self._trainer.train(epochs, wanted))

    def parameters(self, recipe: int, seed: int, epochs: int) -> tuple[np.ndarray, np.ndarray]:
        """Return coef and intercept, on the features as given, after so many epochs in all."""
        self.until(epochs)
        kernels, biases = self._found[epochs]
        index = recipe * self.n_seeds + seed
        return to_given_features(self._linear, kernels[index].T, biases[index])

    def snapshots(self) -> tuple[int, ...]:
        """Return the epochs whose weights were kept."""
        return tuple(sorted(self._found))


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
