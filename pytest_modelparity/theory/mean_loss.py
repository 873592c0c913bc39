"""The loss of all rows and its derivatives, each in one pass over them, without penalties."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from pytest_modelparity.theory.blocks import longest_sum, row_slices, summed
from pytest_modelparity.theory.design import FloatArray, Targets
from pytest_modelparity.theory.losses import Curvature, Loss
from pytest_modelparity.theory.rows import DesignRows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeanLoss:
    """``(1/n) sum_i s_i loss(y_i, z_i)`` as a function of the parameters of each output.

    Parameters are a ``table`` (K, q) with a row for each output, its intercept last.

    Parameters
    ----------
    design : DesignRows
        The rows.
    loss : Loss
        Of one row.
    y : array, (n,)
        Targets.
    row_weight : array, (n,)
        The s_i.
    """

    design: DesignRows
    loss: Loss
    y: Targets
    row_weight: FloatArray

    @property
    def slices(self) -> list[slice]:
        """The blocks for products with few columns: all rows at once where X is sparse."""
        # A slice of a sparse matrix is a copy that its products do not pay for.
        if sparse.issparse(self.design.X):
            return [slice(0, len(self.y))]
        return row_slices(len(self.y), self.design.n_columns + 4 * self.loss.n_outputs)

    @property
    def longest_sum(self) -> int:
        """How many additions the term of a row goes through in a gradient, at most."""
        return longest_sum(self.slices)

    @property
    def first_work(self) -> float:
        """Multiplications of a pass for value and gradient."""
        return 2.0 * len(self.y) * self.design.n_columns * self.loss.n_outputs

    @property
    def second_work(self) -> float:
        """Multiplications of a pass for the Hessian."""
        K = self.loss.n_outputs
        return 0.5 * len(self.y) * self.design.n_columns**2 * max(1.0, K * (K - 1) / 2)

    @property
    def hessian_passes(self) -> float:
        """How many passes for value and gradient a Hessian costs, about (measured)."""
        return 0.03 * self.design.n_columns * max(1, self.loss.n_outputs - 1)

    def responses(self, table: FloatArray) -> FloatArray:
        """Return the predictions (n, m) of all rows."""
        # Into one array, block by block: its temporaries are then no larger than a block.
        parts = (self.loss.response(self.design.decision(rows, table)) for rows in self.slices)
        first = next(parts)
        predictions = np.empty((len(self.y), first.shape[1]))
        begin = 0
        for part in itertools.chain([first], parts):
            predictions[begin : begin + len(part)] = part
            begin += len(part)
        return predictions

    def value_and_slope(self, table: FloatArray) -> tuple[float, FloatArray]:
        """Return the value, and its derivative (K, q)."""

        def part(rows: slice) -> list[FloatArray]:
            return self._first(self.design.decision(rows, table), rows)

        value, slope = summed(part, self.slices, self.first_work)
        return float(value), slope

    def value_slope_and_responses(self, table: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return the value, its derivative (K, q) and the predictions (n, m) of all rows."""
        no_rows = np.zeros((0, self.loss.n_outputs))
        predictions = np.empty((len(self.y), self.loss.response(no_rows).shape[1]))

        def part(rows: slice) -> list[FloatArray]:
            z = self.design.decision(rows, table)
            predictions[rows] = self.loss.response(z)
            return self._first(z, rows)

        value, slope = summed(part, self.slices, self.first_work)
        return float(value), slope, predictions

    def slope(self, table: FloatArray) -> FloatArray:
        """Return the derivative (K, q) alone."""

        def part(rows: slice) -> list[FloatArray]:
            return [self._slope(self.design.decision(rows, table), rows)]

        return summed(part, self.slices, self.first_work)[0]

    def value_at_zero(self) -> float:
        """Return the value where every parameter is zero."""
        return float(self.row_weight @ self.loss.value_at_zero(self.y)) / len(self.y)

    def expansion(self, table: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return the value, its derivative (K, q) and its Hessian (d, d)."""

        def part(rows: slice) -> list[FloatArray]:
            z = self.design.decision(rows, table)
            return [*self._first(z, rows), self._second(z, rows)]

        value, slope, grams = summed(part, self._dense_slices, self.second_work)
        return float(value), slope, self._assembled(grams)

    def hessian(self, table: FloatArray) -> FloatArray:
        """Return the Hessian (d, d)."""

        def part(rows: slice) -> list[FloatArray]:
            return [self._second(self.design.decision(rows, table), rows)]

        return self._assembled(*summed(part, self._dense_slices, self.second_work))

    def hessian_product(self, table: FloatArray) -> Callable[[FloatArray], FloatArray]:
        """Return the product (K, q) of the Hessian with such a table, as a function."""
        design, slices = self.design, self.slices
        curvatures = {
            rows.start: self._curvature(design.decision(rows, table), rows) for rows in slices
        }

        def product(change: FloatArray) -> FloatArray:
            def part(rows: slice) -> list[FloatArray]:
                moved = curvatures[rows.start].apply(design.decision(rows, change))
                return [design.pull_back(rows, moved)]

            return summed(part, slices, self.first_work)[0]

        return product

    def hessian_diagonal(self, table: FloatArray) -> FloatArray:
        """Return the diagonal (K, q) of the Hessian."""

        def part(rows: slice) -> list[FloatArray]:
            z = self.design.decision(rows, table)
            squared = self.design.squared(rows)
            return [squared.pull_back(squared.every, self._curvature(z, rows).diagonal)]

        return summed(part, self.slices, self.first_work)[0]

    def mean_gram(self, table: FloatArray) -> FloatArray:
        """Return the mean (q, q) over the outputs of the Hessian's diagonal blocks."""

        def part(rows: slice) -> list[FloatArray]:
            second = self._curvature(self.design.decision(rows, table), rows).diagonal
            return [self.design.gram(rows, np.sqrt(second.mean(axis=1, keepdims=True)))]

        grams = summed(part, self._dense_slices, self.first_work)[0]
        return np.asarray(grams[0])

    @property
    def _dense_slices(self) -> list[slice]:
        """The blocks that are dense while they are worked on."""
        return row_slices(len(self.y), self.design.n_columns + 4 * self.loss.n_outputs)

    def _first(self, z: FloatArray, rows: slice) -> list[FloatArray]:
        """Return what some rows with decisions z add to the value and its derivative."""
        losses = self.loss.value(z, self.y[rows])
        return [np.asarray(self._weight(rows)[:, 0] @ losses), self._slope(z, rows)]

    def _slope(self, z: FloatArray, rows: slice) -> FloatArray:
        """Return what some rows with decisions z add to the derivative (K, q)."""
        slope = self.loss.slope(z, self.y[rows]) * self._weight(rows)
        return self.design.pull_back(rows, slope)

    def _second(self, z: FloatArray, rows: slice) -> FloatArray:
        """Return what some rows add to the Gram matrices (m, q, q) of the Hessian."""
        return self.design.gram(rows, self._curvature(z, rows).roots)

    def _assembled(self, grams: FloatArray) -> FloatArray:
        """Return the Hessian (d, d) of its Gram matrices."""
        # How they belong together does not depend on the rows.
        shape = self._curvature(np.zeros((0, self.loss.n_outputs)), slice(0, 0))
        size = self.loss.n_outputs * self.design.n_columns
        return shape.assemble(grams).reshape(size, size)

    def _curvature(self, z: FloatArray, rows: slice) -> Curvature:
        """Return the weighted second derivatives of some rows' losses."""
        return self.loss.curvature(z, self._weight(rows))

    def _weight(self, rows: slice) -> FloatArray:
        """Return the weights (m, 1) of some rows over the number of all."""
        return self.row_weight[rows, None] / len(self.y)
