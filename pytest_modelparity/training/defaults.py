"""The options of stock optimizers and what they are where nobody sets them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: What every optimizer of Keras has (keras/src/optimizers/base_optimizer.py, Keras 3.15.1), in
#: the order of ``get_config``.
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


_TORCH_ADAM = {"betas": (0.9, 0.999), "eps": 1e-8}
#: What torch's have (torch 2.13.0), in the order of their parameters, without those that only say
#: how a step is computed. ``weight_decay`` is the decoupled one alone: as an L2 it is one of the
#: objective.
TORCH: Mapping[str, Mapping[str, Any]] = {
    "SGD": {"momentum": 0.0, "dampening": 0.0, "nesterov": False},
    "Adam": {**_TORCH_ADAM, "amsgrad": False},
    "AdamW": {**_TORCH_ADAM, "weight_decay": 0.01, "amsgrad": False},
    "NAdam": {**_TORCH_ADAM, "momentum_decay": 0.004},
    "Adamax": _TORCH_ADAM,
    "RMSprop": {"alpha": 0.99, "eps": 1e-8, "momentum": 0.0, "centered": False},
    "Adagrad": {"lr_decay": 0.0, "initial_accumulator_value": 0.0, "eps": 1e-10},
    "Adadelta": {"rho": 0.9, "eps": 1e-6},
    "RAdam": _TORCH_ADAM,
    "Rprop": {"etas": (0.5, 1.2), "step_sizes": (1e-6, 50)},
    "LBFGS": {
        "max_iter": 20,
        "max_eval": None,
        "tolerance_grad": 1e-7,
        "tolerance_change": 1e-9,
        "history_size": 100,
        "line_search_fn": None,
    },
}
TORCH_COMMON: Mapping[str, Any] = {"weight_decay": 0.0, "decoupled_weight_decay": False}


def defaults_of(name: str, framework: str = "keras") -> Mapping[str, Any]:
    """Return a stock optimizer's options; those that all have where it is none of them."""
    common, own = (TORCH_COMMON, TORCH) if framework == "torch" else (COMMON, OWN)
    return {**common, **own.get(name, {})}
