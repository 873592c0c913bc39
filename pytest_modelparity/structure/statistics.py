"""What a scaler that is fitted on rows takes from their columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.theory.design import FloatArray

#: What a scaler subtracts, then what it divides by: as `sklearn.preprocessing` (1.9) has it in
#: StandardScaler, MinMaxScaler, MaxAbsScaler and RobustScaler; pandas divides by n - 1.
SCALERS = (
    "standard deviation",
    "standard deviation with ddof=1",
    "range",
    "largest absolute value",
    "interquartile range",
)
CENTRES = ("mean", "smallest value", "median")


# Not slotted: cached properties need a dictionary.
@dataclass(frozen=True, kw_only=True, eq=False)
class ColumnStatistics:
    """Statistics of the columns of rows, each worked out when it is first asked for.

    Parameters
    ----------
    sample : array or CSR, (m, p)
        The rows, or an even sample of them, of which medians and quartiles are.
    all_rows : RowMatrix, optional
        The rows where they are passed over; all other statistics are of these.
    """

    sample: Any
    all_rows: RowMatrix | None = None

    @property
    def _rows(self) -> Any:
        """The rows that most statistics are of."""
        return self.sample if self.all_rows is None else self.all_rows

    @cached_property
    def mean(self) -> FloatArray:
        """Mean of each column."""
        return np.asarray(self._rows.mean(axis=0), dtype=np.float64).reshape(-1)

    @cached_property
    def deviation(self) -> FloatArray:
        """Standard deviation of each column."""
        if isinstance(self._rows, (np.ndarray, RowMatrix)):
            return np.asarray(self._rows.std(axis=0), dtype=np.float64)
        square = np.asarray(self._rows.multiply(self._rows).mean(axis=0)).reshape(-1)
        return np.asarray(np.sqrt(np.maximum(square - self.mean**2, 0.0)))

    @cached_property
    def scalers(self) -> list[tuple[FloatArray, FloatArray]]:
        """Centre and scale of each of `SCALERS`; of dense rows."""
        low, high = self._ends
        first, median, third = self._quartiles
        n, zero = int(self._rows.shape[0]), np.zeros_like(self.mean)
        pairs = [
            (self.mean, self.deviation),
            (self.mean, self.deviation * np.sqrt(n / max(1, n - 1))),
            (low, high - low),
            (zero, np.maximum(np.abs(low), np.abs(high))),
            (median, third - first),
        ]
        # A constant column is divided by nothing, as scikit-learn does.
        return [(c, np.where(s > 0, s, 1.0)) for c, s in pairs]

    @property
    def centres(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Each of `CENTRES`; of dense rows."""
        return self.mean, self._ends[0], self._quartiles[1]

    @cached_property
    def _ends(self) -> tuple[FloatArray, FloatArray]:
        """The smallest and the largest number of each column."""
        return self._rows.min(axis=0), self._rows.max(axis=0)

    @cached_property
    def _quartiles(self) -> FloatArray:
        """Quartiles of each column, (3, p)."""
        return np.asarray(np.percentile(self.sample, (25, 50, 75), axis=0))
