"""Sums of rows with non-negative factors, and mixtures with any: what a limit determines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from pytest_modelparity.theory.design import BoolArray, FloatArray

#: Part of a row's length below which what is left of it is rounding.
ROUNDING = 1e-9


def are_mixtures(new: FloatArray, rows: FloatArray) -> BoolArray:
    """Return which of the new rows are linear mixtures of others."""
    if not len(rows):
        return np.zeros(len(new), dtype=bool)
    factors = np.linalg.lstsq(rows.T, new.T, rcond=None)[0]
    left = np.linalg.norm(new - (rows.T @ factors).T, axis=1)
    return np.asarray(left <= ROUNDING * np.linalg.norm(new, axis=1))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cone:
    """Rows whose sums with non-negative factors part from a class without end.

    Parameters
    ----------
    rows : array, (n, q)
        The rows, with the sign that they have in such a sum.
    step : array, (q,)
        A direction along which none of them comes nearer to that class.
    inverse : array, (q, q), optional
        Of the curvature of the margins' logarithms at that direction.
    """

    rows: FloatArray
    step: FloatArray
    inverse: FloatArray | None

    @property
    def work(self) -> float:
        """Multiplications that one search is reckoned to take."""
        return float(self.rows.size * self.rows.shape[1])

    def may_hold(self, row: FloatArray) -> bool:
        """Whether no direction near by parts the same rows and turns this one round."""
        # The ellipsoid of that curvature holds only directions that part all the rows.
        if self.inverse is None:
            return True
        spread = float(row @ self.inverse @ row)
        return bool(float(row @ self.step) ** 2 >= (1.0 - ROUNDING) * spread)

    def holds(self, row: FloatArray) -> bool:
        """Whether a row is such a sum."""
        # Of none: scipy 1.16 ends the process on a matrix without columns.
        if not len(self.rows):
            return not row.any()
        try:
            _, left = nnls(self.rows.T, row)
        except RuntimeError:
            # Its iteration limit: nothing is known then.
            return False
        return bool(left <= ROUNDING * np.linalg.norm(row))


def inverse_curvature(rows: FloatArray, margins: FloatArray) -> FloatArray | None:
    """Return the inverse of the curvature of the logarithms of some margins, if all are > 0."""
    if not len(rows) or not np.all(margins > 0):
        return None
    relative = rows / margins[:, None]
    return np.asarray(np.linalg.pinv(relative.T @ relative, hermitian=True))
