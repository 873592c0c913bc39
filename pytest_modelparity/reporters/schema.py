"""The JSON Schema of the run's report, made from the annotations of its dataclasses.

``schema.json`` beside this file is what `schema_text` returns; ``python -m pytest_modelparity
schema`` prints it.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_origin

from pytest_modelparity.report.codec import NUMBER_WORDS, type_hints, without_none
from pytest_modelparity.report.run import KIND, RUN_FORMAT_VERSION, RunReport

# Of the annotations a report may have; any other is a KeyError here, and a failing test.
SCALARS = {str: "string", bool: "boolean", int: "integer"}
NUMBER = {
    "description": "A number; as text where JSON has no word for it.",
    "anyOf": [{"type": "number"}, {"enum": list(NUMBER_WORDS)}],
}


def schema() -> dict[str, Any]:
    """Return the schema, in draft 2020-12; its objects are closed and every field is required."""
    definitions: dict[str, Any] = {"number": NUMBER}
    # Head and body apart: `to_dict` adds what a dataclass does not hold.
    run = _object(RunReport, definitions)
    head = {"kind": {"const": KIND}, "format_version": {"const": RUN_FORMAT_VERSION}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:pytest-modelparity:{KIND}:{RUN_FORMAT_VERSION}",
        "title": "pytest-modelparity: the report of a run",
        **run,
        "properties": {**head, **run["properties"]},
        "required": [*head, *run["required"]],
        "$defs": dict(sorted(definitions.items())),
    }


def schema_text() -> str:
    """Return the schema as JSON text."""
    return json.dumps(schema(), indent=2) + "\n"


def _object(kind: type, definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a dataclass and define those inside it."""
    said = dict(descriptions(kind))
    hints = type_hints(kind)
    names = [field.name for field in fields(kind)]
    return {
        "description": summary(kind),
        "type": "object",
        "properties": {
            name: ({"description": said[name]} if name in said else {})
            | _schema_of(hints[name], definitions)
            for name in names
        },
        # A writer gives all of them, also those with a default: a reader may rely on it.
        "required": names,
        "additionalProperties": False,
    }


def _schema_of(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an annotation."""
    hint, optional = without_none(hint)
    if optional:
        return {"anyOf": [_schema_of(hint, definitions), {"type": "null"}]}
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple:
        return {"type": "array", "items": _schema_of(arguments[0], definitions)}
    if origin in (dict, Mapping):
        return {"type": "object", "additionalProperties": _schema_of(arguments[1], definitions)}
    if hint is float:
        return {"$ref": "#/$defs/number"}
    if is_dataclass(hint):
        assert isinstance(hint, type)
        # Reserved before it is made, so that a class that holds itself would end too.
        if hint.__name__ not in definitions:
            definitions[hint.__name__] = {}
            definitions[hint.__name__] = _object(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    return {"type": SCALARS[hint]}


def summary(kind: type) -> str:
    """Return the first sentence of a docstring."""
    return _one_line((inspect.getdoc(kind) or "").partition("\n\n")[0])


def descriptions(kind: type) -> Iterator[tuple[str, str]]:
    """Yield field and description from the section Parameters of a numpydoc docstring."""
    _, _, section = (inspect.getdoc(kind) or "").partition("Parameters\n----------\n")
    # Up to the next heading, if there is one.
    section = re.split(r"\n\n\w+\n-+\n", section)[0]
    for entry in re.split(r"\n(?=\S)", section):
        head, _, text = entry.partition("\n")
        for name in head.partition(" : ")[0].split(", "):
            yield name, _one_line(text)


def _one_line(text: str) -> str:
    """Return text in one line, without the marks of a docstring."""
    # Two backquotes are reStructuredText; a schema's descriptions are read as Markdown.
    return " ".join(text.split()).replace("``", "`").strip()
