"""What a Keras model is, where it is linear: feature map, one Dense layer, a link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import keras
import numpy as np
import scipy.special

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.feature_map import FeatureMap
from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.read.behaviour import (
    Behaviour,
    behaviour_of,
    own_layer,
)
from pytest_modelparity.frameworks.keras.read.features import FeatureWalk, is_fixed_matrix
from pytest_modelparity.frameworks.keras.read.layers import (
    activation_name,
    bare_operations,
    composed,
    flat_layers,
    is_affine,
    is_noise,
    is_silent,
    last_activation,
    layer_text,
)
from pytest_modelparity.frameworks.keras.read.penalty import penalty_strengths

# Layers that pass rows on unchanged when a model of flat features predicts.
_IDENTITY_LAYERS = (keras.layers.InputLayer, keras.layers.Flatten)
_HEAD_LAYERS = (keras.layers.Activation, keras.layers.Softmax)
#: What is said of a layer whose part in a linear model is not known.
NOT_LINEAR = "it is not linear"
#: Activations behind which coefficients can be read and set; and those of numbers alone.
_LINKS = ("linear", "sigmoid", "softmax")
_LINKS_OF_NUMBERS = ("exponential", "softplus")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearModel:
    """A Keras model read as: affine feature map, one `Dense` layer, a link.

    Parameters
    ----------
    dense : keras.layers.Dense or OwnLayer, optional
        The layer that holds the coefficients; ``None`` where the model is not linear.
    activation : str
        ``"linear"``, ``"sigmoid"`` or ``"softmax"``, of numbers also ``"exponential"`` or
        ``"softplus"``: what the model's output has gone through.
    n_outputs : int
        Decisions a row.
    shift, scale : ndarray of shape (n_features,), optional
        The model maps ``x`` to ``(x - shift) / scale`` before the layer, ...
    then : FeatureMap, optional
        ... and then by a matrix.
    unmodelled : tuple of str
        What keeps the model from being a plain linear one, one sentence each.
    unit_rows : bool
        Whether each unit is a row of its own, of one number, so that Keras can weigh it.
    pair : bool
        Whether the one sigmoid p is given as the two columns [1 - p, p].
    by_value : bool
        Whether that was seen of its values; else its layers say so.
    noise : tuple of str
        Its layers that draw at random in training.
    """

    dense: Any
    activation: str
    n_outputs: int
    shift: np.ndarray | None
    scale: np.ndarray | None
    unmodelled: tuple[str, ...]
    then: FeatureMap | None = None
    unit_rows: bool = False
    pair: bool = False
    by_value: bool = False
    noise: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Columns of the output."""
        return 2 if self.pair else self.n_outputs

    @property
    def linear(self) -> bool:
        """Whether coefficients can be read and set."""
        return self.dense is not None


@dataclass(slots=True, kw_only=True, eq=False)
class _Walk:
    """What the layers up to some point amount to: a map of features, a layer, a link.

    The layer that holds the coefficients is the last of its kind: one before it that no training
    changes is a map of features.
    """

    features: FeatureWalk
    last: keras.Layer | None
    dense: keras.layers.Dense | None = None
    activation: str = "linear"
    unmodelled: list[str] = field(default_factory=list)

    def take(self, layer: keras.Layer) -> None:
        """Take one more layer."""
        dense = self.dense
        if isinstance(layer, _IDENTITY_LAYERS) or (dense is not None and _splits_units(layer)):
            return
        # Behind a layer that is not linear no coefficients of the features are left.
        is_map = is_affine(layer) or (is_fixed_matrix(layer) and layer is not self.last)
        if dense is None and is_map and not self.unmodelled:
            self.features.take(layer)
        elif isinstance(layer, keras.layers.Dense) and dense is None and not self.unmodelled:
            self.dense, self.activation = layer, activation_name(layer)
        elif isinstance(layer, _HEAD_LAYERS) and dense is not None:
            self.activation = composed(self.activation, activation_name(layer))
        elif not is_silent(layer):
            more = " more" if isinstance(layer, keras.layers.Dense) and dense is not None else ""
            self.unmodelled.append(
                f"the model has one{more} layer {layer_text(layer)}: {NOT_LINEAR}"
            )


def read_linear_model(model: keras.Model, n_features: int, *, numbers: bool = False) -> LinearModel:
    """Read the structure of a built model, of ``numbers`` or of classes.

    Raises
    ------
    ModelParityError
        If the model does not take rows of ``n_features`` features to one row of outputs.
    """
    n_outputs, unit_rows = _check_shapes(model, n_features)
    layers = list(flat_layers(model))
    every = [layer for layer in layers if isinstance(layer, keras.layers.Dense)]
    features = FeatureWalk(shift=np.zeros(n_features), scale=np.ones(n_features))
    walk = _Walk(features=features, last=every[-1] if every else None)
    for layer in layers:
        walk.take(layer)
    _check_walk(walk, model, _LINKS + _LINKS_OF_NUMBERS * numbers)
    behaviour = behaviour_of(model)
    if behaviour is not None:
        return _as_seen(model, behaviour)
    if walk.unmodelled or walk.dense is None:
        return LinearModel(
            dense=None,
            activation=last_activation(model),
            n_outputs=n_outputs,
            shift=None,
            scale=None,
            unmodelled=tuple(walk.unmodelled),
            unit_rows=unit_rows,
        )
    # A map that does nothing is none: the objective of scaled features differs in its settings.
    maps = features.scales
    return LinearModel(
        dense=walk.dense,
        activation=walk.activation,
        n_outputs=n_outputs,
        shift=features.shift if maps else None,
        scale=features.scale if maps else None,
        unmodelled=_dense_options(walk.dense),
        then=features.then,
        unit_rows=unit_rows,
    )


