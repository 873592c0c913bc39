"""The options of Keras's stock optimizers and what they are where nobody sets them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: What every optimizer has (keras/src/optimizers/base_optimizer.py, Keras 3.15.1), in the order
#: of ``get_config``.
COMMON: Mapping[str, Any] = {
    "weight_decay": None,
    "clipnorm": None,
    "global_clipnorm": None,
    "clipvalue": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}
_ADAM = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
#: What each has besides, in the order of ``get_config`` (Keras 3.15.1).
OWN: Mapping[str, Mapping[str, Any]] = {
    "SGD": {"momentum": 0.0, "nesterov": False},
    "Adam": {**_ADAM, "amsgrad": False},
    "AdamW": {"weight_decay": 0.004, **_ADAM, "amsgrad": False},
    "RMSprop": {"rho": 0.9, "momentum": 0.0, "epsilon": 1e-7, "centered": False},
    "Adagrad": {"initial_accumulator_value": 0.1, "epsilon": 1e-7},
    "Adadelta": {"rho": 0.95, "epsilon": 1e-7},
    "Nadam": _ADAM,
    "Adamax": _ADAM,
    "Ftrl": {
        "learning_rate_power": -0.5,
        "initial_accumulator_value": 0.1,
        "l1_regularization_strength": 0.0,
        "l2_regularization_strength": 0.0,
        "l2_shrinkage_regularization_strength": 0.0,
        "beta": 0.0,
    },
    "Lion": {"beta_1": 0.9, "beta_2": 0.99},
}


def defaults_of(name: str) -> Mapping[str, Any]:
    """Return a stock optimizer's options; those that all have where it is none of them."""
    return {**COMMON, **OWN.get(name, {})}
