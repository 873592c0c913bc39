"""Recipes of one Keras candidate, trained in plain arrays in place of ``fit``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pytest_modelparity.feature_map import FeatureMap
from pytest_modelparity.frameworks.keras.build.model import standardisation
from pytest_modelparity.frameworks.keras.read.layers import dense_rows
from pytest_modelparity.frameworks.keras.read.optimizer import read_decayed
from pytest_modelparity.frameworks.keras.read.penalty import without_decay
from pytest_modelparity.frameworks.keras.read.reading import rows_a_step
from pytest_modelparity.frameworks.keras.read.scale import in_keras
from pytest_modelparity.frameworks.keras.train.fit import replays_one_permutation
from pytest_modelparity.frameworks.keras.train.recipe import start_of
from pytest_modelparity.frameworks.keras.train.setup import Setup
from pytest_modelparity.sides.features import of_given_features
from pytest_modelparity.sides.memory import remembered
from pytest_modelparity.training.costs import loop_seconds
from pytest_modelparity.training.loop import Stack
from pytest_modelparity.training.problem import Problem, Variant
from pytest_modelparity.training.recipe import Recipe

#: Coefficients and intercepts on the features as given.
Parameters = tuple[np.ndarray, np.ndarray]


def seeds_of(setup: Setup, n_seeds: int) -> tuple[int, ...]:
    """Return so many seeds, the check's own first."""
    return tuple(((setup.seed or 0) + number) % 2**32 for number in range(n_seeds))


def variant_of(setup: Setup, recipe: Recipe, number: int) -> Variant:
    """Return a recipe with the seed of a number, as the array loop takes it."""
    return Variant(
        optimizer=recipe.optimizer,
        batch_size=recipe.batch_size,
        # The loop permutes by numpy's default_rng of the same seed, as `Batches` does: equal
        # batches, so that weights may be compared.
        seed=seeds_of(setup, number + 1)[number] if recipe.shuffle else None,
        start=start_of(setup, recipe, number),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """What the array loop trains on, and how its features were scaled for it.

    Parameters
    ----------
    problem : Problem
        Rows and objective, as the Dense layer sees them.
    shift, scale : ndarray of shape (n_features,), optional
        The layer sees ``(x - shift) / scale``, ...
    then : FeatureMap, optional
        ... or what a matrix makes of it.
    """

    problem: Problem
    shift: np.ndarray | None
    scale: np.ndarray | None
    then: FeatureMap | None = None

    @np.errstate(invalid="ignore", over="ignore")
    def given_parameters(self, kernel: np.ndarray, bias: np.ndarray) -> Parameters:
        """Return the layer's weights as parameters of the features as given, in float64."""
        coef, intercept = kernel.T.astype(np.float64), bias.astype(np.float64)
        return of_given_features(self.shift, self.scale, coef, intercept, self.then)


def task_of(setup: Setup, *, standardised: bool = False) -> Task:
    """Return what a candidate's recipes are trained on in plain arrays."""
    reading, data, objective = setup.reading, setup.data, setup.objective
    assert objective is not None
    linear, loss, settings = reading.linear, reading.loss, objective.settings
    assert loss is not None
    # The first rows: Keras holds the last ones back, unshuffled (keras 3.15, array_slicing.py).
    rows = slice(settings.rows_used)
    X, shift, scale = dense_rows(data.X[rows]), linear.shift, linear.scale
    if standardised:
        shift, scale = standardisation(settings, X)
    else:
        # The decay is the optimizer's own business here.
        settings = without_decay(settings, setup.start, linear.dense)
    # Scaled in float64 and rounded once; the layer rounds twice, which is within what `Agreement`
    # allows.
    if shift is not None and scale is not None:
        X = (X - shift) / scale
    if linear.then is not None:
        X = X @ np.array(linear.then.matrix).T + np.array(linear.then.offset)
    # What each unit weighs of a row is in the settings.
    weights = objective.row_weights(data)
    problem = Problem(
        settings=in_keras(settings, linear.n_outputs),
        X=X.astype(np.float32),
        y=data.y[rows],
        row_weight=None if weights is None else weights[rows],
        n_outputs=linear.n_outputs,
        # The candidate's own rows a step, whatever a variant's: else the objective would change
        # with them.
        summed_over=rows_a_step(setup.arguments, data) if loss.reduction == "sum" else None,
        penalty_scale=scale if standardised else None,
        replay=replays_one_permutation(),
        decayed=_decayed(setup),
    )
    return Task(problem=problem, shift=shift, scale=scale, then=linear.then)


def _decayed(setup: Setup) -> tuple[bool, bool]:
    """Return whether the optimizer's weight decay acts on kernel and bias."""
    dense = setup.reading.linear.dense
    variables = (dense.kernel, dense.bias) if dense.use_bias else (dense.kernel,)
    return read_decayed(setup.start.optimizer, variables)


class LoopRun:
    """Recipes that are trained side by side, each with several seeds, and taken further on demand.

    Parameters
    ----------
    setup : Setup
        Whose recipes they are.
    recipes : sequence of Recipe
        All or none of them on standardised features; their epochs do not matter.
    n_seeds : int
        How many seeds each is trained with.
    """

    def __init__(self, setup: Setup, recipes: Sequence[Recipe], n_seeds: int) -> None:
        self._setup, self._recipes, self._n_seeds = setup, tuple(recipes), n_seeds
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
        setup, n_outputs = self._setup, self._setup.reading.linear.n_outputs
        # Variants of one batch size share a step, so only the sizes multiply the Python calls.
        sizes: dict[int, int] = {}
        for recipe in self._recipes:
            sizes[recipe.batch_size] = sizes.get(recipe.batch_size, 0) + self._n_seeds
        return sum(
            loop_seconds(
                ahead * setup.steps_an_epoch(size),
                n_variants,
                min(size, setup.n_rows) * (setup.data.n_features + 1) * n_outputs,
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
            self._task = task_of(self._setup, standardised=self._recipes[0].standardised)
            self._variants = [
                variant_of(self._setup, recipe, number)
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
