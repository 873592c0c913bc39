"""Known differences, planted in each kind of candidate that comes trained: are they named?

    python benchmarks/planted_kinds.py [--only TEXT]

A model that was trained with one thing otherwise is handed over in each way that a port is: as a
file, as an object, as a function or as a table. A control must be equivalent, and each difference
be named as a must, with no innocent one beside it. Writes `benchmarks/planted_kinds.md`; the run
fails where one falls short.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from planting.handing import WAYS
from planting.rows import narrow_rows
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import ModelParityError, compare_models

HERE = Path(__file__).parent
TABLE = HERE / "planted_kinds.md"
Rows = tuple[np.ndarray, np.ndarray]
#: Solvers to the last digits, so that what differs is what was planted.
TIGHT = {"tol": 1e-10, "max_iter": 20_000, "solver": "newton-cg"}

HEAD = """# Planted causes, by kind of candidate

Written by `python benchmarks/planted_kinds.py`. A model that was trained with one thing otherwise
is handed over in each way that a port is: a control must be equivalent, a difference be named as a
must, and nothing else as one. Each cell has the number of data sets, of breast_cancer, wine and two
classes of iris, on which that holds.

"""


def data_sets() -> Mapping[str, Rows]:
    """Return rows whose models are far from certain."""
    return narrow_rows(iris_from=50)


def _weighted(X: np.ndarray, y: np.ndarray) -> Any:
    """Return a model that saw weights which the check does not know of."""
    weights = np.where(y == y[0], 3.0, 1.0)
    return LogisticRegression(**TIGHT).fit(X, y, weights)


def _reversed(X: np.ndarray, y: np.ndarray) -> Any:
    """Return a model whose columns stand in reverse order."""
    fitted = LogisticRegression(**TIGHT).fit(X, y)
    fitted.coef_ = fitted.coef_[:, ::-1].copy()
    return fitted


def _half_logit(X: np.ndarray, y: np.ndarray) -> Any:
    """Return a model whose decision function is half of what it should be."""
    fitted = LogisticRegression(**TIGHT).fit(X, y)
    fitted.coef_, fitted.intercept_ = fitted.coef_ / 2, fitted.intercept_ / 2
    return fitted


def _with(**settings: Any) -> Callable[[np.ndarray, np.ndarray], Any]:
    """Return what trains with other settings."""
    return lambda X, y: LogisticRegression(**{**TIGHT, **settings}).fit(X, y)


#: By the names that would be right: what trains the model that is handed over.
PLANTS: Mapping[str, tuple[tuple[str, ...], Callable[[np.ndarray, np.ndarray], Any]]] = {
    "nothing": ((), _with()),
    "C a tenth": (("C",), _with(C=0.1)),
    "no penalty": (("penalty",), _with(C=np.inf)),
    "no intercept": (("fit_intercept",), _with(fit_intercept=False)),
    "balanced classes": (("class_weight",), _with(class_weight={0: 1.0, 1: 4.0, 2: 1.0})),
    # Rows of one class weigh more, which is that class's weight as well.
    "weighted rows": (("class_weight", "sample_weight"), _weighted),
    "columns reversed": (("columns-reversed",), _reversed),
    "half the logit": (("logit-factor",), _half_logit),
}


def falls_short(plant: str, way: str, rows: Rows, folder: Path) -> str:
    """Return what is not as it should be; nothing where all is."""
    X, y = rows
    wanted, train = PLANTS[plant]
    if plant == "balanced classes" and len(np.unique(y)) == 2:
        train = _with(class_weight=dict(zip(np.unique(y).tolist(), (1.0, 4.0), strict=True)))
    candidate, arguments = WAYS[way](train, X, y, folder)
    reference = LogisticRegression(**TIGHT)
    try:
        report = compare_models(clone(reference), X, y, candidate=candidate, **arguments)
    except ModelParityError as error:
        return f"refused: {error}"
    musts = [cause.setting for cause in report.causes if cause.role == "must"]
    if not wanted:
        return "" if report.equivalent else f"diverged by {report.divergences['probability'].value}"
    if report.equivalent:
        return "equivalent"
    named = [name for name in musts if name in wanted]
    return "" if len(named) == 1 == len(musts) else f"named {', '.join(musts) or 'nothing'}"


def judged(only: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield way, plant, data set and what falls short, of those that are asked for."""
    for way in WAYS:
        for plant in PLANTS:
            for data, rows in data_sets().items():
                if only not in f"{way} / {plant} / {data}":
                    continue
                with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    short = falls_short(plant, way, rows, Path(folder))
                print(f"{way} / {plant} / {data}: {short or 'as planted'}", flush=True)
                yield way, plant, data, short


def table(results: list[tuple[str, str, str, str]]) -> str:
    """Return the page."""
    lines = ["| candidate | " + " | ".join(PLANTS) + " |", "| --- " * (len(PLANTS) + 1) + "|"]
    for way in WAYS:
        cells = []
        for plant in PLANTS:
            mine = [short for w, p, _, short in results if (w, p) == (way, plant)]
            held = sum(not short for short in mine)
            said = sorted({short for short in mine if short})
            cells.append(f"{held} of {len(mine)}" + (f": {'; '.join(said)}" if said else ""))
        lines.append(f"| {way} | " + " | ".join(cells) + " |")
    return HEAD + "\n".join(lines) + "\n"


def main() -> int:
    """Judge what is asked for, and write the table of a whole run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="those whose name holds this text")
    options = parser.parse_args()
    results = list(judged(options.only))
    if not options.only:
        TABLE.write_text(table(results), encoding="utf-8")
    return int(any(short for *_, short in results))


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.exit(main())
