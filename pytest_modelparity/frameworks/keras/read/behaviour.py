"""What a model was seen to do, where its layers do not say it, and the layer that does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from pytest_modelparity.feature_map import FeatureMap
from pytest_modelparity.frameworks.keras.read.layers import flat_layers

#: Attribute of a model: what it and its copies were seen to do.
_SEEN = "_parity_behaviour"


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """A model as a map of features, one layer of coefficients and a link, all told by its values.

    Parameters
    ----------
    kernel : int
        Place among its trainable variables of the coefficients, of shape (n_features, n_outputs).
    bias : int, optional
        That of the intercept; ``None``: there is none.
    activation : str
        As `LinearModel` has it.
    pair : bool
        Whether the one sigmoid p is given as the two columns [1 - p, p].
    shift, scale : tuple of float, optional
        As `LinearModel` has them.
    then : FeatureMap, optional
        Likewise.
    """

    kernel: int
    bias: int | None
    activation: str
    pair: bool
    shift: tuple[float, ...] | None = None
    scale: tuple[float, ...] | None = None
    then: FeatureMap | None = None


class OwnLayer:
    """Coefficients that are not in a Dense layer alone, with what a Dense layer has to say of them.

    Parameters
    ----------
    owner : keras.Layer
        The layer or model whose variables they are.
    kernel : keras.Variable
        Of shape (n_features, n_outputs).
    bias : keras.Variable, optional
        Of shape (n_outputs,).
    """

    def __init__(
        self, owner: keras.Layer, kernel: keras.Variable, bias: keras.Variable | None
    ) -> None:
        self.owner, self.kernel, self.bias = owner, kernel, bias
        self.units = int(kernel.shape[1])
        self.use_bias = bias is not None
        self.trainable = True
        # Whatever adds to its loss beside these is seen by the fingerprint.
        self.kernel_regularizer = kernel.regularizer
        self.bias_regularizer = None if bias is None else bias.regularizer
        self.kernel_constraint = kernel.constraint
        self.bias_constraint = None if bias is None else bias.constraint
        self.activity_regularizer = getattr(owner, "activity_regularizer", None)
        # What `add_weight` takes where it is told nothing (keras 3.15, layers/layer.py).
        self.kernel_initializer = keras.initializers.get("glorot_uniform")
        self.dtype_policy = owner.dtype_policy
        self.compute_dtype = str(owner.compute_dtype or "float32")
        self.variable_dtype = str(kernel.dtype)


def see(model: keras.Model, behaviour: Behaviour | None) -> None:
    """Note what a model was seen to do."""
    # Not where nothing is to be said: what a model has is its user's.
    if behaviour is not None:
        setattr(model, _SEEN, behaviour)


def behaviour_of(model: keras.Model) -> Behaviour | None:
    """Return what a model, or the one that it is a copy of, was seen to do."""
    behaviour: Behaviour | None = getattr(model, _SEEN, None)
    return behaviour


def own_layer(model: keras.Model, kernel: int, bias: int | None) -> Any:
    """Return the layer of some of a model's trainable variables: a Dense layer where it is one."""
    variables = model.trainable_variables
    weights = variables[kernel], None if bias is None else variables[bias]
    owner: keras.Layer = model
    for layer in flat_layers(model):
        if any(one is weights[0] for one in layer.trainable_variables):
            owner = layer
    if isinstance(owner, keras.layers.Dense):
        return owner
    return OwnLayer(owner, *weights)
