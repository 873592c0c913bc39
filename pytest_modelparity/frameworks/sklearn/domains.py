"""What a parameter's value must satisfy, and what is said of one that does not."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from pytest_modelparity.frameworks.sklearn.parameters import spelled

#: By parameter: what a value must satisfy, the same in words, and what to do.
Domains: TypeAlias = Mapping[str, tuple[Callable[[Any], bool], str, str]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an estimator cannot be the subject of a check, and which parameter is to blame."""

    parameter: str
    text: str


def is_number(value: Any) -> bool:
    """Whether ``value`` is a real number and no NaN."""
    # numbers.Real covers numpy's scalars, as scikit-learn's own validation does; a NaN is a float,
    # but every comparison with it is false, so `C <= 0` would let it pass.
    return isinstance(value, numbers.Real) and not math.isnan(value)


def is_bool(value: Any) -> bool:
    """Whether ``value`` is True or False."""
    # Not 0 and 1: scikit-learn 1.9 takes these two types alone (utils/_param_validation.py).
    return isinstance(value, (bool, np.bool_))


def out_of_domain(params: Mapping[str, Any], domains: Domains) -> tuple[Refusal, ...]:
    """Return what is wrong with each parameter whose value is wrong by itself."""
    return tuple(
        Refusal(name, f"{name} must be {allowed}, got {name}={spelled(params[name])}; {advice}")
        for name, (holds, allowed, advice) in domains.items()
        if name in params and not holds(params[name])
    )
