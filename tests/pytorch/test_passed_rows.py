"""Modules of torch on rows that are passed over."""

from __future__ import annotations

import numpy as np
import pytest
from passed_reports import classes, passed_over
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import TorchFit

torch = pytest.importorskip("torch", reason="torch is not installed; `tox -e torch` runs this")


@pytest.mark.parametrize("how", ["array", "file"])
def test_a_module_is_trained_again_on_an_array_in_memory(how, tmp_path):
    X, y = classes(800, 2)
    candidate = TorchFit(
        module=lambda: torch.nn.Linear(5, 1),
        loss=torch.nn.BCEWithLogitsLoss(),
        optimizer=lambda parameters: torch.optim.SGD(parameters, lr=0.01),
        epochs=3,
        batch_size=32,
    )
    np.save(tmp_path / "X.npy", X)
    given = X if how == "array" else tmp_path / "X.npy"
    report = passed_over(LogisticRegression(tol=1e-8).fit(X, y), given, y, candidate=candidate)
    left_out = " ".join(report.effort.left_out)
    assert (report.repair is not None and report.repair.verified) == (how == "array")
    assert ("training either side again" in left_out) == (how == "file")
