"""The range of the inputs: what each column may hold, from the rows and from what a user gave.

One rule decides it. The values of a column are those of all rows, and the two ends of a range that
was given for it. A column with two values holds one of these two. Else, where all of them are whole
numbers, it holds whole numbers; else any number. Adjacent columns with two values, of which in
every row exactly one has its larger value, are one-hot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
from scipy.sparse import issparse

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.finite import Matrix
from pytest_modelparity.theory.box import Box

#: So many rows say already that most columns are of no special kind.
FIRST_ROWS = 1000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inputs:
    """What inputs may hold.

    Parameters
    ----------
    box : Box
        The ranges.
    whole, two_valued : tuple of int
        Columns of these kinds that are in no group.
    groups : tuple of tuple of int
        One-hot columns.
    given : tuple of int
        Columns whose range was given.
    """

    box: Box
    whole: tuple[int, ...]
    two_valued: tuple[int, ...]
    groups: tuple[tuple[int, ...], ...]
    given: tuple[int, ...]


def inputs_of(data: Dataset, ranges: Mapping[int, tuple[float, float]]) -> Inputs:
    """Return what the inputs of a check may hold.

    Parameters
    ----------
    data : Dataset
        All its rows count, those that are trained on and those that are compared on.
    ranges : mapping of int to pair of float
        Those that were given, by column, as `read_ranges` returns them.

    Raises
    ------
    ModelParityError
        If they leave a one-hot group no column that may be on.
    """
    matrices = [data.X] if data.evaluates_training_rows else [data.X, data.X_eval]
    low, high = _ends(matrices)
    # Which columns are whole numbers or a group is told of rows in memory.
    matrices = [matrix for matrix in matrices if not isinstance(matrix, RowMatrix)]
    two, whole = _kinds(matrices, low, high)
    off, on = low.copy(), high.copy()
    for column, (first, last) in ranges.items():
        values = {low[column], high[column], first, last}
        two[column] = two[column] and len(values) <= 2
        whole[column] = whole[column] and all(value == round(value) for value in values)
        low[column], high[column] = first, last
        if two[column] and len(values) == 2:
            off[column], on[column] = min(values), max(values)
    groups = _groups(matrices, off, on, two)
    # A width of 0 leaves nothing to choose.
    steps = np.where(two & (high > low), 1, np.where(whole, np.rint(high - low), 0)).astype(int)
    grouped = {column for group in groups for column in group}
    box = _with_groups(data, Box(low=low, high=high, steps=steps), groups, (off, on))
    return Inputs(
        box=box,
        whole=tuple(np.flatnonzero(whole & ~two & (high > low)).tolist()),
        two_valued=tuple(c for c in np.flatnonzero(two).tolist() if c not in grouped),
        groups=groups,
        given=tuple(sorted(ranges)),
    )


def _with_groups(
    data: Dataset,
    box: Box,
    groups: tuple[tuple[int, ...], ...],
    values: tuple[np.ndarray, np.ndarray],
) -> Box:
    """Return a box with one-hot groups, of the columns that may be on."""
    low, high, steps = box.low.copy(), box.high.copy(), box.steps.copy()
    (off, on), kept = values, []
    for group in groups:
        columns = np.array(group)
        must = columns[box.low[columns] == on[columns]]
        may = must if len(must) else columns[box.high[columns] == on[columns]]
        if not len(may) or len(must) > 1:
            names = ", ".join(repr(data.feature_names[column]) for column in group)
            raise ModelParityError(
                f"exactly one of the one-hot columns {names} is on in every row, and input_ranges "
                f"leaves no such input; give one of them a range that ends at its larger value"
            )
        low[columns], high[columns], steps[columns] = off[columns], off[columns], 0
        high[may] = on[may]
        if len(may) > 1:
            kept.append(may)
        else:
            low[may] = on[may]
    return Box(low=low, high=high, steps=steps, groups=tuple(kept))


def _ends(matrices: list[Matrix]) -> tuple[np.ndarray, np.ndarray]:
    """Return the smallest and the largest value of each column."""
    low = reduce(np.minimum, (_dense(matrix.min(axis=0)) for matrix in matrices))
    high = reduce(np.maximum, (_dense(matrix.max(axis=0)) for matrix in matrices))
    # Without the sign of a negative zero.
    return low + 0.0, high + 0.0


def _dense(row: Matrix) -> np.ndarray:
    """Return a row as an array of its own."""
    sparse = issparse(row)
    return np.array(row.toarray() if sparse else row, dtype=np.float64).reshape(-1)


def _kinds(
    matrices: list[Matrix], low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return which columns have two values, and which whole numbers only."""
    two, whole = high > low, np.ones(len(low), dtype=bool)
    for matrix in matrices:
        sparse = issparse(matrix)
        if sparse:
            values, column = matrix.data, matrix.indices
            n_stored = np.bincount(column, minlength=len(low))
            inside = (n_stored == matrix.shape[0]) | (low == 0) | (high == 0)
            at_end = (values == low[column]) | (values == high[column])
            two &= inside & (np.bincount(column, at_end, len(low)) == n_stored)
            is_whole = values == np.rint(values)
            whole &= np.bincount(column, is_whole, len(low)) == n_stored
            continue
        # A few rows first: they leave few columns to look at in all of them.
        for rows in (matrix[:FIRST_ROWS], matrix[FIRST_ROWS:]):
            some = np.flatnonzero(two | whole)
            part = rows[:, some]
            two[some] &= ((part == low[some]) | (part == high[some])).all(axis=0)
            whole[some] &= (part == np.rint(part)).all(axis=0)
    return two, whole


