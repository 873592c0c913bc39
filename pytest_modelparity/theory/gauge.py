"""Directions along which the smooth objective is constant."""

from __future__ import annotations

import numpy as np
import scipy.linalg

from pytest_modelparity.theory.design import UNIT, FloatArray
from pytest_modelparity.theory.factor import scaled_factor
from pytest_modelparity.theory.objective import LinearObjective
from pytest_modelparity.theory.rows import RowBlock, RowTable


def gauge_directions(objective: LinearObjective) -> FloatArray:
    """Return orthonormal directions (d, g) along which the smooth part of F is constant.

    Where only differences of outputs count (softmax), adding one number to every output's
    parameter of a column changes no prediction; without an L2 penalty on the column it does not
    change F either. Without any penalty on the coefficients the null space of (X | 1) is added:
    constant columns, dummy variables of every level, more features than rows.
    """
    K, q = objective.n_outputs, objective.n_columns
    null = design_null_space(objective)
    if not objective.loss.shift_invariant:
        return np.asarray(np.kron(np.eye(K), null), dtype=np.float64)
    free = objective.l2_weights[:q] == 0
    shared = np.kron(np.full((K, 1), K**-0.5), np.eye(q)[:, free])
    # Contrasts only, of the null space: its shared part is among the shifts.
    contrasts = np.asarray(scipy.linalg.helmert(K).T, dtype=np.float64)
    return np.hstack([shared, np.kron(contrasts, null)])


def sees_every_parameter(objective: LinearObjective, gauge: FloatArray) -> bool:
    """Return whether the gauge has no direction that no row can see: shifts of all outputs only."""
    free = objective.l2_weights[: objective.n_columns] == 0
    shifts = int(free.sum()) if objective.loss.shift_invariant else 0
    return int(gauge.shape[1]) == shifts


def design_null_space(objective: LinearObjective) -> FloatArray:
    """Return orthonormal columns (q, m) of parameters of one output that no row can see.

    Empty where the coefficients are penalised; the intercept takes part where it is not.
    """
    q, p = objective.n_columns, objective.n_features
    if objective.l2_strength > 0 or objective.l1_strength > 0:
        return np.zeros((q, 0))
    penalised = objective.intercept_l2_strength > 0 or objective.intercept_l1_strength > 0
    width = p if penalised else q
    if _has_full_rank(objective, width):
        return np.zeros((q, 0))
    # A rank needs columns of one size: feature scales differ by powers of ten.
    triangle, scale = triangular_factor(objective.mean_loss.rows, width)
    _, singular, rows = np.linalg.svd(triangle)
    rounding = max(objective.n_samples, width) * 2.3e-16
    rank = int(np.sum(singular > singular[0] * rounding))
    # What is 0 up to rounding must be: a row may have nothing but such columns.
    rows = np.where(np.abs(rows) > rounding, rows, 0.0)
    # A penalised intercept, the last row, is no part of any null direction.
    null = np.zeros((q, width - rank))
    null[:width] = rows[rank:].T / scale[:, None]
    return np.asarray(scipy.linalg.orth(null)) if null.size else null


def _has_full_rank(objective: LinearObjective, width: int) -> bool:
    """Whether the weighted rows' Gram matrix proves that no column is a mixture of the others."""
    grams = objective.mean_loss.rows.total(
        lambda block: [block.design.gram((block.weight > 0).astype(np.float64)[:, None])],
        objective.n_columns,
        work=objective.mean_loss.second_work,
    )[0]
    # At a third of the cost of a rank: it squares the ratio of the singular values, and so leaves
    # the last word on a small one to them.
    gram = grams[0, :width, :width]
    factor = scaled_factor(gram, np.zeros((width, 0)), shift=32 * UNIT * width)
    return factor is not None


def triangular_factor(rows: RowTable, width: int) -> tuple[FloatArray, FloatArray]:
    """Return R of the QR of the first scaled columns of rows with weight, and the scales."""
    square = rows.total(
        lambda block: [np.sum(block.design.dense[block.weight > 0, :width] ** 2, axis=0)],
        rows.n_columns,
    )[0]
    scale = np.where(square > 0, np.sqrt(square), 1.0)

    def part(block: RowBlock) -> list[FloatArray]:
        return [_triangle_of(block.design.dense[block.weight > 0, :width] / scale)]

    # Not the Gram matrix: it would square the ratio of the singular values.
    return rows.total(part, rows.n_columns, joins=[_stacked])[0], scale


def _stacked(upper: FloatArray, lower: FloatArray, *, out: FloatArray) -> None:
    """Write the triangle of two triangles above each other."""
    out[...] = _triangle_of(np.vstack([upper, lower]))


def _triangle_of(rows: FloatArray) -> FloatArray:
    """Return R (p, p) of the QR of rows (m, p)."""
    width = rows.shape[1]
    found = np.zeros((width, width))
    triangle = np.linalg.qr(rows, mode="r")
    found[: len(triangle)] = triangle
    return found
