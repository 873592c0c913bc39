"""What can be called, and with how many arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType, MethodType
from typing import Any

#: What a function may be called for, as ``kind`` has it.
MAKE, PREDICT, TRAIN = "make", "predict", "train"
#: Arguments that a training may take beside X and y, each passed by its name.
WEIGHTS, SEEDS = "sample_weight", ("seed", "random_state")
#: Second arguments that are labels: with them a function may train.
LABELS = ("y", "Y", "y_true", "y_train", "labels", "target", "targets")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What a function is, by what it requires.

    Parameters
    ----------
    word : str
        ``"make"``, ``"predict"`` or ``"train"``; empty where it is not clear.
    unclear : str
        Why it is not.
    extras : tuple of str
        Arguments that are passed by name: sample weights and a seed.
    """

    word: str = ""
    unclear: str = ""
    extras: tuple[str, ...] = ()


def role_of(given: Any) -> Role | None:
    """Return what a function is; ``None`` for what is no function."""
    if not is_function(given):
        return None
    try:
        parameters = list(inspect.signature(given).parameters.values())
    # Functions written in C need not have a signature.
    except (TypeError, ValueError):
        return Role(unclear="its arguments cannot be read")
    if any(each.kind is each.VAR_POSITIONAL for each in parameters):
        return Role(unclear="it takes any number of arguments")
    extras = tuple(each.name for each in parameters if each.name in (WEIGHTS, *SEEDS))
    others = [each for each in parameters if each.name not in extras]
    required = [each.name for each in others if _is_required(each)]
    if any(each.kind is each.KEYWORD_ONLY and each.name in required for each in others):
        return Role(unclear=f"it requires the arguments {', '.join(required)}")
    if len(required) > 2:
        return Role(unclear=f"it requires the {len(required)} arguments {', '.join(required)}")
    optional = [each.name for each in others if each.name not in required]
    # `transform(X, y=None)` of scikit-learn, and a training that may go without labels.
    if len(required) == 1 and any(name in LABELS for name in optional):
        return Role(unclear=f"it requires {required[0]} and may take labels")
    if len(required) < 2 and any(_is_required(each) for each in parameters if each.name in extras):
        return Role(unclear=f"it requires {', '.join([*required, *extras])}")
    return Role(word=(MAKE, PREDICT, TRAIN)[len(required)], extras=extras)


def _is_required(parameter: inspect.Parameter) -> bool:
    """Whether an argument must be given."""
    return parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD


def name_of(function: Any) -> str:
    """Return what a function is called, also one that binds its arguments."""
    own = getattr(function, "func", function)
    return str(getattr(own, "__name__", type(own).__name__))
