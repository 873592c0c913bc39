"""Modules that are trained in the check: read, trained by a plain loop, explained and repaired."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multiclass import OneVsRestClassifier

from pytest_modelparity import ModelParityError, ParityReport, TorchFit, compare_models

torch = pytest.importorskip("torch", reason="torch is not installed; `tox -e torch` runs this")
nn = torch.nn

Rows = tuple[np.ndarray, np.ndarray]


def sgd(decay: float, of_bias: float = 0.0, lr: float = 0.5) -> Callable:
    """Return what makes an SGD with a decay of the weight and one of the bias."""

    def make(parameters: list) -> torch.optim.Optimizer:
        groups = [{"params": parameters[:1], "weight_decay": decay}]
        groups += [{"params": [one], "weight_decay": of_bias} for one in parameters[1:]]
        return torch.optim.SGD(groups, lr=lr)

    return make


def flower_fit(**changed: Any) -> TorchFit:
    """Return a softmax model of the flowers with L2, trained to its optimum."""
    given = {
        "module": lambda: nn.Linear(4, 3),
        "loss": nn.CrossEntropyLoss(),
        "optimizer": sgd(1 / 150),
        "epochs": 1500,
        "batch_size": None,
    }
    return TorchFit(**{**given, **changed})


def check(rows: Rows, candidate: Any, reference: Any = None, **options: Any) -> ParityReport:
    reference = reference or LogisticRegression(tol=1e-8, max_iter=10_000)
    return compare_models(reference, *rows, candidate=candidate, **options)


def musts(report: ParityReport) -> set[str]:
    return {cause.setting for cause in report.causes if cause.role == "must"}


def ways(report: ParityReport) -> set[str]:
    return {cause.setting for cause in report.causes if cause.role == "one_of"}


def test_the_same_objective_is_equivalent(flowers: Rows) -> None:
    report = check(flowers, flower_fit())
    assert report.equivalent
    assert report.settings["candidate"].written["penalty"] == "weight_decay=0.00667"
    assert report.certificates["candidate"].probability < 0.005


#: What is changed of an equivalent model, the settings that must be named, and what may be too.
PLANTED: dict[str, tuple[dict[str, Any], set[str]]] = {
    "no decay": ({"optimizer": sgd(0.0)}, {"penalty"}),
    "decay of the bias": ({"optimizer": sgd(1 / 150, 1.0)}, {"intercept_penalty"}),
    "decoupled decay": (
        {"optimizer": lambda ps: torch.optim.AdamW(ps, lr=0.1, weight_decay=1 / 150)},
        {"penalty"},
    ),
    "summed": (
        {"loss": nn.CrossEntropyLoss(reduction="sum"), "optimizer": sgd(1 / 150, lr=0.003)},
        {"loss"},
    ),
    "softmax twice": (
        {"module": lambda: nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1))},
        {"output_head"},
    ),
    "squared error": ({"loss": lambda o, t: ((o - torch.eye(3)[t]) ** 2).mean()}, {"loss"}),
    "weights of rows": ({"sample_weight": np.linspace(0.1, 4.0, 150)}, {"sample_weight"}),
}


#: What guards little that the others do not; `benchmarks/planted_torch.py` has more of them.
SLOW = ("decoupled decay", "summed", "weights of rows")


@pytest.mark.parametrize(
    "what",
    [pytest.param(one, marks=[pytest.mark.matrix] * (one in SLOW)) for one in PLANTED],
)
def test_a_difference_of_the_objective_must_change(flowers: Rows, what: str) -> None:
    changed, named = PLANTED[what]
    report = check(flowers, flower_fit(**changed))
    assert musts(report) == named
    assert report.repair is not None
    assert report.repair.verified


@pytest.mark.parametrize(
    "changed,named",
    [
        ({"epochs": 5}, "iterations"),
        pytest.param(
            {"optimizer": sgd(1 / 150, lr=2.0), "batch_size": 5, "epochs": 100},
            "learning_rate",
            marks=pytest.mark.matrix,
        ),
    ],
)
def test_a_training_that_does_not_arrive_is_told(
    flowers: Rows, changed: dict[str, Any], named: str
) -> None:
    report = check(flowers, flower_fit(**changed))
    assert musts(report) == set()
    assert named in ways(report)
    assert report.repair is not None
    assert report.repair.verified
    assert "a loop that agreed to" in report.repair.verified_by


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(
            {"optimizer": lambda ps: torch.optim.Adam(ps, lr=0.01), "epochs": 5},
            marks=pytest.mark.matrix,
        ),
        {"loss": nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0])), "epochs": 20},
        pytest.param(
            {"module": lambda: nn.Linear(4, 3, bias=False).double(), "epochs": 5, "batch_size": 30},
            marks=pytest.mark.matrix,
        ),
    ],
    ids=["Adam", "weights of classes", "double"],
)
def test_a_repair_is_a_program_that_does_what_it_says(
    flowers: Rows, changed: dict[str, Any]
) -> None:
    X, y = flowers
    # Rows of four times their size: the standardised remedies have something to do.
    report = check((4 * X + 1, y), flower_fit(**changed))
    assert report.repair is not None
    assert report.repair.verified
    names: dict[str, Any] = {"X": 4 * X + 1, "y": y}

    exec(report.repair.source, names)

    rows = names["rows"]
    with torch.no_grad():
        p = torch.softmax(names["model"](rows), dim=1).numpy()
    reference = LogisticRegression(tol=1e-8, max_iter=10_000).fit(4 * X + 1, y)
    assert np.abs(p - reference.predict_proba(4 * X + 1)).max() < 0.01


def test_two_classes_by_one_output(cancer: Rows) -> None:
    def fit(**changed: Any) -> TorchFit:
        given = {
            "module": lambda: nn.Sequential(nn.Linear(30, 1), nn.Sigmoid()),
            "loss": nn.BCELoss(),
            "optimizer": sgd(20 / 569),
            "epochs": 600,
            "batch_size": None,
        }
        return TorchFit(**{**given, **changed})

    reference = LogisticRegression(C=1 / 20, tol=1e-8)
    assert check(cancer, fit(), reference).equivalent
    positive = nn.BCEWithLogitsLoss(pos_weight=torch.tensor([3.0]))
    weighted = fit(module=lambda: nn.Linear(30, 1), loss=positive)
    balanced = LogisticRegression(C=1 / 20, tol=1e-8, class_weight={0: 1.0, 1: 3.0})
    assert check(cancer, weighted, balanced).equivalent
    report = check(cancer, weighted, reference)
    assert musts(report) == {"class_weight"}
    assert report.settings["candidate"].written["class_weight"] == "pos_weight=3"


def test_weights_of_classes_divide_by_their_sum(flowers: Rows) -> None:
    weights = {0: 1.0, 1: 2.0, 2: 5.0}
    loss = nn.CrossEntropyLoss(weight=torch.tensor(list(weights.values())))
    report = check(
        flowers, flower_fit(loss=loss), LogisticRegression(class_weight=weights, tol=1e-8)
    )
    assert musts(report) == {"loss"}
    assert [one.slug for one in report.findings if one.slug == "weights-normalised"]


def test_one_output_a_class_against_the_rest(flowers: Rows) -> None:
    fit = flower_fit(loss=nn.BCEWithLogitsLoss(), optimizer=sgd(1 / 450, lr=3.0))
    report = check(flowers, fit, OneVsRestClassifier(LogisticRegression(tol=1e-8)))
    assert report.equivalent
    assert report.settings["candidate"].objective.output_head == "one_vs_rest"


def test_numbers(cancer: Rows) -> None:
    X = cancer[0][:, :4]
    y = X @ np.arange(1.0, 5.0) + np.sin(3 * X[:, 0])
    fit = TorchFit(
        module=lambda: nn.Linear(4, 1),
        loss=nn.MSELoss(),
        optimizer=sgd(2 * 50 / 569, lr=0.2),
        epochs=400,
        batch_size=None,
    )
    assert check((X, y), fit, Ridge(alpha=50.0)).equivalent
    assert musts(check((X, y), fit, Ridge(alpha=5.0))) == {"C"}


def test_lbfgs_is_trained_by_torch_alone(flowers: Rows) -> None:
    def make(parameters: list) -> torch.optim.Optimizer:
        return torch.optim.LBFGS(parameters, max_iter=200, line_search_fn="strong_wolfe")

    report = check(flowers, flower_fit(optimizer=make, epochs=1))
    assert musts(report) == {"penalty"}
    assert report.repair is not None
    assert report.repair.verified
    assert report.repair.source.count("optimizer.step(closure)") == 1


def test_the_words_of_fit(flowers: Rows) -> None:
    report = check(flowers, flower_fit(epochs=1), fit={"epochs": 1500})
    assert report.equivalent
    module = nn.Linear(4, 3)
    words = {"loss": nn.CrossEntropyLoss(), "optimizer": sgd(1 / 150), "epochs": 1500}
    report = check(flowers, module, fit={**words, "batch_size": None})
    assert report.equivalent


def test_a_module_with_its_own_optimizer_is_read_and_left_alone(flowers: Rows) -> None:
    module = nn.Linear(4, 3)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.5, weight_decay=1 / 150)
    before = [one.clone() for one in module.parameters()]
    report = check(flowers, flower_fit(module=module, optimizer=optimizer, epochs=0))
    words = report.settings["candidate"].written
    assert words["penalty"] == "weight_decay=0.00667"
    assert words["iterations"] == "already trained, epochs unknown"
    assert all(map(torch.equal, before, module.parameters()))
    assert not optimizer.state


def test_equal_seeds_are_equal_trainings_and_the_global_state_stays(flowers: Rows) -> None:
    torch.manual_seed(5)
    expected = torch.rand(2)
    torch.manual_seed(5)
    fit = flower_fit(epochs=2, batch_size=8)
    values = [
        check(flowers, fit, seed=seed, explain=False).divergences["probability"].value
        for seed in (1, 1, 2)
    ]
    assert values[0] == values[1] != values[2]
    assert torch.equal(torch.rand(2), expected)


@pytest.mark.parametrize(
    "changed,sentence",
    [
        ({"module": nn.Linear}, "module of TorchFit must be"),
        ({"module": lambda: "a model"}, "must make a torch.nn.Module, got str"),
        ({"optimizer": "sgd"}, "optimizer of TorchFit must be a function"),
        ({"optimizer": lambda ps: None}, "must make a torch.optim.Optimizer, got NoneType"),
        ({"optimizer": lambda ps: torch.optim.SGD(ps, lr=-1.0)}, "optimizer of TorchFit raised"),
        ({"loss": "bce"}, "loss of TorchFit must be a loss of torch"),
        ({"epochs": 1.5}, "epochs of TorchFit must be a whole number >= 0"),
        ({"batch_size": 0}, "batch_size of TorchFit must be a whole number >= 1"),
        ({"loss": nn.BCELoss()}, "could not be trained: torch raised"),
        ({"sample_weight": [1.0]}, "sample_weight must have shape"),
    ],
)
def test_what_cannot_be_trained_is_told(
    flowers: Rows, changed: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ModelParityError, match=sentence):
        check(flowers, flower_fit(**{"epochs": 2, **changed}))


@pytest.mark.parametrize(
    "fit,sentence",
    [
        ({"max_epochs": 5}, "what you mean stands in epochs; it takes module, loss, optimizer"),
        ({"lr": 0.1}, "no word 'lr' .*; what you mean stands in optimizer; it takes"),
        ({"epoch": 5}, "no word 'epoch' .*; what you mean stands in epochs; it takes"),
        ({"callbacks": []}, "fit has no word 'callbacks' for a candidate of torch; it takes"),
        ([], "fit must be a mapping of words of TorchFit, got list"),
        ({"epochs": 3}, "needs loss, optimizer there too"),
    ],
)
def test_wrong_words_are_answered_with_the_right_ones(
    flowers: Rows, fit: Any, sentence: str
) -> None:
    with pytest.raises(ModelParityError, match=sentence):
        check(flowers, nn.Linear(4, 3), fit=fit)
