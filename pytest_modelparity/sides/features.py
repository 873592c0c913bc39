"""Whether features have scales of their own."""

from __future__ import annotations

import numpy as np
import scipy.sparse

from pytest_modelparity.sides.finite import Matrix

#: Features whose means are no further from 0 and deviations no further from 1 are standardised.
ALIKE = 0.1


def is_standardised(X: Matrix) -> bool:
    """Whether all means are near 0 and all deviations near 1, constant features left out of that.

    Sparse features count as standardised: moving their means would fill them.
    """
    if scipy.sparse.issparse(X):
        return True
    # Both count: a gradient step slows down by far-off means as by unequal scales.
    means, deviations = X.mean(axis=0), X.std(axis=0)
    deviations = np.where(deviations > 0, deviations, 1.0)
    return bool(max(np.abs(means).max(), np.abs(deviations - 1.0).max()) <= ALIKE)
