"""Which of several equal sets of parameters a penalty chooses.

What no row can see (a number added to all outputs of a softmax, a mixture of dependent columns)
changes no prediction, but it changes the penalty: an optimum has the parameters with the least.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
import scipy.optimize

from pytest_modelparity.inference.objectives.subject import Subject
from pytest_modelparity.theory.design import FloatArray
from pytest_modelparity.theory.gauge import triangular_factor

#: Parameters up to which the choice of an elastic net is looked for; of L1 alone ten times as many.
MOST_PARAMETERS = 200
#: Newton steps, and the residual at which they end.
STEPS, ARRIVED = 200, 1e-11
#: Shares of the identity added to its Hessian, one after the other, until the value falls.
DAMPINGS = (1e-9, 1e-6, 1e-3, 1e-1, 1.0)
#: Part of the largest singular value up to which a direction is unseen.
UNSEEN = 1e-7


class Representatives:
    """The parameters of a model that have the least penalty, by the ratio l1 / l2 of it."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._known: dict[tuple[float | None, bool], FloatArray | None] = {}
        self._unseen: dict[bool, FloatArray] = {}

    def of(self, ratio: float | None, *, has_intercept: bool) -> FloatArray | None:
        """Return parameters (K', q); None where finding them would take long.

        Parameters
        ----------
        ratio : float, optional
            l1 / l2 of an elastic net; None: L1 alone.
        has_intercept : bool
            Whether the intercept may move.
        """
        key = (ratio, has_intercept)
        if key not in self._known:
            self._known[key] = self._found(ratio, has_intercept)
        return self._known[key]

    @property
    def is_unique(self) -> bool:
        """Whether there is nothing to choose."""
        subject = self._subject
        return not subject.is_softmax and subject.rank == subject.table.shape[1]

    def _found(self, ratio: float | None, has_intercept: bool) -> FloatArray | None:
        subject = self._subject
        table = subject.table.copy()
        if not has_intercept:
            table[:, -1] = 0.0
        if self.is_unique:
            return table
        if subject.rank == table.shape[1]:
            return _shifted(table, ratio)
        if table.size > MOST_PARAMETERS * (1 if ratio is not None else 10):
            return None
        if has_intercept not in self._unseen:
            self._unseen[has_intercept] = _unseen(subject, has_intercept)
        unseen = self._unseen[has_intercept]
        of_coef = np.ones(table.shape, dtype=bool)
        of_coef[:, -1] = False
        directions = unseen[of_coef.reshape(-1)]
        theta = table[of_coef]
        change = _least_l1(theta, directions) if ratio is None else _least(theta, directions, ratio)
        return np.asarray(table + (unseen @ change).reshape(table.shape))


def _unseen(subject: Subject, has_intercept: bool) -> FloatArray:
    """Return the directions (d, g) of the parameters that change no prediction."""
    width = subject.table.shape[1] - int(not has_intercept)
    triangle, scale = triangular_factor(subject.on_rows.rows, width)
    _, singular, right = np.linalg.svd(triangle, full_matrices=True)
    rank = int(np.sum(singular > UNSEEN * singular[0]))
    null = scipy.linalg.orth(right[rank:].T / scale[:, None])
    if not has_intercept:
        null = np.vstack([null, np.zeros((1, null.shape[1]))])
    if not subject.is_softmax:
        return np.asarray(null)
    K, q = subject.table.shape
    shifts = np.kron(np.full((K, 1), K**-0.5), np.eye(q)[:, : q - 1])
    return np.hstack([shifts, np.kron(scipy.linalg.helmert(K).T, null)])


def _shifted(table: FloatArray, ratio: float | None) -> FloatArray:
    """Return parameters (K, q), centred, with each column shifted to where its penalty is least.

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
    return np.asarray(table + np.append(move, 0.0))


def _least_l1(theta: FloatArray, directions: FloatArray) -> FloatArray:
    """Return the c that minimises ``|theta + directions c|_1``: a linear programme."""
    size = float(np.abs(theta).max()) or 1.0
    d, g = directions.shape
    one = np.eye(d)
    found = scipy.optimize.linprog(
        np.append(np.zeros(g), np.ones(d)),
        A_ub=np.block([[directions, -one], [-directions, -one]]),
        b_ub=np.append(-theta, theta) / size,
        bounds=[(None, None)] * g + [(0, None)] * d,
        method="highs",
    )
    return np.zeros(g) if found.x is None else np.asarray(found.x[:g]) * size


def _least(theta: FloatArray, directions: FloatArray, ratio: float) -> FloatArray:
    """Return the c that minimises ``ratio |w|_1 + |w|^2 / 2`` at ``w = theta + directions c``.

    Notes
    -----
    With B an orthonormal basis of what is orthogonal to the directions, ``w + ratio s = B a`` for a
    subgradient s, so that w is ``B a`` shrunk by the ratio: the a with ``B'w = B'theta`` minimises
    ``|shrunk(B a)|^2 / 2 - a'B'theta``, once differentiable, by Newton's method.
    """
    span = scipy.linalg.orth(directions)
    B = scipy.linalg.null_space(span.T)
    wanted = B.T @ theta
    # As if nothing had to move.
    a = B.T @ (theta + ratio * np.sign(theta))

    def shrunk(a: FloatArray) -> FloatArray:
        u = B @ a
        return np.asarray(np.sign(u) * np.maximum(np.abs(u) - ratio, 0.0))

    for _ in range(STEPS):
        w = shrunk(a)
        residual = B.T @ w - wanted
        if np.abs(residual).max() <= ARRIVED * max(np.abs(wanted).max(), 1e-300):
            break
        H, value = (B * (w != 0)[:, None]).T @ B, 0.5 * w @ w - a @ wanted
        # The slope is 1-Lipschitz: with the last one the value falls for sure.
        for damping in DAMPINGS:
            step = np.linalg.solve(H + damping * np.eye(len(a)), residual)
            moved = shrunk(a - step)
            fallen = value - 0.5 * moved @ moved + (a - step) @ wanted
            if fallen >= 1e-4 * (residual @ step):
                break
        a = a - step
    return np.asarray(np.linalg.lstsq(directions, shrunk(a) - theta, rcond=None)[0])
