"""What a whole check costs beside the two fits that its user asked for, on breast_cancer."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any, NamedTuple

import keras
import numpy as np
from measuring.machine import Machine, seconds
from measuring.rows import OURS, Row, row_of
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from pytest_modelparity import ParityReport, compare_models

ROUNDS = 3
#: Rows that the first check of a process does not have.
KEPT_BACK = 10
OTHERS = "its two fits"


class Asked(NamedTuple):
    """What a user asks for: a port, how it is trained, and on which features."""

    scaled: bool
    optimizer: str
    l2: float | None
    fit: dict[str, Any]

    def port(self) -> keras.Model:
        """Return a fresh port."""
        penalty = keras.regularizers.L2(self.l2) if self.l2 is not None else None
        dense = keras.layers.Dense(1, activation="sigmoid", kernel_regularizer=penalty)
        model = keras.Sequential([keras.Input((30,)), dense])
        model.compile(self.optimizer, "binary_crossentropy")
        return model

    def rows(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Return breast_cancer but for some first rows, so that each round has its own."""
        X, y = load_breast_cancer(return_X_y=True)
        return (StandardScaler().fit_transform(X) if self.scaled else X)[number:], y[number:]

    def check(self, number: int, **options: Any) -> ParityReport:
        """Return the report of a round."""
        X, y = self.rows(number)
        return compare_models(
            LogisticRegression(), X, y, candidate=self.port, fit=self.fit, **options
        )

    def fit_seconds(self, number: int) -> float:
        """Return what the user's own fits of a round take."""
        X, y = self.rows(number)
        rows, targets = X.astype("float32"), y.astype("float32").reshape(-1, 1)
        port = self.port()
        own, _ = seconds(port.fit, rows, targets, verbose=0, **self.fit)
        return own + seconds(LogisticRegression().fit, X, y)[0]


FULL_BATCH = {"epochs": 300, "batch_size": 569}
PAIRS = {
    "standardised, 12 epochs": Asked(True, "adam", None, {"epochs": 12}),
    "standardised, 100 epochs": Asked(True, "adam", None, {"epochs": 100}),
    "standardised, sgd, penalty, 30 epochs": Asked(True, "sgd", 1 / (2 * 569), {"epochs": 30}),
    "as it comes, 30 epochs": Asked(False, "adam", None, {"epochs": 30}),
    "standardised, 300 full-batch epochs": Asked(True, "adam", None, FULL_BATCH),
}


@cache
def load() -> None:
    """Make a first check, of another pair: it loads modules and compiles."""
    PAIRS["as it comes, 30 epochs"]._replace(optimizer="sgd").check(KEPT_BACK)


def measure(part: str, machine: Machine) -> list[Row]:
    """Return the row of a pair."""
    warnings.simplefilter("ignore")
    load()
    if part.startswith("again"):
        return [_again(part)]
    asked = PAIRS[part]
    # A long fit once: it has many epochs to be steady in.
    numbers = range(1 if asked.fit is FULL_BATCH else ROUNDS)
    rounds, notes = [], []
    for number in numbers:
        taken, report = seconds(asked.check, number)
        rounds.append({OURS: taken, OTHERS: asked.fit_seconds(number)})
        notes.append(_note(report))
    n, p = asked.rows(0)[0].shape
    limit = machine.training(n, p, asked.fit["epochs"]) + 2 * machine.optimum(n, p)
    return [row_of(part, rounds, limit=limit, note=notes[-1])]


def _again(part: str) -> Row:
    """Return what the same check takes again, of a port that comes trained or of the twin."""
    asked, rounds = PAIRS["standardised, 12 epochs"], []
    for number in range(ROUNDS):
        X, y = asked.rows(number)
        port = None
        if part == "again, trained":
            port = asked.port()
            port.fit(X.astype("float32"), y.astype("float32").reshape(-1, 1), verbose=0)
        first, again = (
            seconds(compare_models, LogisticRegression(), X, y, candidate=port)[0] for _ in range(2)
        )
        rounds.append({OURS: again, "the first time": first})
    return row_of(part, rounds, note="wanted: under 0.3 s")


def _note(report: ParityReport) -> str:
    """Say what explaining took by the clock, and what came of it."""
    effort, repair = report.effort, report.repair
    if effort is None:
        return report.verdict
    verified = "verified" if repair is not None and repair.verified else "not verified"
    return (
        f"explained in {effort.explaining:.1f} s by the clock, repair {verified} in "
        f"{effort.verifying:.1f} s"
    )
