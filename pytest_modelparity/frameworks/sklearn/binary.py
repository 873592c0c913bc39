"""One class against the rest: the data of a binary problem."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pytest_modelparity.sides.dataset import Dataset


def against_rest(data: Dataset, code: int) -> Dataset:
    """Return the data with the label 1 for the class of a code, and 0 for all others."""
    codes, of_eval = (data.y == code).astype(np.int64), data.y_eval
    return replace(
        data,
        y=codes,
        y_given=codes,
        classes=np.array([0, 1]),
        y_eval=None if of_eval is None else (of_eval == code).astype(np.int64),
        column_labels=False,
    )


def problems_of(data: Dataset) -> tuple[Dataset, ...]:
    """Return the binary problem of each class; of two classes that of the second alone."""
    codes = range(data.n_classes) if data.n_classes > 2 else (1,)
    return tuple(against_rest(data, code) for code in codes)
