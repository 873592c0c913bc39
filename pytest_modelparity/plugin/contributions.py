"""What hooks contribute to a run, validated before any of it is used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pytest

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.plugin.options import FORMATS

if TYPE_CHECKING:
    from pytest_modelparity.reporters import Reporter
    from pytest_modelparity.sides.mapping import EstimatorMapping

#: The methods of `frameworks.mapping.EstimatorMapping`, which is not imported for this.
MAPPING_METHODS = ("knows", "read", "fit", "remedies", "mapping_rows")
#: The methods of `reporters.Reporter`.
REPORTER_METHODS = ("render",)


def collect_mappings(config: pytest.Config) -> tuple[EstimatorMapping, ...]:
    """Return the mappings of all plugins, those of the last registered first.

    Raises
    ------
    ModelParityError
        If any plugin contributes something that is no mapping; all such are listed.
    """
    answers = config.hook.pytest_modelparity_mappings(config=config)
    problems = [p for answer in answers for p in _answer_problems(answer, MAPPING_METHODS)]
    if problems:
        raise ModelParityError(
            "the hook pytest_modelparity_mappings must return a list of mappings, got:\n  "
            + "\n  ".join(problems)
        )
    return tuple(mapping for answer in answers for mapping in answer)


def collect_reporters(config: pytest.Config) -> dict[str, Reporter]:
    """Return the reporters of all plugins by name.

    Raises
    ------
    ModelParityError
        If any plugin contributes something that is no reporter, or a name that is taken; all such
        are listed.
    """
    answers = config.hook.pytest_modelparity_reporters(config=config)
    problems = [p for answer in answers for p in _answer_problems(answer, REPORTER_METHODS)]
    reporters: dict[str, Reporter] = {}
    for reporter in () if problems else (one for answer in answers for one in answer):
        if reporter.name in FORMATS or reporters.setdefault(reporter.name, reporter) != reporter:
            problems.append(f"{reporter!r}, whose name {reporter.name!r} is taken")
    if problems:
        raise ModelParityError(
            "the hook pytest_modelparity_reporters must return a list of reporters, got:\n  "
            + "\n  ".join(problems)
        )
    return reporters


def _answer_problems(answer: object, methods: Sequence[str]) -> Iterable[str]:
    """Yield what is wrong with one plugin's answer."""
    if not isinstance(answer, (list, tuple)):
        yield f"{answer!r}, which is not a list"
        return
    for one in answer:
        if isinstance(one, type):
            yield f"the class {one.__qualname__}; return an instance: {one.__qualname__}()"
            continue
        missing = [f"{name}()" for name in methods if not callable(getattr(one, name, None))]
        if not isinstance(getattr(one, "name", None), str):
            missing.insert(0, "name (str)")
        if missing:
            yield f"{one!r}, which lacks {', '.join(missing)}"
