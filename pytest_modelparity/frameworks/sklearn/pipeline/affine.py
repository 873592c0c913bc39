"""Whether a step maps features one by one, z = (x - shift) / scale, found by asking it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scaling:
    """The map ``z = (x - shift) / scale`` of each feature.

    Parameters
    ----------
    shift, scale : ndarray of shape (n_features,)
        float64; all scales are above 0.
    """

    shift: np.ndarray
    scale: np.ndarray

    def then(self, later: Scaling) -> Scaling:
        """Return the map that does this one first and a later one after it."""
        # ((x - a) / s - b) / t = (x - (a + s b)) / (s t).
        return Scaling(shift=self.shift + self.scale * later.shift, scale=self.scale * later.scale)


def scaling_of(transform: Features, *rows: GivenRows) -> Scaling | None:
    """Return the map of a fitted step where it is one of features one by one; else ``None``.

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
        return _dense_scaling(transform, rows)
    # Text is no number, an encoder knows no category in between, a logarithm none below zero:
    # whatever a step raises there, it is not affine.
    except Exception:
        return None


def _dense_scaling(transform: Features, rows: tuple[GivenRows, ...]) -> Scaling | None:
    """Return the map of dense features."""
    own = [np.asarray(part, dtype=np.float64) for part in rows]
    X, p = own[0], int(own[0].shape[1])
    if p > MOST_FEATURES or not all(np.isfinite(part).all() for part in own):
        return None
    base, moved = X.mean(axis=0), X.std(axis=0)
    moved = np.where(moved > 0, moved, 1.0)
    asked = _as_given(rows[0], np.vstack([base, base + np.diag(moved)]))
    answers = _numbers(transform(asked))
    if answers is None or answers.shape != (p + 1, p):
        return None
    changes = answers[1:] - answers[0]
    slopes = np.diag(changes) / moved
    # A step that mixes columns, forgets one or turns its sign is no scaling.
    if not np.all(slopes > 0) or np.any(changes - np.diag(np.diag(changes))):
        return None
    found = Scaling(shift=base - answers[0] / slopes, scale=1.0 / slopes)
    checked = (part[:: max(1, len(part) // OWN_ROWS)] for part in own)
    every = np.vstack([*checked, _outside(X)])
    return found if _agrees(found, transform(_as_given(rows[0], every)), every) else None


def _outside(X: np.ndarray) -> np.ndarray:
    """Return rows around the data that reach beyond them."""
    spread = X.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    drawn = np.random.default_rng(0).normal(size=(ROWS_OUTSIDE, X.shape[1]))
    return np.asarray(X.mean(axis=0) + REACH * spread * drawn)


def _agrees(found: Scaling, answer: GivenRows, rows: np.ndarray) -> bool:
    """Whether a step does what a map says, up to rounding."""
    answers = _numbers(answer)
    if answers is None or answers.shape != rows.shape:
        return False
    expected = (rows - found.shift) / found.scale
    size = (np.abs(rows).max(axis=0) + np.abs(found.shift)) / np.abs(found.scale)
    return bool(np.all(np.abs(answers - expected) <= ROUNDING * size))


def _sparse_scaling(transform: Features, rows: tuple[GivenRows, ...]) -> Scaling | None:
    """Return the map of sparse features, which leaves zeros where they are."""
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
