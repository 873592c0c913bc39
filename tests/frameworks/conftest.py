"""Linear Keras models, trained by ``fit`` and by the array loop."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

EPOCHS = 20


@pytest.fixture(scope="session")
def linear_model() -> Callable:
    """Return a compiled linear model with weights of its own, for the classes of the rows."""
    import keras

    def build(data, optimizer, *, l2=None, loss=None, **options):
        softmax = data.n_classes > 2
        kind = keras.losses.CategoricalCrossentropy if softmax else keras.losses.BinaryCrossentropy
        dense = keras.layers.Dense(
            data.n_classes if softmax else 1,
            kernel_initializer=keras.initializers.GlorotUniform(seed=3),
            kernel_regularizer=keras.regularizers.L2(l2) if l2 else None,
            bias_regularizer=keras.regularizers.L1L2(0.001, 0.002) if l2 else None,
            **options,
        )
        model = keras.Sequential([keras.Input((data.n_features,)), dense])
        model.compile(optimizer=optimizer, loss=kind(**{"from_logits": True, **(loss or {})}))
        return model

    return build


@pytest.fixture(scope="session")
def fit_alone() -> Callable:
    """Train a copy of a model by its own ``fit``; return kernel, bias and the loss's history."""
    from pytest_modelparity.frameworks.keras.build.copying import copy_model
    from pytest_modelparity.frameworks.keras.read.arguments import read_fit_arguments
    from pytest_modelparity.frameworks.keras.read.targets import encode_targets
    from pytest_modelparity.frameworks.keras.train.batches import FitRows
    from pytest_modelparity.frameworks.keras.train.fit import train

    def fit(model, data, batch_size, seed, row_weight=None, epochs=EPOCHS, **arguments):
        alone = copy_model(model)
        n_outputs = alone.output_shape[-1]
        targets = encode_targets(data.y, data.n_classes, n_outputs, "categorical")
        given = {"epochs": epochs, "batch_size": batch_size, "shuffle": seed is not None}
        read = read_fit_arguments({**given, **arguments}, data)
        train(alone, read, FitRows(data.X, targets, row_weight), seed)
        dense = alone.layers[-1]
        bias = np.asarray(dense.bias) if dense.use_bias else np.zeros(n_outputs)
        return np.asarray(dense.kernel), bias, np.array(alone.history.history["loss"])

    return fit


@pytest.fixture(scope="session")
def start_of() -> Callable:
    """Return where a model's training starts."""
    from pytest_modelparity.frameworks.keras.read.optimizer import read_state
    from pytest_modelparity.training.recipe import Start

    def read(model):
        dense = model.layers[-1]
        kernel = np.asarray(dense.kernel).copy()
        return Start(
            kernel=kernel,
            bias=np.asarray(dense.bias).copy() if dense.use_bias else np.zeros(kernel.shape[1]),
            state=read_state(model.optimizer, model.trainable_variables),
        )

    return read


@pytest.fixture(scope="session")
def stack_of(start_of) -> Callable:
    """Return the stack of models that differ in their optimizers and weights only."""
    from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
    from pytest_modelparity.frameworks.keras.read.objective import read_objective
    from pytest_modelparity.frameworks.keras.read.optimizer import read_decayed, read_optimizer
    from pytest_modelparity.frameworks.keras.read.parts import read_parts
    from pytest_modelparity.frameworks.keras.read.penalty import without_decay
    from pytest_modelparity.training.loop import Stack
    from pytest_modelparity.training.problem import Problem, Variant

    def build(models, data, batch_sizes, seeds, row_weight=None, *, losses=True):
        if isinstance(batch_sizes, int):
            batch_sizes = [batch_sizes] * len(models)
        parts = read_parts(models[0], data.n_features)
        objective = read_objective(
            parts, batch_size=batch_sizes[0], sample_weight=row_weight is not None
        )
        problem = Problem(
            settings=without_decay(objective, parts.model, parts.linear.dense),
            X=data.X,
            y=data.y,
            row_weight=row_weight,
            n_outputs=parts.linear.n_outputs,
            summed_over=batch_sizes[0] if parts.loss.reduction == "sum" else None,
            slope_at_zero=BACKEND.SLOPE_AT_ZERO,
        )
        variants = [
            Variant(
                optimizer=read_optimizer(model.optimizer),
                batch_size=batch_size,
                seed=seed,
                start=start_of(model),
                decayed=read_decayed(model.optimizer, model.trainable_variables),
            )
            for model, batch_size, seed in zip(models, batch_sizes, seeds, strict=True)
        ]
        return Stack(problem, variants, losses=losses)

    return build


@pytest.fixture(scope="session")
def assert_fits() -> Callable:
    """Compare one variant's weights with ``fit``'s, within the rounding of float32."""

    def check(found, variant, alone):
        for stacked, expected in zip(found, alone[:2], strict=True):
            size = max(1.0, np.abs(expected).max())
            np.testing.assert_allclose(stacked[variant], expected, rtol=0, atol=1e-6 * size)

    return check
