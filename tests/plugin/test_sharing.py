"""TensorFlow and triton in one process, with stand-ins; `tox -e sharing` has the real ones."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import ModuleType

import pytest

from pytest_modelparity import ModelParityError
from pytest_modelparity.frameworks.sharing import (
    before_torch_optimizers,
    before_unknown_training,
)

#: Says whether it came first, as the real one does by living or dying.
TRITON = """
import sys, warnings
warnings.warn("as packages warn at their import", DeprecationWarning)
with open("order.txt", "a") as file:
    file.write("behind TensorFlow" if "tensorflow" in sys.modules else "first")
"""
CHECK = """
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from pytest_modelparity import ModelParityError, compare_models

def test_check():
    # The stand-in for TensorFlow is empty, so Keras cannot go on.
    with pytest.raises((ModelParityError, AttributeError)):
        compare_models(LogisticRegression(), *load_iris(return_X_y=True))
"""


@pytest.fixture
def stand_ins(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Callable[[], str]]:
    """Put packages where a subprocess finds them first; the result tells how triton came."""
    monkeypatch.setenv("PYTHONPATH", str(pytester.path), prepend=os.pathsep)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)

    def make(*packages: str) -> Callable[[], str]:
        pytester.makepyfile(tensorflow="", **dict.fromkeys(packages, ""))
        if "triton" in packages:
            pytester.makepyfile(triton=TRITON)
        order = pytester.path / "order.txt"
        return lambda: order.read_text() if order.exists() else "not loaded"

    return make


def test_a_keras_check_loads_triton_before_tensorflow(
    pytester: pytest.Pytester, stand_ins: Callable[..., Callable[[], str]]
) -> None:
    how = stand_ins("torch", "triton")
    pytester.makepyfile(test_it=CHECK)
    pytester.runpytest_subprocess("-W", "error").assert_outcomes(passed=1)
    assert how() == "first"


@pytest.mark.parametrize("package", ["torch", "triton"])
def test_nothing_is_loaded_where_torch_cannot_want_it(
    pytester: pytest.Pytester, stand_ins: Callable[..., Callable[[], str]], package: str
) -> None:
    how = stand_ins(package)
    result = pytester.run(
        sys.executable,
        "-c",
        f"import sys\n"
        f"from pytest_modelparity.frameworks.sharing import before_tensorflow\n"
        f"before_tensorflow()\n"
        f"assert {package!r} not in sys.modules",
    )
    assert result.ret == 0
    assert how() == "not loaded"


@pytest.mark.parametrize(
    "loaded, refused",
    [
        (("tensorflow",), True),
        (("tensorflow", "triton"), False),
        ((), False),
    ],
)
def test_an_optimizer_of_torch_behind_tensorflow_is_refused_with_the_line_that_mends_it(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    loaded: tuple[str, ...],
    refused: bool,
) -> None:
    pytester.makepyfile(triton="")
    monkeypatch.syspath_prepend(str(pytester.path))
    for name in ("tensorflow", "triton"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    for name in loaded:
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    if not refused:
        before_torch_optimizers()
        return
    with pytest.raises(ModelParityError, match=r"first in conftest\.py: import triton$"):
        before_torch_optimizers()


def test_a_function_that_trains_is_refused_only_where_torch_is_loaded(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(triton="")
    monkeypatch.syspath_prepend(str(pytester.path))
    for name in ("triton", "torch"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "tensorflow", ModuleType("tensorflow"))
    before_unknown_training()
    monkeypatch.setitem(sys.modules, "torch", ModuleType("torch"))
    with pytest.raises(ModelParityError, match="first in conftest"):
        before_unknown_training()


def test_without_triton_any_order_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", ModuleType("tensorflow"))
    monkeypatch.delitem(sys.modules, "triton", raising=False)
    monkeypatch.setattr("pytest_modelparity.frameworks.sharing.find_spec", lambda name: None)
    before_torch_optimizers()
