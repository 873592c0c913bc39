"""Nets of skorch: their module, loss, optimizer and rows are read."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import ModelParityError, compare_models

torch = pytest.importorskip("torch", reason="torch is not installed; `tox -e torch` runs this")
skorch = pytest.importorskip("skorch", reason="skorch is not installed; `tox -e torch` runs this")
nn = torch.nn

Rows = tuple[np.ndarray, np.ndarray]


class Softmax(nn.Module):
    """The module that NeuralNetClassifier wants: it returns probabilities."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.softmax(self.layer(x), dim=-1)


def net(rows: Rows, decay: float, **options: object) -> skorch.NeuralNetClassifier:
    """Return a fitted net; the bias does not decay."""
    torch.manual_seed(0)
    given = {"max_epochs": 800, "lr": 1.0, "batch_size": -1, "verbose": 0, **options}
    groups = [("layer.weight", {"weight_decay": decay})]
    made = skorch.NeuralNetClassifier(Softmax, optimizer__param_groups=groups, **given)
    X, y = rows
    return made.fit(X.astype(np.float32), y)


def musts(report: object) -> set[str]:
    return {cause.setting for cause in report.causes if cause.role == "must"}


def test_a_net_of_the_same_objective_is_equivalent(flowers: Rows) -> None:
    candidate = net(flowers, 1 / 15, train_split=None)
    report = compare_models(LogisticRegression(C=0.1), *flowers, candidate=candidate)
    assert report.equivalent
    settings = report.settings["candidate"]
    assert settings.model.startswith("skorch NeuralNetClassifier of Softmax")
    assert settings.written["penalty"] == "weight_decay=0.0667"
    assert settings.written["iterations"] == "800 epochs in its fit"
    assert musts(compare_models(LogisticRegression(C=0.01), *flowers, candidate=candidate)) == {"C"}


def test_the_fifth_that_is_held_out_is_a_cause_of_its_own(flowers: Rows) -> None:
    # A tolerance that other rows do not meet.
    report = compare_models(
        LogisticRegression(C=0.1), *flowers, candidate=net(flowers, 1 / 15), tolerance=2e-3
    )
    assert musts(report) == {"rows_used"}
    words = report.settings["candidate"].written["rows_used"]
    assert words == "120 of 150 rows (train_split)"
    assert "train_split=None" in [change.text for change in report.repair.changes]


def test_what_cannot_be_read_is_told(flowers: Rows) -> None:
    unfitted = skorch.NeuralNetClassifier(Softmax)
    with pytest.raises(ModelParityError, match="must be fitted already, got an unfitted Neural"):
        compare_models(LogisticRegression(), *flowers, candidate=unfitted)
    with pytest.raises(ModelParityError, match="has max_epochs and batch_size of its own"):
        compare_models(LogisticRegression(), *flowers, candidate=unfitted, fit={"epochs": 3})
