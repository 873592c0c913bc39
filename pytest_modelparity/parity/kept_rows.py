"""Rows of predictions that a report keeps: those that differ most, and an even sample."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np

#: Rows that are kept of each kind.
KEPT = 200
#: Columns up to which the largest of each row is faster found column by column.
FEW_COLUMNS = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeptRows:
    """Some rows of both sides' predictions.

    Parameters
    ----------
    rows : ndarray of shape (n,)
        Their numbers.
    reference, candidate : ndarray of shape (n, n_columns)
        What is predicted there.
    """

    rows: np.ndarray
    reference: np.ndarray
    candidate: np.ndarray

    @property
    def differences(self) -> np.ndarray:
        """How far both are apart in each row, at most; infinity where one is NaN."""
        difference = np.abs(self.reference - self.candidate)
        # Column by column where these are few: of two `max` takes ten times as long. A NaN is the
        # largest to both.
        few = difference.shape[1] <= FEW_COLUMNS
        largest = reduce(np.maximum, difference.T) if few else difference.max(axis=1)
        return np.asarray(np.nan_to_num(largest, nan=np.inf))

    def at(self, places: np.ndarray) -> KeptRows:
        """Return some of them."""
        return KeptRows(
            rows=self.rows[places],
            reference=self.reference[places],
            candidate=self.candidate[places],
        )

    def with_next(self, second: KeptRows) -> KeptRows:
        """Return both, in this order."""
        return KeptRows(
            rows=np.concatenate([self.rows, second.rows]),
            reference=np.concatenate([self.reference, second.reference]),
            candidate=np.concatenate([self.candidate, second.candidate]),
        )

    def worst(self) -> KeptRows:
        """Return the `KEPT` rows that differ most, the worst first, and the first of equals."""
        difference = self.differences
        places = np.arange(len(difference))
        if len(places) > KEPT:
            # No sorting of a whole slice for so few of its rows.
            least = np.partition(difference, -KEPT)[-KEPT]
            places = np.flatnonzero(difference >= least)
        # Stable: equal differences stay in the order of the rows, so that two runs keep the same.
        return self.at(places[np.argsort(-difference[places], kind="stable")[:KEPT]])

    def even(self, n_rows: int) -> KeptRows:
        """Return those of n rows whose number is a multiple of 1, 2, 4, ..., `KEPT` at most.

        By the row's number, not at random: a report is the same in every run, and however the rows
        arrived.
        """
        step = 1
        while (n_rows - 1) // step >= KEPT:
            step *= 2
        return self.at(np.flatnonzero(self.rows % step == 0))
