"""What TensorFlow keeps to itself is still there, and still means the same."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

tf = pytest.importorskip("tensorflow", reason="it is about TensorFlow")
backend = import_module("pytest_modelparity.frameworks.keras.backend.tensorflow")


def test_the_global_seed_and_its_draws_can_be_read_and_put_back() -> None:
    context: Any = backend.context.context()
    assert backend.global_seed() is None
    tf.random.set_seed(3)
    try:
        assert backend.global_seed() == 3
        # TensorFlow makes it when a seed is set.
        assert hasattr(context, "_rng"), f"Context._rng is gone from TensorFlow {tf.__version__}"
        with backend.random_state_kept():
            # What every random operation draws its own seed by.
            first = context._internal_operation_seed()
        assert context._internal_operation_seed() == first
    finally:
        tf.random.set_seed(None)
    assert backend.global_seed() is None
