"""Exact optima and checks of many rows, each in a process of its own, beside other solvers."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import dask.array
import numpy as np
from dask_ml.linear_model import LogisticRegression as DaskLogisticRegression
from measuring.apart import Meter, Taken, apart
from measuring.machine import Machine
from measuring.many import Rows, written
from measuring.rows import OURS, Row, row_of
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, SGDClassifier

from pytest_modelparity import compare_models
from pytest_modelparity.report.parts import Certificate
from pytest_modelparity.rows.jobs import using
from pytest_modelparity.theory.certificate import certify
from pytest_modelparity.theory.optimum import Optimum, find_optimum

#: How near a solver must come to the optimum, in probability, and at which tol it is tried: the
#: first that gets there, or the last.
ACCURACY = 1e-6
TOLS = {"newton-cholesky": (1e-6, 1e-8), "lbfgs": (1e-8, 1e-10), "newton-cg": (1e-8, 1e-10)}
#: Parameters from which on newton-cholesky's Hessian costs more than the passes of lbfgs.
WIDE = 100
#: Rows that both sides of a check are fitted on, and that SGD is given at once.
FITTED, BATCH = 200_000, 10_000


def measure(part: str, machine: Machine) -> list[Row]:
    """Return the row of a number of rows, features and classes, held somewhere."""
    kind, _, sizes = part.partition(": ")
    size, _, held = sizes.partition(", ")
    n, p, n_classes = (*map(int, size.split(" x ")), 2)[:3]
    rows = Rows(n=n, p=p, n_classes=n_classes, held=held)
    rows = written(rows) if held == "mapped" else rows
    if kind == "check":
        # On two cores, as the check is by itself.
        one = _optimum(f"2 cores: {sizes}", rows, machine, 2)
        return [one, _check(part, rows, one.others["newton-cholesky"])]
    cores = int(kind.partition(" ")[0]) if kind.endswith("cores") else 1
    return [_optimum(part, rows, machine, cores)]


def _optimum(name: str, rows: Rows, machine: Machine, cores: int) -> Row:
    """Measure an optimum from zero with its certificate."""
    ours, found = apart(optimum, rows, cores)
    taken, notes = {OURS: ours.cpu}, [f"{ours.words()}; {_proven(found.certificate)}"]
    solver = _best_solver(rows)
    other, said = apart(fit, rows, solver, found)
    taken[solver] = other.cpu
    notes.append(f"{solver}: {other.words()}, {said}")
    if rows.held == "mapped":
        other, far = apart(pass_of_sgd, rows, found)
        taken["SGD, one pass"] = other.cpu
        notes.append(f"SGD: {other.words()}, {far:.0e} off")
        other, far = apart(fit_of_dask_ml, rows)
        taken["dask-ml, lbfgs"] = other.cpu
        notes.append(f"dask-ml: {other.words()}, {far:.0e} off its own optimum")
    limit = None if rows.held == "sparse" else machine.optimum(rows.n, rows.p, rows.n_classes)
    return row_of(name, [taken], limit=limit, note="<br>".join(notes))


def _best_solver(rows: Rows) -> str:
    """Return the name of the fastest of scikit-learn's solvers that comes near the optimum."""
    if rows.held == "sparse":
        return "newton-cg"
    return "lbfgs" if rows.p * rows.n_classes >= 2 * WIDE else "newton-cholesky"


def _check(name: str, rows: Rows, solver: float) -> Row:
    """Measure a whole check of two trained models beside a solver's seconds for one."""
    ours, verdict = apart(check, rows)
    taken = {OURS: ours.cpu, "newton-cholesky, one side": solver}
    return row_of(name, [taken], note=f"{ours.words()}; {verdict}")


def optimum(rows: Rows, cores: int) -> tuple[Taken, Optimum]:
    """Return what an optimum with its certificate takes, X included where it is in memory."""
    small = rows.small
    find_optimum(small.objective(*small.made()))
    meter = Meter()
    objective = rows.objective(*rows.made())
    with using(cores):
        return meter.run(find_optimum, objective)


