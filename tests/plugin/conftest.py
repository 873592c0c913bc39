"""Small projects for pytester, whose checks cost milliseconds: both sides are scikit-learn's."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import count

import pytest

#: A check that holds and one that does not. The candidate is already trained, which is all that
#: the plugin has to know about it.
CHECKS = """
import warnings
from functools import cache

import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

import pytest_modelparity

X, y = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)


@cache
def fitted(C):
    return LogisticRegression(C=C, tol=1e-10, max_iter=1000).fit(X, y)


def same(check, **settings):
    return check(fitted(1.0), X, y, candidate=fitted(1.0), **settings)


def other(check, **settings):
    settings.setdefault("explain", False)
    return check(fitted(1.0), X, y, candidate=fitted(0.5), **settings)
"""


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide from a run inside a test that the test itself runs in a worker of pytest-xdist.

    It inherits the environment, and would take itself for that worker.
    """
    for name in [name for name in os.environ if name.startswith("PYTEST_XDIST")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def frameworks_loaded() -> None:
    """Import here what a check imports: pytester forgets what a run inside it has imported.

    numpy's compiled modules can be loaded only once a process.
    """
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    from pytest_modelparity import KerasTwin, compare_models

    X, y = load_iris(return_X_y=True)
    reference, candidate = (LogisticRegression(C=C, max_iter=1000).fit(X, y) for C in (1.0, 0.01))
    assert KerasTwin
    assert "models diverge" in str(compare_models(reference, X, y, candidate=candidate))


@pytest.fixture
def parity_tests(pytester: pytest.Pytester, frameworks_loaded: None) -> Callable[..., None]:
    """Write a test file that may call ``same(check)`` and ``other(check)``."""

    def write(source: str, *, name: str = "test_port", ini: str = "") -> None:
        pytester.makepyfile(checks=CHECKS)
        pytester.makepyfile(**{name: f"from checks import *\n{source}"})
        if ini:
            pytester.makeini(f"[pytest]\n{ini}")

    return write


#: Checks whose result the test itself says; neither numpy nor a framework is loaded.
MADE = """
import pytest

from pytest_modelparity import ModelsDivergeError, ParityReport, Tolerance
from pytest_modelparity.context import CURRENT
from pytest_modelparity.report.parts import (
    Cause,
    DataSummary,
    Divergence,
    Finding,
    Split,
    SplitPart,
    StructureCheck,
)


def equivalent(asserted=True, value=0.001, slugs=(), **more):
    report = made("equivalent", value, slugs, more)
    CURRENT.get().record(report, asserted)
    return report


def diverged(asserted=True, value=0.5, gap=0.16, causes=("penalty",), one_of=(), slugs=(), **more):
    zero = SplitPart(rms=0.0, largest=0.0)
    if gap is not None:
        more["split"] = Split(
            reference_error=zero,
            objective_gap=SplitPart(rms=gap, largest=gap),
            candidate_error=zero,
        )
    more["causes"] = tuple(
        Cause(setting=name, reference="1", candidate="2", kind="objective", role="must")
        for name in causes
    ) + tuple(
        Cause(setting=name, reference="1", candidate="2", kind="training", role="one_of")
        for name in one_of
    )
    report = made("diverged", value, slugs, {"explained": True, **more})
    CURRENT.get().record(report, asserted)
    if asserted:
        raise ModelsDivergeError(str(report), report)
    return report


def made(verdict, value, slugs, more):
    return ParityReport(
        verdict=verdict,
        divergences={"probability": Divergence(value=value, allowed=0.01, place="row 1")},
        tolerance=Tolerance(),
        settings={},
        data=DataSummary(n_samples=9, n_features=2, classes=("a", "b"), n_eval=9),
        findings=tuple(Finding(slug=slug, text="said") for slug in slugs),
        **more,
    )
"""


@pytest.fixture
def made_tests(pytester: pytest.Pytester) -> Callable[..., None]:
    """Write a test file that may call ``equivalent()`` and ``diverged()``, in a root of its own."""
    times = count(1_000_000_000)

    def write(source: str, *, name: str = "test_port", ini: str = "") -> None:
        pytester.makepyfile(made=MADE)
        path = pytester.makepyfile(**{name: f"from made import *\n{source}"})
        # Two versions of one second and one size are not told from each other once compiled.
        os.utime(path, (next(times),) * 2)
        pytester.makeini(f"[pytest]\n{ini}")

    return write
