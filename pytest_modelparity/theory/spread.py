"""How far a ball around a point lets each row's decisions move: exactly, or cheaply."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from pytest_modelparity.theory.blocks import row_slices, summed
from pytest_modelparity.theory.design import UNIT, FloatArray, dense_rows
from pytest_modelparity.theory.factor import ScaledFactor
from pytest_modelparity.theory.objective import LinearObjective

#: A block of rows to a bound (m,) on the range of each one's decisions over a unit ball.
Reach: TypeAlias = Callable[[slice], FloatArray]


def exact_spread(objective: LinearObjective, lower: FloatArray) -> FloatArray:
    """Return per row (n,) the range of its decisions over the unit ball of ``(lower' lower)^-1``.

    The largest ``|x e_k|``, or ``|x (e_k - e_l)|`` where only differences of outputs count.
    """
    spread = np.empty(objective.n_samples)
    of_rows = _single_output if objective.n_outputs == 1 else _several_outputs

    def part(rows: slice) -> list[FloatArray]:
        spread[rows] = np.sqrt(of_rows(objective, lower, rows))
        return []

    width = objective.n_outputs * len(lower)
    summed(part, row_slices(objective.n_samples, width), exact_work(objective, len(lower)))
    return spread


def _single_output(objective: LinearObjective, lower: FloatArray, rows: slice) -> FloatArray:
    """Return the squared norms (m,) of some rows' images."""
    image = objective.mean_loss.design.decision(rows, lower)
    return np.asarray(np.einsum("ij,ij->i", image, image))


def _several_outputs(objective: LinearObjective, lower: FloatArray, rows: slice) -> FloatArray:
    """Return the largest squares (m,) of some rows' ranges."""
    K, size = objective.n_outputs, len(lower)
    block = dense_rows(objective.X, rows, ones=objective.fit_intercept)
    # One matrix product for all outputs.
    image = (block @ lower.reshape(size * K, objective.n_columns).T).reshape(len(block), size, K)
    gram = np.matmul(image.transpose(0, 2, 1), image)
    square = single = np.diagonal(gram, axis1=1, axis2=2)
    if objective.loss.shift_invariant:
        square = single[:, :, None] + single[:, None, :] - 2.0 * gram
    return np.asarray(np.maximum(square.reshape(len(block), -1).max(axis=1), 0.0))


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
    design, scale = objective.mean_loss.design, factor.scale
    norm = (np.abs(inverse) * scale * scale[:, None]).sum(axis=1).max()
    widths = (norm / scale**2).reshape(objective.n_outputs, objective.n_columns)

    def reach(rows: slice) -> FloatArray:
        squared = design.squared(rows)
        return np.asarray(np.sqrt(squared.decision(squared.every, widths).max(axis=1)))

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

    def reach(rows: slice) -> FloatArray:
        block = dense_rows(objective.X, rows, ones=objective.fit_intercept)
        sizes = np.stack([np.einsum("ij,ij->i", image, image) for image in block @ roots])
        return np.asarray(np.sqrt(np.partition(sizes, -2, axis=0)[-2:]).sum(axis=0))

    return reach
