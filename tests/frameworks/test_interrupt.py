"""Ctrl-C in the middle of a long ``fit``: what was found before it is reported."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from interrupting import interrupt

from pytest_modelparity import RunReport, read_report

#: A check that ends, and one whose fit never would; it tells the outer test of its third epoch, and
#: waits there. Amid an epoch TensorFlow 2.21 can lose the signal: where making an iterator asks a
#: shape for its length, C++ clears whatever that raises (TensorShapeNumDims, pywrap_tfe_src.cc).
#: Pressed there, 40 fits of plain Keras in 40 went on; pressed within 0.5 ms of the epoch's
#: beginning, 9 of 200 checks, all of them there.
NEVER_ENDS = """
import os

import keras
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import assert_models_equivalent, compare_models

X, y = load_iris(return_X_y=True)

def port():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")])
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    return model

def tell(epoch, logs):
    if epoch == 3:
        os.write(int(os.environ["THIRD_EPOCH"]), b"yes")
        while True:  # until the signal comes
            pass

def test_ends():
    fitted = LogisticRegression(max_iter=1000).fit(X, y)
    assert compare_models(fitted, X, y, candidate=fitted)

def test_never_ends():
    callbacks = [keras.callbacks.LambdaCallback(on_epoch_begin=tell)]
    assert_models_equivalent(
        LogisticRegression(max_iter=1000), X, y, candidate=port,
        fit={"epochs": 10**9, "callbacks": callbacks},
    )
"""


@pytest.mark.skipif(os.name != "posix", reason="needs signals, and a pipe that a child inherits")
def test_ctrl_c_in_the_users_own_fit_leaves_what_was_found_before(tmp_path: Path) -> None:
    (tmp_path / "test_port.py").write_text(NEVER_ENDS, encoding="utf-8")
    files = ["--parity-report-json=parity.json", "--parity-report-html=parity.html"]
    arguments = ["-p", "no:cacheprovider", "-W", "ignore", *files, "--parity-report"]
    interrupt(tmp_path, *arguments, told_by="THIRD_EPOCH")
    run = read_report(tmp_path / "parity.json")
    assert isinstance(run, RunReport)
    assert [(check.test_id, check.report.verdict) for check in run.checks] == [
        ("test_port.py::test_ends", "equivalent")
    ]
    (refusal,) = run.refusals
    assert refusal.test_id == "test_port.py::test_never_ends"
    assert refusal.message == (
        "interrupted by KeyboardInterrupt while training the candidate: this check has no result"
    )
    names = sorted(path.name for path in tmp_path.iterdir() if path.name != "__pycache__")
    assert names == ["out.txt", "parity.html", "parity.json", "test_port.py"]
    assert "1 check could not be made" in (tmp_path / "out.txt").read_text(encoding="utf-8")
