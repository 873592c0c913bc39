"""What is known as a table of predictions, without what reads one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pytest_modelparity.frameworks.loading import installing, load
from pytest_modelparity.sides.passed import OpenedRows
from pytest_modelparity.sides.table import TableKind


def _read_parquet(path: Path, n_rows: int) -> tuple[np.ndarray, list[str]]:
    """Return the numbers of a parquet file, and the names of its columns."""
    parquet = load("tables.parquet", installing("parquet"))
    found: tuple[np.ndarray, list[str]] = parquet.read_parquet(path)
    return found


TABLES = TableKind(_read_parquet)


class ParquetRowsKind:
    """Paths of parquet files, and of folders of them, as rows to pass over."""

    def knows(self, X: Any) -> bool:
        """Whether X is such a path."""
        if not isinstance(X, (str, Path)):
            return False
        return Path(X).suffix == ".parquet" or Path(X).is_dir()

    def open(self, X: Any, y: Any, sample_weight: Any) -> OpenedRows:
        """Return its rows; y and the weights may be columns by name."""
        opened: OpenedRows = load("tables.row_groups", installing("parquet")).open_rows(
            X, y, sample_weight
        )
        return opened
