"""What can be called, and with how many arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any

#: Decorators and partials around a candidate function, at most.
MOST_WRAPPERS = 10


def is_function(given: Any) -> bool:
    """Whether it is a function or a method, perhaps bound by `functools.partial` or wrapped."""
    # Limited: an object that has every attribute could be unwrapped for ever.
    for _ in range(MOST_WRAPPERS):
        given = _inside(given)
    if isinstance(given, (FunctionType, MethodType)):
        return True
    # A factory written as a class has a `__call__` of its own; that of torch.nn.Module takes
    # `*args, **kwargs`, which no factory needs.
    own_call = getattr(type(given), "__call__", None)  # noqa: B004  the method itself is wanted
    return isinstance(own_call, FunctionType) and not _takes_anything(own_call)


def _inside(given: Any) -> Any:
    """Return what a function was bound or wrapped to, or itself."""
    # The signature of a partial says nothing of whose it is. By attributes, as partials of other
    # packages have them too.
    if hasattr(given, "func") and hasattr(given, "keywords"):
        return given.func
    # `functools.cache` makes an object of a class in C.
    return getattr(given, "__wrapped__", given)


def _takes_anything(function: Callable[..., Any]) -> bool:
    """Whether a method takes any positional arguments."""
    kinds = [parameter.kind for parameter in inspect.signature(function).parameters.values()]
    return inspect.Parameter.VAR_POSITIONAL in kinds


def takes(given: Callable[..., Any], n_arguments: int) -> bool:
    """Whether something can be called with so many arguments by place."""
    try:
        inspect.signature(given).bind(*(None,) * n_arguments)
    # ValueError: functions written in C need not have a signature.
    except (TypeError, ValueError):
        return False
    return True
