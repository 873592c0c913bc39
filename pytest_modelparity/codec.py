"""Frozen dataclasses to builtin types and back, guided by their annotations."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def encode(value: object) -> Any:
    """Return ``value`` as dict, list, str, bool, int, float and None, nested.

    Raises
    ------
    TypeError
        If a value inside is of any other type; numpy scalars too, which would break the
        transport between pytest-xdist processes.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [encode(item) for item in value]
    if value is None or type(value) in (str, bool, int, float):
        return value
    raise TypeError(f"a report holds builtin types only, got {value!r} of {type(value)}")


def decode(kind: type[T], value: object) -> T:
    """Build an instance of the dataclass ``kind`` from what `encode` returned for one."""
    result = _decode(kind, value)
    assert isinstance(result, kind)
    return result


@cache
def _hints(kind: type) -> dict[str, Any]:
    """Return the resolved annotations of a dataclass."""
    return typing.get_type_hints(kind)


def _decode(hint: Any, value: Any) -> Any:
    """Convert ``value`` to what the annotation ``hint`` says."""
    if value is None or hint is Any:
        return value
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        chosen = [argument for argument in arguments if argument is not type(None)]
        # Unions here are optional values and plain scalars: only the former need decoding.
        return _decode(chosen[0], value) if len(chosen) == 1 else value
    if origin is tuple:
        return tuple(_decode(arguments[0], item) for item in value)
    if origin in (dict, Mapping):
        return {key: _decode(arguments[1], item) for key, item in value.items()}
    if is_dataclass(hint):
        hints = _hints(hint)  # type: ignore[arg-type]
        return hint(**{name: _decode(hints[name], item) for name, item in value.items()})  # type: ignore[operator]
    return value
