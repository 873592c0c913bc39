"""Exact optima with their certificates beside scikit-learn's solvers, in one process."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from measuring.machine import Machine
from measuring.machine import seconds as seconds_at_once
from measuring.rows import OURS, Row, row_of
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from pytest_modelparity.rows.blas import one_blas_thread
from pytest_modelparity.theory.certificate import certify
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.optimum import Optimum, find_optimum

#: How near a solver must come to the optimum, in probability: one that is certified no nearer is
#: tried with a smaller tol.
ACCURACY = 1e-6
TOLS = (1e-4, 1e-6, 1e-8, 1e-10, 1e-12)
ROUNDS = 3
#: More multiplications than these in a Hessian are measured once.
LARGE = 5e9
#: Seconds after which no thread of the call before is at work: those of OpenBLAS spin for 0.1 s and
#: more before they sleep.
SETTLING = 0.5


def seconds(call: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    """Return the CPU seconds of a call that has the machine for itself, and its result."""
    time.sleep(SETTLING)
    return seconds_at_once(call, *arguments)


def measure(part: str, machine: Machine) -> list[Row]:
    """Return the row of a size or of an L1 penalty on digits."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    find_optimum(objective_of(*classes(50, 2, 2), l2_strength=0.1))
    if part.startswith("digits"):
        return [_l1(float(part.partition("C=")[2]))]
    sizes = [int(word) for word in part.split(" x ")]
    n, p, n_classes = (*sizes, 2)[:3]
    return [_smooth(n, p, n_classes, part, machine)]


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


def _smooth(n: int, p: int, n_classes: int, name: str, machine: Machine) -> Row:
    """Measure one size with the L2 penalty."""
    X, y = classes(n, p, n_classes)
    objective = objective_of(X, y, l2_strength=1.0 / n)
    rounds, tols = [], dict.fromkeys(("newton-cholesky", "lbfgs"), TOLS)
    # With more classes a Hessian has a block for each pair of them.
    large = n * p * p * n_classes**2 / 4 >= LARGE
    for _ in range(1 if large else ROUNDS):
        default, side = seconds(LogisticRegression().fit, X, y)
        ours, found = _ours(objective, side)
        taken = {OURS: ours}
        for solver, ladder in tols.items():
            for tol in ladder:
                model = LogisticRegression(solver=solver, tol=tol, max_iter=10_000)
                taken[f"{solver}, certified"], _ = seconds(model.fit, X, y)
                # Later rounds begin where this one arrived.
                tols[solver] = (tol,)
                if _distance(objective, model, found) <= ACCURACY:
                    break
        with one_blas_thread():
            taken["newton-cholesky on one thread"], _ = seconds(
                LogisticRegression(solver="newton-cholesky", tol=tols["newton-cholesky"][0]).fit,
                X,
                y,
            )
        rounds.append({**taken, "lbfgs, default": default})
    reached = " and ".join(f"{solver} at tol={tol:g}" for solver, (tol,) in tols.items())
    note = f"proven to {found.certificate.distance:.0e}; {reached}"
    return row_of(name, rounds, limit=machine.optimum(n, p, n_classes), note=note)


def _l1(strength: float) -> Row:
    """Measure digits with the L1 penalty, beside saga at its default ``tol``."""
    X, y = load_digits(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    objective = objective_of(X, y, l1_strength=1.0 / (strength * len(y)))
    rounds = []
    for _ in range(ROUNDS):
        saga = LogisticRegression(solver="saga", l1_ratio=1.0, C=strength)
        default, side = seconds(saga.fit, X, y)
        ours, found = _ours(objective, side)
        rounds.append({OURS: ours, "saga, default": default})
    off = _distance(objective, side, found)
    note = f"proven to {found.certificate.distance:.0e}, saga to {off:.0e}"
    return row_of(f"digits, L1, C={strength:g}", rounds, note=note)


def _ours(objective: LinearObjective, side: LogisticRegression) -> tuple[float, Optimum]:
    """Return the seconds of the optimum and of both certificates, and the optimum."""

    def proven() -> Optimum:
        found = find_optimum(objective, objective.pack(side.coef_, side.intercept_))
        certify(objective, side.coef_, side.intercept_, found)
        return found

    return seconds(proven)


def _distance(objective: LinearObjective, model: LogisticRegression, found: Optimum) -> float:
    """Return how far from the optimum a model is proven to be at most."""
    distance = certify(objective, model.coef_, model.intercept_, found).distance
    return float("nan") if distance is None else distance


def optimum_rounds(n: int, p: int, n_classes: int) -> Iterator[float]:
    """Yield the seconds of an optimum from zero with its certificate, of data of a size."""
    objective = objective_of(*classes(n, p, n_classes), l2_strength=1.0 / n)
    with one_blas_thread():
        for _ in range(ROUNDS):
            yield seconds(find_optimum, objective)[0]
