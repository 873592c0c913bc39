"""The rows of an objective, and what a block of them adds to the sums over all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy import sparse

from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.rows.passes import Joins, Sums, joined, row_slices, scratch, summed
from pytest_modelparity.theory.design import DesignMatrix, FloatArray, Targets, dense_rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DesignRows:
    """Rows ``(x_i | 1)`` of a design matrix, in memory.

    Parameters
    ----------
    X : array or CSR, (m, p)
        The features.
    ones : bool
        Whether a column of ones, the intercept's, follows them.
    """

    X: DesignMatrix
    ones: bool

    @property
    def n_columns(self) -> int:
        """Columns q, that of ones included."""
        return int(self.X.shape[1]) + int(self.ones)

    @property
    def dense(self) -> FloatArray:
        """The rows (m, q) as an array."""
        return dense_rows(self.X, slice(0, int(self.X.shape[0])), ones=self.ones)

    def decision(self, table: FloatArray) -> FloatArray:
        """Return the products (m, K) of the rows with those of ``table`` (K, q)."""
        p = self.X.shape[1]
        z = np.asarray(self.X @ table[:, :p].T)
        return z + table[:, p] if self.ones else z

    def pull_back(self, values: FloatArray) -> FloatArray:
        """Return ``values' (X | 1)`` (K, q) of ``values`` (m, K)."""
        table = np.empty((values.shape[1], self.n_columns))
        table[:, : self.X.shape[1]] = np.asarray(self.X.T @ values).T
        if self.ones:
            table[:, -1] = values.sum(axis=0)
        return table

    def gram(self, roots: FloatArray) -> FloatArray:
        """Return ``Z_k' Z_k`` (c, q, q) of the rows scaled by each column of ``roots`` (m, c)."""
        p, q = self.X.shape[1], self.n_columns
        block = self.X.toarray() if isinstance(self.X, sparse.csr_array) else self.X
        scaled = scratch("scaled", (len(block), q))
        grams = np.empty((roots.shape[1], q, q))
        for root, gram in zip(roots.T, grams, strict=True):
            np.multiply(block, root[:, None], out=scaled[:, :p])
            if self.ones:
                scaled[:, p] = root
            # A product of a matrix with itself, of which BLAS makes one half.
            np.matmul(scaled.T, scaled, out=gram)
        return grams

    @property
    def absolute(self) -> DesignRows:
        """The rows with the sizes of their features, for use before the next call."""
        if isinstance(self.X, sparse.csr_array):
            return DesignRows(X=abs(self.X), ones=self.ones)
        return DesignRows(X=np.abs(self.X, out=scratch("sizes", self.X.shape)), ones=self.ones)

    @property
    def squared(self) -> DesignRows:
        """The rows with every feature squared, for use before the next call."""
        if isinstance(self.X, sparse.csr_array):
            return DesignRows(X=self.X.power(2), ones=self.ones)
        return DesignRows(X=np.square(self.X, out=scratch("squares", self.X.shape)), ones=self.ones)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowBlock:
    """Some rows with all that belongs to them, in memory.

    Parameters
    ----------
    design : DesignRows
        Their features.
    y : array, (m,)
        Their targets.
    weight : array, (m,)
        Their weights s_i.
    rows : slice
        Their places among all rows.
    """

    design: DesignRows
    y: Targets
    weight: FloatArray
    rows: slice


