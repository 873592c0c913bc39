"""64 trainings of one linear Keras model by the array loop and by a loop of ``fit`` calls.

    python benchmarks/array_loop.py [epochs]

Three learning rates, two batch sizes, two optimizers and enough seeds for 64 variants on
standardised breast_cancer. Both sides start from the same weights in one process. Of the ``fit``
calls one for each batch size and optimizer is made, each of a fresh model on plain arrays, and
their seconds are scaled to 64. A last ``fit`` on the batches of one variant shows that the weights
agree. Then the loop alone: what a step takes of one variant and of many.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from itertools import islice, product
from typing import NamedTuple

import keras
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler

from pytest_modelparity.frameworks.keras.read.arguments import read_fit_arguments
from pytest_modelparity.frameworks.keras.read.objective import read_objective
from pytest_modelparity.frameworks.keras.read.optimizer import read_optimizer
from pytest_modelparity.frameworks.keras.read.parts import read_parts
from pytest_modelparity.frameworks.keras.train.fit import FitRows, train
from pytest_modelparity.sides.dataset import Dataset, read_dataset
from pytest_modelparity.training.loop import Stack
from pytest_modelparity.training.problem import Problem, Variant
from pytest_modelparity.training.recipe import Optimizer, Start

DEFAULT_EPOCHS = 100
N_VARIANTS = 64
SEEDS = range(6)
RATES = (0.001, 0.01, 0.1)
BATCH_SIZES = (32, 64)
REPEATS = 5
OPTIMIZERS = ("SGD", "Adam")


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


def problem_of(model: keras.Model, data: Dataset) -> Problem:
    """Return what all variants are trained on."""
    parts = read_parts(model, data.n_features)
    settings = read_objective(parts, batch_size=BATCH_SIZES[0])
    assert settings is not None
    return Problem(settings=settings, X=data.X, y=data.y)


def variant_of(model: keras.Model, recipe: Recipe) -> Variant:
    """Return one training as the loop takes it."""
    dense = model.layers[-1]
    return Variant(
        optimizer=read_optimizer(model.optimizer),
        batch_size=recipe.batch_size,
        seed=recipe.seed,
        start=Start(kernel=np.asarray(dense.kernel), bias=np.asarray(dense.bias)),
    )


def fit_seconds(recipe: Recipe, data: Dataset, epochs: int) -> float:
    """Return what one ``fit`` of a fresh model takes."""
    start = time.perf_counter()
    model = recipe.model(data.n_features)
    targets = data.y[:, None].astype(np.float32)
    model.fit(data.X, targets, batch_size=recipe.batch_size, epochs=epochs, verbose=0)
    return time.perf_counter() - start


def distance(recipe: Recipe, data: Dataset, epochs: int, kernel: np.ndarray) -> float:
    """Return how far ``fit`` on the same batches ends from the loop's kernel."""
    model = recipe.model(data.n_features)
    arguments = read_fit_arguments({"epochs": epochs, "batch_size": recipe.batch_size}, data)
    rows = FitRows(data.X, data.y[:, None].astype(np.float32))
    train(model, arguments, rows, recipe.seed)
    return float(np.abs(np.asarray(model.layers[-1].kernel) - kernel).max())


def step_seconds(problem: Problem, variant: Variant, batch_size: int, n_variants: int) -> float:
    """Return what a step takes of so many variants, each with a seed of its own, by Adam."""
    variants = [replace(variant, seed=seed, batch_size=batch_size) for seed in range(n_variants)]
    epochs = 20 if batch_size < len(problem.y) else 200
    steps = epochs * -(-len(problem.y) // batch_size)
    seconds = []
    for _ in range(REPEATS):
        stack = Stack(problem, variants)
        # Of this process: other work on the machine does not count.
        start = time.process_time()
        stack.train(epochs)
        seconds.append(time.process_time() - start)
    return min(seconds) / steps


def main() -> None:
    """Measure and print."""
    epochs = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_EPOCHS
    X, y = load_breast_cancer(return_X_y=True)
    data = read_dataset(StandardScaler().fit_transform(X).astype(np.float32), y)
    choices = product(SEEDS, RATES, BATCH_SIZES, OPTIMIZERS)
    recipes = [Recipe(*choice) for choice in islice(choices, N_VARIANTS)]
    models = [recipe.model(data.n_features) for recipe in recipes]
    problem = problem_of(models[0], data)
    variants = [variant_of(*pair) for pair in zip(models, recipes, strict=True)]
    start = time.perf_counter()
    kernels, _ = Stack(problem, variants).train(epochs)[epochs]
    looped = time.perf_counter() - start
    subset = [r for r in recipes if r.seed == 0 and r.rate == RATES[1]]
    fits = [fit_seconds(recipe, data, epochs) for recipe in subset]
    scaled = sum(fits) / len(fits) * N_VARIANTS
    apart = distance(recipes[0], data, epochs, kernels[0])
    print(f"{N_VARIANTS} variants, {epochs} epochs, breast_cancer (569 rows, 30 features)")
    print(f"{'':<26} {'seconds':>9} {'times faster':>13}")
    print(f"{f'fit, {len(fits)} measured and scaled':<26} {scaled:9.1f} {1:13}")
    print(f"{'array loop':<26} {looped:9.2f} {scaled / looped:13.0f}")
    print(f"one fit: {min(fits):.1f} to {max(fits):.1f} s; weights apart by {apart:.0e}")
    print("microseconds of a step by Adam, each variant with a seed of its own")
    for batch_size, n_variants in product((32, 569), (1, 3, 16, 64)):
        adam = replace(variants[0], optimizer=Optimizer.of("Adam", 0.01))
        micro = 1e6 * step_seconds(problem, adam, batch_size, n_variants)
        print(f"batches of {batch_size:>3}, {n_variants:>2} variants {micro:9.0f}")


if __name__ == "__main__":
    main()
