"""The loss of all rows and its derivatives, each in one pass over them, without penalties."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pytest_modelparity.rows.passes import Joins, longest_sum
from pytest_modelparity.theory.design import FloatArray
from pytest_modelparity.theory.losses import Curvature, Loss
from pytest_modelparity.theory.rows import Part, RowBlock, RowTable


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Terms:
    """What rows add to the sums of a loss; small, as it goes wherever the rows are.

    Parameters
    ----------
    loss : Loss
        Of one row.
    n_rows : int
        Of all rows, by which sums are divided.
    table : array, (K, q)
        The parameters, with a row for each output, its intercept last.
    """

    loss: Loss
    n_rows: int
    table: FloatArray

    def decision(self, block: RowBlock) -> FloatArray:
        """Return the decisions z (m, K) of some rows."""
        return block.design.decision(self.table)

    def weight(self, block: RowBlock) -> FloatArray:
        """Return the weights (m, 1) of some rows over the number of all."""
        return block.weight[:, None] / self.n_rows

    def first(self, z: FloatArray, block: RowBlock) -> list[FloatArray]:
        """Return what some rows with decisions z add to the value and its derivative."""
        losses = self.loss.value(z, block.y)
        return [np.asarray(self.weight(block)[:, 0] @ losses), self.slope(z, block)]

    def slope(self, z: FloatArray, block: RowBlock) -> FloatArray:
        """Return what some rows with decisions z add to the derivative (K, q)."""
        return block.design.pull_back(self.loss.slope(z, block.y) * self.weight(block))

    def second(self, z: FloatArray, block: RowBlock) -> FloatArray:
        """Return what some rows add to the Gram matrices (m, q, q) of the Hessian."""
        return block.design.gram(self.curvature(z, block).roots)

    def curvature(self, z: FloatArray, block: RowBlock) -> Curvature:
        """Return the weighted second derivatives of some rows' losses."""
        return self.loss.curvature(z, self.weight(block))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeanLoss:
    """``(1/n) sum_i s_i loss(y_i, z_i)`` as a function of the parameters of each output.

    Parameters are a ``table`` (K, q) with a row for each output, its intercept last.

    Parameters
    ----------
    rows : RowTable
        The rows.
    loss : Loss
        Of one row.
    """

    rows: RowTable
    loss: Loss

    @property
    def width(self) -> int:
        """Numbers of work a row in a pass."""
        return self.rows.n_columns + 4 * self.loss.n_outputs

    @property
    def longest_sum(self) -> int:
        """How many additions the term of a row goes through in a gradient, at most."""
        return longest_sum(self.rows.slices(self.width, dense=False))

    @property
    def n_rows(self) -> int:
        """Number of rows n."""
        return len(self.rows.y)

    @property
    def first_work(self) -> float:
        """Multiplications of a pass for value and gradient."""
        return 2.0 * self.n_rows * self.rows.n_columns * self.loss.n_outputs

    @property
    def second_work(self) -> float:
        """Multiplications of a pass for the Hessian."""
        K = self.loss.n_outputs
        return 0.5 * self.n_rows * self.rows.n_columns**2 * max(1.0, K * (K - 1) / 2)

    @property
    def hessian_passes(self) -> float:
        """How many passes for value and gradient a Hessian costs, about (measured)."""
        return 0.03 * self.rows.n_columns * max(1, self.loss.n_outputs - 1)

    def terms(self, table: FloatArray) -> Terms:
        """Return what rows add at a point."""
        return Terms(loss=self.loss, n_rows=self.n_rows, table=table)

    def responses(self, table: FloatArray) -> FloatArray:
        """Return the predictions (n, m) of all rows."""
        terms = self.terms(table)
        # Into one array, block by block: its temporaries are then no larger than a block.
        slices = self.rows.slices(self.width, dense=False)
        parts = (self.loss.response(terms.decision(self.rows.block(one))) for one in slices)
        first = next(parts)
        predictions = np.empty((self.n_rows, first.shape[1]))
        begin = 0
        for part in itertools.chain([first], parts):
            predictions[begin : begin + len(part)] = part
            begin += len(part)
        return predictions

    def value_slope_and_change(
        self, table: FloatArray, other: FloatArray
    ) -> tuple[float, FloatArray, float]:
        """Return value, derivative (K, q) and the largest change of a prediction from ``other``.

        The change is NaN where one of the predictions is.
        """
        here, there, loss = self.terms(table), self.terms(other), self.loss

        def part(block: RowBlock) -> list[FloatArray]:
            z = here.decision(block)
            moved = loss.response(z) - loss.response(there.decision(block))
            return [*here.first(z, block), np.abs(moved).max()]

        value, slope, change = self.firsts(part, joins=[np.add, np.add, np.maximum])
        return float(value), slope, float(change)

    def value_and_slope(self, table: FloatArray) -> tuple[float, FloatArray]:
        """Return the value, and its derivative (K, q)."""
        terms = self.terms(table)
        value, slope = self.firsts(lambda block: terms.first(terms.decision(block), block))
        return float(value), slope

    def value_slope_and_responses(
        self, table: FloatArray
    ) -> tuple[float, FloatArray, FloatArray | None]:
        """Return the value, its derivative (K, q) and the predictions (n, m) of all rows.

        No predictions where the rows are not held.
        """
        terms, loss = self.terms(table), self.loss
        predictions = self.no_responses()

        def part(block: RowBlock) -> list[FloatArray]:
            z = terms.decision(block)
            if predictions is not None:
                predictions[block.rows] = loss.response(z)
            return terms.first(z, block)

        value, slope = self.firsts(part)
        return float(value), slope, predictions

    def no_responses(self) -> FloatArray | None:
        """Return an array for the predictions (n, m) of all rows; None where these are not held."""
        if not self.rows.are_held:
            return None
        no_rows = np.zeros((0, self.loss.n_outputs))
        return np.empty((self.n_rows, self.loss.response(no_rows).shape[1]))

    def slope(self, table: FloatArray) -> FloatArray:
        """Return the derivative (K, q) alone."""
        terms = self.terms(table)
        return self.firsts(lambda block: [terms.slope(terms.decision(block), block)])[0]

    def value_at_zero(self) -> float:
        """Return the value where every parameter is zero."""
        return float(self.rows.weight @ self.loss.value_at_zero(self.rows.y)) / self.n_rows

    def expansion(self, table: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return the value, its derivative (K, q) and its Hessian (d, d)."""
        terms = self.terms(table)

        def part(block: RowBlock) -> list[FloatArray]:
            z = terms.decision(block)
            return [*terms.first(z, block), terms.second(z, block)]

        value, slope, grams = self.rows.total(part, self.width, work=self.second_work)
        return float(value), slope, self._assembled(grams)

    def hessian(self, table: FloatArray) -> FloatArray:
        """Return the Hessian (d, d)."""
        terms = self.terms(table)

        def part(block: RowBlock) -> list[FloatArray]:
            return [terms.second(terms.decision(block), block)]

        return self._assembled(*self.rows.total(part, self.width, work=self.second_work))

    def hessian_product(self, table: FloatArray) -> Callable[[FloatArray], FloatArray]:
        """Return the product (K, q) of the Hessian with such a table, as a function."""
        terms = self.terms(table)

        def curvature(block: RowBlock) -> Curvature:
            return terms.curvature(terms.decision(block), block)

        # Of rows that are held it is remembered.
        known: dict[int, Curvature] = {}
        if self.rows.are_held:
            for rows in self.rows.slices(self.width, dense=False):
                known[rows.start] = curvature(self.rows.block(rows))

        def product(change: FloatArray) -> FloatArray:
            def part(block: RowBlock) -> list[FloatArray]:
                second = known[block.rows.start] if known else curvature(block)
                return [block.design.pull_back(second.apply(block.design.decision(change)))]

            return self.firsts(part)[0]

        return product

    def hessian_diagonal(self, table: FloatArray) -> FloatArray:
        """Return the diagonal (K, q) of the Hessian."""
        terms = self.terms(table)

        def part(block: RowBlock) -> list[FloatArray]:
            z = terms.decision(block)
            return [block.design.squared.pull_back(terms.curvature(z, block).diagonal)]

        return self.firsts(part)[0]

    def mean_gram(self, table: FloatArray) -> FloatArray:
        """Return the mean (q, q) over the outputs of the Hessian's diagonal blocks."""
        terms = self.terms(table)

        def part(block: RowBlock) -> list[FloatArray]:
            second = terms.curvature(terms.decision(block), block).diagonal
            return [block.design.gram(np.sqrt(second.mean(axis=1, keepdims=True)))]

        grams = self.rows.total(part, self.width, work=self.first_work)[0]
        return np.asarray(grams[0])

    def from_limit(self, table: FloatArray) -> float:
        """Return how far a prediction of rows that are not held is from where no loss is left.

        Of those with a weight.
        """
        terms, loss = self.terms(table), self.loss
        assert loss.recession is not None
        limit = loss.recession.limit

        def part(block: RowBlock) -> FloatArray:
            apart = np.abs(loss.response(terms.decision(block)) - limit(block.y))
            return np.asarray(apart.max(axis=1))

        return float(self.rows.each(part, self.width, weighted=True)[0])

    def firsts(self, part: Part, joins: Joins | None = None) -> list[FloatArray]:
        """Return the sums of a pass with few columns, in which sparse rows stay so."""
        work = self.first_work
        return self.rows.total(part, self.width, work=work, dense=False, joins=joins)

    def _assembled(self, grams: FloatArray) -> FloatArray:
        """Return the Hessian (d, d) of its Gram matrices."""
        # How they belong together does not depend on the rows.
        shape = self.loss.curvature(np.zeros((0, self.loss.n_outputs)), np.zeros((0, 1)))
        size = self.loss.n_outputs * self.rows.n_columns
        return shape.assemble(grams).reshape(size, size)