def fit(rows: Rows, solver: str, found: Optimum) -> tuple[Taken, str]:
    """Return what a solver takes until it is certified near the optimum, and how near that is."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    small = rows.small
    LogisticRegression(solver=solver).fit(*small.made())
    meter = Meter()
    X, y = rows.made()
    # Not the map, whose pages would count beside it.
    held = np.load(X.filename) if isinstance(X, np.memmap) else X
    objective = rows.objective(X, y)
    for tol in TOLS[solver]:
        model = LogisticRegression(solver=solver, tol=tol, max_iter=10_000)
        taken, _ = meter.run(model.fit, held, y)
        certificate = certify(objective, model.coef_, model.intercept_, found)
        if certificate.distance is not None and certificate.distance <= ACCURACY:
            break
    return taken, f"tol={tol:g}, {_proven(certificate)}"


def pass_of_sgd(rows: Rows, found: Optimum) -> tuple[Taken, float]:
    """Return what one pass of SGD over mapped rows takes, and how far it stays off."""
    X, y = rows.made()
    meter = Meter()

    def trained() -> SGDClassifier:
        model = SGDClassifier(
            "log_loss",
            alpha=1.0 / rows.n,
            # The default begins with steps of 1 / sqrt(alpha), and is 0.6 off after 1e7 rows.
            learning_rate="invscaling",
            eta0=0.1,
            average=True,
            random_state=0,
        )
        for begin in range(0, rows.n, BATCH):
            batch = slice(begin, begin + BATCH)
            model.partial_fit(np.array(X[batch]), y[batch], classes=range(rows.n_classes))
        return model

    taken, model = meter.run(trained)
    far = certify(rows.objective(X, y), model.coef_, model.intercept_, found).distance
    return taken, float("nan") if far is None else far


def fit_of_dask_ml(rows: Rows) -> tuple[Taken, float]:
    """Return what dask-ml takes on the mapped rows, and how far from its own optimum it stops."""
    # Of dask and SciPy, about options that dask-glm sets.
    warnings.filterwarnings("ignore", "Dask configuration key", FutureWarning)
    warnings.filterwarnings("ignore", "scipy.optimize", DeprecationWarning)
    small = [dask.array.from_array(one) for one in rows.small.made()]
    DaskLogisticRegression(solver="lbfgs").fit(*small)
    X, y = rows.made()
    there = dask.array.from_array(X)
    labels = dask.array.from_array(y, chunks=(there.chunks[0],))
    meter = Meter()
    taken, model = meter.run(lambda: DaskLogisticRegression(solver="lbfgs").fit(there, labels))
    report = compare_models(model, X, y, candidate=model, memory=0, explain=False)
    far = report.certificates["reference"].distance
    return taken, float("nan") if far is None else far


def check(rows: Rows) -> tuple[Taken, str]:
    """Return what a check of two models takes that differ in the penalty, and its verdict."""
    X, y = rows.small.made()
    _compared(_sides(X, y), X, y, memory=0)
    X, y = rows.made()
    sides = _sides(np.array(X[:FITTED]), y[:FITTED])
    meter = Meter()
    taken, report = meter.run(lambda: _compared(sides, X, y))
    causes = ", ".join(cause.setting for cause in report.causes) or "no cause within the budget"
    return taken, f"{'equivalent' if report else 'diverged'}; {causes}"


def _sides(X: np.ndarray, y: np.ndarray) -> Sequence[LogisticRegression]:
    """Return a model and another one with a stronger penalty."""
    return [
        LogisticRegression(C=C, solver="newton-cholesky").fit(X, y) for C in (1.0, 100 / len(y))
    ]


def _compared(sides: Sequence[Any], X: Any, y: np.ndarray, memory: float | None = None) -> Any:
    """Return the report of two models."""
    reference, candidate = sides
    return compare_models(reference, X, y, candidate=candidate, tolerance=1e-6, memory=memory)


def _proven(certificate: Certificate) -> str:
    """Say how far from the optimum a point is at most."""
    known = certificate.distance is not None
    return f"proven to {certificate.distance:.0e}" if known else "not proven"
