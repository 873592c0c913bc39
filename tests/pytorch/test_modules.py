"""Trained modules of torch: what they amount to is read, whatever they are made of."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LinearRegression, LogisticRegression

from pytest_modelparity import ModelParityError, compare_models

torch = pytest.importorskip("torch", reason="torch is not installed; `tox -e torch` runs this")
nn = torch.nn

Rows = tuple[np.ndarray, np.ndarray]


def linear(model: object, columns: int = 1) -> torch.nn.Linear:
    """Return a layer with the parameters of a fitted estimator."""
    coef, intercept = np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)
    if columns == 2:
        coef, intercept = np.vstack([0 * coef, coef]), np.append(0 * intercept, intercept)
    layer = nn.Linear(coef.shape[1], len(coef))
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(coef))
        layer.bias.copy_(torch.tensor(intercept))
    return layer


class Written(nn.Module):
    """A forward of the user's own around a layer."""

    def __init__(self, layer: torch.nn.Linear, forward: Callable) -> None:
        super().__init__()
        self.layer, self.of_user = layer, forward

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.of_user(self.layer, x)


def vector(layer: torch.nn.Linear) -> torch.nn.Module:
    """Return the same map as a bare vector of parameters."""
    return Written(layer, lambda layer, x: x @ layer.weight[0] + layer.bias[0])


def with_a_branch(layer: torch.nn.Linear, x: torch.Tensor) -> torch.Tensor:
    return layer(x) * 0 if x.sum() > 1e9 else layer(x)


#: What a fitted estimator of two classes is made into, each the same model.
MODULES: dict[str, Callable] = {
    "logits": linear,
    "sigmoid": lambda fitted: nn.Sequential(linear(fitted), nn.Sigmoid()),
    "squeezed": lambda fitted: Written(linear(fitted), lambda f, x: torch.sigmoid(f(x)).squeeze()),
    "two layers": lambda fitted: nn.Sequential(
        nn.Identity(), linear(fitted), linear(LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0]))
    ),
    "two logits": lambda fitted: linear(fitted, 2),
    "softmax": lambda fitted: nn.Sequential(linear(fitted, 2), nn.Softmax(1)),
    "log_softmax": lambda fitted: nn.Sequential(linear(fitted, 2), nn.LogSoftmax(1)),
    "logsigmoid": lambda fitted: nn.Sequential(linear(fitted), nn.LogSigmoid()),
    "dropout": lambda fitted: nn.Sequential(nn.Dropout(0.5), linear(fitted)).train(),
    "vector": lambda fitted: vector(linear(fitted)),
    "branch": lambda fitted: Written(linear(fitted), with_a_branch),
    "half precision of rows": lambda fitted: linear(fitted).bfloat16().float(),
}


@pytest.fixture(scope="module")
def fitted(cancer: Rows) -> LogisticRegression:
    return LogisticRegression(C=0.3, tol=1e-12, max_iter=10_000).fit(*cancer)


@pytest.mark.parametrize("kind", MODULES)
def test_a_linear_module_is_read(cancer: Rows, fitted: LogisticRegression, kind: str) -> None:
    module = MODULES[kind](fitted)
    before, mode = [p.clone() for p in module.parameters()], module.training

    report = compare_models(fitted, *cancer, candidate=module, explain=False)

    assert report.equivalent
    assert report.findings == ()
    # Read, not recovered from predictions: to the rounding of the layer's own float32.
    rounding = 4e-3 if "half" in kind else 1e-6
    assert report.divergences["coef"].value <= rounding
    assert module.training == mode
    assert all(map(torch.equal, before, module.parameters()))


def test_batch_norm_is_part_of_the_map_and_keeps_its_statistics(cancer: Rows) -> None:
    X, y = cancer
    fitted = LogisticRegression(tol=1e-12, max_iter=10_000).fit(X, y)
    rows = 3 * X + 7
    module = nn.Sequential(
        nn.BatchNorm1d(30, affine=False, eps=1e-12, momentum=None), linear(fitted)
    )
    module[0](torch.tensor(rows, dtype=torch.float32))
    module[0].running_var *= 568 / 569
    statistics = module[0].running_mean.clone()

    report = compare_models(module, rows, candidate=fitted_on(X, rows, fitted), explain=False)

    assert report.equivalent
    assert torch.equal(module[0].running_mean, statistics)
    assert report.divergences["probability"].value < 1e-5


def fitted_on(X: np.ndarray, rows: np.ndarray, model: LogisticRegression) -> Callable:
    """Return the model of other rows as a function of these."""
    return lambda given: model.predict_proba((given - 7) / 3)


def test_the_objective_of_a_trained_module_is_inferred(
    cancer: Rows, fitted: LogisticRegression
) -> None:
    module = nn.Sequential(linear(fitted), nn.Sigmoid())

    report = compare_models(LogisticRegression(C=3.0), *cancer, candidate=module)

    assert [cause.setting for cause in report.causes if cause.role == "must"] == ["C"]
    assert report.settings["candidate"].written["C"] == "~0.3"


def test_raw_columns_do_not_hide_the_map(fitted: LogisticRegression) -> None:
    X, y = load_breast_cancer(return_X_y=True)
    model = LogisticRegression(C=1e4, solver="newton-cholesky").fit(X, y)
    module = nn.Sequential(linear(model), nn.Sigmoid())

    report = compare_models(model, X, y, candidate=module, explain=False)

    assert report.divergences["coef"].value <= 1e-5


