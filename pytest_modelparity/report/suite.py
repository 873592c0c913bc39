"""What a run found of a port suite: one port, many settings of the reference, many data sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pytest_modelparity.report.codec import decode


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteData:
    """A data set of a suite.

    Parameters
    ----------
    name : str
        As test ids have it.
    hard_for : str
        What it is hard for; empty where nobody said.
    """

    name: str
    hard_for: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Settings that the reference refuses, so that no test was made of them.

    Parameters
    ----------
    reference : str
        As test ids have it.
    dataset : str
        The same.
    reason : str
        What the reference's `fit` said.
    """

    reference: str
    dataset: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteCase:
    """A test of a suite: one setting of the reference on one data set.

    Parameters
    ----------
    reference : str
        As test ids have it.
    dataset : str
        The same.
    test_id : str
        pytest's node id; the checks of that test are those of the case.
    outcome : str
        Of the test: ``"passed"``, ``"failed"``, ``"skipped"`` or ``"interrupted"``.
    """

    reference: str
    dataset: str
    test_id: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PortSuite:
    """A test that `parametrize_parity` ran over references and data sets.

    Parameters
    ----------
    name : str
        Node id of the test, without parameters.
    references : tuple of str
        All settings of the reference, in their order; those of the left out ones too.
    datasets : tuple of SuiteData
        In their order.
    left_out : tuple of LeftOut
        Combinations that the reference refuses.
    cases : tuple of SuiteCase
        Those that ran, in the order in which the tests were collected.
    """

    name: str
    references: tuple[str, ...]
    datasets: tuple[SuiteData, ...]
    left_out: tuple[LeftOut, ...] = ()
    cases: tuple[SuiteCase, ...] = ()


def suites_with_cases(
    suites: Mapping[str, Mapping[str, Any]], cases: Iterable[tuple[str, SuiteCase]]
) -> tuple[PortSuite, ...]:
    """Return the suites of a run with the cases that ran, in the order of their first ones.

    Parameters
    ----------
    suites : mapping of str to mapping
        By name, as `codec.encode` made them; without cases.
    cases : iterable of (str, SuiteCase)
        With the name of its suite, in the order in which tests were collected.
    """
    by_suite: dict[str, list[SuiteCase]] = {}
    for name, case in cases:
        by_suite.setdefault(name, []).append(case)
    return tuple(
        replace(decode(PortSuite, suites[name]), cases=tuple(found))
        for name, found in by_suite.items()
        if name in suites
    )