def _groups(
    matrices: list[Matrix], off: np.ndarray, on: np.ndarray, two: np.ndarray
) -> tuple[tuple[int, ...], ...]:
    """Return adjacent columns with two values of which exactly one is on in every row."""
    n_rows = sum(int(matrix.shape[0]) for matrix in matrices)
    counts = np.where(two, sum(_n_on(matrix, on) for matrix in matrices), 0)
    ends = np.cumsum(counts)
    groups, first = [], 0
    while first < len(on):
        # Each column is on somewhere, so one last column at most makes the sum right.
        before = int(ends[first] - counts[first])
        last = int(np.searchsorted(ends, before + n_rows))
        columns = range(first, last + 1)
        fits = last > first and last < len(on) and ends[last] == before + n_rows
        if fits and two[first : last + 1].all() and _one_each(matrices, columns, on):
            groups.append(tuple(columns))
            first = last
        first += 1
    return tuple(groups)


def _one_each(matrices: list[Matrix], columns: range, on: np.ndarray) -> bool:
    """Whether in every row one column is on; their numbers sum up to that of the rows already."""
    return all(
        bool((np.sum([_is_on(matrix, column, on) for column in columns], axis=0) <= 1).all())
        for matrix in matrices
    )


def _n_on(matrix: Matrix, on: np.ndarray) -> np.ndarray:
    """Return in how many rows each column has its larger value."""
    sparse = issparse(matrix)
    if not sparse:
        return np.asarray((matrix == on).sum(axis=0))
    stored = np.bincount(matrix.indices, minlength=len(on))
    found = np.bincount(matrix.indices, matrix.data == on[matrix.indices], len(on))
    return np.asarray(found + np.where(on == 0, matrix.shape[0] - stored, 0)).astype(int)


def _is_on(matrix: Matrix, column: int, on: np.ndarray) -> np.ndarray:
    """Return in which rows a column has its larger value."""
    part = matrix[:, [column]]
    return np.asarray(_dense(part) == on[column])


def read_ranges(
    given: Mapping[object, tuple[float, float]] | tuple[tuple[float, float], ...] | None,
    names: tuple[str, ...],
) -> dict[int, tuple[float, float]]:
    """Return the ranges that a user gave, by the column's number.

    Parameters
    ----------
    given : mapping or tuple of pairs, optional
        As `context.read_input_ranges` returns it.
    names : tuple of str
        The columns.

    Raises
    ------
    ModelParityError
        If a column is not there, or there are not as many pairs as columns.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        if len(given) != len(names):
            raise ModelParityError(
                f"input_ranges must hold a pair for each of the {len(names)} columns of X, got "
                f"{len(given)}; a mapping of some columns to their pairs is right as well"
            )
        return dict(enumerate(given))
    return {_column(key, names): pair for key, pair in given.items()}


def _column(key: object, names: tuple[str, ...]) -> int:
    """Return the number of a column by its name or number."""
    if str(key) in names:
        return names.index(str(key))
    # True is an integer to Python, and as a column a mistake.
    if isinstance(key, int) and not isinstance(key, bool) and 0 <= key < len(names):
        return key
    shown = ", ".join(map(repr, names[:5])) + (", ..." if len(names) > 5 else "")
    raise ModelParityError(f"input_ranges has no column {key!r} of X, whose columns are {shown}")
