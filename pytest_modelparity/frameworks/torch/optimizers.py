"""Optimizers of torch as data, and data as optimizers of torch."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from pytest_modelparity.training.recipe import Optimizer, Schedule

#: Whose ``weight_decay`` is an L2 of the objective: it is added to the gradient (measured against
#: the exact optimum: 5e-9 away, 0.92 from the unpenalised one).
PENALISING = ("SGD", "Adam", "NAdam", "RAdam", "Adamax", "RMSprop", "Adagrad", "Adadelta")
#: What is read apart, or only says how a step is computed.
_APART = (
    *("params", "param_names", "lr", "initial_lr", "weight_decay", "maximize"),
    *("foreach", "fused", "capturable", "differentiable"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptimizer:
    """An optimizer as it was read, beside the weights that it moves.

    Parameters
    ----------
    optimizer : Optimizer
        With the decoupled decay, without an L2.
    l2 : tuple of (float, float)
        What its ``weight_decay`` adds to the objective: of weight and bias.
    decayed : tuple of (bool, bool)
        Whether the decoupled decay acts on weight and bias.
    unmodelled : tuple of str
        What keeps it from being read, one sentence each.
    """

    optimizer: Optimizer
    l2: tuple[float, float] = (0.0, 0.0)
    decayed: tuple[bool, bool] = (True, True)
    unmodelled: tuple[str, ...] = ()


def read_optimizer(
    given: torch.optim.Optimizer, parameters: Sequence[torch.nn.Parameter]
) -> ReadOptimizer:
    """Read an optimizer.

    Parameters
    ----------
    given : torch.optim.Optimizer
        Not changed.
    parameters : sequence of Parameter
        Weight and, where there is one, bias: whose groups count.
    """
    groups = [_group_of(given, parameter) for parameter in parameters]
    first = next((group for group in groups if group is not None), given.param_groups[0])
    decays = [float((group or first).get("weight_decay", 0.0)) for group in groups] or [0.0]
    name, options = _name_of(type(given)), _options_of(type(given), first)
    decoupled = bool(options.get("decoupled_weight_decay")) or name == "AdamW"
    penalises = name in PENALISING and not decoupled
    sentences = _unread(groups, first)
    if (any(decays) and not (penalises or decoupled)) or name == "ASGD":
        sentences.append(f"what weight_decay does in {name} is not modelled")
    if decoupled:
        # One number for both: `decayed` says on which of them it acts.
        options["weight_decay"] = max(decays)
    return ReadOptimizer(
        optimizer=Optimizer(
            name=name,
            rate=float(first["lr"]),
            options=tuple(options.items()),
            framework="torch",
            version=torch.__version__,
        ),
        l2=(decays[0], decays[-1] if len(decays) > 1 else 0.0) if penalises else (0.0, 0.0),
        decayed=(decays[0] > 0, decays[-1] > 0) if any(decays) else (True, True),
        unmodelled=tuple(sentences),
    )


def _name_of(kind: type) -> str:
    """Return the name of a class of torch's; of any other with its module."""
    stock = getattr(torch.optim, kind.__name__, None) is kind
    return kind.__name__ if stock else f"{kind.__module__}.{kind.__qualname__}"


def _options_of(kind: type, group: Mapping[str, Any]) -> dict[str, Any]:
    """Return what else decides the steps of a group."""
    options = {name: _plain(value) for name, value in group.items() if name not in _APART}
    if kind is torch.optim.AdamW:
        # It is an Adam with this option set (torch 2.13, optim/adamw.py).
        options.pop("decoupled_weight_decay", None)
    if kind is torch.optim.LBFGS and options["max_eval"] == options["max_iter"] * 5 // 4:
        # As it is where nobody says how many (torch 2.13, optim/lbfgs.py).
        options["max_eval"] = None
    return options


def _unread(groups: Sequence[Mapping[str, Any] | None], first: Mapping[str, Any]) -> list[str]:
    """Return what keeps groups from being one optimizer, one sentence each."""
    sentences = []
    if any(group is None for group in groups):
        sentences.append("the optimizer does not move all weights of the layer")
    # A scheduler leaves this behind, and its own rule cannot be seen.
    if "initial_lr" in first:
        sentences.append("the optimizer has a scheduler, which a plain loop does not step")
    alike = [{**group, "params": 0, "weight_decay": 0} for group in groups if group is not None]
    if any(one != alike[0] for one in alike):
        sentences.append("weight and bias are moved by different options")
    if first.get("maximize"):
        sentences.append("the optimizer maximises")
    return sentences


def _group_of(given: torch.optim.Optimizer, parameter: torch.nn.Parameter) -> dict[str, Any] | None:
    """Return the group that a parameter is in."""
    # By identity: tensors overload ``==``.
    return next(
        (
            group
            for group in given.param_groups
            if any(member is parameter for member in group["params"])
        ),
        None,
    )


def make_optimizer(
    optimizer: Optimizer,
    parameters: Sequence[torch.nn.Parameter],
    decays: Sequence[float],
) -> torch.optim.Optimizer:
    """Return a fresh optimizer of torch.

    Parameters
    ----------
    optimizer : Optimizer
        A stock one; of a schedule the first learning rate.
    parameters : sequence of Parameter
        One group each.
    decays : sequence of float
        ``weight_decay`` of each.
    """
    options = dict(optimizer.options)
    options.pop("weight_decay", None)
    kind = getattr(torch.optim, optimizer.name)
    # LBFGS takes all weights as one group.
    if "weight_decay" not in inspect.signature(kind).parameters:
        return kind(parameters, lr=optimizer.first_rate, **options)
    groups = [
        {"params": [parameter], "weight_decay": decay}
        for parameter, decay in zip(parameters, decays, strict=True)
    ]
    return kind(groups, lr=optimizer.first_rate, **options)


def make_scheduler(
    made: torch.optim.Optimizer, optimizer: Optimizer
) -> torch.optim.lr_scheduler.LambdaLR | None:
    """Return what makes the learning rate fall, to be stepped after each batch; or nothing."""
    rate = optimizer.rate
    if not isinstance(rate, Schedule):
        return None
    # The only schedule of a recipe of torch: one that falls to nothing (`single.py`).
    n_steps = dict(rate.options)["decay_steps"]
    return torch.optim.lr_scheduler.LambdaLR(
        made, lambda step: 0.5 * (1 + math.cos(math.pi * min(step, n_steps) / n_steps))
    )


def _plain(value: Any) -> Any:
    """Return a value that can be compared and hashed."""
    if isinstance(value, torch.Tensor):
        value = value.item() if value.numel() == 1 else value.tolist()
    return tuple(_plain(item) for item in value) if isinstance(value, (list, tuple)) else value
