"""What both sides predict of the same rows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pytest_modelparity.report.quantity import Quantity


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Predictions:
    """Both sides' predictions on the same rows.

    Parameters
    ----------
    reference, candidate : ndarray of shape (n_rows, n_columns)
        Probabilities, a column for each class, or numbers in one column.
    classes : ndarray of shape (n_classes,)
        Labels; empty where numbers are predicted.
    y : ndarray of shape (n_rows,), optional
        True class codes, or numbers.
    quantity : Quantity
        What they are.
    """

    reference: np.ndarray
    candidate: np.ndarray
    classes: np.ndarray
    y: np.ndarray | None
    quantity: Quantity = field(default_factory=Quantity)

    def of(self, rows: slice) -> Predictions:
        """Return those of some of the rows."""
        return Predictions(
            reference=self.reference[rows],
            candidate=self.candidate[rows],
            classes=self.classes,
            y=None if self.y is None else self.y[rows],
            quantity=self.quantity,
        )


def labels_of(probabilities: np.ndarray) -> np.ndarray:
    """Return the predicted class codes; the first of equals, and a NaN before all."""
    if probabilities.shape[1] != 2:
        return np.asarray(np.argmax(probabilities, axis=1))
    # Of two columns `argmax` takes five times as long.
    first, second = probabilities.T
    return np.asarray((second > first) | (np.isnan(second) & ~np.isnan(first)), dtype=np.intp)
