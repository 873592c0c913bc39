"""Frozen dataclasses to builtin types and back, guided by their annotations."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from reprlib import Repr
from typing import Any, TypeVar

from pytest_modelparity.errors import ModelParityError

T = TypeVar("T")

#: How the numbers that JSON does not have are written; read wherever a float is expected.
NUMBER_WORDS = ("NaN", "Infinity", "-Infinity")

# A wrong value is quoted, and may be a whole report.
_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = 60


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
    # The exact type: numpy.float64 is a float, and execnet, which carries a report from a worker,
    # refuses it all the same.
    if value is None or type(value) in (str, bool, int, float):
        return value
    raise TypeError(f"a report holds builtin types only, got {value!r} of {type(value)}")


def decode(kind: type[T], value: object) -> T:
    """Build an instance of the dataclass ``kind`` from what `encode` returned for one.

    Raises
    ------
    ModelParityError
        If anything inside is not what the annotations say; the message names the place.
    """
    result = _decode(kind, value, kind.__name__)
    assert isinstance(result, kind)
    return result


@cache
def type_hints(kind: type) -> dict[str, Any]:
    """Return the resolved annotations of a dataclass."""
    return typing.get_type_hints(kind)


def without_none(hint: Any) -> tuple[Any, bool]:
    """Return an annotation without ``None``, and whether it had it.

    Raises
    ------
    TypeError
        If two or more types are left: a dictionary would not say which one it holds.
    """
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return hint, False
    others = [argument for argument in typing.get_args(hint) if argument is not type(None)]
    if len(others) > 1:
        raise TypeError(f"a field of a report has one type, or that and None, not {hint}")
    return others[0], True


def _decode(hint: Any, value: Any, place: str) -> Any:
    """Convert ``value`` to what the annotation ``hint`` says."""
    hint, optional = without_none(hint)
    if value is None and optional:
        return None
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    # JSON knows lists only; every sequence of a report is a tuple.
    if origin is tuple:
        _expect(isinstance(value, (list, tuple)), place, "a list", value)
        return tuple(_decode(arguments[0], x, f"{place}[{i}]") for i, x in enumerate(value))
    if origin in (dict, Mapping):
        _expect(isinstance(value, Mapping), place, "an object", value)
        return {key: _decode(arguments[1], x, f"{place}.{key}") for key, x in value.items()}
    if is_dataclass(hint):
        _expect(isinstance(value, Mapping), place, "an object", value)
        return _instance(hint, value, place)
    return _scalar(hint, value, place)


def _instance(kind: Any, values: Mapping[str, Any], place: str) -> Any:
    """Build a dataclass; what has a default may be missing."""
    known = {field.name: field for field in fields(kind)}
    # Refused rather than dropped: a misspelt or later field would be lost without a word.
    unknown = [name for name in values if name not in known]
    missing = [name for name, field in known.items() if _required(field) and name not in values]
    if unknown or missing:
        what = f"has no {_SHORT.repr(unknown[0])}" if unknown else f"lacks {missing[0]!r}"
        raise ModelParityError(f"{place} {what}")
    hints = type_hints(kind)
    return kind(**{name: _decode(hints[name], x, f"{place}.{name}") for name, x in values.items()})


def _required(field: Field[Any]) -> bool:
    """Whether a field has no default."""
    return field.default is MISSING and field.default_factory is MISSING


def _scalar(hint: Any, value: Any, place: str) -> Any:
    """Return a str, bool, int or float."""
    if hint is not float:
        _expect(
            type(value) is hint, place, {"str": "text"}.get(hint.__name__, hint.__name__), value
        )
        return value
    # A bool is an int for Python, not for JSON.
    _expect(type(value) in (int, float) or value in NUMBER_WORDS, place, "a number", value)
    # JSON has integers of any length.
    try:
        return float(value)
    except OverflowError:
        raise ModelParityError(f"{place} is too large for a number") from None


def _expect(right: bool, place: str, what: str, value: object) -> None:
    """Refuse a value that is not what its place needs."""
    if not right:
        raise ModelParityError(f"{place} must be {what}, got {_SHORT.repr(value)}")