#: A block of rows to what it adds to the sums over all of them; called by several threads, and of
#: rows that are not held in other processes.
Part: TypeAlias = Callable[[RowBlock], Sums]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowTable:
    """All rows of an objective.

    Parameters
    ----------
    X : array, CSR or RowMatrix, (n, p)
        The features: held in memory, or passed over.
    ones : bool
        Whether there is an intercept.
    y : array, (n,)
        Targets.
    weight : array, (n,)
        The s_i.
    """

    X: DesignMatrix | RowMatrix
    ones: bool
    y: Targets
    weight: FloatArray

    @property
    def n_columns(self) -> int:
        """Columns q of the design matrix."""
        return int(self.X.shape[1]) + int(self.ones)

    @property
    def are_held(self) -> bool:
        """Whether the features are in memory."""
        return not isinstance(self.X, RowMatrix)

    def slices(self, width: int, *, dense: bool) -> list[slice]:
        """Return the slices of a pass with ``width`` numbers of work a row.

        All rows at once where X is sparse and may stay so: a slice of a sparse matrix is a copy
        that its products do not pay for.
        """
        every = slice(0, len(self.y))
        if isinstance(self.X, RowMatrix):
            return [part for group in self.X.groups for part in row_slices(group, width)]
        return [every] if sparse.issparse(self.X) and not dense else row_slices(every, width)

    def total(
        self,
        part: Part,
        width: int,
        *,
        work: float = 0.0,
        dense: bool = True,
        joins: Joins | None = None,
    ) -> list[FloatArray]:
        """Return the sums over all rows of what ``part`` returns for blocks of them.

        Parameters
        ----------
        part : callable
            A block to its sums, in arrays of its own. Where rows are not held it must hold
            nothing that is as long as they are.
        width : int
            Numbers of work a row.
        work : float
            Multiplications of the whole pass, which decide on threads where rows are held.
        dense : bool
            Whether sparse rows become dense while they are worked on.
        joins : sequence of Join, optional
            How two of each are put together; default: all are sums.
        """
        if isinstance(self.X, RowMatrix):
            group = _Group(part=part, width=width, ones=self.ones, joins=joins)
            return self.X.total(group, (self.y, self.weight), joins)
        slices = self.slices(width, dense=dense)
        return summed(lambda rows: part(self.block(rows)), slices, work, joins)

    def each(
        self, part: Callable[[RowBlock], FloatArray], width: int, *, weighted: bool = False
    ) -> FloatArray:
        """Return what ``part`` makes of each row (n,): a number of it.

        Of rows that are not held the largest alone (1,), of those with weight where ``weighted``;
        a NaN is the largest.
        """
        found = np.empty(len(self.y)) if self.are_held else None

        def of(block: RowBlock) -> list[FloatArray]:
            numbers = part(block)
            if found is not None:
                found[block.rows] = numbers
                return []
            counted = block.weight > 0 if weighted else np.ones(len(numbers), dtype=bool)
            return [np.asarray(np.max(numbers, where=counted, initial=-np.inf))]

        joins = [np.maximum] if found is None else None
        totals = self.total(of, width, joins=joins, dense=False)
        return np.reshape(totals[0], 1) if found is None else found

    def blocks(self, width: int) -> Iterator[RowBlock]:
        """Yield all rows, ``width`` numbers of work a row, in this process."""
        return map(self.block, self.slices(width, dense=True))

    def block(self, rows: slice) -> RowBlock:
        """Return some rows: a view where they are held and dense."""
        whole = rows.stop - rows.start == len(self.y) and self.are_held
        X: Any = self.X if whole else self.X[rows]
        design = DesignRows(X=X, ones=self.ones)
        return RowBlock(design=design, y=self.y[rows], weight=self.weight[rows], rows=rows)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Group:
    """The sums over a group of rows, slice by slice, in whatever process it is worked on."""

    part: Part
    width: int
    ones: bool
    joins: Joins | None

    def __call__(self, X: FloatArray, rows: slice, y: Targets, weight: FloatArray) -> Sums:
        """Return the sums over the rows of X, which stand at ``rows`` of all."""

        def of(inside: slice) -> Sums:
            return self.part(
                RowBlock(
                    design=DesignRows(X=X[inside], ones=self.ones),
                    y=y[inside],
                    weight=weight[inside],
                    rows=slice(rows.start + inside.start, rows.start + inside.stop),
                )
            )

        with np.errstate(all="ignore"):
            return joined(map(of, row_slices(slice(0, len(X)), self.width)), self.joins)
