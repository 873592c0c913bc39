"""Known differences, planted in models of torch that are trained in the check: are they named?

    python benchmarks/planted_torch.py [--only TEXT]

A control must be equivalent. A difference of the objective must be named as a must and alone as
one, a difference of the training be one of the settings of which one suffices, with no must beside
it. Writes `benchmarks/planted_torch.md`; the run fails where one falls short.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from planting.rows import narrow_rows
from sklearn.linear_model import LogisticRegression
from torch import nn

from pytest_modelparity import ParityReport, TorchFit, compare_models

TABLE = Path(__file__).parent / "planted_torch.md"
Rows = tuple[np.ndarray, np.ndarray]
#: Of the reference.
C = 0.1
#: Seconds: on a busy machine the clock must not decide what is named.
BUDGET = 60.0

HEAD = """# Planted causes, in models of torch

Written by `python benchmarks/planted_torch.py`. Of each difference: what was named as a must, or as
one of several that suffice, and the seconds of the check (of one core).

| data | planted | expected | must | one of | repair verified | seconds |
| --- | --- | --- | --- | --- | --- | --- |
"""


def data_sets() -> Mapping[str, Rows]:
    """Return rows of two classes and of three."""
    # Of three classes of other sizes, so that a penalised intercept shows.
    return narrow_rows(iris_from=20)


def sgd(decay: float, of_bias: float = 0.0, lr: float = 0.5) -> Callable[..., Any]:
    """Return what makes an SGD with a decay of the weight and one of the bias."""

    def make(parameters: list[Any]) -> torch.optim.Optimizer:
        groups = [{"params": parameters[:1], "weight_decay": decay}]
        groups += [{"params": [one], "weight_decay": of_bias} for one in parameters[1:]]
        return torch.optim.SGD(groups, lr=lr)

    return make


def planted(X: np.ndarray, y: np.ndarray) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the name of a difference, the setting that it is, and the fields that make it."""
    n, p, K = len(y), X.shape[1], len(np.unique(y))
    width, decay, loss = (1 if K == 2 else K), 1 / (C * n), plain_loss(K)
    weights = torch.tensor([4.0, 1.0, 0.3])[:K]
    weighted = type(loss)(pos_weight=torch.tensor([5.0])) if K == 2 else type(loss)(weight=weights)
    link = nn.Sigmoid() if K == 2 else nn.Softmax(dim=1)
    one_hot = torch.eye(K)
    yield "nothing", "", {}
    yield "a fifth of the C", "C", {"optimizer": sgd(5 * decay)}
    yield "no weight_decay", "penalty", {"optimizer": sgd(0.0)}
    yield "the bias decays too", "intercept_penalty", {"optimizer": sgd(decay, 1.0)}
    yield "no bias", "fit_intercept", {"module": lambda: nn.Linear(p, width, bias=False)}
    decoupled = {"optimizer": lambda ps: torch.optim.AdamW(ps, lr=0.02, weight_decay=decay)}
    yield "AdamW", "penalty", decoupled
    summed = {"loss": type(loss)(reduction="sum"), "optimizer": sgd(decay, lr=0.5 / n)}
    yield "a sum", "loss", summed
    yield (
        "weights of classes",
        "class_weight" if K == 2 else "class_weight loss",
        {"loss": weighted},
    )
    rows = np.random.default_rng(0).uniform(0.1, 6.0, n) * (1 + 3 * (X[:, 0] > 0))
    yield "weights of rows", "sample_weight", {"sample_weight": rows}
    twice = {"module": lambda: nn.Sequential(nn.Linear(p, width), link)}
    yield "a link too many", "output_head", twice
    if K == 2:
        squared = {"loss": lambda z, t: ((torch.sigmoid(z) - t) ** 2).mean()}
    else:
        squared = {"loss": lambda z, t: ((torch.softmax(z, 1) - one_hot[t]) ** 2).mean()}
    yield "a squared error", "loss", squared
    yield "eight epochs", "iterations", {"epochs": 8}
    yield "a small learning rate", "learning_rate", {"optimizer": sgd(decay, lr=0.005)}
    noisy = {"optimizer": sgd(decay, lr=2.0), "batch_size": 8, "epochs": 60}
    yield "noisy batches", "batch_size learning_rate", noisy
    yield "Adagrad", "solver", {"optimizer": adagrad(decay)}


def adagrad(decay: float) -> Callable[..., Any]:
    """Return what makes an Adagrad that is too slow."""

    def make(parameters: list[Any]) -> torch.optim.Optimizer:
        groups = [{"params": parameters[:1], "weight_decay": decay}, {"params": parameters[1:]}]
        return torch.optim.Adagrad(groups, lr=0.003)

    return make


def plain_loss(K: int) -> nn.Module:
    """Return the log-loss of K classes."""
    return nn.BCEWithLogitsLoss() if K == 2 else nn.CrossEntropyLoss()


def check(X: np.ndarray, y: np.ndarray, changed: dict[str, Any]) -> ParityReport:
    """Compare a model with something changed."""
    K = len(np.unique(y))
    given = {
        "module": lambda: nn.Linear(X.shape[1], 1 if K == 2 else K),
        "loss": plain_loss(K),
        "optimizer": sgd(1 / (C * len(y))),
        "epochs": 800,
        "batch_size": None,
    }
    reference = LogisticRegression(C=C, tol=1e-9, max_iter=20_000)
    return compare_models(
        reference, X, y, candidate=TorchFit(**{**given, **changed}), budget=BUDGET
    )


def is_right(expected: set[str], must: set[str], one_of: set[str], report: ParityReport) -> bool:
    """Whether a report says what was planted."""
    if not expected:
        return report.equivalent
    of_training = expected & {"iterations", "learning_rate", "batch_size", "solver"}
    named = (not must and expected & one_of) if of_training else (must and must <= expected)
    return bool(not report.equivalent and named)


def main() -> int:
    """Judge what is asked for, and write the table; 1 where something falls short."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="only what has this in its name")
    options = parser.parse_args()
    torch.set_num_threads(1)
    lines, wrong = [], 0
    for data, (X, y) in data_sets().items():
        for name, setting, changed in planted(X, y):
            if options.only not in f"{data}, {name}":
                continue
            report = check(X, y, changed)
            named: dict[str, set[str]] = {"must": set(), "one_of": set()}
            for cause in report.causes:
                named[cause.role].add(cause.setting)
            right = is_right(set(setting.split()), named["must"], named["one_of"], report)
            wrong += not right
            verified = report.repair is not None and report.repair.verified
            cells = [data, name, setting or "equivalent", *map(listed, named.values())]
            cells += ["yes" if verified else "no" if setting else "", f"{report.duration:.1f}"]
            lines.append(f"| {' | '.join(cells)} |")
            print(lines[-1] if right else f"WRONG {lines[-1]}", flush=True)
    if not options.only:
        TABLE.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return int(wrong > 0)


def listed(names: set[str]) -> str:
    """Return names in a cell."""
    return ", ".join(sorted(names))


if __name__ == "__main__":
    sys.exit(main())
