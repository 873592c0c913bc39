"""Parameters of any estimator: as code, against their defaults, and what a fit leaves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import sklearn

# No more than two parts: the third may be "dev0" or "0rc1".
VERSION = tuple(int(part) for part in sklearn.__version__.split(".")[:2])


def is_fitted(estimator: Any) -> bool:
    """Whether the estimator holds coefficients."""
    return hasattr(estimator, "coef_") and hasattr(estimator, "classes_")


def same(value: Any, default: Any) -> bool:
    """Whether a parameter has its default value (1 is 1.0, but not True)."""
    if isinstance(value, bool) or isinstance(default, bool) or value is None or default is None:
        return value is default or (isinstance(value, np.bool_) and bool(value) is default)
    return bool(np.isscalar(value) and value == default)


def spelled(value: Any) -> str:
    """Return ``value`` as code, without numpy's wrappers."""
    # Since numpy 2 the repr of a scalar is "np.float64(0.5)".
    if isinstance(value, np.generic):
        value = value.item()
    # Python's repr is inf, a name that no program has.
    if isinstance(value, float) and not math.isfinite(value):
        return f"float({str(value)!r})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{spelled(k)}: {spelled(v)}" for k, v in value.items()) + "}"
    # Its repr holds an address in memory: two reports of one check would differ.
    if isinstance(value, np.random.RandomState):
        return "RandomState()"
    return repr(value)


def arguments(parameters: Mapping[str, Any]) -> str:
    """Return parameters as their user writes them."""
    return ", ".join(f"{name}={spelled(value)}" for name, value in parameters.items())


def written(parameters: Mapping[str, Any], defaults: Mapping[str, Any]) -> str:
    """Return parameters as their user writes them: those that differ from the defaults."""
    return arguments(
        {name: value for name, value in parameters.items() if not same(value, defaults[name])}
    )
