"""Exact optima with their certificates beside scikit-learn's solvers, in one process.

    python benchmarks/optima.py [--large]

Each row starts our Newton method where a default ``LogisticRegression().fit`` ended, as a check
does, and gives the CPU seconds of

- the optimum with its certificate, and the certificate of the side against it,
- ``newton-cholesky`` at ``tol=1e-10`` from zeros, which proves nothing,
- the default ``lbfgs`` fit itself (for L1: ``saga`` at its default ``tol``).

BLAS runs on one thread in all of them, as its threads spin where there is nothing to do; medians of
three, one for more than 1e8 numbers. ``limit`` is what two Hessians (their multiplications over the
measured peak of a matrix product) and six readings of X (its bytes over the measured bandwidth)
would take. Features have a common factor, so that solvers have something to do. ``--large`` adds
1e6 x 100, which takes 0.8 GB.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from pytest_modelparity.theory.blas import one_blas_thread
from pytest_modelparity.theory.certificate import certify
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.optimum import find_optimum

SIZES = ((569, 30, 2), (10_000, 50, 2), (100_000, 100, 2), (20_000, 100, 10))
LARGE = ((1_000_000, 100, 2),)
STRENGTHS = (0.1, 1.0, 10.0)
HEADER = ("rows x features", "optimum", "side", "newton-ch.", "lbfgs", "ratios", "limit", "proven")


@dataclass(frozen=True)
class Machine:
    """What one core does at best."""

    multiplications: float
    bytes_: float

    def limit(self, n: int, p: int, n_classes: int) -> float:
        """Return the seconds of two Hessians and six readings of X."""
        pairs = max(1, n_classes * (n_classes - 1) // 2) if n_classes > 2 else 1
        return n * p * p * pairs / self.multiplications + 6 * 8 * n * p / self.bytes_


def measured_machine() -> Machine:
    """Measure a product of matrices in the cache, and of a vector with one that is not."""
    rng = np.random.default_rng(0)
    small, large = rng.normal(size=(600, 600)), rng.normal(size=(100_000, 200))
    product = min(seconds(np.matmul, small, small)[0] for _ in range(5))
    reading = min(seconds(np.matmul, large, large[0])[0] for _ in range(5))
    return Machine(multiplications=600**3 / product, bytes_=large.nbytes / reading)


def seconds(call: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    """Return the CPU seconds of a call, and its result."""
    begin = time.process_time()
    result = call(*arguments)
    return time.process_time() - begin, result


def classes(n: int, p: int, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows whose features have a common factor, and classes drawn from a model of them."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, p))
    X += rng.normal(size=(n, 1))
    decision = X @ rng.normal(size=(p, n_classes)) / np.sqrt(p)
    return X, np.argmax(decision + rng.gumbel(size=decision.shape), axis=1)


def objective_of(X: np.ndarray, y: np.ndarray, **penalty: float) -> LinearObjective:
    """Return the objective of a logistic regression."""
    K = int(y.max()) + 1
    head = "sigmoid" if K == 2 else "softmax"
    ones = np.ones(len(y))
    return LinearObjective(X=X, y=y, n_classes=K, row_weight=ones, output_head=head, **penalty)


def smooth_row(n: int, p: int, n_classes: int, machine: Machine) -> tuple[str, ...]:
    """Measure one size with the L2 penalty."""
    X, y = classes(n, p, n_classes)
    objective = objective_of(X, y, l2_strength=1.0 / n)
    taken: list[tuple[float, float, float, float]] = []
    for _ in range(1 if X.size >= 1e8 else 3):
        lbfgs, side = seconds(LogisticRegression().fit, X, y)
        start = objective.pack(side.coef_, side.intercept_)
        ours, found = seconds(find_optimum, objective, start)
        proof, _ = seconds(certify, objective, side.coef_, side.intercept_, found)
        exact = LogisticRegression(solver="newton-cholesky", tol=1e-10)
        taken.append((ours, proof, seconds(exact.fit, X, y)[0], lbfgs))
    ours, proof, newton, lbfgs = (median(column) for column in zip(*taken, strict=True))
    size = f"{n} x {p}" + (f" x {n_classes}" if n_classes > 2 else "")
    return (
        size,
        *(f"{value:.4f}" for value in (ours, proof, newton, lbfgs)),
        f"{ours / newton:.2f}, {ours / lbfgs:.2f}",
        f"{machine.limit(n, p, n_classes):.4f}",
        f"{found.certificate.distance:.0e}",
    )


def l1_row(strength: float) -> tuple[str, ...]:
    """Measure digits with the L1 penalty."""
    X, y = load_digits(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    objective = objective_of(X, y, l1_strength=1.0 / (strength * len(y)))
    saga = LogisticRegression(solver="saga", l1_ratio=1.0, C=strength)
    default, side = seconds(saga.fit, X, y)
    start = objective.pack(side.coef_, side.intercept_)
    ours, found = seconds(find_optimum, objective, start)
    proof, _ = seconds(certify, objective, side.coef_, side.intercept_, found)
    times = (f"{ours:.4f}", f"{proof:.4f}", "", f"{default:.4f}")
    name = f"digits, L1, C={strength:g}"
    return name, *times, f", {ours / default:.2f}", "", f"{found.certificate.distance:.0e}"


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    sizes = SIZES + (LARGE if "--large" in sys.argv[1:] else ())
    with one_blas_thread():
        machine = measured_machine()
        print(
            f"one core: {machine.multiplications / 1e9:.1f}e9 multiplications a second, "
            f"{machine.bytes_ / 1e9:.1f} GB/s"
        )
        find_optimum(objective_of(*classes(50, 2, 2), l2_strength=0.1))
        print(("{:<22}" + "{:>13}" * 7).format(*HEADER))
        for n, p, n_classes in sizes:
            row = smooth_row(n, p, n_classes, machine)
            print(("{:<22}" + "{:>13}" * 7).format(*row), flush=True)
        for strength in STRENGTHS:
            print(("{:<22}" + "{:>13}" * 7).format(*l1_row(strength)), flush=True)


if __name__ == "__main__":
    main()
