"""Modules in the words of their user."""

from __future__ import annotations

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
