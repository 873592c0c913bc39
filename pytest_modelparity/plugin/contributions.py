"""What hooks contribute to a run, validated before any of it is used.

Every answer is known by the plugin that gave it, so that one that raises or answers something
else is named. The run goes on: a mapping or a kind of candidate that is wrong refuses each check, a
reporter costs its file, and a finding source is itself a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.plugin.options import FORMATS

if TYPE_CHECKING:
    from pluggy import HookImpl

    from pytest_modelparity.reporters import Reporter
    from pytest_modelparity.sides.candidate import CandidateKind
    from pytest_modelparity.sides.findings import FindingSource
    from pytest_modelparity.sides.mapping import EstimatorMapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributed:
    """What all plugins contributed through one hook.

    Parameters
    ----------
    good : list of tuple of str and object
        The plugin's name, and what is as the protocol wants it; in the order of precedence.
    problems : list of str
        What is wrong with the rest, each with its plugin.
    error : Exception, optional
        What the first hook that raised did raise.
    """

    good: list[tuple[str, Any]]
    problems: list[str]
    error: Exception | None = None


def collect_mappings(config: pytest.Config) -> tuple[EstimatorMapping, ...]:
    """Return the mappings of all plugins, those of the last registered first.

    Raises
    ------
    ModelParityError
        If any plugin's hook raises or returns something that is no mapping; all such are listed.
    """
    # These protocols need numpy, which loading the plugin must not import.
    from pytest_modelparity.sides.mapping import EstimatorMapping

    return _all_or_none(config, "mappings", EstimatorMapping)


def collect_candidates(config: pytest.Config) -> tuple[CandidateKind, ...]:
    """Return the kinds of candidates of all plugins, likewise."""
    from pytest_modelparity.sides.candidate import CandidateKind

    return _all_or_none(config, "candidates", CandidateKind)


def collect_findings(config: pytest.Config) -> tuple[tuple[FindingSource, ...], str]:
    """Return the finding sources of all plugins, and what is wrong with the others."""
    from pytest_modelparity.sides.findings import FindingSource

    contributed = _contributed(config, "findings", FindingSource)
    _keep_unique(contributed, taken=())
    sources = tuple(source for _, source in contributed.good)
    return sources, _message("findings", contributed.problems)


def collect_reporters(config: pytest.Config) -> tuple[dict[str, Reporter], str]:
    """Return the reporters of all plugins by name, and what is wrong with the others."""
    from pytest_modelparity.reporters import Reporter

    contributed = _contributed(config, "reporters", Reporter)
    _keep_unique(contributed, taken=FORMATS)
    reporters = {reporter.name: reporter for _, reporter in contributed.good}
    return reporters, _message("reporters", contributed.problems)


def _all_or_none(config: pytest.Config, what: str, protocol: type) -> tuple[Any, ...]:
    """Return what a hook contributes, or refuse all of it.

    Without the mapping that is wrong, another one may know the same estimator, and read it
    otherwise.
    """
    contributed = _contributed(config, what, protocol)
    if contributed.problems:
        raise ModelParityError(_message(what, contributed.problems)) from contributed.error
    return tuple(thing for _, thing in contributed.good)


def _message(what: str, problems: list[str]) -> str:
    """Return what is wrong with the answers to a hook; nothing where nothing is."""
    if not problems:
        return ""
    asked = f"the hook pytest_modelparity_{what} must return a list of {_NOUNS[what]}, got:"
    return "\n  ".join([asked, *problems])


_NOUNS = {
    "mappings": "mappings",
    "candidates": "kinds of candidates",
    "findings": "finding sources",
    "reporters": "reporters",
}


def _contributed(config: pytest.Config, what: str, protocol: type) -> Contributed:
    """Call a hook of each plugin, the last registered first, and sort its answers."""
    good: list[tuple[str, Any]] = []
    problems: list[str] = []
    first: Exception | None = None
    hook = getattr(config.hook, f"pytest_modelparity_{what}")
    # One by one: a call of the hook as a whole ends at the first plugin that raises, and says of
    # no answer whose it is.
    for implementation in reversed(hook.get_hookimpls()):
        plugin = implementation.plugin_name
        try:
            answer = _answer(implementation, config)
        except Exception as error:
            problems.append(f"from {plugin}: it raised {type(error).__name__}: {error}")
            first = first or error
            continue
        for thing, problem in _sorted(answer, protocol):
            if problem:
                problems.append(f"from {plugin}: {problem}")
            else:
                good.append((plugin, thing))
    return Contributed(good=good, problems=problems, error=first)


def _answer(implementation: HookImpl, config: pytest.Config) -> object:
    """Call one plugin's hook."""
    if implementation.hookwrapper or implementation.wrapper:
        raise TypeError("this hook takes no wrappers; write a function that returns a list")
    return implementation.function(*[config for _ in implementation.argnames])


def _sorted(answer: object, protocol: type) -> Iterator[tuple[object, str]]:
    """Yield each thing of an answer, and what is wrong with it."""
    from pytest_modelparity.sides.protocols import problems

    if answer is None:  # as pytest has it: a plugin that has nothing to say
        return
    if not isinstance(answer, (list, tuple)):
        yield answer, f"{answer!r}, which is not a list"
        return
    for one in answer:
        if isinstance(one, type):
            name = one.__qualname__
            yield one, f"the class {name}; return an instance: {name}()"
        else:
            lacking = ", ".join(problems(one, protocol))
            yield one, f"{one!r}, which lacks {lacking}" if lacking else ""


def _keep_unique(contributed: Contributed, *, taken: Iterable[str]) -> None:
    """Move all but the first of each name to the problems."""
    names, good = set(taken), list(contributed.good)
    contributed.good.clear()
    for plugin, thing in good:
        if thing.name in names:
            contributed.problems.append(
                f"from {plugin}: {thing!r}, whose name {thing.name!r} is taken"
            )
        else:
            names.add(thing.name)
            contributed.good.append((plugin, thing))
