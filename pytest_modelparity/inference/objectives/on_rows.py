"""A linear model on rows that need not be held: all that is asked of them, each in one pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.linalg

from pytest_modelparity.theory.design import FloatArray, as_codes
from pytest_modelparity.theory.losses import Loss
from pytest_modelparity.theory.rows import Part, RowBlock, RowTable

#: Part of the largest squared singular value up to which a column is a mixture of the others.
DEPENDENT = 1e-14
#: Largest ``p (1 - p)`` from which on a row is saturated.
SATURATED = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """What is asked of a model whatever it is to be the optimum of.

    Parameters
    ----------
    decision : float
        The largest size of a decision.
    n_open : int
        Rows of which some output is not saturated; of numbers none is told.
    separates : bool
        Whether the likeliest class of every row is its own.
    by_label : ndarray of shape (K, K)
        Sums of the predictions of each class (columns) over the rows of each label; of numbers
        nothing is told.
    """

    decision: float
    n_open: int
    separates: bool
    by_label: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelOnRows:
    """A linear model on rows.

    Parameters
    ----------
    rows : RowTable
        With a column of ones.
    loss : Loss
        Of a row, without smoothing.
    table : ndarray of shape (K', q)
        The parameters, a row for each output, its intercept last.
    n_classes : int
        Number of classes; 0 where y holds numbers.
    """

    rows: RowTable
    loss: Loss
    table: FloatArray
    n_classes: int

    @property
    def width(self) -> int:
        """Numbers of work a row in a pass."""
        return self.rows.n_columns + 4 * len(self.table)

    @property
    def work(self) -> float:
        """Multiplications of a pass for the decisions and a gradient."""
        return 2.0 * len(self.rows.y) * self.table.size

    def look(self) -> Look:
        """Return what is asked whatever the hypothesis."""
        table, loss, K = self.table, self.loss, self.n_classes

        def part(block: RowBlock) -> list[FloatArray]:
            z = block.design.decision(table)
            largest = np.asarray(np.abs(z).max())
            if not K:
                return [largest, np.zeros(()), np.zeros(()), np.zeros((0, 0))]
            P, codes = loss.response(z), as_codes(block.y)
            n_open = np.sum((P * (1 - P)).max(axis=1) > SATURATED)
            n_wrong = np.sum(P.argmax(axis=1) != codes)
            return [largest, np.asarray(n_open), np.asarray(n_wrong), np.eye(K)[codes].T @ P]

        joins = [np.maximum, np.add, np.add, np.add]
        decision, n_open, n_wrong, by_label = self._total(part, joins)
        return Look(
            decision=float(decision),
            n_open=int(n_open),
            separates=not n_wrong,
            by_label=by_label,
        )

    def by_class(self, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return sums over the rows of each class, of weights (n,) times slopes and features.

        Returns
        -------
        slopes : ndarray of shape (K, K', q)
            Of ``w_i r_i a_i'``; K is 1 where y holds numbers.
        features : ndarray of shape (K, q)
            Of ``w_i a_i``.
        """
        table, loss, K = self.table, self.loss, max(self.n_classes, 1)
        is_class = bool(self.n_classes)

        def part(block: RowBlock) -> list[FloatArray]:
            codes = as_codes(block.y) if is_class else np.zeros(len(block.y), dtype=np.intp)
            of = np.eye(K)[codes] * block.weight[:, None]
            slope = loss.slope(block.design.decision(table), block.y)
            each = (of[:, :, None] * slope[:, None, :]).reshape(len(of), -1)
            return [
                block.design.pull_back(each).reshape(K, *table.shape),
                block.design.pull_back(of),
            ]

        weighted = replace(self, rows=replace(self.rows, weight=weight))
        slopes, features = weighted._total(part)
        return slopes, features

    def gram(self) -> FloatArray:
        """Return ``A'A`` (q, q) of the rows A with a last column of ones."""
        q = self.rows.n_columns
        work = float(len(self.rows.y)) * q * q

        def part(block: RowBlock) -> list[FloatArray]:
            return [block.design.gram(np.ones((len(block.y), 1)))]

        return np.asarray(self.rows.total(part, q, work=work)[0][0])

    def scores(self, weight: FloatArray, loss: Loss) -> FloatArray:
        """Return sums of the rows' gradients and of their products, together (d + 1, d + 1).

        Those of ``(s_i, 1) (s_i, 1)'`` with ``s_i`` the weight times slopes times features.

        Parameters
        ----------
        weight : ndarray of shape (n,)
            Of the rows.
        loss : Loss
            Of a row, smoothing included.
        """
        table = self.table

        def part(block: RowBlock) -> list[FloatArray]:
            slope = loss.slope(block.design.decision(table), block.y) * block.weight[:, None]
            each = (slope[:, :, None] * block.design.dense[:, None, :]).reshape(len(slope), -1)
            each = np.hstack([each, np.ones((len(each), 1))])
            return [each.T @ each]

        rows = replace(self.rows, weight=weight)
        d = table.size
        return rows.total(part, d, work=float(len(rows.y)) * d * d)[0]

    def moved(self, steps: Sequence[FloatArray]) -> list[float]:
        """Return the largest change of a prediction, to first order, by steps of the parameters."""
        if not steps:
            return []
        table, change = self.table, self._change()
        moves = np.concatenate([step.reshape(table.shape) for step in steps])
        K = len(table)

        def part(block: RowBlock) -> list[FloatArray]:
            z, dz = block.design.decision(table), block.design.decision(moves)
            each = (change(z, dz[:, at : at + K]) for at in range(0, len(moves), K))
            return [np.array([np.abs(one).max() for one in each])]

        work = self.work * len(steps)
        width = self.rows.n_columns + 4 * len(moves)
        return list(map(float, self.rows.total(part, width, work=work, joins=[np.maximum])[0]))

    def length(self, step: FloatArray) -> float:
        """Return the length of a step of the parameters in the norm of the loss's Hessian."""
        move = step.reshape(self.table.shape)
        if not move.any():
            return 0.0
        table, change = self.table, self._change()

        def part(block: RowBlock) -> list[FloatArray]:
            dz = block.design.decision(move)
            return [np.asarray(np.sum(dz * change(block.design.decision(table), dz)))]

        square = float(self._total(part)[0]) / len(self.rows.y)
        return float(np.sqrt(max(square, 0.0)))

    def apart(self, other: FloatArray) -> float:
        """Return the largest difference of a prediction to that of other parameters (K', q)."""
        if np.array_equal(other, self.table):
            return 0.0
        table, loss = self.table, self.loss

        def part(block: RowBlock) -> list[FloatArray]:
            here = loss.response(block.design.decision(table))
            return [np.abs(here - loss.response(block.design.decision(other))).max()]

        return float(self._total(part, [np.maximum])[0])

    def pulled(self, coef: FloatArray, mean: FloatArray) -> FloatArray:
        """Return ``Z'Z coef`` (p,) of the features Z less their mean."""

        def part(block: RowBlock) -> list[FloatArray]:
            Z = block.design.dense[:, :-1] - mean
            return [Z.T @ (Z @ coef)]

        return self._total(part)[0]

    def _change(self) -> Callable[[FloatArray, FloatArray], FloatArray]:
        """Return how predictions change, to first order, at decisions that change.

        With the canonical link they move as the slopes of the loss do.
        """
        loss = self.loss

        def change(z: FloatArray, dz: FloatArray) -> FloatArray:
            return loss.curvature(z, np.ones((len(z), 1))).apply(dz)

        return change

    def _total(self, part: Part, joins: Sequence[np.ufunc] | None = None) -> list[FloatArray]:
        """Return what a pass makes, with few columns a row."""
        return self.rows.total(part, self.width, work=self.work, joins=joins)


def rank_of(gram: FloatArray) -> int:
    """Return the rank of a matrix by its ``A'A``, whatever the units of its columns."""
    size = np.maximum(np.sqrt(np.diagonal(gram)), 1e-300)
    values = scipy.linalg.eigvalsh(gram / size / size[:, None])
    return int(np.sum(values > values[-1] * DEPENDENT))
