"""What a parameter's value must satisfy, and what is said of one that does not."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from pytest_modelparity.errors import InvalidParameterError
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


def is_weight(value: Any) -> bool:
    """Whether ``value`` is a finite number >= 0."""
    return is_number(value) and 0 <= value < math.inf


def is_bool(value: Any) -> bool:
    """Whether ``value`` is True or False."""
    # Not 0 and 1: scikit-learn 1.9 takes these two types alone (utils/_param_validation.py).
    return isinstance(value, (bool, np.bool_))


def _is_seed(value: Any) -> bool:
    """Whether ``value`` is what a ``random_state`` may be."""
    seeded = isinstance(value, numbers.Integral) and 0 <= int(value) < 2**32
    return seeded or value is None or isinstance(value, np.random.RandomState)


#: Parameters that mean the same in every estimator (scikit-learn 1.9, utils/_param_validation.py).
COMMON: Domains = {
    "fit_intercept": (is_bool, "True or False", "True is usual"),
    "warm_start": (is_bool, "True or False", "False is usual"),
    "random_state": (
        _is_seed,
        "None, an integer from 0 to 2**32 - 1 or a numpy.random.RandomState",
        "0 repeats the same order in each fit",
    ),
    "verbose": (
        lambda v: is_bool(v) or (isinstance(v, numbers.Integral) and int(v) >= 0),
        "an integer >= 0 or a boolean",
        "0 is usual",
    ),
    "n_jobs": (
        lambda v: v is None or isinstance(v, numbers.Integral),
        "None or an integer",
        "None is usual",
    ),
}


def refuse_first(refusals: Iterable[Refusal]) -> None:
    """Raise the first of several refusals; does nothing where there is none.

    Raises
    ------
    InvalidParameterError
        With its text.
    """
    for refusal in refusals:
        raise InvalidParameterError(refusal.text)


def out_of_domain(params: Mapping[str, Any], domains: Domains) -> tuple[Refusal, ...]:
    """Return what is wrong with each parameter whose value is wrong by itself."""
    return tuple(
        Refusal(name, f"{name} must be {allowed}, got {name}={spelled(params[name])}; {advice}")
        for name, (holds, allowed, advice) in domains.items()
        if name in params and not holds(params[name])
    )
