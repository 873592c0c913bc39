"""A parquet file of predictions, read by pyarrow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow
from pyarrow import parquet

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.sides.table_files import not_read, own_names

#: What pandas calls an index that it writes as a column (pandas 2.2, "Storing pandas objects").
INDEX = "__index_level_"


def read_parquet(path: Path) -> tuple[np.ndarray, list[str]]:
    """Return the numbers of a file, and the names of its columns where they are no numbers.

    Raises
    ------
    ModelParityError
        If it cannot be read, or is empty.
    """
    try:
        table = parquet.read_table(path)
    except (OSError, pyarrow.ArrowException) as error:
        raise not_read(path, error) from error
    names = [name for name in table.column_names if not name.startswith(INDEX)]
    if not names:
        raise ModelParityError(
            f"the table of predictions {str(path)!r} has no columns; write it again"
        )
    columns = [table.column(name).to_numpy() for name in names]
    return np.column_stack(columns), own_names(names)
