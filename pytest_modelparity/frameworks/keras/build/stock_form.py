"""A model that was seen to be linear, built of stock layers that say so."""

from __future__ import annotations

from typing import Any

import keras

from pytest_modelparity.frameworks.keras.build.scaling import map_layers, set_matrix
from pytest_modelparity.frameworks.keras.read.parts import ModelParts


class TwoColumns(keras.layers.Layer):
    """The probability p of the second of two classes as [1 - p, p]."""

    def call(self, inputs: Any) -> Any:
        """Return both."""
        return keras.ops.concatenate([1 - inputs, inputs], axis=-1)


def stock_form(parts: ModelParts) -> keras.Model:
    """Return a model of the same loss and coefficients, in layers that can be called one by one.

    Parameters
    ----------
    parts : ModelParts
        A compiled model that is linear by its values; not changed.
    """
    linear, model, loss = parts.linear, parts.model, parts.loss
    assert loss is not None
    given = int(linear.dense.kernel.shape[0])
    n_features = given if linear.then is None else linear.then.n_given
    maps = map_layers(linear.shift, linear.scale, linear.then)
    dense = keras.layers.Dense(
        linear.n_outputs,
        activation=linear.activation,
        use_bias=linear.dense.use_bias,
        kernel_regularizer=linear.dense.kernel_regularizer,
        bias_regularizer=linear.dense.bias_regularizer,
    )
    layers = [getattr(keras.layers, name)(**arguments) for name, arguments in maps]
    both = [TwoColumns()] if linear.pair else []
    stock = keras.Sequential([keras.Input((n_features,)), *layers, dense, *both])
    set_matrix(stock.layers, linear.then)
    stock.compile(
        optimizer="sgd",
        loss=loss.given,
        loss_weights=model.get_compile_config().get("loss_weights"),
    )
    return stock
