"""A Keras optimizer from its data."""

from __future__ import annotations

import keras

from pytest_modelparity.frameworks.keras.read.optimizer import make_optimizer, read_optimizer
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
    if wanted.name != read_optimizer(plain).name or "." not in wanted.name:
        return make_optimizer(wanted)
    # A class that this package does not know by name is made from its own configuration.
    config = {**plain.get_config(), **dict(wanted.options)}
    if not isinstance(wanted.rate, Schedule):
        config["learning_rate"] = wanted.rate
    return type(plain).from_config(config)
