"""Rows that are passed over, because they are too many for memory or lie somewhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pytest_modelparity.errors import InvalidDataError
from pytest_modelparity.rows.matrix import RowMatrix, first_not_finite

#: Numbers in the rows that stand for all where a step needs some in memory, and fewest of them.
SAMPLE_NUMBERS = 1_000_000
FEWEST_SAMPLES = 1000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PassedRows:
    """Rows to pass over, as a check is given them.

    Parameters
    ----------
    matrix : RowMatrix
        The features.
    given : object
        What the user gave for X.
    names : tuple of str
        Of the features.
    """

    matrix: RowMatrix
    given: Any
    names: tuple[str, ...]

    def checked(self, name: str) -> RowMatrix:
        """Return the features, once all of them were seen to be finite.

        Raises
        ------
        InvalidDataError
            If one is not, with its row, and the block or file that holds it.
        """
        place = first_not_finite(self.matrix)
        if place is not None:
            row, column = place
            raise InvalidDataError(
                f"{name} must be finite: Input {name} contains NaN or infinity (first at row "
                f"{row}, column {column}{self.matrix.place_of(row)}); impute or drop these rows "
                f"first"
            )
        return self.matrix


def sample_of(matrix: RowMatrix) -> np.ndarray:
    """Return the numbers of rows that stand for all, evenly spread from the first to the last."""
    n, p = matrix.shape
    size = min(n, max(FEWEST_SAMPLES, SAMPLE_NUMBERS // p))
    return np.linspace(0, n - 1, size).astype(np.intp)
