"""What hooks contribute to a check, validated before any of it is used."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest

from pytest_modelparity.errors import ModelParityError

if TYPE_CHECKING:
    from pytest_modelparity.frameworks.mapping import EstimatorMapping

#: The methods of `frameworks.mapping.EstimatorMapping`, which is not imported for this.
MAPPING_METHODS = ("knows", "read", "fit", "remedies", "mapping_rows")


def collect_mappings(config: pytest.Config) -> tuple[EstimatorMapping, ...]:
    """Return the mappings of all plugins, those of the last registered first.

    Raises
    ------
    ModelParityError
        If any plugin contributes something that is no mapping; all such are listed.
    """
    answers = config.hook.pytest_modelparity_mappings(config=config)
    problems = [problem for answer in answers for problem in _answer_problems(answer)]
    if problems:
        raise ModelParityError(
            "the hook pytest_modelparity_mappings must return a list of mappings, got:\n  "
            + "\n  ".join(problems)
        )
    return tuple(mapping for answer in answers for mapping in answer)


def _answer_problems(answer: object) -> Iterable[str]:
    """Yield what is wrong with one plugin's answer."""
    if not isinstance(answer, (list, tuple)):
        yield f"{answer!r}, which is not a list"
        return
    for mapping in answer:
        if isinstance(mapping, type):
            yield f"the class {mapping.__qualname__}; return an instance: {mapping.__qualname__}()"
            continue
        missing = [
            f"{name}()" for name in MAPPING_METHODS if not callable(getattr(mapping, name, None))
        ]
        if not isinstance(getattr(mapping, "name", None), str):
            missing.insert(0, "name (str)")
        if missing:
            yield f"{mapping!r}, which lacks {', '.join(missing)}"
