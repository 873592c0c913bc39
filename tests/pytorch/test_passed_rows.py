"""Modules of torch on rows that are passed over."""

from __future__ import annotations

import numpy as np
import pytest
from passed_reports import classes, passed_over
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import TorchFit, compare_models

torch = pytest.importorskip("torch", reason="torch is not installed; `tox -e torch` runs this")


def test_a_module_is_trained_again_on_rows_that_memory_holds_alone(tmp_path):
    X, y = classes(800, 2)
    candidate = TorchFit(
        module=lambda: torch.nn.Linear(5, 1),
        loss=torch.nn.BCEWithLogitsLoss(),
        optimizer=lambda parameters: torch.optim.SGD(parameters, lr=0.01),
        epochs=3,
        batch_size=32,
    )
    np.save(tmp_path / "X.npy", X)
    reference = LogisticRegression(tol=1e-8).fit(X, y)
    # 800 x 5 numbers are 0.032 MB, which the report rounds up.
    wanted = "training either side again, which takes rows in memory: 1 MB (memory=1,"
    for given in (X, tmp_path / "X.npy"):
        report = passed_over(reference, given, y, candidate=candidate)
        assert report.repair is None
        assert report.effort.left_out[0].startswith(wanted)
    report = compare_models(reference, X, y, candidate=candidate, memory=1)
    assert report.repair.verified
