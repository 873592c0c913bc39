"""Models and layers made once more of what they were made of, also where Keras alone cannot."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any

import keras


def clone(model: keras.Model, dtype: str | None) -> keras.Model:
    """Return a compiled copy of the same class; its weights are its own, and drawn anew.

    Parameters
    ----------
    dtype : str, optional
        Rebuild every layer in this dtype.
    """
    stock = type(model).__module__.startswith("keras.")
    if dtype is not None:
        copy = keras.models.clone_model(model, clone_function=_as_dtype(dtype))
    elif stock:
        copy = _clone_of_layers(model)
    else:
        # Keras 3.15 clones a subclass with a train_step of its own to a plain Sequential.
        copy = _made_again(model)
    if model.compiled and not copy.compiled:
        # Before Keras 3.11 a clone was not compiled.
        copy.compile_from_config(model.get_compile_config())
    return copy


def build_like(model: keras.Model, copy: keras.Model) -> None:
    """Give a copy its variables where the model has some."""
    if copy.built or not model.built:
        return
    try:
        copy.build(model.input_shape)
    # A subclass of keras.Model knows only what it was called with.
    except AttributeError:
        copy.build_from_config(model.get_build_config())


def _clone_of_layers(model: keras.Model) -> keras.Model:
    """Return a copy of a model that is its layers and nothing else."""
    try:
        return keras.models.clone_model(model)
    # Keras refuses a Lambda of a lambda, which may come from a file; this one is its user's own.
    except Exception as error:
        try:
            return keras.models.clone_model(model, clone_function=_made_again)
        except Exception:
            # The first says what Keras itself lacks.
            raise error from None


def _made_again(part: Any) -> Any:
    """Return a layer or a model of the same class and arguments."""
    kind = type(part)
    with warnings.catch_warnings():
        # A lambda makes Keras warn that it cannot be saved, which nobody asked for.
        warnings.simplefilter("ignore")
        config = part.get_config()
    if kind is keras.layers.Lambda:
        return _lambda_again(part, config)
    try:
        return kind.from_config(config)
    except Exception:
        # Keras adds name, dtype and trainable, which many a class of its user's does not take.
        taken = inspect.signature(kind).parameters
        return kind(**{name: value for name, value in config.items() if name in taken})


def _lambda_again(layer: keras.layers.Lambda, config: dict[str, Any]) -> keras.layers.Lambda:
    """Return a Lambda layer of the same function."""
    shape = config.get("output_shape")
    return keras.layers.Lambda(
        layer.function,
        # Where a function says it Keras finds the shape itself.
        output_shape=None if isinstance(shape, dict) else shape,
        arguments=layer.arguments,
        name=layer.name,
        dtype=layer.dtype_policy,
    )


def _as_dtype(dtype: str) -> Callable[[keras.Layer], keras.Layer]:
    """Return a clone function that rebuilds a layer in another dtype."""

    def rebuilt(layer: keras.Layer) -> keras.Layer:
        return layer.__class__.from_config({**layer.get_config(), "dtype": dtype})

    return rebuilt
