"""What every test may use: pytest's own test runner and the data, loaded once a process."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from backends import left_out

if TYPE_CHECKING:
    import numpy as np

pytest_plugins = ["pytester"]

DATA_SETS = ("breast_cancer", "iris", "wine", "digits")


@cache
def _bundled(name: str, standardised: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return X and y of a data set that scikit-learn brings along, read-only."""
    from sklearn import datasets, preprocessing

    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    if standardised:
        X = preprocessing.StandardScaler().fit_transform(X)
    X.setflags(write=False)
    y.setflags(write=False)
    return X, y


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what another backend of Keras than TensorFlow leaves out."""
    reasons = left_out(os.environ.get("KERAS_BACKEND", "tensorflow"))
    for item in items:
        plain = getattr(item, "originalname", item.name)
        reason = reasons.get(item.name, reasons.get(plain, ""))
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session", autouse=True)
def unhurried() -> Iterator[None]:
    """Let what is reckoned decide: a busy machine must not change what a check finds in a test."""
    from pytest_modelparity.parity import budget

    # A budget's clock stops what was reckoned wrongly; here it is a thousand times slower.
    clock = SimpleNamespace(perf_counter=lambda: time.perf_counter() / 1000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(budget, "time", clock)
        yield


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Return pytest's own, less a plugin whose every summary imports half a second of modules."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest")
    # A module that a test writes again within a second, as long as before, would be run as it was.
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return pytester


@pytest.fixture(scope="session")
def bundled() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """Load a data set: ``bundled("wine")``, ``bundled("wine", standardised=True)``."""

    def load(name: str, *, standardised: bool = False) -> tuple[np.ndarray, np.ndarray]:
        assert name in DATA_SETS, f"the data sets are {', '.join(DATA_SETS)}"
        return _bundled(name, standardised)

    return load


@pytest.fixture(scope="session")
def breast_cancer(bundled: Callable[..., tuple[np.ndarray, np.ndarray]]) -> tuple:
    """Return raw breast_cancer: 569 rows, 30 features, 2 classes."""
    return bundled("breast_cancer")


@pytest.fixture(scope="session")
def iris(bundled: Callable[..., tuple[np.ndarray, np.ndarray]]) -> tuple:
    """Return raw iris: 150 rows, 4 features, 3 classes."""
    return bundled("iris")


@pytest.fixture(scope="session")
def wine(bundled: Callable[..., tuple[np.ndarray, np.ndarray]]) -> tuple:
    """Return raw wine: 178 rows, 13 features, 3 classes."""
    return bundled("wine")


@pytest.fixture(scope="session")
def digits(bundled: Callable[..., tuple[np.ndarray, np.ndarray]]) -> tuple:
    """Return raw digits: 1797 rows, 64 features, 10 classes."""
    return bundled("digits")
