"""What a certificate asks of the rows, in one pass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_modelparity.theory.design import UNIT, FloatArray
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.rows import RowBlock


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scrutiny:
    """What one pass over the rows tells of a point.

    Parameters
    ----------
    value : float
        F without the L1 penalties.
    predictions : array, (n, m), optional
        Of the rows, where these are held.
    gradient : array, (d,)
        Of F without the L1 penalties.
    rounding : array, (d,)
        Bound on its rounding error.
    """

    value: float
    predictions: FloatArray | None
    gradient: FloatArray
    rounding: FloatArray


def scrutinise(objective: LinearObjective, theta: FloatArray) -> Scrutiny:
    """Return value, predictions, gradient and its rounding.

    Notes
    -----
    The rounding is the gamma_n of Higham (Accuracy and Stability of Numerical Algorithms, 2002,
    section 3.1) for the sums over columns in the decision, and over rows in the gradient: a term
    of a sum in blocks goes through the additions of its block and those of the blocks, in
    whatever order BLAS does them, and not through n.
    """
    q, loss, rows = objective.n_columns, objective.loss, objective.mean_loss
    table = theta.reshape(objective.n_outputs, q)
    terms = rows.terms(table)
    length, sizes_of_table = rows.longest_sum, np.abs(table)
    predictions = rows.no_responses()

    def part(block: RowBlock) -> list[FloatArray]:
        z, weight, sizes = terms.decision(block), terms.weight(block), block.design.absolute
        slope = loss.slope(z, block.y)
        decision = (q + 2) * UNIT * sizes.decision(sizes_of_table)
        error = loss.slope_error(z, decision.max(axis=1, keepdims=True))
        error = error + (length + 8) * UNIT * np.abs(slope)
        if predictions is not None:
            predictions[block.rows] = loss.response(z)
        return [
            np.asarray(weight[:, 0] @ loss.value(z, block.y)),
            block.design.pull_back(weight * slope),
            sizes.pull_back(weight * error),
        ]

    value, slope, error = rows.rows.total(part, rows.width, work=2.0 * rows.first_work, dense=False)
    l2 = objective.l2_weights
    return Scrutiny(
        value=float(value) + 0.5 * float(l2 @ theta**2),
        predictions=predictions,
        gradient=slope.ravel() + l2 * theta,
        rounding=error.ravel() + 2 * UNIT * l2 * np.abs(theta),
    )
