"""The weight of each row, where there are no more rows than columns to tell them apart."""

from __future__ import annotations

import numpy as np

from pytest_modelparity.inference.objectives.subject import Subject
from pytest_modelparity.inference.objectives.subsets import RowSet
from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.theory.design import FloatArray

#: Part of the typical weight up to which a row was left out, and by which others may differ.
LEFT_OUT, ALIKE = 1e-3, 1e-2
#: Part of the size of a row's slopes that their fit may leave.
AGREES = 1e-2


def row_weights(subject: Subject) -> FloatArray | None:
    """Return the weights (n,) of the rows at whose optimum the model is; None where there are none.

    With an L2 penalty and a free intercept ``w = sum_i a_i x_i`` and ``sum_i a_i = 0``, where
    ``a_i = s_i (t_i - p_i) / (n l2)``: as many unknowns as rows.

    Notes
    -----
    No proof of weights: with two classes every training that began at zero passes, whatever it was,
    as ``t - p`` has its sign from the label alone.
    """
    base = subject.base
    lonely = subject.rank == subject.n and base.l2_strength > 0 and base.fit_intercept
    if isinstance(subject.X, RowMatrix) or not lonely:
        return None
    if base.l1_strength or base.intercept_l2_strength:
        return None
    n, slopes = subject.n, -subject.slopes
    system = np.zeros((n + 1, n + 1))
    system[:n, :n] = subject.X @ subject.X.T
    system[:n, n] = system[n, :n] = 1.0
    right = np.vstack([subject.decisions, np.zeros((1, subject.n_outputs))])
    a = np.linalg.lstsq(system, right, rcond=None)[0][:n]
    square = np.sum(slopes**2, axis=1)
    weights = n * base.l2_strength * np.sum(a * slopes, axis=1) / np.maximum(square, 1e-300)
    # The outputs of a softmax each tell the same weight.
    left = n * base.l2_strength * a - weights[:, None] * slopes
    typical = float(np.median(np.abs(weights)))
    agree = np.abs(left).max(axis=1) <= AGREES * typical * np.sqrt(square)
    if not agree.all() or not (weights >= -LEFT_OUT * typical).all():
        return None
    return np.asarray(np.maximum(weights, 0.0))


def rows_left(subject: Subject) -> RowSet | None:
    """Return the rows of which a model is the optimum, where all others weigh nothing."""
    weights = row_weights(subject)
    if weights is None:
        return None
    kept = weights > LEFT_OUT * np.median(weights)
    if kept.all() or np.ptp(weights[kept]) > ALIKE * weights[kept].max():
        return None
    rows = np.flatnonzero(kept)
    return RowSet(name=f"{len(rows)} of {subject.n} rows", rows=rows)
