"""What is known as a table of predictions, without what reads one."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pytest_modelparity.frameworks.loading import installing, load
from pytest_modelparity.sides.table import TableKind


def _read_parquet(path: Path, n_rows: int) -> tuple[np.ndarray, list[str]]:
    """Return the numbers of a parquet file, and the names of its columns."""
    parquet = load("tables.parquet", installing("parquet"))
    found: tuple[np.ndarray, list[str]] = parquet.read_parquet(path)
    return found


TABLES = TableKind(_read_parquet)
