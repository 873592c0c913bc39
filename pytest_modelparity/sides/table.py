"""A table of predictions as a candidate: an array, a DataFrame or a file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.sides.candidate import TABLE, Candidate, CandidateRequest
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.opaque import OpaqueCandidate, refuse_fit
from pytest_modelparity.sides.predictions import as_class_columns, as_numbers, refuse_labels
from pytest_modelparity.sides.table_files import (
    ReadFile,
    own_names,
    read_csv,
    read_npy,
    read_npz,
)

#: Who reads a file, by its suffix.
READERS: Mapping[str, ReadFile] = {".csv": read_csv, ".npy": read_npy, ".npz": read_npz}


class TableKind:
    """Predictions that were made elsewhere, of the rows that are compared.

    Parameters
    ----------
    read_parquet : callable, optional
        Reads what no array package does.
    """

    name = (
        "a table of predictions of the rows compared (an array, a DataFrame, or the path of a "
        ".csv, .parquet, .npy or .npz file)"
    )
    word = "table"
    reads = TABLE

    def __init__(self, read_parquet: ReadFile | None = None) -> None:
        self._readers = READERS if read_parquet is None else {**READERS, ".parquet": read_parquet}

    def knows(self, request: CandidateRequest) -> bool:
        """Whether it is an array, a DataFrame or Series, or the path of a file of one."""
        given = request.given
        if request.kind == self.word:
            return True
        if isinstance(given, (str, os.PathLike)):
            return Path(given).suffix.lower() in self._readers
        return isinstance(given, np.ndarray) or callable(getattr(given, "to_numpy", None))

    def make(self, request: CandidateRequest) -> Candidate:
        """Return the candidate; refuses ``fit``, other rows, other classes and other numbers."""
        refuse_fit(request)
        given, data = request.given, request.data
        if isinstance(given, (str, os.PathLike)):
            title = f"table of predictions ({Path(given).name})"
            # What has another suffix is text.
            read = self._readers.get(Path(given).suffix.lower(), read_csv)
            values, names = read(Path(given), data.n_compared)
            values = as_numbers(values)
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
            sampled = self._data.sampled
            return self._values if sampled is None else self._values[sampled]
        n_rows = int(self._data.matrix_of(X).shape[0])
        return np.full((n_rows, self._data.n_columns), np.nan)

    def of_rows(self, rows: slice) -> np.ndarray:
        """Return what the table holds of some of the rows compared, by their places."""
        return self._values[rows]


def _read_frame(given: Any, data: Dataset) -> tuple[np.ndarray, list[str]]:
    """Return the numbers of an array, DataFrame or Series, and the names of its columns."""
    names = [str(name) for name in getattr(given, "columns", ())]
    refuse_labels(given, data)
    to_numpy = getattr(given, "to_numpy", None)
    values = as_numbers(given if to_numpy is None else to_numpy())
    return values, own_names(names)


def _ordered(values: np.ndarray, names: list[str], data: Dataset) -> np.ndarray:
    """Return the columns of a table in the order of the classes, its rows and numbers checked."""
    n_rows, wanted = data.n_compared, [str(label) for label in data.classes.tolist()]
    if values.ndim not in (1, 2) or len(values) != n_rows:
        raise ModelParityError(
            f"a table of predictions must have a row for each of the {n_rows} rows compared, got "
            f"shape {values.shape}; pass what was predicted of X_eval, or of X where there is none"
        )
    if not data.n_classes:
        names = []
    if len(names) > 1 and sorted(names) == sorted(wanted):
        values = values[:, [names.index(name) for name in wanted]]
    elif len(names) > 1:
        raise ModelParityError(
            f"a table of predictions must have a column for each class of y "
            f"({', '.join(wanted)}), its columns are {', '.join(names)}; name them so"
        )
    elif names == wanted[:1] and len(wanted) == 2:
        # One column of the first class says as much of the second.
        values = 1 - values
    as_class_columns(values, n_rows, data)
    return values
