"""Modules and penalties in the words of their user."""

from __future__ import annotations

from collections.abc import Callable

import torch


def module_words(module: torch.nn.Module) -> str:
    """Return a module in a few words: ``Sequential(Linear(30, 1), Sigmoid())``."""
    if isinstance(module, torch.nn.Sequential):
        return f"Sequential({', '.join(map(module_words, module))})"
    if isinstance(module, torch.nn.Linear):
        bias = "" if module.bias is not None else ", bias=False"
        return f"Linear({module.in_features}, {module.out_features}{bias})"
    is_stock = type(module).__module__.startswith("torch.nn.")
    return f"{type(module).__name__}({module.extra_repr() if is_stock else ''})"


def penalty_terms(name: str, l2: float, l1: float, spelled: Callable[[float], str]) -> list[str]:
    """Return the terms of a penalty on one tensor, as they stand beside a loss."""
    terms = [f"{spelled(l2 / 2)} * {name}.square().sum()"] if l2 else []
    return terms + ([f"{spelled(l1)} * {name}.abs().sum()"] if l1 else [])
