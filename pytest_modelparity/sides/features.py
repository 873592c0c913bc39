"""Parameters of features as given, and of the features that a model scales by itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Scaling = Sequence[float] | np.ndarray | None


def of_scaled_features(
    shift: Scaling, scale: Scaling, coef: np.ndarray, intercept: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return parameters of the features as given as those of ``(x - shift) / scale``.

    Parameters
    ----------
    shift, scale : array-like of shape (n_features,), optional
        ``None``: the features are not shifted, or not scaled.
    coef : ndarray of shape (n_outputs, n_features)
        Coefficients.
    intercept : ndarray of shape (n_outputs,)
        Intercepts.
    """
    if shift is not None:
        intercept = intercept + coef @ np.asarray(shift)
    if scale is not None:
        coef = coef * np.asarray(scale)
    return coef, intercept


def of_given_features(
    shift: Scaling, scale: Scaling, coef: np.ndarray, intercept: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return parameters of ``(x - shift) / scale`` as those of the features as given."""
    if scale is not None:
        coef = coef / np.asarray(scale)
    if shift is not None:
        intercept = intercept - coef @ np.asarray(shift)
    return coef, intercept
