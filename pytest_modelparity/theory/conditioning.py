"""What scaling the features would make of an objective's condition number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse

from pytest_modelparity.theory.objective import FloatArray, LogisticObjective


def scaled_condition_number(
    objective: LogisticObjective, coef: FloatArray, intercept: FloatArray
) -> float:
    """Return the condition number at a point if every feature had mean 0 and deviation 1.

    Directions without curvature (the softmax gauge, constant features) are left out.

    Parameters
    ----------
    objective : LogisticObjective
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
    X = objective.X
    dense = X.toarray() if sparse.issparse(X) else np.asarray(X)
    mean, deviation = dense.mean(axis=0), dense.std(axis=0)
    deviation = np.where(deviation > 0, deviation, 1.0)
    scaled = replace(objective, X=(dense - mean) / deviation)
    theta = scaled.pack(coef * deviation, intercept + coef @ mean)
    values = np.linalg.eigvalsh(scaled.hessian(theta))
    kept = values[values > values[-1] * np.finfo(np.float64).eps * len(values)]
    return float(kept[-1] / kept[0]) if kept.size else float("nan")
