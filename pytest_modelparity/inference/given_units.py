"""What was inferred in the units of features and predictions as they were given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pytest_modelparity.feature_map import FeatureMap
from pytest_modelparity.inference.inferred import Inference
from pytest_modelparity.inference.objectives.given import Rows, in_unit
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.theory.design import FloatArray


def as_given(found: Inference, expected: ObjectiveSettings, rows: Rows) -> Inference:
    """Return an inference that was made in units of the predictions, and on scaled features.

    Parameters
    ----------
    expected : ObjectiveSettings
        With the scaling of the features.
    rows : Rows
        With the units.
    """
    settings, spread, unit = found.settings, rows.spread, rows.unit(expected.output_head)
    if settings is not None:
        settings = _on_given_features(in_unit(settings, 1.0 / unit), expected)
    return replace(
        found,
        settings=settings,
        distance=found.distance * spread,
        base_distance=found.base_distance * spread,
        nearest_distance=found.nearest_distance * spread,
        excluded=tuple(
            replace(one, at_least=one.at_least * unit, noise=one.noise * unit)
            for one in found.excluded
        ),
    )


def _on_given_features(
    settings: ObjectiveSettings, expected: ObjectiveSettings
) -> ObjectiveSettings:
    """Return settings with what the expected objective does to features before their own."""
    if expected.feature_map is not None:
        return replace(
            settings,
            feature_shift=expected.feature_shift,
            feature_scale=expected.feature_scale,
            feature_map=_scaled(expected.feature_map, settings),
        )
    if expected.feature_shift is None and expected.feature_scale is None:
        return settings
    p = len(expected.feature_shift or expected.feature_scale or ())
    scale, shift = (_or(expected.feature_scale, 1.0, p), _or(expected.feature_shift, 0.0, p))
    own_scale, own_shift = (
        _or(settings.feature_scale, 1.0, p),
        _or(settings.feature_shift, 0.0, p),
    )
    return replace(
        settings,
        feature_shift=tuple(map(float, shift + scale * own_shift)),
        feature_scale=tuple(map(float, scale * own_scale)),
    )


def _scaled(given: FeatureMap, settings: ObjectiveSettings) -> FeatureMap:
    """Return a map of features with the scaling of some settings after it."""
    shift = _or(settings.feature_shift, 0.0, given.size)
    scale = _or(settings.feature_scale, 1.0, given.size)
    matrix = np.array(given.matrix) / scale[:, None]
    offset = (np.array(given.offset) - shift) / scale
    rows = tuple(tuple(row) for row in matrix.tolist())
    return FeatureMap(matrix=rows, offset=tuple(offset.tolist()))


def _or(values: tuple[float, ...] | None, missing: float, p: int) -> FloatArray:
    """Return values (p,), all ``missing`` where there are none."""
    return np.full(p, missing) if values is None else np.asarray(values)
