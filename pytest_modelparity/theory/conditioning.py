"""What scaling the features would make of an objective's condition number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse

from pytest_modelparity.rows.blas import single_threaded
from pytest_modelparity.theory.design import FloatArray
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.proof import DENSE_LIMIT


@single_threaded
def scaled_condition_number(
    objective: LinearObjective, coef: FloatArray, intercept: FloatArray
) -> float | None:
    """Return the condition number at a point if every feature had mean 0 and deviation 1.

    Directions without curvature (the softmax gauge, constant features) are left out. ``None``
    for sparse rows, which centring would fill, for rows that are not held, and where the Hessian
    is too large to factorise.

    Parameters
    ----------
    objective : LinearObjective
        As the features stand.
    coef : ndarray of shape (n_outputs, n_features)
        The point.
    intercept : ndarray of shape (n_outputs,)
        The point.

    Notes
    -----
    The curvature of the loss is taken at the same predictions; the penalty keeps its strength,
    as it would for somebody who scales the features and changes nothing else.
    """
    are_held = objective.mean_loss.rows.are_held
    if not are_held or sparse.issparse(objective.X) or objective.n_parameters > DENSE_LIMIT:
        return None
    X = np.asarray(objective.X)
    mean, deviation = X.mean(axis=0), X.std(axis=0)
    # A constant feature becomes zeros, which have no curvature.
    deviation = np.where(deviation > 0, deviation, 1.0)
    scaled = replace(objective, X=(X - mean) / deviation)
    theta = scaled.pack(coef * deviation, intercept + coef @ mean)
    values = np.linalg.eigvalsh(scaled.hessian(theta))
    # What is left out is rounding of an exact zero, not a small curvature.
    kept = values[values > values[-1] * np.finfo(np.float64).eps * len(values)]
    return float(kept[-1] / kept[0]) if kept.size else None
