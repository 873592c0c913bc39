"""Models and layers made once more of what they were made of, also where Keras alone cannot."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.read.layers import flat_layers


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


def is_alike(model: keras.Model, copy: keras.Model) -> bool:
    """Whether a copy with a model's weights has the arguments, and the outputs, of the model.

    Keras 3.15 takes the arguments of a subclass of ``keras.Model`` without a ``get_config`` for
    their defaults: ``A(2).get_config()`` has ``{"power": 1}`` where that is the default.
    """
    parts = [(model, copy), *zip(flat_layers(model), flat_layers(copy), strict=False)]
    own = [pair for pair in parts if not type(pair[0]).__module__.startswith("keras.")]
    if not own:
        return True
    if any(_arguments(old) != _arguments(new) for old, new in own):
        return False
    if not model.built:
        return True
    rows = _some_inputs(model)
    if rows is None:
        return type(model).__module__.startswith("keras.")
    before, after = (BACKEND.array(one(rows, training=False)) for one in (model, copy))
    return bool(np.allclose(before, after, rtol=1e-5, atol=1e-6, equal_nan=True))


def _arguments(part: Any) -> dict[str, str]:
    """Return the arguments of a part's class that it keeps by their names, as text."""
    parameters = inspect.signature(type(part)).parameters.values()
    names = [
        one.name for one in parameters if one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)
    ]
    plain = (bool, int, float, str, tuple, list, np.ndarray, type(None))
    found = {}
    for name in set(names) - {"name", "dtype", "trainable"}:
        value = vars(part).get(name, part)
        if isinstance(value, plain):
            found[name] = repr(value)
        elif getattr(type(part), "get_config", None) is keras.Model.get_config:
            # Nobody knows what it was: no copy has the same.
            found[name] = f"{id(part)}"
    return found


def _some_inputs(model: keras.Model) -> np.ndarray | None:
    """Return a few rows that a model takes; ``None`` where their shape is not known."""
    try:
        shape = model.input_shape
    # A subclass of keras.Model knows only what it was called with.
    except AttributeError:
        shape = (model.get_build_config() or {}).get("input_shape")
    if not isinstance(shape, (tuple, list)) or None in shape[1:] or len(shape) != 2:
        return None
    rows: np.ndarray = np.random.default_rng(0).normal(size=(4, int(shape[1]))).astype(np.float32)
    return rows