def test_more_classes(flowers: Rows) -> None:
    fitted = LogisticRegression(tol=1e-12).fit(*flowers)
    for module in (linear(fitted), nn.Sequential(linear(fitted), nn.LogSoftmax(dim=-1))):
        report = compare_models(fitted, *flowers, candidate=module, explain=False)
        assert report.equivalent
        assert report.divergences["coef"].value < 1e-6


def test_numbers(cancer: Rows) -> None:
    X = cancer[0][:, :5]
    y = X @ np.arange(1.0, 6.0) + np.sin(X[:, 0])
    fitted = LinearRegression().fit(X, y)
    report = compare_models(fitted, X, y, candidate=linear(fitted), explain=False)
    assert report.equivalent
    assert report.divergences["coef"].value < 1e-5


@pytest.mark.parametrize("bias", [False, True])
def test_targets_that_were_broadcast_are_the_cause_loss(bias: bool) -> None:
    X = np.random.default_rng(148155).random((400, 3))
    y = X.sum(axis=1)
    module = nn.Linear(3, 1, bias=bias).double()
    optimizer, loss = torch.optim.SGD(module.parameters(), lr=0.3), nn.MSELoss()
    for _ in range(800):
        optimizer.zero_grad()
        with pytest.warns(UserWarning, match="Using a target size"):
            loss(module(torch.tensor(X)), torch.tensor(y)).backward()
        optimizer.step()

    report = compare_models(LinearRegression(fit_intercept=bias), X, y, candidate=module)

    assert [(cause.setting, cause.role) for cause in report.causes] == [("loss", "must")]
    assert "target-shape" in [finding.slug for finding in report.findings]
    right = LinearRegression(fit_intercept=bias).fit(X, y + np.sin(9 * X[:, 0]))
    other = compare_models(LinearRegression(fit_intercept=bias), X, y, candidate=right.predict)
    assert "loss" not in [cause.setting for cause in other.causes]


def test_what_a_function_trains_is_read(cancer: Rows, fitted: LogisticRegression) -> None:
    def train(X: np.ndarray, y: np.ndarray) -> torch.nn.Module:
        model = LogisticRegression(C=0.3, tol=1e-12, max_iter=10_000).fit(X, y)
        return nn.Sequential(linear(model), nn.Sigmoid())

    report = compare_models(LogisticRegression(C=3.0), *cancer, candidate=train)

    assert [cause.setting for cause in report.causes if cause.role == "must"] == ["C"]


def test_what_is_not_linear_is_compared_on_its_outputs(cancer: Rows) -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(30, 4), nn.ReLU(), nn.Linear(4, 1))

    report = compare_models(LogisticRegression(), *cancer, candidate=module)

    assert not report.equivalent
    assert [finding.slug for finding in report.findings if finding.slug == "not-linear"]
    with torch.no_grad():
        p = torch.sigmoid(module(torch.tensor(cancer[0], dtype=torch.float32))).numpy()[:, 0]
    reference = LogisticRegression().fit(*cancer).predict_proba(cancer[0])[:, 1]
    largest = np.abs(p - reference).max()
    assert report.divergences["probability"].value == pytest.approx(largest, abs=1e-6)


@pytest.mark.parametrize(
    "module,sentence",
    [
        (nn.Linear(30, 3), "must have 1 or 2 outputs for 2 classes, got 3"),
        (nn.Linear(29, 1), "could not be called with a tensor of shape"),
        (nn.Sequential(nn.Linear(30, 1), nn.Unflatten(1, (1, 1))), "got a tensor of shape"),
        (nn.LazyLinear(1), "have not seen a row yet"),
        (nn.Linear(30, 1, device="meta"), "on the device 'meta'"),
        (Written(nn.Linear(30, 2), lambda f, x: f(x).argmax(1)), "returns labels"),
        (Written(nn.Linear(30, 2), lambda f, x: (f(x), x)), "must return one tensor, got tuple"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_cannot_be_compared_is_told_in_one_sentence(
    cancer: Rows, module: torch.nn.Module, sentence: str
) -> None:
    with pytest.raises(ModelParityError, match=sentence) as raised:
        compare_models(LogisticRegression(), *cancer, candidate=module)
    assert "\n" not in str(raised.value).partition(": ")[0]


def test_threads_and_random_state_stay(cancer: Rows, fitted: LogisticRegression) -> None:
    module = linear(fitted)
    torch.set_num_threads(2)
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)

    compare_models(fitted, *cancer, candidate=module, explain=False)

    assert torch.get_num_threads() == 2
    assert torch.equal(torch.rand(2), expected)


def test_no_other_framework_is_imported() -> None:
    program = (
        "import sys, numpy as np, torch\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "from pytest_modelparity import compare_models\n"
        "X = np.random.default_rng(0).normal(size=(40, 2)); y = (X[:, 0] > 0).astype(int)\n"
        "loss, adam = torch.nn.BCEWithLogitsLoss(), lambda ps: torch.optim.Adam(ps)\n"
        "words = {'loss': loss, 'optimizer': adam, 'epochs': 1}\n"
        "for fit in (None, words):\n"
        "    module = torch.nn.Linear(2, 1)\n"
        "    compare_models(LogisticRegression(), X, y, candidate=module, fit=fit, budget=1.0)\n"
        "print({'keras', 'tensorflow', 'jax'} & set(sys.modules))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "set()"
