"""What is asked of features alone: how each column spreads."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.theory.design import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features:
    """Mean, standard deviation, least and largest number of each column, (p,) each."""

    mean: FloatArray
    deviation: FloatArray
    low: FloatArray
    high: FloatArray


def features_of(X: FloatArray | RowMatrix) -> Features:
    """Return them."""
    ends = X.min(axis=0), X.max(axis=0)
    return Features(mean=X.mean(axis=0), deviation=X.std(axis=0), low=ends[0], high=ends[1])
