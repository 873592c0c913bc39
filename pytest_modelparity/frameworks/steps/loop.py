"""Recipes of one candidate, trained in plain arrays in place of its framework."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from pytest_modelparity.frameworks.steps.setup import StepSetup, nth_seed, steps_an_epoch
from pytest_modelparity.frameworks.steps.trainee import Parameters, Task, Trainee
from pytest_modelparity.sides.memory import remembered
from pytest_modelparity.training.costs import loop_seconds
from pytest_modelparity.training.loop import Stack
from pytest_modelparity.training.problem import Variant
from pytest_modelparity.training.recipe import Recipe

#: Weights are kept at about this many epochs, evenly spaced in their logarithm.
#: Evenly spaced in epochs, most of them would show the same weights: training slows down.
N_SNAPSHOTS = 40


def seeds_of(setup: StepSetup, n_seeds: int) -> tuple[int, ...]:
    """Return so many seeds, the check's own first."""
    return tuple(nth_seed(setup.seed or 0, number) for number in range(n_seeds))


def variant_of(trainee: Trainee, recipe: Recipe, number: int) -> Variant:
    """Return a recipe with the seed of a number, as the array loop takes it."""
    return Variant(
        optimizer=recipe.optimizer,
        batch_size=recipe.batch_size,
        # The loop permutes by numpy's default_rng of the same seed, as the framework is fed: equal
        # batches, so that weights may be compared.
        seed=nth_seed(trainee.setup.seed or 0, number) if recipe.shuffle else None,
        start=trainee.start(recipe, number),
        logits=recipe.logits,
    )


def snapshot_epochs(epochs: int) -> list[int]:
    """Return at which epochs the weights are kept: evenly spaced in their logarithm."""
    # The end is always among them: geomspace ends exactly there.
    steps = np.geomspace(1, max(epochs, 1), min(epochs, N_SNAPSHOTS) or 1)
    return sorted(set(np.rint(steps).astype(int).tolist()))


class LoopRun:
    """Recipes that are trained side by side, each with several seeds, and taken further on demand.

    Parameters
    ----------
    trainee : Trainee
        Whose recipes they are.
    recipes : sequence of Recipe
        All or none of them on standardised features; their epochs do not matter.
    n_seeds : int
        How many seeds each is trained with.
    """

    def __init__(self, trainee: Trainee, recipes: Sequence[Recipe], n_seeds: int) -> None:
        self._trainee, self._recipes, self._n_seeds = trainee, tuple(recipes), n_seeds
        self._task: Task | None = None
        self._variants: list[Variant] = []
        self._stack: Stack | None = None
        self._weights: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        # How far it was taken. The stack lags behind where what was asked for was remembered.
        self._epochs_run = 0

    def parameters(self, recipe: Recipe, number: int, epochs: int) -> Parameters:
        """Return coef and intercept after so many epochs, with the seed of a number."""
        self.until(epochs)
        assert self._task is not None
        kernels, biases = self._weights[epochs]
        index = self._index(recipe) * self._n_seeds + number
        return self._task.given_parameters(kernels[index], biases[index])

    def until(self, epochs: int, snapshots: Iterable[int] = ()) -> None:
        """Train on to so many epochs in all, unless that was done, and keep the weights there."""
        if epochs in self._weights:
            return
        # Weights go on from where they are; an earlier epoch is only to be had from the start.
        if epochs < self._epochs_run:
            self._epochs_run = 0
        wanted = [epoch for epoch in snapshots if self._epochs_run < epoch < epochs]
        task, variants = self._begun()
        decides = ("loop", task.problem, variants, wanted, epochs)
        self._weights.update(remembered(decides, lambda: self._trained(epochs, wanted)))
        self._epochs_run = epochs

    def cost(self, epochs: int) -> float:
        """Return the seconds that training on to so many epochs in all is reckoned to take."""
        if epochs in self._weights:
            return 0.0
        # By what was asked for, remembered or not: what is tried must not depend on that.
        ahead = epochs - self._epochs_run if epochs >= self._epochs_run else epochs
        setup = self._trainee.setup
        n_weights = (setup.data.n_features + 1) * setup.n_outputs
        # Variants of one batch size share a step, so only the sizes multiply the Python calls.
        sizes: dict[int, int] = {}
        for recipe in self._recipes:
            sizes[recipe.batch_size] = sizes.get(recipe.batch_size, 0) + self._n_seeds
        # Each seed has its own order, but where a step has all rows.
        orders = sum(1 if size >= setup.n_rows else self._n_seeds for size in sizes)
        return ahead * orders * setup.n_rows * setup.row_seconds + sum(
            loop_seconds(
                ahead * steps_an_epoch(setup, size),
                n_variants,
                min(size, setup.n_rows) * n_weights,
            )
            for size, n_variants in sizes.items()
        )

    def _trained(
        self, epochs: int, wanted: Sequence[int]
    ) -> dict[int, tuple[np.ndarray, np.ndarray]]:
        """Train on, or from the start where the stack is past what is wanted."""
        if self._stack is None or self._stack.epochs_run > min([*wanted, epochs]):
            task, variants = self._begun()
            self._stack = Stack(task.problem, variants)
        return self._stack.train(epochs, wanted)

    def _begun(self) -> tuple[Task, list[Variant]]:
        """Return what is trained, made once."""
        # Late: scaling and casting all rows is wasted where no remedy is tried.
        if self._task is None:
            self._task = self._trainee.task(standardised=self._recipes[0].standardised)
            self._variants = [
                variant_of(self._trainee, recipe, number)
                for recipe in self._recipes
                for number in range(self._n_seeds)
            ]
        return self._task, self._variants

    def _index(self, recipe: Recipe) -> int:
        """Return the place of a recipe, whatever its epochs."""
        return [key_of(item) for item in self._recipes].index(key_of(recipe))


def key_of(recipe: Recipe) -> Recipe:
    """Return what recipes have in common that differ in their epochs alone."""
    return replace(recipe, epochs=1)
