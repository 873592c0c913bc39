"""Which of a softmax's equal parameters an L1 penalty chooses."""

from __future__ import annotations

import numpy as np

from pytest_modelparity.theory.design import FloatArray


def shifted(table: FloatArray, ratio: float | None) -> FloatArray:
    """Return parameters (K, q) with each column shifted to where its penalty is least.

    Parameters
    ----------
    table : ndarray of shape (K, q)
        Centred over the classes.
    ratio : float, optional
        l1 / l2 of an elastic net; None: L1 alone, whose medians it takes.

    Notes
    -----
    ``sum_k l1 |W_k + c| + l2/2 (W_k + c)^2`` has its minimum at the median of the ``-W_k`` and of
    ``(l1/l2) (K - 2i)/K``, i = 0 to K: there the number of coefficients on either side of zero
    balances the slope ``l2 K c`` of the other part.
    """
    K, coef = len(table), table[:, :-1]
    if ratio is None:
        move = -np.median(coef, axis=0)
    else:
        steps = ratio * (K - 2.0 * np.arange(K + 1)) / K
        points = np.vstack([-coef, np.tile(steps[:, None], coef.shape[1])])
        move = np.median(points, axis=0)
    shift = np.append(move, 0.0)
    return np.asarray(table + shift)
