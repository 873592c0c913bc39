"""Whether a step is an affine map of features, found by asking it."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse

from pytest_modelparity.frameworks.sklearn.pipeline.maps import (
    MOST_NUMBERS,
    Affine,
    Map,
    Scaling,
)
from pytest_modelparity.sides.dataset import Features, GivenRows

#: Features up to which a step is asked: it takes a row for each.
MOST_FEATURES = 2000
#: Rows outside the data: own rows cannot tell ``MinMaxScaler(clip=True)`` from an affine map, whose
#: error there is 0.8 (measured, scikit-learn 1.9).
ROWS_OUTSIDE = 64
#: Own rows that are asked at most, and how far the others reach beyond them.
OWN_ROWS, REACH = 512, 3.0
#: Difference from an affine map, in parts of the numbers that make an output. Affine steps leave at
#: most 5e-14, on raw columns with scales of 1e-3 to 1e3 (measured, scikit-learn 1.9), others 0.8.
ROUNDING = 1e-12


def map_of(transform: Features, *rows: GivenRows) -> Map | None:
    """Return the map of a fitted step where it is affine; else ``None``.

    The step is asked at a row in the middle, then with one column moved at a time, and checked on
    its own rows and outside them. By what it does and not by its class: a ``FunctionTransformer``
    or a ``SimpleImputer`` is either.

    Parameters
    ----------
    transform : callable
        Of the fitted step.
    *rows : array-like, DataFrame or sparse matrix
        What it is to map, each of shape (n_rows, n_features).
    """
    try:
        if scipy.sparse.issparse(rows[0]):
            return _sparse_scaling(transform, rows)
        return _dense_map(transform, rows)
    # Text is no number, an encoder knows no category in between, a logarithm none below zero:
    # whatever a step raises there, it is not affine.
    except Exception:
        return None


def _dense_map(transform: Features, rows: tuple[GivenRows, ...]) -> Map | None:
    """Return the map of dense features."""
    own = [np.asarray(part, dtype=np.float64) for part in rows]
    X, p = own[0], int(own[0].shape[1])
    if p > MOST_FEATURES or not all(np.isfinite(part).all() for part in own):
        return None
    base, moved = X.mean(axis=0), X.std(axis=0)
    moved = np.where(moved > 0, moved, 1.0)
    asked = _as_given(rows[0], np.vstack([base, base + np.diag(moved)]))
    answers = _numbers(transform(asked))
    if answers is None or len(answers) != p + 1 or not answers.shape[1]:
        return None
    slopes = (answers[1:] - answers[0]).T / moved
    found: Map | None = _as_scaling(slopes, base, answers[0])
    if found is None and slopes.size <= MOST_NUMBERS:
        matrix = _snapped(slopes)
        found = Affine(matrix=matrix, offset=answers[0] - matrix @ base)
    checked = (part[:: max(1, len(part) // OWN_ROWS)] for part in own)
    every = np.vstack([*checked, _outside(X)])
    agrees = found is not None and _agrees(found, transform(_as_given(rows[0], every)), every)
    return found if agrees else None


def _as_scaling(slopes: np.ndarray, base: np.ndarray, answer: np.ndarray) -> Scaling | None:
    """Return the map of features one by one that has these slopes; ``None``: it is none."""
    # A step that mixes columns, forgets one or turns its sign is no scaling.
    if slopes.shape[0] != slopes.shape[1] or np.count_nonzero(slopes) != len(slopes):
        return None
    own = np.diag(slopes)
    if not np.all(own > 0):
        return None
    return Scaling(shift=base - answer / own, scale=1.0 / own)


def _snapped(slopes: np.ndarray) -> np.ndarray:
    """Return slopes without the rounding of those that choose or leave out a column."""
    whole = np.rint(slopes)
    near = np.abs(slopes - whole) <= ROUNDING
    return np.where(near & np.isin(whole, (0.0, 1.0)), whole, slopes)


def _outside(X: np.ndarray) -> np.ndarray:
    """Return rows around the data that reach beyond them."""
    spread = X.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    drawn = np.random.default_rng(0).normal(size=(ROWS_OUTSIDE, X.shape[1]))
    return np.asarray(X.mean(axis=0) + REACH * spread * drawn)


def _agrees(found: Map, answer: GivenRows, rows: np.ndarray) -> bool:
    """Whether a step does what a map says, up to rounding."""
    answers = _numbers(answer)
    largest = np.abs(rows).max(axis=0)
    if isinstance(found, Scaling):
        expected = (rows - found.shift) / found.scale
        size = (largest + np.abs(found.shift)) / np.abs(found.scale)
    else:
        expected = rows @ found.matrix.T + found.offset
        size = np.abs(found.matrix) @ largest + np.abs(found.offset)
    if answers is None or answers.shape != expected.shape:
        return False
    return bool(np.all(np.abs(answers - expected) <= ROUNDING * size))


def _sparse_scaling(transform: Features, rows: tuple[GivenRows, ...]) -> Scaling | None:
    """Return the map of sparse features one by one, which leaves zeros where they are."""
    # A matrix would fill them: what makes dense rows of sparse ones stays outside.
    p = int(rows[0].shape[1])
    # A matrix, not an array: every step that takes sparse rows takes one.
    asked: Any = scipy.sparse.vstack([scipy.sparse.csr_matrix((1, p)), scipy.sparse.identity(p)])
    answers: Any = transform(asked.tocsr())
    if answers.shape != (p + 1, p):
        return None
    answers = scipy.sparse.csr_matrix(answers)
    slopes = answers[1:].diagonal()
    if answers.count_nonzero() != p or not np.all(slopes > 0):
        return None
    for part in rows:
        left = abs(transform(part) - part @ scipy.sparse.diags_array(slopes))
        if not left.max() <= ROUNDING * abs(part).max() * np.abs(slopes).max():
            return None
    return Scaling(shift=np.zeros(p), scale=1.0 / slopes)


def _numbers(answer: GivenRows) -> np.ndarray | None:
    """Return what a step answered as finite numbers, where it is that."""
    values = np.asarray(answer, dtype=np.float64)
    return values if values.ndim == 2 and np.isfinite(values).all() else None


def _as_given(X: GivenRows, rows: np.ndarray) -> GivenRows:
    """Return rows of numbers as the kind of table that a step was fitted on."""
    columns = getattr(X, "columns", None)
    # A ColumnTransformer that was fitted by names refuses an array.
    return rows if columns is None else type(X)(rows, columns=columns)
