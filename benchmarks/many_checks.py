"""What the last of many checks in one process costs beside the third, in time and memory.

Every check is of other data, so that none is remembered from another. The third check stands for
all early ones, since the first two load modules; of several checks the median is taken. Keras and
TensorFlow grow by themselves, as the kind ``plain`` shows.
"""

from __future__ import annotations

import gc
import os
import statistics
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from measuring.machine import Machine, seconds
from measuring.rows import OURS, Row, row_of
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import compare_models

#: Rows, features and epochs of a check.
ROWS, FEATURES, EPOCHS = 300, 10, 5
#: Checks whose median stands for an early or late one.
AROUND = 5
WORDS = {
    "plain": "Keras's own fit, no check",
    "fit": "a port that its check trains and explains",
    "trained": "a port that comes trained",
}


def measure(part: str, machine: Machine) -> list[Row]:
    """Return the row of a kind, of so many checks."""
    kind, n_checks = part.split()
    run, found = _task(kind), []
    for number in range(int(n_checks)):
        taken, _ = seconds(run, number)
        # What waits for the collector is no leak.
        gc.collect()
        found.append((taken, _resident_mb()))
    early, late = found[2 : 2 + AROUND], found[-AROUND:]
    rounds = [
        {OURS: last[0], "the third to seventh": statistics.median(item[0] for item in early)}
        for last in late
    ]
    limit = machine.training(ROWS, FEATURES, EPOCHS)
    return [
        row_of(
            WORDS[kind],
            rounds,
            limit=limit if kind == "plain" else limit + 2 * machine.optimum(ROWS, FEATURES),
            note=f"{found[-1][1] - found[2][1]:+.0f} MB in {len(found) - 3} checks",
            points=[(number, item[0]) for number, item in enumerate(found, 1) if number > 2],
        )
    ]


def _task(kind: str) -> Callable[[int], None]:
    """Return what is done with a number."""

    def run(number: int) -> None:
        X, y = _rows(number)
        if kind == "plain":
            _port().fit(X, y, epochs=EPOCHS, verbose=0)
        elif kind == "fit":
            compare_models(LogisticRegression(), X, y, candidate=_port, fit={"epochs": EPOCHS})
        else:
            compare_models(LogisticRegression(), X, y, candidate=_port())

    return run


def _port() -> keras.Model:
    """Return a fresh port."""
    model = keras.Sequential(
        [keras.Input((FEATURES,)), keras.layers.Dense(1, activation="sigmoid")]
    )
    model.compile(optimizer="adam", loss="binary_crossentropy")
    return model


def _rows(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return data of a number."""
    generator = np.random.default_rng(number)
    X = generator.normal(size=(ROWS, FEATURES))
    noise = generator.normal(size=ROWS)
    return X, (X @ generator.normal(size=FEATURES) + noise > 0).astype(int)


def _resident_mb() -> float:
    """Return the memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
