"""The rows of parquet files, passed over by their row groups."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pyarrow
from pyarrow import parquet

from pytest_modelparity.errors import InvalidDataError
from pytest_modelparity.frameworks.tables.parquet import INDEX
from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.rows.passes import FloatArray, whole_parts
from pytest_modelparity.sides.artefact import first_line
from pytest_modelparity.sides.passed import OpenedRows, PassedRows

#: Row groups that are kept as they were read: neighbours are asked for by several threads.
KEPT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RowGroup:
    """A part of a file that is read at once.

    Parameters
    ----------
    path : Path
        Of the file.
    number : int
        Of the part in the file.
    begin, stop : int
        Its rows among all.
    """

    path: Path
    number: int
    begin: int
    stop: int


class ParquetRows(RowMatrix):
    """The rows of some columns of parquet files.

    Parameters
    ----------
    parts : list of RowGroup
        In the order of the rows.
    columns : tuple of str
        The features.
    """

    def __init__(self, parts: list[RowGroup], columns: tuple[str, ...]) -> None:
        self._row_groups, self._columns = parts, columns
        self._kept: OrderedDict[int, FloatArray] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and of features."""
        return self._row_groups[-1].stop, len(self._columns)

    @property
    def parts(self) -> list[slice]:
        """Whole row groups: a part of one costs all of it."""
        sizes = (part.stop - part.begin for part in self._row_groups)
        return whole_parts(sizes, self.shape[1])

    def read(self, rows: slice) -> FloatArray:
        """Return some rows, in memory."""
        found = [np.zeros((0, self.shape[1]))]
        for index, part in enumerate(self._row_groups):
            begin, stop = max(rows.start, part.begin), min(rows.stop, part.stop)
            if begin < stop:
                found.append(self._numbers(index)[begin - part.begin : stop - part.begin])
        return (
            found[0] if len(found) == 1 else np.concatenate([np.zeros((0, self.shape[1])), *found])
        )

    @property
    def as_given(self) -> Callable[[FloatArray], Any]:
        """What makes a DataFrame of pandas of some rows."""
        return partial(pandas.DataFrame, columns=list(self._columns))

    def place_of(self, row: int) -> str:
        """Return in which file a row is."""
        part = next(part for part in self._row_groups if row < part.stop)
        return f", in row group {part.number} of {part.path.name}"

    def column(self, name: str) -> np.ndarray:
        """Return a column as it is, of all rows."""
        return np.concatenate(
            [_table(part, [name]).column(name).to_numpy() for part in self._row_groups]
        )

    def _numbers(self, index: int) -> FloatArray:
        """Return the features of a row group."""
        with self._lock:
            if index not in self._kept:
                table = _table(self._row_groups[index], list(self._columns))
                columns = [table.column(name).to_numpy() for name in self._columns]
                self._kept[index] = np.column_stack(columns).astype(np.float64, copy=False)
                if len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            return self._kept[index]


def open_rows(path: str | Path, y: Any, sample_weight: Any) -> OpenedRows:
    """Return the rows of a parquet file, or of a folder of them, sorted by name.

    Parameters
    ----------
    path : str or Path
        Of the file or folder.
    y, sample_weight : str, array-like or None
        Columns by name, which then are no features; else as they are.

    Raises
    ------
    InvalidDataError
        If a file cannot be read, lacks a column, or has one that holds no numbers.
    """
    parts, schemas = _row_groups(_files(Path(path)))
    columns = _names(schemas[parts[0].path])
    taken = [name for name in (y, sample_weight) if isinstance(name, str)]
    missing = [name for name in taken if name not in columns]
    if missing:
        raise InvalidDataError(
            f"{str(path)!r} has no column {missing[0]!r}; its columns are {', '.join(columns)}"
        )
    features = tuple(name for name in columns if name not in taken)
    matrix = ParquetRows(parts, features)
    for file, schema in schemas.items():
        _refuse_text(file, schema, features)
    rows = PassedRows(matrix=matrix, given=matrix, names=features)
    y, weights = (matrix.column(one) if isinstance(one, str) else one for one in (y, sample_weight))
    return OpenedRows(rows=rows, y=y, sample_weight=weights)


def _files(path: Path) -> list[Path]:
    """Return the parquet files that a path stands for."""
    files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    if not files:
        raise InvalidDataError(f"the folder {str(path)!r} holds no file that ends in .parquet")
    return files


def _row_groups(files: list[Path]) -> tuple[list[RowGroup], dict[Path, pyarrow.Schema]]:
    """Return the row groups of some files, and the columns of each, which are the same."""
    parts: list[RowGroup] = []
    schemas: dict[Path, pyarrow.Schema] = {}
    for file in files:
        try:
            found = parquet.ParquetFile(file)
        except (OSError, pyarrow.ArrowException) as error:
            raise InvalidDataError(
                f"{str(file)!r} cannot be read: {first_line(error)}; write it again"
            ) from error
        schemas[file] = found.schema_arrow
        names, columns = _names(schemas[file]), _names(schemas[files[0]])
        if set(names) != set(columns):
            odd = sorted(set(names) ^ set(columns))[0]
            raise InvalidDataError(
                f"{file.name} {'lacks' if odd in columns else 'alone has'} the column {odd!r}, "
                f"unlike {files[0].name}; all files must have the same columns"
            )
        for number in range(found.num_row_groups):
            begin = parts[-1].stop if parts else 0
            stop = begin + found.metadata.row_group(number).num_rows
            parts.append(RowGroup(path=file, number=number, begin=begin, stop=stop))
    if not parts or not parts[-1].stop:
        raise InvalidDataError(f"{str(files[0])!r} must hold a row at least, got none")
    return parts, schemas


def _names(schema: pyarrow.Schema) -> list[str]:
    """Return the names of the columns of a file, without those that are an index of pandas."""
    return [name for name in schema.names if not name.startswith(INDEX)]


def _refuse_text(file: Path, schema: pyarrow.Schema, features: tuple[str, ...]) -> None:
    """Refuse columns that hold no numbers."""
    for name in features:
        kind = schema.field(name).type
        is_number = (
            pyarrow.types.is_integer(kind)
            or pyarrow.types.is_floating(kind)
            or pyarrow.types.is_boolean(kind)
        )
        if not is_number:
            raise InvalidDataError(
                f"column {name!r} of {file.name} must hold numbers, got {kind}; encode categories "
                f"and drop text columns first, or name it as y"
            )


def _table(part: RowGroup, columns: list[str]) -> pyarrow.Table:
    """Return some columns of a row group."""
    try:
        return parquet.ParquetFile(part.path).read_row_group(part.number, columns=columns)
    except (OSError, pyarrow.ArrowException) as error:
        raise InvalidDataError(
            f"row group {part.number} of {part.path.name} (rows {part.begin} to {part.stop - 1}) "
            f"cannot be read: {first_line(error)}; write the file again"
        ) from error
