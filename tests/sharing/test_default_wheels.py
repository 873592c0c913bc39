"""Keras on TensorFlow and torch, as pip installs it on Linux, with triton, in one run of pytest."""

from __future__ import annotations

import pytest

pytest.importorskip("triton", reason="`tox -e sharing` installs it, 5 GB with torch")

HEAD = """
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from pytest_modelparity import assert_models_equivalent

X, y = load_iris(return_X_y=True)
X, y = X[:100], y[:100]
"""
KERAS = f"""{HEAD}
def test_keras():
    import keras
    def port():
        model = keras.Sequential([keras.layers.Dense(1, activation="sigmoid")])
        model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy")
        return model
    assert_models_equivalent(
        LogisticRegression(), X, y, candidate=port, fit=dict(epochs=9), tolerance=1.0)
"""
TORCH = f"""
import torch
from pytest_modelparity import TorchFit
{HEAD}
def test_torch():
    port = TorchFit(
        module=lambda: torch.nn.Linear(4, 1),
        loss=torch.nn.BCEWithLogitsLoss(),
        optimizer=lambda weights: torch.optim.Adam(weights, lr=0.05),
        epochs=9,
    )
    assert_models_equivalent(LogisticRegression(), X, y, candidate=port, tolerance=1.0)
"""


@pytest.mark.parametrize("first", ["keras", "torch"])
def test_both_work_in_either_order_of_files(pytester: pytest.Pytester, first: str) -> None:
    keras, torch = ("test_1", "test_2") if first == "keras" else ("test_2", "test_1")
    pytester.makepyfile(**{keras: KERAS, torch: TORCH})
    pytester.runpytest_subprocess("-v").assert_outcomes(passed=2)


def test_behind_a_conftest_that_imports_tensorflow_torch_is_refused_and_the_run_goes_on(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeconftest("import tensorflow")
    pytester.makepyfile(test_1=TORCH, test_2=KERAS)
    result = pytester.runpytest_subprocess("-v")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*put this line first in conftest.py: import triton"])


def test_the_line_that_is_told_mends_it(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import triton\nimport tensorflow")
    pytester.makepyfile(test_1=KERAS, test_2=TORCH)
    pytester.runpytest_subprocess("-v").assert_outcomes(passed=2)
