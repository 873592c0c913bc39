"""A Keras optimizer as data, and data as a Keras optimizer."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import keras
import numpy as np

from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.internals import (
    batches_seen,
    class_of,
    is_decayed,
    rate_of,
)
from pytest_modelparity.training.defaults import OWN
from pytest_modelparity.training.recipe import Optimizer, OptimizerState, Schedule

#: What `read_state` names the variables of a Dense layer.
_OWNERS = ("kernel", "bias")
_INNER = "inner_optimizer"


def read_optimizer(optimizer: keras.Optimizer) -> Optimizer:
    """Return what an optimizer is: its class, learning rate and options.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        The learning rate is that which it has now.

    Returns
    -------
    Optimizer
        A subclass or a class of the user's is named with its module, and so has no formula.
    """
    inner = getattr(optimizer, _INNER, None)
    options = {
        name: _plain(value)
        for name, value in config_of(optimizer).items()
        # Two optimizers that differ in their name alone take the same steps.
        if name not in ("name", "learning_rate", _INNER)
    }
    kind = class_of(optimizer)
    if kind.__name__ not in OWN or not _is_stock(kind, keras.optimizers):
        # Of those in `OWN` the recipe drops what is at its default.
        defaults = inspect.signature(kind).parameters
        # Data holds tuples, which can be hashed; `get_config` gave lists.
        options = {
            name: value
            for name, value in options.items()
            if name not in defaults or value != defaults[name].default
        }
    if inner is not None:
        options[_INNER] = read_optimizer(inner)
    return Optimizer(
        name=_name_of(kind, keras.optimizers),
        # LossScaleOptimizer has a learning rate of 0.0 (keras 3.15, loss_scale_optimizer.py).
        rate=_read_rate(rate_of(optimizer if inner is None else inner)),
        options=tuple(options.items()),
        version=keras.__version__,
    )


def read_state(
    optimizer: keras.Optimizer, variables: Sequence[keras.Variable]
) -> OptimizerState | None:
    """Return what an optimizer keeps of the steps that it has made.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        Not changed.
    variables : sequence of keras.Variable
        Kernel and, where there is one, bias.

    Returns
    -------
    OptimizerState or None
        ``None`` for an optimizer that was not built: it starts afresh.
    """
    # The moments are those of steps that were made: a second `fit` goes on from them, and so does
    # the array loop; from zero it would take other steps.
    if not optimizer.built:
        return None
    slots = {}
    for owner, variable in zip(_OWNERS, variables, strict=False):
        # Keras names a slot after the path of its variable (base_optimizer.py, 3.15.1).
        prefix = f"{variable.path.replace('/', '_')}_"
        for slot in optimizer.variables:
            if slot.name.startswith(prefix):
                slots[slot.name.removeprefix(prefix), owner] = BACKEND.array(slot)
    return OptimizerState(iterations=batches_seen(optimizer), slots=slots)


def read_decayed(
    optimizer: keras.Optimizer, variables: Sequence[keras.Variable]
) -> tuple[bool, bool]:
    """Return whether weight decay, where there is one, acts on kernel and bias.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        Not changed.
    variables : sequence of keras.Variable
        Kernel and, where there is one, bias.
    """
    acts = [is_decayed(optimizer, variable) for variable in variables]
    return acts[0], acts[-1]


def make_optimizer(optimizer: Optimizer) -> keras.Optimizer:
    """Return a fresh Keras optimizer.

    Parameters
    ----------
    optimizer : Optimizer
        A stock one of Keras, with a number or a stock schedule as its learning rate.
    """
    options = dict(optimizer.options)
    if _INNER in options:
        options[_INNER] = make_optimizer(options[_INNER])
    else:
        options["learning_rate"] = _made_rate(optimizer.rate)
    return getattr(keras.optimizers, optimizer.name)(**options)


def config_of(optimizer: keras.Optimizer) -> dict[str, Any]:
    """Return an optimizer's options by name, as its class takes them."""
    try:
        with warnings.catch_warnings():
            # Keras warns that a learning rate which is a lambda cannot be saved.
            warnings.simplefilter("ignore")
            config: dict[str, Any] = optimizer.get_config()
    except NotImplementedError:
        # The user's schedule cannot be saved; the options have the names of their attributes.
        names = inspect.signature(class_of(optimizer)).parameters
        config = {name: getattr(optimizer, name) for name in names if hasattr(optimizer, name)}
    return config


def _read_rate(rate: Any) -> float | Schedule:
    """Return a learning rate or a schedule."""
    if isinstance(rate, keras.Variable):
        value = BACKEND.array(rate)
        # By the shortest decimals that give this float32 again, as the user wrote it.
        return float(str(value)) if value.dtype == np.float32 else float(value)
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        try:
            config = rate.get_config()
        except NotImplementedError:
            # A schedule that cannot be saved still has a name, and so no formula.
            config = {}
        options = tuple((name, _plain(value)) for name, value in config.items() if name != "name")
        return Schedule(name=_name_of(type(rate), keras.optimizers.schedules), options=options)
    kind = rate if hasattr(rate, "__qualname__") else type(rate)
    return Schedule(name=f"{kind.__module__}.{kind.__qualname__}")


def _made_rate(rate: float | Schedule) -> Any:
    """Return what a Keras optimizer takes as its learning rate."""
    if not isinstance(rate, Schedule):
        return float(rate)
    options = {
        name: list(value) if isinstance(value, tuple) else value for name, value in rate.options
    }
    return getattr(keras.optimizers.schedules, rate.name)(**options)


def _is_stock(kind: type, module: ModuleType) -> bool:
    """Whether a class is one that a module of Keras exports."""
    return getattr(module, kind.__name__, None) is kind


def _name_of(kind: type, module: ModuleType) -> str:
    """Return the name of a class of Keras's; of any other with its module."""
    return kind.__name__ if _is_stock(kind, module) else f"{kind.__module__}.{kind.__qualname__}"


def _plain(value: Any) -> Any:
    """Return a value that can be compared and hashed."""
    if isinstance(value, (list, tuple)):
        return tuple(_plain(item) for item in value)
    if isinstance(value, np.generic):
        return value.item()
    return value if isinstance(value, (bool, int, float, str, type(None))) else repr(value)
