"""A baseline as a file that is read in a diff and edited by hand."""

from __future__ import annotations

import json
import math
from typing import Any

from pytest_modelparity.baseline.known import Baseline, Key, KnownDivergence
from pytest_modelparity.errors import ModelParityError

KIND = "parity-baseline"
#: Version of the file.
#: 1: first release.
FORMAT_VERSION = 1


def render(baseline: Baseline) -> str:
    """Return the text of the file: one block for each check, in the order of their ids."""
    entries = [
        {
            "test": entry.test,
            "check": entry.check,
            "causes": None if entry.causes is None else list(entry.causes),
            "objective_gap": entry.objective_gap,
            "reason": entry.reason,
            "measured": dict(entry.measured),
        }
        for _, entry in sorted(baseline.items())
    ]
    # Sorted and indented: the file is read in a diff, where one divergence is one block.
    whole = {"kind": KIND, "format_version": FORMAT_VERSION, "divergences": entries}
    return json.dumps(whole, indent=2, sort_keys=True, allow_nan=False) + "\n"


def read(text: str) -> dict[Key, KnownDivergence]:
    """Return the entries of a file that `render` wrote and somebody may have edited.

    Raises
    ------
    ModelParityError
        If it is no baseline, or not one of this version; the message says where.
    """
    try:
        values = json.loads(text)
    except ValueError as error:
        raise ModelParityError(f"it is no JSON: {error}") from None
    if not isinstance(values, dict) or values.get("kind") != KIND:
        raise ModelParityError(f'it is no baseline: "kind" must be "{KIND}"')
    version = values.get("format_version")
    if version != FORMAT_VERSION:
        raise ModelParityError(f"its format_version must be {FORMAT_VERSION}, got {version!r}")
    entries = values.get("divergences")
    if not isinstance(entries, list):
        raise ModelParityError('"divergences" must be a list')
    baseline: dict[Key, KnownDivergence] = {}
    for place, item in enumerate(entries, 1):
        entry = _entry(item, f"divergence {place}")
        # As after a merge of two branches: which reason holds is for a person to say.
        if entry.key in baseline:
            raise ModelParityError(f"divergence {place}: {entry.name} stands there twice")
        baseline[entry.key] = entry
    return baseline


def _entry(item: Any, where: str) -> KnownDivergence:
    """Return one entry of the file, or say what is wrong with it."""
    if not isinstance(item, dict):
        raise ModelParityError(f"{where} must be an object, got {item!r}")
    if isinstance(item.get("test"), str):
        where += f" ({item['test']})"
    for name, is_valid, wanted in _FIELDS:
        # Every field, also those with a default: a block that lost a line was edited by mistake.
        if name not in item or not is_valid(item[name]):
            raise ModelParityError(f"{where}: {name} must be {wanted}, got {item.get(name)!r}")
    # A misspelt field would be dropped by the next update.
    unknown = sorted(set(item) - {name for name, *_ in _FIELDS})
    if unknown:
        raise ModelParityError(f"{where}: nothing is called {', '.join(unknown)}")
    causes = item["causes"]
    return KnownDivergence(**{**item, "causes": None if causes is None else tuple(causes)})


def _is_gap(value: object) -> bool:
    """Whether a value is a finite number >= 0, or nothing."""
    if value is None:
        return True
    return type(value) in (int, float) and 0 <= value < math.inf  # type: ignore[operator]


def _is_causes(value: object) -> bool:
    """Whether a value is a list of texts, or nothing."""
    if value is None:
        return True
    return isinstance(value, list) and all(isinstance(cause, str) for cause in value)


_FIELDS = (
    ("test", lambda value: isinstance(value, str), "the id of a test"),
    ("check", lambda value: type(value) is int and value >= 1, "an integer >= 1"),
    ("causes", _is_causes, "a list of texts, or null"),
    ("objective_gap", _is_gap, "a finite number >= 0, or null"),
    ("reason", lambda value: isinstance(value, str), "text"),
    ("measured", lambda value: isinstance(value, dict), "an object"),
)
