"""What is known as rows of dask, without dask."""

from __future__ import annotations

from typing import Any

from pytest_modelparity.frameworks.loading import installing, load
from pytest_modelparity.sides.passed import OpenedRows


class DaskKind:
    """Arrays and DataFrames of dask."""

    def knows(self, X: Any) -> bool:
        """Whether X is one of dask's."""
        module = type(X).__module__
        return module.startswith(("dask.", "dask_expr")) and hasattr(X, "dask")

    def open(self, X: Any, y: Any, sample_weight: Any) -> OpenedRows:
        """Return its rows, with what belongs to each of them brought home."""
        opened: OpenedRows = load("dask.opening", installing("dask")).open_rows(X, y, sample_weight)
        return opened
