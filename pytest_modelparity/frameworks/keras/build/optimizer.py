"""A Keras optimizer from its data."""

from __future__ import annotations

from typing import Any

import keras

from pytest_modelparity.frameworks.keras.internals import rate_of
from pytest_modelparity.frameworks.keras.read.optimizer import (
    config_of,
    make_optimizer,
    read_optimizer,
)
from pytest_modelparity.training.recipe import Optimizer, Schedule


def optimizer_like(wanted: Optimizer, own: keras.Optimizer) -> keras.Optimizer:
    """Return a fresh Keras optimizer.

    Parameters
    ----------
    wanted : Optimizer
        What it should be: a stock one, or the candidate's own with other options.
    own : keras.optimizers.Optimizer
        The candidate's, whose class and configuration serve where the class is no stock one.
    """
    # Keras wraps an optimizer anew when it compiles a model in mixed_float16 (3.15, trainer.py).
    plain = getattr(own, "inner_optimizer", own)
    rate = wanted.rate
    by_name = "." not in wanted.name and not (isinstance(rate, Schedule) and "." in rate.name)
    if by_name or wanted.name != read_optimizer(plain).name:
        return make_optimizer(wanted)
    # A class that this package does not know by name is made from its own configuration.
    options = dict(wanted.options)
    if not isinstance(rate, Schedule):
        options["learning_rate"] = rate
    return clone_optimizer(plain, **options)


def clone_optimizer(optimizer: keras.Optimizer, **options: Any) -> keras.Optimizer:
    """Return a fresh optimizer with the configuration of another, but for some options."""
    config, rate = config_of(optimizer), rate_of(optimizer)
    # Keras makes a schedule or a function of the user's again only where it is registered.
    if callable(rate):
        config["learning_rate"] = rate
    return type(optimizer).from_config({**config, **options})
