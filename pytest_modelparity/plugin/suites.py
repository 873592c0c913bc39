"""Port suites in a run: their tests are made, and their cases told to the process that reports."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest

from pytest_modelparity.report.codec import encode
from pytest_modelparity.suites.case import PlannedCase
from pytest_modelparity.suites.plan import SuitePlan

MARKER = "parity_suite"
ARGUMENT = "parity_case"


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Make the tests of a suite of a test function that has the marker."""
    definition = metafunc.definition
    plans = [plan for mark in definition.iter_markers(MARKER) for plan in mark.args]
    if ARGUMENT not in metafunc.fixturenames:
        # A class or a module may have other tests too.
        if any(mark.name == MARKER for mark in definition.own_markers):
            _refuse(f"{definition.name} must take the argument {ARGUMENT} of parametrize_parity")
        return
    if len(plans) != 1 or not isinstance(plans[0], SuitePlan):
        _refuse(
            f"{definition.name} must have one suite, made by parametrize_parity, got {len(plans)}; "
            f"pass all references and data sets to one"
        )
    plan = plans[0]
    if not plan.cases:
        _refuse(
            f"{definition.name}: the reference refuses every combination, the first because: "
            f"{plan.left_out[0].reason}"
        )
    metafunc.parametrize(ARGUMENT, plan.cases, ids=[case.id for case in plan.cases], indirect=True)


def _refuse(why: str) -> NoReturn:
    """End the collection of a test."""
    pytest.fail(why, pytrace=False)


def case_of(item: pytest.Item) -> dict[str, Any] | None:
    """Return suite, reference and data set of a test; None where it is of no suite."""
    callspec = getattr(item, "callspec", None)
    planned = callspec.params.get(ARGUMENT) if callspec is not None else None
    if not isinstance(planned, PlannedCase):
        return None
    return {
        "suite": suite_name(item),
        "reference": planned.reference.id,
        "dataset": planned.dataset.name,
    }


def suite_name(item: pytest.Item) -> str:
    """Return the node id of a test without its parameters."""
    # Not cut from its own id, which pytest-xdist may have put a group behind.
    assert item.parent is not None
    return f"{item.parent.nodeid}::{getattr(item, 'originalname', item.name)}"


def suite_of(item: pytest.Item) -> dict[str, Any]:
    """Return the suite of a test as builtin types, which travel from a worker."""
    mark = item.get_closest_marker(MARKER)
    assert mark is not None
    plan: SuitePlan = mark.args[0]
    found: dict[str, Any] = encode(plan.suite(suite_name(item)))
    return found
