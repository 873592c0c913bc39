"""Values of settings as parts of test ids: short, readable, and the same in every process."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

#: Characters of one value; what is longer ends in a hash of it.
MOST = 60
#: What would end an id, or break it in two.
_UNFIT = re.compile(r"\s+|::|[\[\]]")
_STANDS_FOR = {"[": "(", "]": ")", "::": ":"}


def settings_id(settings: Mapping[str, Any]) -> str:
    """Return settings as ``C:0.1-solver:lbfgs``, which pytest's ``-k`` can be given."""
    return "-".join(f"{name}:{value_id(value)}" for name, value in settings.items())


def value_id(value: Any) -> str:
    """Return a value as a part of an id; never its address in memory."""
    text = _text(value)
    if len(text) > MOST:
        text = f"{text[: MOST - 9]}+{sha256(text.encode()).hexdigest()[:8]}"
    return _UNFIT.sub(lambda found: _STANDS_FOR.get(found.group(), "_"), text)


def _text(value: Any) -> str:
    """Return a value as text without a space."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_text(k)}:{_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "(" + ",".join(map(_text, value)) + ")"
    # A number of numpy is one of Python here: its own repr depends on the version.
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "ndim", None) == 0:
        value = item()
    if value is None or isinstance(value, (str, bool, int, float)):
        return str(value)
    return getattr(value, "__name__", type(value).__name__)


def estimator_id(estimator: Any) -> str:
    """Return an estimator as its class with what was changed: ``LogisticRegression-C:0.1``."""
    known = inspect.signature(type(estimator)).parameters
    given: Mapping[str, Any] = estimator.get_params(deep=False)
    changed = {
        name: value
        for name, value in given.items()
        if name in known and _is_plain(value) and repr(value) != repr(known[name].default)
    }
    return "-".join(filter(None, [type(estimator).__name__, settings_id(changed)]))


def _is_plain(value: Any) -> bool:
    """Whether a value says all of itself in an id."""
    return value is None or isinstance(value, (str, bool, int, float, Mapping))


def unique(ids: Iterable[str]) -> list[str]:
    """Return ids, the second and later ones of a name with ``+2``, ``+3`` behind it."""
    seen: Counter[str] = Counter()
    found = []
    for name in ids:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name}+{seen[name]}")
    return found
