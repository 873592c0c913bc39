"""What checks of rows that are passed over are compared by."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pytest_modelparity import ParityReport, compare_models
from pytest_modelparity.extend import nothing_remembered
from pytest_modelparity.rows import passes
from pytest_modelparity.sides import passed


def without_times(report: ParityReport) -> dict[str, Any]:
    """Return all that a report says but what it took."""
    effort = report.effort
    if effort is not None:
        effort = replace(effort, explaining=0.0, verifying=0.0)
    return replace(report, duration=0.0, effort=effort).to_dict()


def passed_over(reference: Any, X: Any, y: Any, **arguments: Any) -> ParityReport:
    """Return the report of a check that holds no rows, worked out afresh."""
    with nothing_remembered():
        return compare_models(reference, X, y, memory=0, **arguments)


def classes(n: int, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of five features with labels of so many classes."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 5)) + 0.5 * rng.normal(size=(n, 1))
    z = X @ rng.normal(size=(5, n_classes)) + rng.gumbel(size=(n, n_classes))
    return X, z.argmax(axis=1)


def numbers(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of five features with numbers."""
    X, _ = classes(n, 2)
    return X, X @ [1.0, -2.0, 0.5, 0.0, 3.0] + np.random.default_rng(1).normal(size=n) + 4.0


def cut_small(
    monkeypatch: pytest.MonkeyPatch, *, group: int, sample: int, fewest_samples: int
) -> None:
    """Cut rows into groups of so many numbers, and let few rows stand for all."""
    monkeypatch.setattr(passes, "GROUP_NUMBERS", group)
    monkeypatch.setattr(passes, "FEWEST_ROWS", 100)
    monkeypatch.setattr(passed, "SAMPLE_NUMBERS", sample)
    monkeypatch.setattr(passed, "FEWEST_SAMPLES", fewest_samples)
