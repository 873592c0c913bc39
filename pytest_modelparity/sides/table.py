"""A table of predictions as a candidate: an array, a DataFrame or a CSV file."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.sides.candidate import Candidate, CandidateRequest
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.opaque import OpaqueCandidate, refuse_fit
from pytest_modelparity.sides.predictions import as_class_columns, as_numbers, refuse_labels


class TableKind:
    """Predictions that were made elsewhere, of the rows that are compared."""

    name = (
        "a table of predictions of the rows compared (an array, a DataFrame, or the path of a .csv "
        "file)"
    )

    def knows(self, request: CandidateRequest) -> bool:
        """Whether it is an array, a DataFrame or Series, or the path of a CSV file."""
        given = request.given
        if isinstance(given, (str, os.PathLike)):
            return Path(given).suffix.lower() == ".csv"
        return isinstance(given, np.ndarray) or callable(getattr(given, "to_numpy", None))

    def make(self, request: CandidateRequest) -> Candidate:
        """Return the candidate; refuses ``fit``, other rows, other classes and other numbers."""
        refuse_fit(request)
        given, data = request.given, request.data
        if isinstance(given, (str, os.PathLike)):
            title = f"table of predictions ({Path(given).name})"
            values, names = _read_csv(Path(given), int(data.X_eval.shape[0]))
        else:
            title = f"table of predictions ({type(given).__name__})"
            values, names = _read_frame(given, data)
        table = _Table(_ordered(values, names, data), data)
        return OpaqueCandidate(table, data, title=title, can_be_asked=False)


class _Table:
    """Predictions of the rows compared, and of no others."""

    def __init__(self, values: np.ndarray, data: Dataset) -> None:
        self._values, self._data = values, data

    def predict(self, X: Any) -> np.ndarray:
        """Return what the table holds; NaN for rows that it does not hold."""
        if X is self._data.X_eval_given:
            return self._values
        n_rows = int(self._data.matrix_of(X).shape[0])
        return np.full((n_rows, self._data.n_columns), np.nan)


def _read_frame(given: Any, data: Dataset) -> tuple[np.ndarray, list[str]]:
    """Return the numbers of an array, DataFrame or Series, and the names of its columns."""
    names = [str(name) for name in getattr(given, "columns", ())]
    refuse_labels(given, data)
    values = as_numbers(given if isinstance(given, np.ndarray) else given.to_numpy())
    # Columns without names of their own are numbered.
    return values, [] if names == [str(place) for place in range(len(names))] else names


def _read_csv(path: Path, n_rows: int) -> tuple[np.ndarray, list[str]]:
    """Return the numbers of a CSV file, and the names of its columns where it has a first line."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [line for line in csv.reader(file) if line]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ModelParityError(
            f"the table of predictions {str(path)!r} cannot be read: {error}"
        ) from error
    if not lines:
        raise ModelParityError(f"the table of predictions {str(path)!r} is empty")
    # Class labels may be numbers: then only the number of lines tells them from predictions.
    headed = len(lines) == n_rows + 1 or not all(map(_is_number, lines[0]))
    names = lines.pop(0) if headed else []
    # pandas writes the index as a first column without a name.
    if names and not names[0].strip():
        names, lines = names[1:], [line[1:] for line in lines]
    try:
        return np.array([[float(cell) for cell in line] for line in lines]), names
    except ValueError as error:
        raise ModelParityError(
            f"the table of predictions {str(path)!r} must hold one number for each class in every "
            f"line: {error}"
        ) from error


def _is_number(cell: str) -> bool:
    """Whether a cell can be read as a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _ordered(values: np.ndarray, names: list[str], data: Dataset) -> np.ndarray:
    """Return the columns of a table in the order of the classes, its rows and numbers checked."""
    n_rows, wanted = int(data.X_eval.shape[0]), [str(label) for label in data.classes.tolist()]
    if values.ndim not in (1, 2) or len(values) != n_rows:
        raise ModelParityError(
            f"a table of predictions must have a row for each of the {n_rows} rows compared, got "
            f"shape {values.shape}"
        )
    if not data.n_classes:
        names = []
    if len(names) > 1 and sorted(names) == sorted(wanted):
        values = values[:, [names.index(name) for name in wanted]]
    elif len(names) > 1:
        raise ModelParityError(
            f"a table of predictions must have a column for each class of y "
            f"({', '.join(wanted)}), its columns are {', '.join(names)}"
        )
    elif names == wanted[:1] and len(wanted) == 2:
        # One column of the first class says as much of the second.
        values = 1 - values
    as_class_columns(values, n_rows, data)
    return values
