"""The runs that the constants of the model are fitted to, and those that it is held against."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import dask.array
import numpy as np
from dask.delayed import delayed
from distributed import Client, LocalCluster
from measuring.many import Rows, written
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import compare_models
from pytest_modelparity.frameworks.dask.matrix import DaskRows
from pytest_modelparity.rows import passes
from pytest_modelparity.rows.finite import first_not_finite
from pytest_modelparity.rows.held import FileRows, rows_of_array
from pytest_modelparity.rows.jobs import using
from pytest_modelparity.rows.matrix import Columns, RowMatrix
from pytest_modelparity.rows.passes import row_groups
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.optimum import find_optimum
from pytest_modelparity.theory.rows import RowTable
from scaling.chunks import row_chunks, tasks_of_pass
from scaling.model import Passes, Run

#: Rows, features, and numbers in a group.
Size: TypeAlias = tuple[int, int, int]

#: Groups as they are, and small ones, of which there are many.
WHOLE, SMALL = passes.GROUP_NUMBERS, 20_000
#: What is measured; and the largest, which are left out of the fit.
MAPPED = ((100_000, 20, WHOLE), (1_000_000, 20, WHOLE), (50_000, 100, WHOLE), (300_000, 100, WHOLE))
MAPPED_LEFT_OUT = ((3_000_000, 20, WHOLE), (10_000_000, 20, WHOLE), (1_000_000, 100, WHOLE))
CLUSTER = ((100_000, 20, WHOLE), (300_000, 20, WHOLE), (50_000, 100, WHOLE), (200_000, 100, WHOLE))
CLUSTER += ((100_000, 20, SMALL), (300_000, 20, SMALL))
CLUSTER_LEFT_OUT = ((1_000_000, 20, WHOLE), (500_000, 20, SMALL), (500_000, 100, WHOLE))
#: What is measured on more workers, elsewhere.
MANY = (4_000_000, 100)
WARMING = (20_000, 20, WHOLE)
CORES = (1, 2)
#: Rows that both sides of a check are fitted on.
FITTED = 50_000
#: Phases of a check, by the function that is at work.
PHASES = {
    "first_not_finite": "one pass for NaN",
    "find_optimum": "optimum of both sides",
    "certify": "certificate of both sides",
    "over_groups": "verdict and structure",
}
REST = "explanation"


def measured_runs() -> Iterator[Run]:
    """Yield all runs on this machine, each as it ends."""
    for cores in CORES:
        yield from _of_sizes(MAPPED, MAPPED_LEFT_OUT, cores, cluster=False)
        with _workers(cores):
            yield from _of_sizes(CLUSTER, CLUSTER_LEFT_OUT, cores, cluster=True)


def runs_on_workers(each: Sequence[int]) -> Iterator[Run]:
    """Yield an optimum on each number of workers, on rows that these hold."""
    n, p = MANY
    X, y = written(Rows(n=n, p=p, held="mapped")).made()
    for workers in each:
        with _workers(workers):
            matrix = DaskRows(_on_cluster(X))
            # Whatever is loaded by the first of all passes is no part of it.
            first_not_finite(matrix)
            call = partial(find_optimum, objective_of(matrix, y))
            phases, seconds = counted(call, matrix.shape, checks=0)
        yield Run(
            what="optimum",
            cluster=True,
            cores=workers,
            phases=phases,
            seconds=seconds,
            fitted=False,
        )


@contextmanager
def _workers(number: int) -> Iterator[None]:
    """Keep a cluster of so many processes, whose Client is the active one."""
    processes = {"n_workers": number, "threads_per_worker": 1, "processes": True}
    with LocalCluster(**processes, dashboard_address="127.0.0.1:0") as cluster, Client(cluster):
        yield


def _of_sizes(
    fitted: Sequence[Size], left_out: Sequence[Size], cores: int, *, cluster: bool
) -> Iterator[Run]:
    """Yield the runs over rows of some sizes."""
    # Whatever is imported or started by the first of all is no part of the runs.
    list(_of_rows(*WARMING, cluster=cluster, cores=cores, fitted=False))
    for size in (*fitted, *left_out):
        yield from _of_rows(*size, cluster=cluster, cores=cores, fitted=size in fitted)


def _of_rows(
    n: int, p: int, numbers: int, *, cluster: bool, cores: int, fitted: bool
) -> Iterator[Run]:
    """Yield the runs over rows of one size."""
    passes.GROUP_NUMBERS = numbers
    X, y = written(Rows(n=n, p=p, held="mapped")).made()
    given = _on_cluster(X) if cluster else X
    matrix = DaskRows(given) if cluster else rows_of_array(X)
    for what, call in calls(given, matrix, X, y).items():
        with using(cores):
            phases, seconds = counted(call, matrix.shape, checks=int(what == "check"))
        yield Run(
            what=what,
            cluster=cluster,
            cores=cores,
            phases=phases,
            seconds=seconds,
            fitted=fitted,
        )


def calls(
    given: Any, matrix: RowMatrix, X: np.ndarray, y: np.ndarray
) -> dict[str, Callable[[], Any]]:
    """Return what is measured of some rows, by its name."""
    objective, sides = objective_of(matrix, y), sides_of(X, y)

    def check() -> None:
        compare_models(sides[0], given, y, candidate=sides[1], tolerance=1e-6, memory=0)

    return {
        "finite": lambda: first_not_finite(matrix),
        "optimum": lambda: find_optimum(objective),
        "check": check,
    }


def objective_of(matrix: RowMatrix, y: np.ndarray) -> LinearObjective:
    """Return that of ``LogisticRegression(C=1)``."""
    n, ones = len(y), np.broadcast_to(1.0, len(y))
    return LinearObjective(X=matrix, y=y, n_classes=2, row_weight=ones, l2_strength=1.0 / n)


def sides_of(X: np.ndarray, y: np.ndarray) -> list[LogisticRegression]:
    """Return a model and another one with a stronger penalty."""
    some = np.array(X[:FITTED]), y[:FITTED]
    return [LogisticRegression(C=C, solver="newton-cholesky").fit(*some) for C in (1.0, 1e-3)]


def counted(
    call: Callable[[], Any], shape: tuple[int, int], checks: int
) -> tuple[dict[str, Passes], float]:
    """Return the passes of each phase of a call over rows of a shape, and its seconds."""
    phases: dict[str, Passes] = {}
    n, p = shape
    none = Passes(n=n, p=p, groups=len(row_groups(n, p)), tasks=tasks_of_pass(n, p))
    # Whole columns, so that none takes the place of another.
    sent: list[np.ndarray] = []

    def record(**amounts: float) -> None:
        name = _phase()
        before = phases.get(name, none)
        more = {of: getattr(before, of) + amount for of, amount in amounts.items()}
        phases[name] = replace(before, **more)

    def bytes_of(columns: Columns) -> int:
        new = [one for one in columns if not any(one is column for column in sent)]
        sent.extend(new)
        return sum(map(_sent, new))

    def of_pass(
        matrix: RowMatrix, of_group: Any, columns: Columns, *rest: Any, **options: Any
    ) -> None:
        record(passes=1, labelled=len(columns) > 0, sent=bytes_of(columns))

    def of_models(matrix: RowMatrix, of_group: Any, columns: Columns, *rest: Any) -> None:
        record(verdicts=1, sent=bytes_of(columns))

    def of_objective(table: RowTable, *rest: Any, work: float = 0.0, **options: Any) -> None:
        record(work=work)

    with (
        _announced(FileRows, "total", of_pass),
        _announced(DaskRows, "total", of_pass),
        _announced(FileRows, "merged", of_models),
        _announced(DaskRows, "merged", of_models),
        _announced(RowTable, "total", of_objective),
    ):
        begin = time.perf_counter()
        call()
        seconds = time.perf_counter() - begin
    if checks:
        phases[REST] = replace(phases.get(REST, none), checks=1)
    return phases, seconds


def _phase() -> str:
    """Return the phase of a check that makes a pass now."""
    names = (frame.f_code.co_name for frame, _ in traceback.walk_stack(None))
    return next((PHASES[name] for name in names if name in PHASES), REST)


@contextmanager
def _announced(kind: type[Any], method: str, announce: Callable[..., None]) -> Iterator[None]:
    """Tell a function of all calls of a method of a class."""
    called = getattr(kind, method)

    def announced(*arguments: Any, **options: Any) -> Any:
        announce(*arguments, **options)
        return called(*arguments, **options)

    setattr(kind, method, announced)
    try:
        yield
    finally:
        setattr(kind, method, called)


def _sent(column: np.ndarray) -> int:
    """Return how many bytes of a column go with a row."""
    if column.strides == (0,):
        return 0
    return 1 if column.dtype.kind in "iu" else column.dtype.itemsize


def _on_cluster(X: np.memmap) -> dask.array.Array:
    """Return the rows of a file in the memory of the workers."""
    parts = [
        dask.array.from_delayed(
            delayed(_read)(X.filename, rows), (rows.stop - rows.start, X.shape[1]), X.dtype
        )
        for rows in row_chunks(*X.shape)
    ]
    held = dask.array.concatenate(parts).persist()
    # Before it is there, its reading would be measured.
    held.sum().compute()
    return held


def _read(path: str | Path, rows: slice) -> np.ndarray:
    """Return some rows of a file."""
    return np.array(np.load(path, mmap_mode="r")[rows])
