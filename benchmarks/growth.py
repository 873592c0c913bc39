"""How an optimum and a check grow with rows, features and classes."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from statistics import median
from typing import TypeAlias

import keras
from measuring.machine import Machine, seconds
from measuring.rows import OURS, Row, row_of
from optima import classes, optimum_rounds
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import compare_models

#: Rows, features and classes.
Size: TypeAlias = tuple[int, int, int]
Seconds: TypeAlias = Callable[[Size], list[float]]

OTHERS = "in proportion"
CHECK_EPOCHS, CHECK_BATCH, CHECK_ROUNDS = 2, 512, 2
SIZES: dict[str, Sequence[Size]] = {
    "rows": [(n, 30, 2) for n in (1000, 10_000, 100_000, 1_000_000)],
    "features": [(10_000, p, 2) for p in (10, 30, 100, 300)],
    "features quick": [(1000, p, 2) for p in (10, 30)],
    "classes": [(5000, 30, K) for K in (3, 5, 10, 20)],
    "rows of a check": [(n, 20, 2) for n in (1000, 10_000, 100_000)],
}


def measure(part: str, machine: Machine) -> list[Row]:
    """Return a row for each size."""
    warnings.simplefilter("ignore")
    taken = _checks if part == "rows of a check" else _optima
    rows: list[Row] = []
    before: tuple[list[float], float] | None = None
    for size in SIZES[part]:
        ours, limit = taken(size), _limit(part, size, machine)
        rounds = [{OURS: value} for value in ours]
        if before is not None:
            expected = median(before[0]) * limit / before[1]
            rounds = [{**item, OTHERS: expected} for item in rounds]
        grown = size[{"features": 1, "features quick": 1, "classes": 2}.get(part, 0)]
        name = f"{part}: {' x '.join(map(str, size[: 2 + (part == 'classes')]))}"
        rows.append(row_of(name, rounds, limit=limit, size=grown))
        before = ours, limit
    return rows


def _limit(part: str, size: Size, machine: Machine) -> float:
    """Return what the arithmetic takes."""
    n, p, _ = size
    if part == "rows of a check":
        return machine.training(n, p, CHECK_EPOCHS) + 2 * machine.optimum(n, p)
    return machine.optimum(*size)


def _optima(size: Size) -> list[float]:
    """Return what optima of a size take."""
    return list(optimum_rounds(*size))


def _checks(size: Size) -> list[float]:
    """Return what checks of a size take, the first of the process aside."""
    n, p, n_classes = size

    def port() -> keras.Model:
        dense = keras.layers.Dense(1, activation="sigmoid")
        model = keras.Sequential([keras.Input((p,)), dense])
        model.compile("adam", "binary_crossentropy")
        return model

    X, y = classes(n + CHECK_ROUNDS + 1, p, n_classes)
    fit, found = {"epochs": CHECK_EPOCHS, "batch_size": CHECK_BATCH}, []
    for number in range(CHECK_ROUNDS + 1):
        # Other rows each time, so that nothing is remembered.
        rows, labels = X[number : number + n], y[number : number + n]
        options = {"candidate": port, "fit": fit, "explain": False}
        found.append(seconds(compare_models, LogisticRegression(), rows, labels, **options)[0])
    return found[1:]
