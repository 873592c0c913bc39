"""Regressions that were stopped early: does their inference name a cause that nobody made?

    python benchmarks/stopped_regressions.py

Each is trained on the objective that is expected of it, by plain arrays, and asked for the one that
it was trained on: with its regularizer known, and without. Prints every cause, and the grades; 1
where there is a cause. Takes a minute.
"""

from __future__ import annotations

import itertools
import sys
from collections import Counter
from collections.abc import Iterator

import numpy as np
from sklearn.datasets import load_diabetes, make_regression
from sklearn.preprocessing import StandardScaler

from pytest_modelparity.inference.infer import infer_objective
from pytest_modelparity.inference.objectives.given import LinearModel, Rows
from pytest_modelparity.report.inference import PROVEN
from pytest_modelparity.settings import ObjectiveSettings

STRENGTHS, STEPS = (0.0, 0.05), (5, 20, 60, 200, 600, 2000)
KINDS, STARTS = ("descent", "momentum", "batches", "Adam"), ("zeros", "normal")
BATCH = 32


def data_sets() -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield data sets, those of them hard where stopping is the same as a penalty."""
    X, y = load_diabetes(return_X_y=True)
    yield "diabetes", StandardScaler().fit_transform(X) + 0.5, y
    X, y = make_regression(300, 6, noise=30, random_state=0)
    yield "made", X, y
    white = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)[0] * np.sqrt(len(X))
    yield "not correlated", white, y - y.mean()
    yield "one feature", X[:, :1], y + 3
    X, y = make_regression(200, 15, effective_rank=6, noise=3, random_state=1)
    yield "low rank", StandardScaler().fit_transform(X), y + 50
    wide = np.random.default_rng(0).normal(size=(40, 60))
    yield "wide", wide, wide[:, 0] * 3 + np.random.default_rng(1).normal(size=40) + 5
    X, y = make_regression(100, 3, noise=5, random_state=3)
    yield "three features", StandardScaler().fit_transform(X), y - y.mean()
    one = StandardScaler().fit_transform(X[:, :1])
    yield "one feature, centred", one, y - y.mean()
    yield "one feature, standardised", one, y - y.mean() + 30


def trained(
    X: np.ndarray, y: np.ndarray, strength: float, kind: str, start: str, steps: int
) -> np.ndarray:
    """Return parameters after so many steps, as a float32 model holds them."""
    A, random = np.column_stack([X, np.ones(len(X))]), np.random.default_rng(steps)
    theta = np.zeros(A.shape[1])
    if start == "normal":
        theta[:-1] = 0.3 * random.normal(size=X.shape[1])
    largest = np.linalg.eigvalsh(A.T @ A / len(A))[-1]
    moved, first, second = (np.zeros_like(theta) for _ in range(3))
    for step in range(1, steps + 1):
        rows = random.integers(0, len(y), BATCH) if kind == "batches" else slice(None)
        gradient = A[rows].T @ (A[rows] @ theta - y[rows]) / len(y[rows])
        gradient[:-1] += strength * theta[:-1]
        if kind == "momentum":
            moved = 0.9 * moved - 0.15 / largest * gradient
            theta = theta + moved
        elif kind == "Adam":
            first = 0.9 * first + 0.1 * gradient
            second = 0.999 * second + 0.001 * gradient**2
            corrected = np.sqrt(second / (1 - 0.999**step)) + 1e-7
            theta = theta - 0.05 * np.std(y) * first / (1 - 0.9**step) / corrected
        else:
            theta = theta - (0.075 if kind == "batches" else 0.5) / largest * gradient
    return theta.astype(np.float32).astype(np.float64)


def main() -> int:
    """Ask of all; 1 where there is a cause."""
    grades: Counter[tuple[str, bool, str]] = Counter()
    causes = 0
    for name, X, y in data_sets():
        for strength, kind, start, steps in itertools.product(STRENGTHS, KINDS, STARTS, STEPS):
            theta = trained(X, y, strength, kind, start, steps)
            predicted = (X @ theta[:-1] + theta[-1]).astype(np.float32).astype(np.float64)
            model = LinearModel(
                coef=theta[None, :-1], intercept=theta[-1:], predictions=predicted[:, None]
            )
            expected = ObjectiveSettings(l2_strength=strength, output_head="identity")
            for known in (False, True):
                found = infer_objective(
                    Rows(X=X, y=y, n_classes=0),
                    model,
                    expected,
                    regularizer_known=known,
                    tolerance=0.01 * float(y.std()),
                )
                grades[name, known, found.grade] += 1
                # As `parity.elsewhere` has it: what is measured is one where penalties were read.
                if found.grade == PROVEN or (known and found.grade == "measured"):
                    causes += 1
                    print(f"{name}, {strength}, {kind}, {start}, {steps}: {found.text}")
    for (name, known, grade), count in sorted(grades.items()):
        print(f"{name:26} {'known' if known else 'unknown':8} {grade:10} {count}")
    print(f"{causes} causes of {sum(grades.values())} questions")
    return int(causes > 0)


if __name__ == "__main__":
    sys.exit(main())
