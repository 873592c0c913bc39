"""What the tests of torch candidates share."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.preprocessing import StandardScaler


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Train what a test trains itself on one thread: several wait for each other."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


# Keras does not fall back to what is installed (keras 3.15, backend/config.py).
if find_spec("tensorflow") is None:
    os.environ.setdefault("KERAS_BACKEND", "torch")


@pytest.fixture(scope="session")
def cancer() -> tuple[np.ndarray, np.ndarray]:
    """Return 569 standardised rows of two classes."""
    X, y = load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(X), y


@pytest.fixture(scope="session")
def flowers() -> tuple[np.ndarray, np.ndarray]:
    """Return 150 standardised rows of three classes."""
    X, y = load_iris(return_X_y=True)
    return StandardScaler().fit_transform(X), y
