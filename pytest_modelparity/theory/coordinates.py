"""Parameters of features as given, and of features that a model scales and maps by itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.linalg

from pytest_modelparity.feature_map import FeatureMap

Scaling = Sequence[float] | np.ndarray | None


def of_scaled_features(
    shift: Scaling,
    scale: Scaling,
    coef: np.ndarray,
    intercept: np.ndarray,
    then: FeatureMap | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return parameters of the features as given as those of ``(x - shift) / scale``.

    Behind a map of fewer features not all parameters can be had: then the nearest.

    Parameters
    ----------
    shift, scale : array-like of shape (n_features,), optional
        ``None``: the features are not shifted, or not scaled.
    coef : ndarray of shape (n_outputs, n_features)
        Coefficients.
    intercept : ndarray of shape (n_outputs,)
        Intercepts.
    then : FeatureMap, optional
        What maps the scaled features once more.
    """
    # The shift first: it is in units of the features as given, as the coefficients still are.
    if shift is not None:
        moved, size = intercept + coef @ np.asarray(shift), abs(coef) @ abs(np.asarray(shift))
        # What is 0 there, as a penalty by L1 may make it, comes back as the rounding of its terms.
        rounding = (coef.shape[1] + 1) * np.finfo(np.float64).eps * (abs(intercept) + size)
        # Not `<=`: an infinite one is as large as its rounding.
        intercept = np.where(abs(moved) < rounding, 0.0, moved)
    if scale is not None:
        coef = coef * np.asarray(scale)
    if then is not None:
        coef = np.asarray(scipy.linalg.lstsq(np.array(then.matrix).T, coef.T)[0]).T
        intercept = intercept - coef @ np.array(then.offset)
    return coef, intercept


def of_given_features(
    shift: Scaling,
    scale: Scaling,
    coef: np.ndarray,
    intercept: np.ndarray,
    then: FeatureMap | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return parameters of ``(x - shift) / scale`` as those of the features as given."""
    if then is not None:
        intercept = intercept + coef @ np.array(then.offset)
        coef = coef @ np.array(then.matrix)
    if scale is not None:
        coef = coef / np.asarray(scale)
    if shift is not None:
        intercept = intercept - coef @ np.asarray(shift)
    return coef, intercept
