"""Affine maps of features: one by one, or by a matrix; in a row, and as settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from pytest_modelparity.feature_map import FeatureMap

#: Numbers of a matrix that is a part of a model; one of more is left outside.
MOST_NUMBERS = 100_000
#: An offset, relative to what it is made of, that is rounding.
NOTHING = 1e-12


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Affine:
    """The map ``z = matrix x + offset``.

    Parameters
    ----------
    matrix : ndarray of shape (n_made, n_features)
        float64.
    offset : ndarray of shape (n_made,)
        float64.
    """

    matrix: np.ndarray
    offset: np.ndarray

    @property
    def chooses(self) -> bool:
        """Whether every feature that it makes is a multiple of one, and no two of the same."""
        used = self.matrix != 0
        each = used.sum(axis=1) == 1
        return bool(each.all() and used.sum(axis=0).max() <= 1 and np.all(self.matrix >= 0))


#: What a step does to features.
Map: TypeAlias = Scaling | Affine


def then(first: Map, later: Map) -> Map:
    """Return the map that does one first and another one after it."""
    if isinstance(first, Scaling) and isinstance(later, Scaling):
        # ((x - a) / s - b) / t = (x - (a + s b)) / (s t).
        return Scaling(
            shift=first.shift + first.scale * later.shift, scale=first.scale * later.scale
        )
    if isinstance(later, Scaling):
        assert isinstance(first, Affine)
        return Affine(
            matrix=first.matrix / later.scale[:, None],
            offset=(first.offset - later.shift) / later.scale,
        )
    if isinstance(first, Scaling):
        matrix = later.matrix / first.scale
        return Affine(matrix=matrix, offset=later.offset - matrix @ first.shift)
    return Affine(
        matrix=later.matrix @ first.matrix, offset=later.offset + later.matrix @ first.offset
    )


def settings_of(found: Map, X: np.ndarray) -> dict[str, Any]:
    """Return a map as settings of an objective.

    Written so that float32 rounds little: features are moved to their means and brought to one
    size before a matrix mixes them.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        What it maps.
    """
    if isinstance(found, Scaling):
        return _as_settings(found.shift, found.scale, None)
    if found.chooses:
        # A column that is chosen and scaled may as well be scaled first.
        size = found.matrix.sum(axis=0)
        scale = np.where(size > 0, 1.0 / np.where(size > 0, size, 1.0), 1.0)
        shift = -(found.offset @ (found.matrix > 0)) * scale
        chosen = FeatureMap(
            matrix=_rows((found.matrix > 0).astype(np.float64)), offset=(0.0,) * len(found.offset)
        )
        return _as_settings(shift, scale, chosen)
    shift, scale = X.mean(axis=0), X.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    offset = found.matrix @ shift + found.offset
    made_of = np.abs(found.matrix) @ np.abs(shift) + np.abs(found.offset)
    offset = np.where(np.abs(offset) > NOTHING * made_of, offset, 0.0)
    mixed = FeatureMap(matrix=_rows(found.matrix * scale), offset=tuple(offset.tolist()))
    return _as_settings(shift, scale, mixed)


def _as_settings(shift: np.ndarray, scale: np.ndarray, then: FeatureMap | None) -> dict[str, Any]:
    """Return the settings by name; none that would do nothing."""
    moves = np.any(shift != 0) or np.any(scale != 1) or then is None
    return {
        "feature_shift": tuple(shift.tolist()) if moves else None,
        "feature_scale": tuple(scale.tolist()) if moves else None,
        "feature_map": then,
    }


def _rows(matrix: np.ndarray) -> tuple[tuple[float, ...], ...]:
    """Return a matrix as plain numbers."""
    return tuple(tuple(row) for row in matrix.tolist())
