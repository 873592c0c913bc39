"""All that a stock Keras model is, as values: by it two models are told apart, or not."""

from __future__ import annotations

import warnings
from typing import Any

import keras

from pytest_modelparity.frameworks.keras import internals
from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.read.layers import flat_layers

#: Layers that are all in their configuration and their weights, and draw nothing.
_LAYERS = (
    keras.layers.InputLayer,
    keras.layers.Dense,
    keras.layers.Activation,
    keras.layers.Softmax,
    keras.layers.Flatten,
    keras.layers.Reshape,
    keras.layers.Normalization,
    keras.layers.Rescaling,
)
#: Of a configuration: where names of layers stand. Keras counts them through a process, so two
#: models of one function have other ones.
_NAMED = ("name", "keras_history", "input_layers", "output_layers")

#: Of a configuration: values that Keras writes like objects.
_VALUES = ("__keras_tensor__", "__numpy__", "__tensor__")


class _NotStockError(Exception):
    """A model has a part that is not Keras's own."""


def content_of(model: keras.Model, *, start: bool = True) -> tuple[Any, ...] | None:
    """Return what decides all that a compiled model's copies do.

    ``None`` where a part of it is not Keras's own, or draws at random: what such a model does
    cannot be told from its configuration.

    Parameters
    ----------
    start : bool
        Whether trainable weights and the optimizer's state count. To the minimum of an objective
        they do not matter.
    """
    try:
        # A lambda makes Keras warn that it cannot be saved, which nobody asked for.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            described = _described(model)
    # What is not Keras's own may raise anything where its configuration is asked for.
    except Exception:
        return None
    # Others than the trainable ones are those of Normalization and of fixed matrices.
    weights = model.weights if start else model.non_trainable_weights
    state = model.optimizer.variables if start and model.optimizer.built else []
    return (*described, [*map(BACKEND.array, weights)], [*map(BACKEND.array, state)])


def _described(model: keras.Model) -> tuple[Any, ...]:
    """Return classes and configurations, free of names."""
    kind = type(model)
    # Also by the methods: a test may have put its own in their place.
    if not model.compiled or not all(map(_is_of_keras, (kind, kind.fit, kind.train_step))):
        raise _NotStockError
    for layer in flat_layers(model):
        # An activation of the user's may have the name of one of Keras's.
        activation = getattr(layer, "activation", None)
        if type(layer) not in _LAYERS or not (activation is None or _is_of_keras(activation)):
            raise _NotStockError
    config, optimizer = model.get_config(), model.optimizer
    compiled = {
        # Metrics only watch.
        name: value
        for name, value in model.get_compile_config().items()
        if name not in ("loss", "metrics", "weighted_metrics")
    }
    names: list[str] = []
    return (
        "keras",
        kind.__name__,
        _plain(config, names),
        _plain(compiled, names),
        _loss(model.loss),
        # Kept out of the optimizer's configuration.
        [internals.is_decayed(optimizer, item) for item in model.trainable_variables],
        keras.config.floatx(),
        keras.config.epsilon(),
    )


def _plain(config: Any, names: list[str], *, named: bool = False) -> Any:
    """Return a configuration with its names as numbers, in the order in which they come.

    Parameters
    ----------
    names : list of str
        Those that came so far.
    named : bool
        Whether a text is a name here.
    """
    if isinstance(config, dict):
        _check_is_of_keras(config)
        return {
            key: _plain(value, names, named=named or key in _NAMED) for key, value in config.items()
        }
    if isinstance(config, (list, tuple)):
        return [_plain(item, names, named=named) for item in config]
    if named and isinstance(config, str):
        if config not in names:
            names.append(config)
        return names.index(config)
    return config


def _check_is_of_keras(config: dict[str, Any]) -> None:
    """Refuse the configuration of an object that is not Keras's own."""
    module, kind = config.get("module"), str(config.get("class_name"))
    ours = module is None or module == "keras" or str(module).startswith("keras.")
    # A function of the user's and one of Keras's look alike where their names do, two lambdas where
    # their code does.
    is_function = kind == "function" or (kind.startswith("__") and kind not in _VALUES)
    # The optimizers that stand for Keras's own on torch are registered (Keras 3.15.1).
    registered = config.get("registered_name") and not str(module).startswith("keras.src.backend.")
    if not ours or is_function or registered:
        raise _NotStockError


def _loss(loss: Any) -> Any:
    """Return a compiled loss as values."""
    if isinstance(loss, (list, tuple)) and len(loss) == 1:
        loss = loss[0]
    if isinstance(loss, str):
        return loss
    if isinstance(loss, keras.losses.Loss) and _is_of_keras(type(loss)):
        return type(loss).__name__, _plain(loss.get_config(), [])
    name = getattr(loss, "__name__", "")
    # By identity, as above.
    if not name or getattr(keras.losses, name, None) is not loss:
        raise _NotStockError
    return "function", name


def _is_of_keras(item: Any) -> bool:
    """Whether a class or function is Keras's own."""
    return str(getattr(item, "__module__", "")).startswith("keras.")
