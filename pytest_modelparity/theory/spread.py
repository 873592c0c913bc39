"""How far a ball around a point lets each row's decisions move: exactly, or cheaply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from pytest_modelparity.theory.design import UNIT, FloatArray
from pytest_modelparity.theory.factor import ScaledFactor
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.rows import RowBlock

#: A block of rows to a bound (m,) on the range of each one's decisions over a unit ball.
Reach: TypeAlias = Callable[[RowBlock], FloatArray]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spread:
    """How far the decisions of each row range over a unit ball.

    Parameters
    ----------
    reach : callable
        A block of rows to their ranges.
    widest : float
        The largest range of a row with weight.
    each : array, (n,), optional
        The ranges, where the rows are held.
    """

    reach: Reach
    widest: float
    each: FloatArray | None

    def of(self, block: RowBlock) -> FloatArray:
        """Return the ranges (m,) of some rows."""
        return self.reach(block) if self.each is None else self.each[block.rows]


def spread_of(objective: LinearObjective, reach: Reach, size: int) -> Spread:
    """Return the ranges that ``reach`` finds with a matrix of ``size`` rows, in one pass."""
    rows = objective.mean_loss.rows
    each = np.empty(objective.n_samples) if rows.are_held else None

    def part(block: RowBlock) -> list[FloatArray]:
        ranges = reach(block)
        if each is not None:
            each[block.rows] = ranges
        return [np.asarray(np.max(ranges, where=block.weight > 0, initial=0.0))]

    width, work = objective.n_outputs * size, exact_work(objective, size)
    widest = rows.total(part, width, work=work, joins=[np.maximum])[0]
    return Spread(reach=reach, widest=float(widest), each=each)


def exact_spread(objective: LinearObjective, lower: FloatArray) -> Spread:
    """Return the range of each row's decisions over the unit ball of ``(lower' lower)^-1``.

    The largest ``|x e_k|``, or ``|x (e_k - e_l)|`` where only differences of outputs count.
    """
    K, shifts = objective.n_outputs, objective.loss.shift_invariant

    def reach(block: RowBlock) -> FloatArray:
        if K > 1:
            return np.sqrt(_several_outputs(block, lower, K, shift_invariant=shifts))
        image = block.design.decision(lower)
        return np.asarray(np.sqrt(np.einsum("ij,ij->i", image, image)))

    return spread_of(objective, reach, len(lower))


def _several_outputs(
    block: RowBlock, lower: FloatArray, K: int, *, shift_invariant: bool
) -> FloatArray:
    """Return the largest squares (m,) of some rows' ranges."""
    size, dense = len(lower), block.design.dense
    # One matrix product for all outputs.
    image = (dense @ lower.reshape(size * K, dense.shape[1]).T).reshape(len(dense), size, K)
    gram = np.matmul(image.transpose(0, 2, 1), image)
    square = single = np.diagonal(gram, axis1=1, axis2=2)
    if shift_invariant:
        square = single[:, :, None] + single[:, None, :] - 2.0 * gram
    return np.asarray(np.maximum(square.reshape(len(dense), -1).max(axis=1), 0.0))


def exact_work(objective: LinearObjective, size: int) -> float:
    """Return the multiplications of `exact_spread` with as many rows of ``lower``."""
    return float(objective.n_samples) * size * objective.n_outputs * objective.n_columns


def loose_reach(objective: LinearObjective, factor: ScaledFactor, inverse: FloatArray) -> Reach:
    """Return a function that bounds `exact_spread` from above, at less cost.

    Parameters
    ----------
    objective : LinearObjective
        Of the rows.
    factor : ScaledFactor
        Of all parameters.
    inverse : array, (d, d)
        Of the factorised matrix.
    """
    if objective.loss.shift_invariant and objective.n_outputs > 1:
        return _sum_of_two(objective, inverse)
    return _by_norm(objective, factor, inverse)


def _by_norm(objective: LinearObjective, factor: ScaledFactor, inverse: FloatArray) -> Reach:
    """Return ``|S^-1 x| sqrt(|A^-1|)`` for the matrix S A S, S diagonal.

    The largest sum of sizes in a row of the symmetric ``A^-1`` is at least its norm. A product
    with as many columns as there are outputs, where the exact one has d.
    """
    scale = factor.scale
    norm = (np.abs(inverse) * scale * scale[:, None]).sum(axis=1).max()
    widths = (norm / scale**2).reshape(objective.n_outputs, objective.n_columns)

    def reach(block: RowBlock) -> FloatArray:
        return np.asarray(np.sqrt(block.design.squared.decision(widths).max(axis=1)))

    return reach


def _sum_of_two(objective: LinearObjective, inverse: FloatArray) -> Reach:
    """Return the two largest, over k, of ``|x C e_k|`` in the norm of the inverse, added.

    C centres over the outputs, and leaves ``e_k - e_l`` as it is. K products with a matrix of q
    columns, where the exact range takes K^2.
    """
    K, q = objective.n_outputs, objective.n_columns
    centre = np.eye(K) - 1.0 / K
    blocks = np.einsum(
        "ka,ajbl,kb->kjl", centre, inverse.reshape(K, q, K, q), centre, optimize=True
    )
    values, vectors = np.linalg.eigh(blocks)
    # Rounding of the eigenvalues, relative to the largest: none may come out too small.
    values = np.maximum(values, 0.0) + 64 * UNIT * q * values[:, -1:]
    roots = np.asarray(vectors * np.sqrt(values)[:, None, :])

    def reach(block: RowBlock) -> FloatArray:
        images = block.design.dense @ roots
        sizes = np.stack([np.einsum("ij,ij->i", image, image) for image in images])
        return np.asarray(np.sqrt(np.partition(sizes, -2, axis=0)[-2:]).sum(axis=0))

    return reach
