"""A LogisticRegression that was ported to PyTorch, as such ports are mostly written.

``nn.Linear`` with ``BCEWithLogitsLoss`` and Adam, ``weight_decay`` for the penalty. Is it the same
model? Not yet: the decay of 0.001 is another C than 1, and twenty epochs are too few.
"""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from pytest_modelparity import TorchFit, assert_models_equivalent, compare_models

torch = pytest.importorskip("torch", reason="pip install 'pytest-modelparity[torch]'")
nn = torch.nn


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(X), y


@pytest.fixture
def port() -> TorchFit:
    return TorchFit(
        module=lambda: nn.Linear(30, 1),
        loss=nn.BCEWithLogitsLoss(),
        optimizer=lambda ps: torch.optim.Adam(ps, lr=0.01, weight_decay=0.001),
        epochs=20,
        batch_size=32,
    )


def test_the_port_is_another_model(data: tuple, port: TorchFit) -> None:
    report = compare_models(LogisticRegression(C=1.0, tol=1e-8), *data, candidate=port)
    assert report.verdict == "diverged"
    # The penalty is another one; of the training one change suffices, or two together.
    assert [cause.setting for cause in report.causes if cause.role == "must"] == ["C"]
    assert report.repair.verified
    # A program of torch that trains the same model, to copy from.
    assert "torch.optim.Adam(" in report.repair.source


def test_the_same_model_in_torch(data: tuple) -> None:
    X, y = data

    def optimizer(parameters: list) -> torch.optim.Optimizer:
        weight, bias = parameters
        # C is 1 / (weight_decay * n), and scikit-learn does not penalise the intercept.
        groups = [{"params": [weight], "weight_decay": 1.0 / len(y)}, {"params": [bias]}]
        return torch.optim.Adam(groups, lr=0.3)

    fit = TorchFit(
        module=lambda: nn.Linear(30, 1),
        loss=nn.BCEWithLogitsLoss(),
        optimizer=optimizer,
        epochs=300,
        batch_size=None,
    )
    assert_models_equivalent(LogisticRegression(C=1.0, tol=1e-8), X, y, candidate=fit)


def train(X: np.ndarray, y: np.ndarray) -> nn.Module:
    """Train as somebody's own code does, a scheduler and all."""
    torch.manual_seed(0)
    rows = torch.tensor(X, dtype=torch.float32)
    targets = torch.tensor(y, dtype=torch.float32).reshape(-1, 1)
    model, loss = nn.Linear(X.shape[1], 1), nn.BCEWithLogitsLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1.0, weight_decay=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=600)
    for _ in range(600):
        optimizer.zero_grad()
        loss(model(rows), targets).backward()
        optimizer.step()
        scheduler.step()
    return model


def test_what_a_training_of_ones_own_made_tells_its_objective(data: tuple) -> None:
    # Nothing of its loss and optimizer can be read: its weights tell what they are the optimum of.
    report = compare_models(LogisticRegression(C=1.0, tol=1e-8), *data, candidate=train)
    must = {cause.setting for cause in report.causes if cause.role == "must"}
    assert must == {"C"}
    assert report.settings["candidate"].written["intercept_penalty"].startswith("~")
