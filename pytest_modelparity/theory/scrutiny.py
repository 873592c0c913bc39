"""What a certificate asks of the rows, in one pass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_modelparity.theory.blocks import summed
from pytest_modelparity.theory.design import UNIT, FloatArray
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.spread import Reach


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scrutiny:
    """What one pass over the rows tells of a point.

    Parameters
    ----------
    value : float
        F without the L1 penalties.
    predictions : array, (n, m)
        Of the rows.
    gradient : array, (d,)
        Of F without the L1 penalties.
    rounding : array, (d,)
        Bound on its rounding error.
    spread : array, (n,), optional
        Bound on the range of each row's decisions over a unit ball.
    """

    value: float
    predictions: FloatArray
    gradient: FloatArray
    rounding: FloatArray
    spread: FloatArray | None


def scrutinise(
    objective: LinearObjective, theta: FloatArray, reach: Reach | None = None
) -> Scrutiny:
    """Return value, predictions, gradient and its rounding, and the spread that ``reach`` finds.

    Notes
    -----
    The rounding is the gamma_n of Higham (Accuracy and Stability of Numerical Algorithms, 2002,
    section 3.1) for the sums over columns in the decision, and over rows in the gradient: a term
    of a sum in blocks goes through the additions of its block and those of the blocks, in
    whatever order BLAS does them, and not through n.
    """
    K, q, loss = objective.n_outputs, objective.n_columns, objective.loss
    design, slices = objective.mean_loss.design, objective.mean_loss.slices
    table = theta.reshape(K, q)
    length = objective.mean_loss.longest_sum
    weight = (objective.row_weight / objective.n_samples)[:, None]
    spread = None if reach is None else np.empty(objective.n_samples)
    predictions = np.empty((objective.n_samples, loss.response(np.zeros((0, K))).shape[1]))

    def part(rows: slice) -> list[FloatArray]:
        z = design.decision(rows, table)
        slope, sizes = loss.slope(z, objective.y[rows]), design.absolute(rows)
        decision = (q + 2) * UNIT * sizes.decision(sizes.every, np.abs(table))
        error = loss.slope_error(z, decision.max(axis=1, keepdims=True))
        error = error + (length + 8) * UNIT * np.abs(slope)
        if reach is not None and spread is not None:
            spread[rows] = reach(rows)
        predictions[rows] = loss.response(z)
        return [
            np.asarray(weight[rows, 0] @ loss.value(z, objective.y[rows])),
            design.pull_back(rows, weight[rows] * slope),
            sizes.pull_back(sizes.every, weight[rows] * error),
        ]

    work = 2.0 * objective.mean_loss.first_work
    value, slope, error = summed(part, slices, work)
    l2 = objective.l2_weights
    return Scrutiny(
        value=float(value) + 0.5 * float(l2 @ theta**2),
        predictions=predictions,
        gradient=slope.ravel() + l2 * theta,
        rounding=error.ravel() + 2 * UNIT * l2 * np.abs(theta),
        spread=spread,
    )
