"""Rows as a user gave them, taken apart and put together in the container that they came in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module

import numpy as np
import scipy.sparse

from pytest_modelparity.sides.dataset import Dataset, GivenRows


def as_container(X: GivenRows) -> GivenRows:
    """Return rows in a container that can be taken apart: a table, an array or a CSR matrix.

    A tensor or a list of rows is an array.
    """
    if scipy.sparse.issparse(X):
        return scipy.sparse.csr_array(X)  # type: ignore[call-overload]
    return X if hasattr(X, "columns") else np.asarray(X)


def without_rows(data: Dataset) -> Dataset:
    """Return what a data set says of rows, without any: so it goes to another process."""
    none, weights = np.zeros((0, data.n_features)), data.sample_weight
    return replace(
        data,
        X=none,
        X_given=none,
        y=data.y[:0],
        y_given=data.y_given[:0],
        sample_weight=None if weights is None else weights[:0],
        X_eval=none,
        X_eval_given=none,
        y_eval=None if data.y_eval is None else data.y_eval[:0],
        sampled=None,
    )


def rows_at(X: GivenRows, places: np.ndarray) -> GivenRows:
    """Return some rows of a container."""
    return X.iloc[places] if hasattr(X, "iloc") else X[places]


def joined(parts: Sequence[GivenRows]) -> GivenRows:
    """Return the rows of containers of one kind in one."""
    if len(parts) == 1:
        return parts[0]
    if scipy.sparse.issparse(parts[0]):
        return scipy.sparse.vstack(parts, format="csr")
    if hasattr(parts[0], "columns"):
        # pandas and polars have a function of one name, and neither is needed to know it.
        package = import_module(type(parts[0]).__module__.partition(".")[0])
        return package.concat(list(parts))
    return np.concatenate(parts)
