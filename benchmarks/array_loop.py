"""32 trainings of one linear Keras model by the array loop and by a loop of ``fit`` calls.

Learning rates, batch sizes, optimizers and seeds on standardised breast_cancer; both sides start
from the same weights in one process. Of the ``fit`` calls one for each optimizer is made in each
round, of a fresh model on plain arrays, and their seconds are scaled. A last ``fit`` on the batches
of one variant shows that the weights agree.
"""

from __future__ import annotations

import warnings
from itertools import islice, product
from typing import NamedTuple

import keras
import numpy as np
from checks import PAIRS, load
from measuring.machine import Machine, seconds
from measuring.rows import OURS, Row, row_of
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler

from pytest_modelparity.extend import nothing_remembered
from pytest_modelparity.frameworks.keras.read.arguments import read_fit_arguments
from pytest_modelparity.frameworks.keras.read.objective import read_objective
from pytest_modelparity.frameworks.keras.read.optimizer import read_optimizer
from pytest_modelparity.frameworks.keras.read.parts import read_parts
from pytest_modelparity.frameworks.keras.train.batches import FitRows
from pytest_modelparity.frameworks.keras.train.fit import train
from pytest_modelparity.sides.dataset import Dataset, read_dataset
from pytest_modelparity.training.loop import Stack
from pytest_modelparity.training.problem import Problem, Variant
from pytest_modelparity.training.recipe import Start

N_VARIANTS, ROUNDS = 32, 3
OTHERS = f"{N_VARIANTS} calls of fit"
CHOICES = (range(6), (0.001, 0.01, 0.1), (32, 64), ("SGD", "Adam"))


class Recipe(NamedTuple):
    """How one variant is trained."""

    seed: int
    rate: float
    batch_size: int
    optimizer: str

    def model(self, n_features: int) -> keras.Model:
        """Return a fresh model."""
        start = keras.initializers.GlorotUniform(seed=self.seed)
        penalty = keras.regularizers.L2(0.001)
        dense = keras.layers.Dense(1, kernel_initializer=start, kernel_regularizer=penalty)
        model = keras.Sequential([keras.Input((n_features,)), dense])
        model.compile(
            optimizer=getattr(keras.optimizers, self.optimizer)(self.rate),
            loss=keras.losses.BinaryCrossentropy(from_logits=True),
        )
        return model


def measure(part: str, machine: Machine) -> list[Row]:
    """Return the row of the loop or of an explanation, of so many epochs."""
    warnings.simplefilter("ignore")
    what, epochs = part.split()
    X, y = load_breast_cancer(return_X_y=True)
    data = read_dataset(StandardScaler().fit_transform(X).astype(np.float32), y)
    recipes = [Recipe(*choice) for choice in islice(product(*CHOICES), N_VARIANTS)]
    row = _explained if what == "explanation" else _looped
    return [row(int(epochs), data, recipes, machine)]


def _looped(epochs: int, data: Dataset, recipes: list[Recipe], machine: Machine) -> Row:
    """Return what the array loop takes beside as many calls of ``fit``."""
    models = [recipe.model(data.n_features) for recipe in recipes]
    problem = _problem_of(models[0], recipes[0], data)
    variants = [_variant_of(*pair) for pair in zip(models, recipes, strict=True)]
    rounds = []
    for number in range(ROUNDS):
        looped, reached = seconds(lambda: Stack(problem, variants).train(epochs)[epochs])
        rounds.append({OURS: looped, OTHERS: _fits(recipes, data, epochs, number)})
    apart = _distance(recipes[0], data, epochs, reached[0][0])
    limit = machine.training(data.n_samples, data.n_features, epochs, N_VARIANTS)
    note = f"weights apart by {apart:.0e}"
    return row_of(f"array loop, {epochs} epochs", rounds, limit=limit, note=note)


def _explained(epochs: int, data: Dataset, recipes: list[Recipe], machine: Machine) -> Row:
    """Return what explaining the pair of the README takes beside the loop of fits."""
    asked = PAIRS[f"standardised, {epochs} epochs"]
    load()
    rounds = []
    for number in range(ROUNDS):
        # The same check without its explanation is taken off.
        with nothing_remembered():
            plain, _ = seconds(asked.check, number, explain=False)
            whole, _ = seconds(asked.check, number)
        rounds.append({OURS: whole - plain, OTHERS: _fits(recipes, data, epochs, number)})
    limit = machine.training(data.n_samples, data.n_features, epochs, N_VARIANTS)
    return row_of(f"whole explanation, {epochs} epochs", rounds, limit=limit, noise=0.2)


def _fits(recipes: list[Recipe], data: Dataset, epochs: int, number: int) -> float:
    """Return what as many ``fit`` calls as recipes take: of one of each optimizer, scaled."""
    first = [next(r for r in recipes if r.optimizer == name) for name in CHOICES[-1]]
    taken = [_fit_seconds(recipe._replace(seed=number), data, epochs) for recipe in first]
    return sum(taken) / len(taken) * len(recipes)


def _fit_seconds(recipe: Recipe, data: Dataset, epochs: int) -> float:
    """Return what one ``fit`` of a fresh model takes."""
    model, targets = recipe.model(data.n_features), data.y[:, None].astype(np.float32)
    options = {"batch_size": recipe.batch_size, "epochs": epochs, "verbose": 0}
    return seconds(model.fit, data.X, targets, **options)[0]


def _problem_of(model: keras.Model, recipe: Recipe, data: Dataset) -> Problem:
    """Return what all variants are trained on."""
    parts = read_parts(model, data.n_features)
    settings = read_objective(parts, batch_size=recipe.batch_size)
    assert settings is not None
    return Problem(settings=settings, X=data.X, y=data.y)


def _variant_of(model: keras.Model, recipe: Recipe) -> Variant:
    """Return one training as the loop takes it."""
    dense = model.layers[-1]
    return Variant(
        optimizer=read_optimizer(model.optimizer),
        batch_size=recipe.batch_size,
        seed=recipe.seed,
        start=Start(kernel=np.asarray(dense.kernel), bias=np.asarray(dense.bias)),
    )


def _distance(recipe: Recipe, data: Dataset, epochs: int, kernel: np.ndarray) -> float:
    """Return how far ``fit`` on the same batches ends from the loop's kernel."""
    model = recipe.model(data.n_features)
    arguments = read_fit_arguments({"epochs": epochs, "batch_size": recipe.batch_size}, data)
    rows = FitRows(data.X, data.y[:, None].astype(np.float32))
    train(model, arguments, rows, recipe.seed)
    return float(np.abs(np.asarray(model.layers[-1].kernel) - kernel).max())
