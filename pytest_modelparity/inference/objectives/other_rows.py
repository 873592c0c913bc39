"""Whether a difference is as large as training on other rows would make it."""

from __future__ import annotations

import numpy as np

from pytest_modelparity.inference.inferred import OtherRows
from pytest_modelparity.inference.objectives.subject import Subject
from pytest_modelparity.theory.design import canonical_weights

#: T / k between which it is.
LEAST, MOST = 0.02, 3.0
#: Part of the largest eigenvalue from which one counts.
RANK = 1e-10


def other_rows(subject: Subject) -> OtherRows:
    """Return the score test of the expected objective at the model.

    ``T = n g' V^+ g`` with V the covariance of the rows' scores: the squared size of the gradient
    in units of what drawing other rows would make of it; k is the rank of V.
    """
    w = canonical_weights(subject.base, subject.y, subject.n_classes, subject.sample_weight)
    w = w / w.mean()
    objective = subject.objective(subject.base)
    sums = subject.on_rows.scores(w, objective.loss) / subject.n
    theta = subject.table.reshape(-1)
    l2, l1 = objective.l2_weights, objective.l1_weights
    free = np.ones(subject.table.shape, dtype=bool)
    free[:, -1] = subject.base.fit_intercept
    kept = free.reshape(-1)
    score, theta = sums[-1, :-1][kept], theta[kept]
    # In units of the features: the scores of a class that is separated have no spread.
    scale = np.tile(np.sqrt(np.diagonal(subject.gram) / subject.n), len(subject.table))[kept]
    scale = np.maximum(scale, 1e-300)
    mean = float(objective.row_weight.mean())
    penalty = l2 * theta + l1 * np.sign(theta)
    gradient = (score + penalty / mean) / scale
    covariance = sums[:-1, :-1][np.ix_(kept, kept)] - np.outer(score, score)
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    seen = values > RANK * max(values[-1], 1e-300)
    along = vectors[:, seen].T @ gradient
    rank = max(int(seen.sum()), 1)
    ratio = subject.n * float(np.sum(along**2 / values[seen])) / rank
    return OtherRows(ratio=ratio, consistent=LEAST <= ratio <= MOST)
