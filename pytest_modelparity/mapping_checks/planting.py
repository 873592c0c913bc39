"""Makes a real check of an estimator against one that differs in a parameter."""

from __future__ import annotations

from typing import Any

from pytest_modelparity.check import compare_models
from pytest_modelparity.check_settings import CheckSettings
from pytest_modelparity.context import CURRENT, CheckContext
from pytest_modelparity.mapping_checks.subject import SAME_PREDICTION, Subject, apart
from pytest_modelparity.parity.side import TRAINING
from pytest_modelparity.report.report import ParityReport
from pytest_modelparity.sides.dataset import Dataset


def divergence_of(subject: Subject, varied: Any, data: Dataset) -> ParityReport | None:
    """Return the report of a check that must diverge; ``None`` where the optima are too near."""
    sides = subject.trained_long(data), subject.trained_long(data, varied)
    distance = apart(*(side.predictions(TRAINING) for side in sides))
    # Nearer, the solvers' own errors would decide what is named.
    if not distance > 10 * SAME_PREDICTION:
        return None
    # Run inside a test of the plugin's author: without a context of its own this check would stand
    # in their report, judged by their ini file.
    token = CURRENT.set(_unrecorded(subject))
    try:
        return compare_models(
            subject.estimator,
            data.X_given,
            data.y_given,
            candidate=varied,
            # Small enough that the check must diverge, and large beside what the training leaves.
            tolerance=distance / 4,
        )
    finally:
        CURRENT.reset(token)


def _unrecorded(subject: Subject) -> CheckContext:
    """Return a context that knows the mapping alone, and records nothing."""
    return CheckContext(
        record=lambda report, asserted: None,
        refuse=lambda message: None,
        marker=CheckSettings,
        ini=CheckSettings(),
        mappings=lambda: (subject.mapping,),
    )
