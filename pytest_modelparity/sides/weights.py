"""The weights of a check's rows, validated."""

from __future__ import annotations

from typing import Any

import numpy as np

from pytest_modelparity.errors import InvalidDataError


def same_weights(first: np.ndarray | None, second: np.ndarray | None) -> bool:
    """Whether two sides have the same row weights; ``None``: all rows weigh 1."""
    if first is None or second is None:
        return first is second
    return bool(np.array_equal(first, second))


def read_weights(given: Any, n_rows: int) -> np.ndarray | None:
    """Return the row weights as float64, or ``None``; a number is the weight of every row."""
    if given is None:
        return None
    try:
        weights = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidDataError(f"sample_weight must hold numbers: {error}") from error
    if weights.ndim == 0:
        weights = np.full(n_rows, weights)
    if weights.shape != (n_rows,):
        raise InvalidDataError(
            f"sample_weight must have shape ({n_rows},), one weight for each row, "
            f"got {weights.shape}"
        )
    if not np.isfinite(weights).all():
        raise InvalidDataError(
            f"sample_weight must be finite, got {weights[~np.isfinite(weights)][0]!r} "
            f"at row {int(np.argmin(np.isfinite(weights)))}"
        )
    if (weights < 0).any():
        raise InvalidDataError(
            f"sample_weight must be >= 0, got {float(weights.min())} "
            f"at row {int(np.argmin(weights))}"
        )
    if not weights.any():
        raise InvalidDataError("sample_weight must be > 0 for one row at least, got all zero")
    return weights
