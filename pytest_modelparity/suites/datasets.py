"""The data sets of a suite: hard ones, or the user's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.hard_data.data_set import CLASSIFICATION, REGRESSION, HardData

EXAMPLE = 'datasets={"churn": (X, y)}, or pytest_modelparity.hard_data.classification()'


def datasets_of(given: Any) -> tuple[HardData, ...]:
    """Return the data sets of a suite.

    Parameters
    ----------
    given : sequence of HardData, or mapping of str to tuple
        A tuple is ``(X, y)`` or ``(X, y, sample_weight)``.

    Raises
    ------
    ModelParityError
        If there is none, one is something else, or two have one name.
    """
    if isinstance(given, HardData):
        given = [given]
    if isinstance(given, Mapping):
        found = tuple(_own(str(name), parts) for name, parts in given.items())
    elif isinstance(given, (list, tuple)):
        found = tuple(map(_known, given))
    else:
        raise ModelParityError(_what(type(given).__name__))
    if not found:
        raise ModelParityError(_what("none"))
    twice = [name for name, times in Counter(data.name for data in found).items() if times > 1]
    if twice:
        raise ModelParityError(
            f"datasets must have names of their own, got {twice[0]!r} twice; "
            f"pass a dict of names and (X, y), or dataclasses.replace(data, name=...)"
        )
    return found


def _known(given: Any) -> HardData:
    """Return a data set that has a name."""
    if not isinstance(given, HardData):
        raise ModelParityError(_what(f"a {type(given).__name__} without a name"))
    return given


def _own(name: str, parts: Any) -> HardData:
    """Return a data set of the user's own."""
    if isinstance(parts, HardData):
        return parts
    if not isinstance(parts, (list, tuple)) or len(parts) not in (2, 3):
        raise ModelParityError(_what(f"a {type(parts).__name__} for {name!r}"))
    X, y, weights = (*parts, None)[:3]
    # A float target is one of a regression; all else may be labels.
    kind = getattr(getattr(y, "dtype", None), "kind", "")
    task = REGRESSION if kind == "f" else CLASSIFICATION
    return HardData(name=name, X=X, y=y, sample_weight=weights, task=task)


def _what(given: str) -> str:
    """Return the sentence of a refusal."""
    return (
        f"datasets must be a list of hard_data's or a dict of names and (X, y) or "
        f"(X, y, sample_weight), got {given}; write for example {EXAMPLE}"
    )