def _as_seen(model: keras.Model, behaviour: Behaviour) -> LinearModel:
    """Return a model as its values told."""
    layer = own_layer(model, behaviour.kernel, behaviour.bias)
    noise = tuple(layer_text(one) for one in flat_layers(model) if is_noise(one))
    return LinearModel(
        dense=layer,
        activation=behaviour.activation,
        n_outputs=int(layer.kernel.shape[1]),
        shift=None if behaviour.shift is None else np.array(behaviour.shift),
        scale=None if behaviour.scale is None else np.array(behaviour.scale),
        unmodelled=(
            *_dense_options(layer),
            *(
                f"the model has one layer {one}: it draws at random in training, which makes "
                f"another loss"
                for one in noise
            ),
        ),
        noise=noise,
        then=behaviour.then,
        pair=behaviour.pair,
        by_value=True,
    )


def _check_walk(walk: _Walk, model: keras.Model, links: tuple[str, ...]) -> None:
    """Note what keeps a model from being linear that no single layer shows."""
    unmodelled = walk.unmodelled
    unmodelled.extend(dict.fromkeys(bare_operations(model)))
    if not unmodelled and walk.activation not in links:
        unmodelled.append(f"the output goes through {walk.activation!r}")
    if walk.dense is None and not unmodelled:
        unmodelled.append("the model has no Dense layer")
    # A subclass of keras.Model has no outputs of its own; its call may do anything.
    if not unmodelled and not getattr(model, "outputs", None):
        link = _link_of_call(model, walk, links)
        if not link:
            unmodelled.append("its call does something else than its layers say")
        walk.activation = link or walk.activation


def _splits_units(layer: keras.Layer) -> bool:
    """Whether a layer makes each unit a row of its own."""
    return isinstance(layer, keras.layers.Reshape) and tuple(layer.target_shape)[1:] == (1,)


def _check_shapes(model: keras.Model, n_features: int) -> tuple[int, bool]:
    """Return the width of the output, and whether each unit is a row of its own."""
    # A subclass of keras.Model has neither.
    inputs, outputs = (getattr(model, name, None) or [] for name in ("inputs", "outputs"))
    if len(inputs) > 1 or len(outputs) > 1:
        raise ModelParityError(
            f"the candidate must have one input and one output, got {len(inputs)} and "
            f"{len(outputs)}; wrap the part to compare in a model of its own"
        )
    if inputs and inputs[0].shape[1:] not in ((n_features,), (None,)):
        raise ModelParityError(
            f"the candidate must take rows of {n_features} features as X has them, got input "
            f"shape {tuple(inputs[0].shape)}; build it with keras.Input(({n_features},))"
        )
    shape = outputs[0].shape if outputs else _output_shape(model, n_features)
    unit_rows = len(shape) == 3 and shape[2] == 1
    if (len(shape) != 2 and not unit_rows) or shape[1] is None:
        raise ModelParityError(
            f"the candidate must give one row of outputs for each row, got output shape "
            f"{tuple(shape)}; end it with a Dense layer"
        )
    return int(shape[1]), unit_rows


def _link_of_call(model: keras.Model, walk: _Walk, links: tuple[str, ...]) -> str:
    """Return what a subclass's call puts behind its Dense layer; nothing for something else.

    At the model's own weights; the fingerprint of the objective compares at others.
    """
    dense, activation = walk.dense, walk.activation
    assert dense is not None
    rows = np.random.default_rng(0).normal(size=(3, len(walk.features.shift))).astype(np.float32)
    outputs = BACKEND.array(model(rows, training=False)).astype(np.float64)
    decision = walk.features.of(rows) @ BACKEND.array(dense.kernel).astype(np.float64)
    if dense.use_bias:
        decision = decision + BACKEND.array(dense.bias).astype(np.float64)
    # Probabilities are told apart from a decision function by value: a call may apply a sigmoid
    # that no layer has.
    functions: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "linear": np.asarray,
        "sigmoid": scipy.special.expit,
        "softmax": partial(scipy.special.softmax, axis=1),
        "exponential": np.exp,
        "softplus": partial(np.logaddexp, 0.0),
    }
    with np.errstate(over="ignore"):
        fitting = [
            name for name in links if np.allclose(functions[name](decision), outputs, atol=1e-5)
        ]
    return activation if activation in fitting else next(iter(fitting), "")


def _output_shape(model: keras.Model, n_features: int) -> tuple[int, ...]:
    """Return the shape of what a model without outputs of its own makes of one row."""
    row = np.zeros((1, n_features), dtype=np.float32)
    try:
        return tuple(model(row, training=False).shape)
    except Exception as error:
        raise ModelParityError(
            f"the candidate must take rows of {n_features} features as X has them; its call "
            f"raised {type(error).__name__}: {str(error).splitlines()[0]}"
        ) from error


def _dense_options(dense: keras.layers.Dense) -> tuple[str, ...]:
    """Return what the layer does beside an affine map with L1 and L2 penalties."""
    found = []
    for option in ("kernel_regularizer", "bias_regularizer"):
        if penalty_strengths(getattr(dense, option)) is None:
            name = type(getattr(dense, option)).__name__
            found.append(f"{option}={name} is not modelled")
    # A constraint projects the weights after each step: the optimum is that of another problem, and
    # no penalty says so.
    for option in ("kernel_constraint", "bias_constraint", "activity_regularizer"):
        value = getattr(dense, option, None)
        if value is not None:
            found.append(f"{option}={type(value).__name__} is not modelled")
    if not dense.trainable:
        found.append("the Dense layer is frozen (trainable=False)")
    return tuple(found)
