"""Small projects for pytester, whose checks cost milliseconds: both sides are scikit-learn's."""

from __future__ import annotations

from collections.abc import Callable

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
