"""What a certificate asks of the rows: the gradient, its rounding, and how far decisions move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_modelparity.theory.blocks import summed
from pytest_modelparity.theory.design import UNIT, FloatArray
from pytest_modelparity.theory.factor import ScaledFactor
from pytest_modelparity.theory.objective import LinearObjective


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scrutiny:
    """What one pass over the rows tells of a point.

    Parameters
    ----------
    gradient : array, (d,)
        Of F without the L1 penalties.
    rounding : array, (d,)
        Bound on its rounding error.
    spread : array, (n,), optional
        Bound on the range of each row's decisions over the unit ball of the Hessian.
    """

    gradient: FloatArray
    rounding: FloatArray
    spread: FloatArray | None


def scrutinise(
    objective: LinearObjective, theta: FloatArray, factor: ScaledFactor | None = None
) -> Scrutiny:
    """Return the gradient, a bound on its rounding and, with a factor, loose bounds on the spread.

    Notes
    -----
    The rounding is the gamma_n of Higham (Accuracy and Stability of Numerical Algorithms, 2002,
    section 3.1) for the sums over columns in the decision, and over rows in the gradient: a term
    of a sum in blocks goes through the additions of its block and those of the blocks, in
    whatever order BLAS does them, and not through n.

    The loose spread of a row v (for two outputs k and l: x in the columns of k, -x in those of l)
    in the norm of ``(S A S)^-1``, S diagonal, is ``|S^-1 v| sqrt(|A^-1|)``, where the largest sum
    of sizes in a row of the symmetric ``A^-1`` bounds its norm: a product with K columns, where
    the exact one has d.
    """
    K, q, loss = objective.n_outputs, objective.n_columns, objective.loss
    design, slices = objective.mean_loss.design, objective.mean_loss.slices
    table = theta.reshape(K, q)
    length = objective.mean_loss.longest_sum
    weight = (objective.row_weight / objective.n_samples)[:, None]
    spread = None if factor is None else np.empty(objective.n_samples)
    widths = None if factor is None else _widths(factor).reshape(K, q)

    def part(rows: slice) -> list[FloatArray]:
        z = design.decision(rows, table)
        slope, sizes = loss.slope(z, objective.y[rows]), design.absolute(rows)
        decision = (q + 2) * UNIT * sizes.decision(sizes.every, np.abs(table))
        error = loss.slope_error(z, decision.max(axis=1, keepdims=True))
        error = error + (length + 8) * UNIT * np.abs(slope)
        if spread is not None and widths is not None:
            squared = design.squared(rows)
            spread[rows] = _reach(objective, squared.decision(squared.every, widths))
        return [
            design.pull_back(rows, weight[rows] * slope),
            sizes.pull_back(sizes.every, weight[rows] * error),
        ]

    work = 2.0 * objective.mean_loss.first_work
    slope, error = summed(part, slices, work)
    l2 = objective.l2_weights
    return Scrutiny(
        gradient=slope.ravel() + l2 * theta,
        rounding=error.ravel() + 2 * UNIT * l2 * np.abs(theta),
        spread=spread,
    )


def exact_spread(objective: LinearObjective, lower: FloatArray) -> FloatArray:
    """Return per row (n,) the range of its decisions over the unit ball of ``(lower' lower)^-1``.

    The largest ``|x e_k|``, or ``|x (e_k - e_l)|`` where only differences of outputs count.
    """
    K, size = objective.n_outputs, len(lower)
    spread = np.empty(objective.n_samples)
    # One matrix product for all outputs of a block of rows.
    wide = lower.reshape(size * K, objective.n_columns)
    for rows, block in objective.row_blocks(size * K):
        image = (block @ wide.T).reshape(len(block), size, K)
        if K == 1:
            spread[rows] = np.sqrt(np.einsum("ij,ij->i", image[:, :, 0], image[:, :, 0]))
            continue
        gram = np.matmul(image.transpose(0, 2, 1), image)
        square = single = np.diagonal(gram, axis1=1, axis2=2)
        if objective.loss.shift_invariant:
            square = single[:, :, None] + single[:, None, :] - 2.0 * gram
        spread[rows] = np.sqrt(np.maximum(square.reshape(len(block), -1).max(axis=1), 0.0))
    return spread


def exact_spread_work(objective: LinearObjective, size: int) -> float:
    """Return the multiplications of `exact_spread`."""
    return float(objective.n_samples) * size * objective.n_outputs * objective.n_columns


def _widths(factor: ScaledFactor) -> FloatArray:
    """Return w (d,) with ``sqrt(sum_j w_j v_j^2)`` at least the norm of v by the factor."""
    lower = factor.inverse_lower() * factor.scale
    return np.asarray(np.abs(lower.T @ lower).sum(axis=1).max() / factor.scale**2)


def _reach(objective: LinearObjective, squares: FloatArray) -> FloatArray:
    """Return per row the root of the two largest of its ``squares`` (m, K), or of the largest."""
    pairs = 2 if objective.loss.shift_invariant and objective.n_outputs > 1 else 1
    return np.asarray(np.sqrt(np.partition(squares, -pairs, axis=1)[:, -pairs:].sum(axis=1)))
