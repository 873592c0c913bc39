"""The setting ``n_jobs``: as many threads as it says, and the same report to the last bit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import ParityReport, compare_models
from pytest_modelparity.extend import nothing_remembered
from pytest_modelparity.rows import passes
from pytest_modelparity.rows.jobs import usable_cores


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Share small slices of rows out among threads; return of how many, whenever it was done."""
    monkeypatch.setattr(passes, "BLOCK_NUMBERS", 200)
    monkeypatch.setattr(passes, "FEWEST_ROWS", 10)
    monkeypatch.setattr(passes, "THREADED_WORK", -1.0)
    used: set[int] = set()

    def executor(workers: int) -> ThreadPoolExecutor:
        used.add(workers)
        return ThreadPoolExecutor(workers)

    monkeypatch.setattr(passes, "ThreadPoolExecutor", executor)
    return used


def without_times(report: ParityReport) -> dict[str, Any]:
    """Return all that a report says but what it took."""
    assert report.effort is not None
    effort = replace(report.effort, explaining=0.0, verifying=0.0)
    return replace(report, duration=0.0, effort=effort).to_dict()


@pytest.mark.parametrize("n_classes", [2, 3])
def test_no_bit_of_a_report_depends_on_the_number_of_cores(
    threads: set[int], n_classes: int
) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 4))
    y = (X[:, 0] + rng.normal(size=300) > 0) * rng.integers(1, n_classes, size=300)
    candidate = LogisticRegression(C=0.3, tol=1e-2).fit(X, y)

    def check(n_jobs: int) -> ParityReport:
        # Else the second would be told what the first worked out.
        with nothing_remembered():
            return compare_models(LogisticRegression(), X, y, candidate=candidate, n_jobs=n_jobs)

    alone = check(1)
    assert threads == set()
    together = check(2)
    assert threads == {2}
    assert [cause.setting for cause in alone.causes] == ["C"]
    assert without_times(alone) == without_times(together)


def test_what_a_check_asks_ends_with_it() -> None:
    before = usable_cores()
    X, y = np.arange(8.0).reshape(4, 2), np.array([0, 1, 0, 1])
    fitted, asked = LogisticRegression().fit(X, y), []

    def predict(X: Any) -> Any:
        asked.append(usable_cores())
        return fitted.predict_proba(X)

    assert compare_models(fitted, X, y, candidate=predict, n_jobs=before + 1)
    assert set(asked) == {before + 1}
    assert usable_cores() == before
