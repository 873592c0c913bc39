"""What explaining a divergence costs beside the candidate's own ``fit``, on breast_cancer.

    python benchmarks/explaining.py

All pairs in one process, after a first check that loads everything. ``fit`` is one plain ``fit`` of
the port, ``allowed`` twice that plus 3 s; the verifying trainings are told apart, as in
``report.effort``.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable

import keras
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from pytest_modelparity import ParityReport, compare_models


def port(optimizer: str = "adam", l2: float | None = None) -> Callable[[], keras.Model]:
    """Return a function that makes the usual port."""

    def make() -> keras.Model:
        penalty = keras.regularizers.L2(l2) if l2 is not None else None
        dense = keras.layers.Dense(1, activation="sigmoid", kernel_regularizer=penalty)
        model = keras.Sequential([keras.Input((30,)), dense])
        model.compile(optimizer, "binary_crossentropy")
        return model

    return make


PAIRS = {
    "standardised, 12 epochs": (True, port(), 12),
    "standardised, 100 epochs": (True, port(), 100),
    "standardised, sgd, penalty, 30 epochs": (True, port("sgd", 1 / (2 * 569)), 30),
    "as it comes, 30 epochs": (False, port(), 30),
}


def rows(*, scaled: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return breast_cancer."""
    X, y = load_breast_cancer(return_X_y=True)
    return (StandardScaler().fit_transform(X) if scaled else X), y


def explained(name: str) -> ParityReport:
    """Return the report on one pair."""
    scaled, candidate, epochs = PAIRS[name]
    X, y = rows(scaled=scaled)
    return compare_models(LogisticRegression(), X, y, candidate=candidate, fit={"epochs": epochs})


def main() -> None:
    """Print a line for each pair."""
    warnings.simplefilter("ignore")
    explained("standardised, 12 epochs")
    print(f"{'pair':40} {'fit':>7} {'allowed':>8} {'explain':>8} {'verify':>7}  repair")
    for name in PAIRS:
        fit = _seconds_of_fit(name)
        report = explained(name)
        effort, repair = report.effort, report.repair
        assert effort is not None
        verified = "verified" if repair is not None and repair.verified else "not verified"
        print(
            f"{name:40} {fit:6.1f}s {2 * fit + 3:7.1f}s {effort.explaining:7.1f}s "
            f"{effort.verifying:6.1f}s  {verified}",
            flush=True,
        )


def _seconds_of_fit(name: str) -> float:
    """Return what the user's own ``fit`` of the pair takes."""
    scaled, candidate, epochs = PAIRS[name]
    X, y = rows(scaled=scaled)
    model = candidate()
    started = time.perf_counter()
    model.fit(X.astype("float32"), y.astype("float32").reshape(-1, 1), epochs=epochs, verbose=0)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
