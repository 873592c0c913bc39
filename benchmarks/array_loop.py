"""64 trainings of one linear Keras model by the stacked trainer and by a loop of ``fit`` calls.

    python benchmarks/stacked_trainer.py [epochs]

Three learning rates, two batch sizes, two optimizers and enough seeds for 64 variants on
standardised breast_cancer. Both sides start from the same weights in one process. Cold is the
first training of the stack, its tracing and compiling included, warm as many epochs more. Of the
``fit`` calls one for each batch size and optimizer is made, each of a fresh model on plain arrays,
and their seconds are scaled to 64. A last ``fit`` on the batches of one variant shows that the
weights agree.
"""

from __future__ import annotations

import sys
import time
from itertools import islice, product
from typing import NamedTuple

import keras
import numpy as np
from pytest_modelparity.frameworks.keras.train.stack import Variant
from pytest_modelparity.frameworks.keras.train.stacked import StackedTrainer
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler

from pytest_modelparity.frameworks.keras.read.arguments import read_fit_arguments
from pytest_modelparity.frameworks.keras.read.loss import read_loss
from pytest_modelparity.frameworks.keras.read.model import read_linear_model
from pytest_modelparity.frameworks.keras.read.objective import read_objective
from pytest_modelparity.frameworks.keras.train.fit import train
from pytest_modelparity.sides.dataset import Dataset, read_dataset

DEFAULT_EPOCHS = 100
N_VARIANTS = 64
SEEDS = range(6)
RATES = (0.001, 0.01, 0.1)
BATCH_SIZES = (32, 64)
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


def stacked(models: list[keras.Model], recipes: list[Recipe], data: Dataset) -> StackedTrainer:
    """Return the trainer of all models."""
    linear, loss = read_linear_model(models[0], data.n_features), read_loss(models[0])
    settings = read_objective(models[0], linear, loss, batch_size=BATCH_SIZES[0])
    assert settings is not None
    variants = [
        Variant(
            kernel=np.asarray(model.layers[-1].kernel),
            bias=np.asarray(model.layers[-1].bias),
            optimizer=model.optimizer,
            batch_size=recipe.batch_size,
            seed=recipe.seed,
        )
        for model, recipe in zip(models, recipes, strict=True)
    ]
    return StackedTrainer(variants, settings, data.X, data.y)


def fit_seconds(recipe: Recipe, data: Dataset, epochs: int) -> float:
    """Return what one ``fit`` of a fresh model takes."""
    start = time.perf_counter()
    model = recipe.model(data.n_features)
    targets = data.y[:, None].astype(np.float32)
    model.fit(data.X, targets, batch_size=recipe.batch_size, epochs=epochs, verbose=0)
    return time.perf_counter() - start


def distance(recipe: Recipe, data: Dataset, epochs: int, kernel: np.ndarray) -> float:
    """Return how far ``fit`` on the same batches ends from the stack's kernel."""
    model = recipe.model(data.n_features)
    arguments = read_fit_arguments({"epochs": epochs, "batch_size": recipe.batch_size}, data)
    train(model, arguments, data.X, data.y[:, None].astype(np.float32), None, recipe.seed)
    return float(np.abs(np.asarray(model.layers[-1].kernel) - kernel).max())


def main() -> None:
    """Measure and print."""
    epochs = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_EPOCHS
    X, y = load_breast_cancer(return_X_y=True)
    data = read_dataset(StandardScaler().fit_transform(X).astype(np.float32), y)
    choices = product(SEEDS, RATES, BATCH_SIZES, OPTIMIZERS)
    recipes = [Recipe(*choice) for choice in islice(choices, N_VARIANTS)]
    models = [recipe.model(data.n_features) for recipe in recipes]
    start = time.perf_counter()
    trainer = stacked(models, recipes, data)
    kernels, _ = trainer.train(epochs)[epochs]
    cold = time.perf_counter() - start
    start = time.perf_counter()
    trainer.train(2 * epochs)
    warm = time.perf_counter() - start
    subset = [r for r in recipes if r.seed == 0 and r.rate == RATES[1]]
    fits = [fit_seconds(recipe, data, epochs) for recipe in subset]
    scaled = sum(fits) / len(fits) * N_VARIANTS
    apart = distance(recipes[0], data, epochs, kernels[0])
    print(f"{N_VARIANTS} variants, {epochs} epochs, breast_cancer (569 rows, 30 features)")
    print(f"{'':<26} {'seconds':>9} {'times faster':>13}")
    print(f"{f'fit, {len(fits)} measured and scaled':<26} {scaled:9.1f} {1:13}")
    for name, seconds in (("stack, cold", cold), ("stack, warm", warm)):
        print(f"{name:<26} {seconds:9.2f} {scaled / seconds:13.0f}")
    print(f"one fit: {min(fits):.1f} to {max(fits):.1f} s; weights apart by {apart:.0e}")


if __name__ == "__main__":
    main()
