"""Linear Keras models, trained by ``fit`` and by the stack."""

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
    from pytest_modelparity.frameworks.keras.build.model import copy_model
    from pytest_modelparity.frameworks.keras.train.fit import (
        encode_targets,
        read_fit_arguments,
        train,
    )

    def fit(model, data, batch_size, seed, row_weight=None, epochs=EPOCHS, **arguments):
        alone = copy_model(model)
        n_outputs = alone.output_shape[-1]
        targets = encode_targets(data.y, data.n_classes, n_outputs, "categorical")
        given = {"epochs": epochs, "batch_size": batch_size, "shuffle": seed is not None}
        read = read_fit_arguments({**given, **arguments}, data)
        train(alone, read, data.X, targets, row_weight, seed)
        dense = alone.layers[-1]
        bias = np.asarray(dense.bias) if dense.use_bias else np.zeros(n_outputs)
        return np.asarray(dense.kernel), bias, np.array(alone.history.history["loss"])

    return fit


@pytest.fixture(scope="session")
def stack_of() -> Callable:
    """Return the stacked trainer of models that differ in their optimizers and weights only."""
    from pytest_modelparity.frameworks.keras.read.model import read_linear_model, read_loss
    from pytest_modelparity.frameworks.keras.read.settings import read_objective, without_decay
    from pytest_modelparity.frameworks.keras.train.stack import Variant
    from pytest_modelparity.frameworks.keras.train.stacked import StackedTrainer

    def build(models, data, batch_sizes, seeds, row_weight=None, **options):
        if isinstance(batch_sizes, int):
            batch_sizes = [batch_sizes] * len(models)
        linears = [read_linear_model(model, data.n_features) for model in models]
        first, linear, loss = models[0], linears[0], read_loss(models[0])
        objective = read_objective(
            first, linear, loss, batch_size=batch_sizes[0], sample_weight=row_weight is not None
        )
        zeros = np.zeros(linear.n_outputs)

        def decayed(model):
            variables = model.trainable_variables
            acts = [model.optimizer._use_weight_decay(variable) for variable in variables]
            return acts[0], acts[-1]

        variants = [
            Variant(
                kernel=np.asarray(linear.dense.kernel),
                bias=np.asarray(linear.dense.bias) if linear.dense.use_bias else zeros,
                optimizer=model.optimizer,
                batch_size=batch_size,
                seed=seed,
                decayed=decayed(model),
            )
            for model, linear, batch_size, seed in zip(
                models, linears, batch_sizes, seeds, strict=True
            )
        ]
        return StackedTrainer(
            variants,
            without_decay(objective, first, linear),
            data.X,
            data.y,
            row_weight,
            summed_over=batch_sizes[0] if loss.reduction == "sum" else None,
            **options,
        )

    return build


@pytest.fixture(scope="session")
def assert_fits() -> Callable:
    """Compare one variant's weights with ``fit``'s, within the rounding of float32."""

    def check(found, variant, alone):
        for stacked, expected in zip(found, alone[:2], strict=True):
            size = max(1.0, np.abs(expected).max())
            np.testing.assert_allclose(stacked[variant], expected, rtol=0, atol=1e-6 * size)

    return check
