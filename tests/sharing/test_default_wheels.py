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
TWIN = f"""{HEAD}
def test_twin():
    assert_models_equivalent(LogisticRegression(), X, y)
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


@pytest.mark.parametrize("first", ["Keras", "torch"])
def test_both_work_in_either_order_where_the_check_imports_keras(
    pytester: pytest.Pytester, first: str
) -> None:
    sources = (TWIN, TORCH) if first == "Keras" else (TORCH, TWIN)
    pytester.makepyfile(test_1=sources[0], test_2=sources[1])
    pytester.runpytest_subprocess("-v").assert_outcomes(passed=2)


def test_behind_a_file_that_imports_keras_torch_is_refused_and_the_run_goes_on(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(test_1=f"import keras\n{TWIN}", test_2=TORCH, test_3=TWIN)
    result = pytester.runpytest_subprocess("-v")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*put this line first in conftest.py: import triton"])


def test_the_line_that_is_told_mends_it_before_a_conftest_that_imports_tensorflow(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeconftest("import triton\nimport tensorflow")
    pytester.makepyfile(test_1=TWIN, test_2=TORCH)
    pytester.runpytest_subprocess("-v").assert_outcomes(passed=2)
