"""Whether an object is what a protocol asks for, read off the protocol itself."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any


def problems(thing: object, protocol: type) -> list[str]:
    """Return what an object lacks to satisfy a protocol; nothing where it does.

    Parameters
    ----------
    thing : object
        An instance.
    protocol : type
        A `typing.Protocol` of methods and of attributes.

    Returns
    -------
    list of str
        ``"name (str)"`` for an attribute, ``"knows()"`` for a method that is missing, and
        ``"fit(estimator, data, *, side)"`` for one that does not take these arguments.
    """
    return [*_attributes(thing, protocol), *_methods(thing, protocol)]


def _attributes(thing: object, protocol: type) -> Iterator[str]:
    """Yield the attributes that are missing, or are no text where the protocol says so."""
    for kind in protocol.__mro__:
        for name, annotation in inspect.get_annotations(kind).items():
            value = getattr(thing, name, None)
            # Annotations are text here: every module of this package postpones them.
            if value is None or (annotation == "str" and not (isinstance(value, str) and value)):
                yield f"{name} ({annotation})"


def _methods(thing: object, protocol: type) -> Iterator[str]:
    """Yield the methods that are missing, or take other arguments."""
    for name, asked in vars(protocol).items():
        if name.startswith("_") or not inspect.isfunction(asked):
            continue
        method = getattr(thing, name, None)
        if not callable(method):
            yield f"{name}()"
        elif not _takes(method, asked):
            yield f"{name}{_arguments(asked)}"


def _takes(method: Any, asked: Any) -> bool:
    """Whether a method can be called as the protocol's is."""
    try:
        signature = inspect.signature(method)
    except (TypeError, ValueError):
        return True  # a method written in C says nothing of its arguments
    parameters = _parameters(asked)
    keywords = {one.name: None for one in parameters if one.kind is one.KEYWORD_ONLY}
    try:
        # Bound, not compared: names and defaults are the plugin's own affair, as long as it can be
        # called.
        signature.bind(*[None] * (len(parameters) - len(keywords)), **keywords)
    except TypeError:
        return False
    return True


def _arguments(asked: Any) -> str:
    """Return the arguments of a protocol's method, without types and defaults."""
    plain = [one.replace(annotation=one.empty, default=one.empty) for one in _parameters(asked)]
    return str(inspect.Signature(plain))


def _parameters(asked: Any) -> list[inspect.Parameter]:
    """Return the parameters of a protocol's method but ``self``."""
    return list(inspect.signature(asked).parameters.values())[1:]
