"""Dictionaries of format version 1, turned into those of version 2.

In version 1 every report was one of a classifier, and its distances were called by the quantity.
What is no dictionary of that shape is handed on as it is: whoever reads version 2 says what is
wrong with it, and where.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FORMAT_VERSION = 1

#: Of each part of a report: what its fields are called now.
RENAMED: Mapping[str, Mapping[str, str]] = {
    "certificates": {"probability": "distance"},
    "structure": {"probability": "distance"},
    "trajectory": {"probability": "distance"},
    "seeds": {"probability": "distances"},
    "repair": {"probability_after": "left"},
    "alternatives": {"probability_after": "left"},
}


def report(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what `ParityReport.to_dict` would return today for the same report."""
    known = {name: _part(value, RENAMED.get(name, {})) for name, value in values.items()}
    # The tolerance has a new field with a default, and the quantity its default: neither is added.
    return {"predictions" if key == "probabilities" else key: item for key, item in known.items()}


def run(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what `RunReport.to_dict` would return today for the same run."""
    checks = values.get("checks")
    if not isinstance(checks, list):
        return values
    return {**values, "checks": [_check(check) for check in checks]}


def _check(check: Any) -> Any:
    """Return one check of a run; its report has no version of its own."""
    if not isinstance(check, Mapping) or not isinstance(check.get("report"), Mapping):
        return check
    return {**check, "report": report(check["report"])}


def _part(value: Any, names: Mapping[str, str]) -> Any:
    """Return a part of a report, or each of several, with the names of today."""
    if not names:
        return value
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    if isinstance(value, Mapping) and all(isinstance(item, Mapping) for item in value.values()):
        # By side, as certificates are.
        return {key: _renamed(item, names) for key, item in value.items()}
    return _renamed(value, names)


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Return a dictionary with other keys."""
    if not isinstance(value, Mapping):
        return value
    return {names.get(key, key): item for key, item in value.items()}
