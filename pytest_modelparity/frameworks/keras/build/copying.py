"""Copies of Keras models: the user's own is never trained or changed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import keras
import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.keras import internals
from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.build.cloning import build_like, clone, is_alike
from pytest_modelparity.frameworks.keras.build.optimizer import clone_optimizer
from pytest_modelparity.frameworks.keras.read.behaviour import behaviour_of, see
from pytest_modelparity.frameworks.keras.read.layers import flat_layers

#: Attribute of a model: the function that makes another one.
_MAKER = "_parity_maker"


def made_by(maker: Callable[[], keras.Model]) -> keras.Model:
    """Return what a function makes, which can then be copied though Keras cannot rebuild it."""
    model = maker()
    setattr(model, _MAKER, maker)
    return model


#: What to do about a model that cannot be copied.
MADE = "pass a function that returns the model"
NAMED = "give its layers and schedules get_config, and its losses a name"


def copy_model(model: keras.Model, *, dtype: str | None = None) -> keras.Model:
    """Return a compiled copy with the same weights and optimizer state.

    Parameters
    ----------
    dtype : str, optional
        Rebuild every layer in this dtype; the optimizer state is then left fresh.

    Raises
    ------
    ModelParityError
        If Keras cannot rebuild the model from its configuration, and no function makes it.
    """
    with ExitStack() as stack:
        # Cloning goes through `from_config`, which would not find an unregistered class by its
        # name.
        stack.enter_context(keras.saving.custom_object_scope(_custom_objects(model)))
        # Initialisers draw from Python's `random`, though the weights are overwritten below.
        stack.enter_context(BACKEND.random_state_kept())
        try:
            copy = clone(model, dtype)
            build_like(model, copy)
            _copy_weights(model, copy)
            if dtype is None and not is_alike(model, copy):
                raise ValueError("get_config does not hold all arguments of its class")
        # Says what to do already.
        except ModelParityError:
            raise
        except Exception as error:
            maker = getattr(model, _MAKER, None)
            # What a function makes has the dtype that the user chose there.
            if maker is None or dtype is not None:
                raise ModelParityError(
                    f"the candidate cannot be copied, and is never trained itself: Keras says "
                    f"{str(error).splitlines()[0]!r}; {NAMED if maker else f'{MADE}, or {NAMED}'}"
                ) from error
            copy = made_by(maker)
            build_like(model, copy)
            _copy_weights(model, copy)
    if model.compiled and dtype is None:
        copy_optimizer(model, copy)
    see(copy, behaviour_of(model))
    return copy


def recompiled(
    model: keras.Model, optimizer: keras.Optimizer, exempt: list[keras.Variable]
) -> keras.Model:
    """Return the model, compiled anew with a clone of another optimizer and its own loss.

    Parameters
    ----------
    exempt : list of keras.Variable
        Variables on which the optimizer's weight decay does not act.
    """
    # A clone: an optimizer belongs to the variables that it was built for.
    fresh = clone_optimizer(optimizer)
    if fresh.weight_decay is not None:
        fresh.exclude_from_weight_decay(var_list=exempt)
    model.compile(
        optimizer=fresh,
        loss=model.loss,
        loss_weights=model.get_compile_config().get("loss_weights"),
    )
    return model


def metrics_of(model: keras.Model) -> Any:
    """Return fresh metrics like those of a compiled model; ``None``: none, or unknown."""
    try:
        return keras.saving.deserialize_keras_object(model.get_compile_config().get("metrics"))
    # A function without a registered name: a callback that watches it then says what it lacks.
    except (TypeError, ValueError):
        return None


def weights_of(model: keras.Model) -> list[np.ndarray]:
    """Return a model's weights as copies.

    Keras 3.15's own ``get_weights`` and ``convert_to_numpy`` call ``np.array`` on a variable,
    which numpy 2 answers with a DeprecationWarning: an error in a strict test suite.
    """
    return [BACKEND.array(variable) for variable in model.weights]


def _custom_objects(model: keras.Model) -> dict[str, Any]:
    """Return what Keras must know by name to rebuild the model: losses, layers and schedules."""
    found: dict[str, Any] = {}
    loss = model.loss if model.compiled else None
    # `compile` takes an optimizer of None, too.
    if model.compiled and model.optimizer is not None:
        rate = internals.rate_of(model.optimizer)
        if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
            found[type(rate).__name__] = type(rate)
    # Keras takes a loss alone, in a list or in a dict by output.
    items = list(loss.values()) if isinstance(loss, dict) else loss
    for item in items if isinstance(items, (list, tuple)) else [items]:
        if isinstance(item, keras.losses.Loss):
            found[type(item).__name__] = type(item)
        elif callable(item) and hasattr(item, "__name__"):
            found[item.__name__] = item
    for layer in flat_layers(model):
        for part in (
            layer,
            getattr(layer, "kernel_regularizer", None),
            getattr(layer, "bias_regularizer", None),
            getattr(layer, "activation", None),
        ):
            owner = part if callable(part) and hasattr(part, "__name__") else type(part)
            if part is not None and not owner.__module__.startswith("keras."):
                found[owner.__name__] = owner
    return found


def _copy_weights(model: keras.Model, copy: keras.Model) -> None:
    """Copy all weights, and renew what layers computed from theirs."""
    if not model.built:
        return
    weights, of_layers = weights_of(model), _shapes_of_layers(model)
    for variable, held in zip(model.weights, weights, strict=True):
        # Keras lets an initializer make what it likes: `Constant` of shape (1, p) for a kernel
        # (p, 1) is broadcast to (p, p) (keras 3.15, initializers/constant_initializers.py).
        shape = of_layers.get(id(variable), tuple(variable.shape))
        if shape != held.shape:
            raise ModelParityError(
                f"the candidate's {variable.path} must hold an array of shape {shape}, and its "
                f"initializer made one of shape {held.shape}; set it by set_weights, or give the "
                f"initializer the transposed array"
            )
    # All weights, not the trainable ones: those of Normalization are among the others.
    copy.set_weights(weights)
    for layer in flat_layers(copy):
        # It computes with a constant made from its weights when it was adapted (keras 3.15,
        # finalize_state); without this the copy would still scale by the old one.
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()


def _shapes_of_layers(model: keras.Model) -> dict[int, tuple[int, ...]]:
    """Return the shapes that Dense layers ask of their variables, by the variables' identities."""
    # On JAX a variable says the shape of what it was given (keras 3.15, backend/jax/core.py).
    return {
        id(variable): (*variable.shape[:-1], layer.units)
        for layer in flat_layers(model)
        if isinstance(layer, keras.layers.Dense) and layer.built
        for variable in (layer.kernel, layer.bias)
        if variable is not None
    }


def copy_optimizer(model: keras.Model, copy: keras.Model) -> None:
    """Copy what the optimizer's configuration does not hold: its state and its exclusions."""
    source, target = model.optimizer, copy.optimizer
    # Before the optimizer is built, and by pairs: Keras keys exclusions by the identity of a
    # variable, and the copy has others.
    pairs = zip(model.trainable_variables, copy.trainable_variables, strict=True)
    internals.copy_decay_exclusions(source, target, pairs)
    if getattr(source, "built", False) and source.variables:
        target.build(copy.trainable_variables)
        for old, new in zip(source.variables, target.variables, strict=True):
            new.assign(BACKEND.array(old))
