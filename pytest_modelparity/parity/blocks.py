"""Rows that arrive in blocks: read once, each block validated as it comes."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pytest_modelparity.errors import InvalidDataError, ModelParityError
from pytest_modelparity.sides.dataset import Dataset, GivenRows, feature_names_of
from pytest_modelparity.sides.finite import Matrix, as_matrix
from pytest_modelparity.sides.labels import codes_of
from pytest_modelparity.sides.regression import numbers_of
from pytest_modelparity.sides.row_parts import as_container


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """Some rows, which follow those of the block before.

    Parameters
    ----------
    number : int
        Of the block, from 0.
    first_row : int
        The number of its first row among those of all blocks.
    X : ndarray or CSR matrix of shape (n_rows, n_features)
        float64.
    X_given : object
        The same as the user gave it, a tensor or a list as an array.
    y : object
        Labels or numbers as they came; ``None`` without.
    """

    number: int
    first_row: int
    X: Matrix
    X_given: GivenRows
    y: Any

    @property
    def n_rows(self) -> int:
        """How many rows it has."""
        return int(self.X.shape[0])

    @property
    def next_row(self) -> int:
        """The number of the row after its last."""
        return self.first_row + self.n_rows

    @property
    def named_rows(self) -> str:
        """Its rows in words."""
        return f"rows {self.first_row} to {self.next_row - 1}"

    @property
    def name(self) -> str:
        """What to call it in a sentence."""
        return f"block {self.number} ({self.named_rows})"

    def truth(self, data: Dataset) -> np.ndarray | None:
        """Return the class codes, or the numbers, that came with its rows.

        Raises
        ------
        InvalidDataError
            If they are none, not one for each row, or none of the classes.
        """
        if data.n_classes:
            return codes_of(self.y, self.n_rows, data.classes, suffix="", whose="the two models")
        return numbers_of(self.y, self.n_rows, suffix="")


class Blocks:
    """The blocks that a user gave, of which each is read once.

    Parameters
    ----------
    given : iterable
        Of X, or of pairs (X, y).
    names : sequence of str, optional
        Of the columns; default: those of the first block.

    Raises
    ------
    InvalidDataError
        If these are no blocks.
    """

    def __init__(self, given: Iterable[Any], names: Sequence[str] | None = None) -> None:
        self._each = _iterator_of(given)
        self._own_names = None if names is None else tuple(names)
        self._first_names: tuple[str, ...] = ()
        self._starts = array("q")
        self._n_rows = 0
        #: Whether labels come with the rows; known once the first came.
        self.is_labelled = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, once the first block came."""
        return self._own_names or self._first_names

    def name_row(self, row: int) -> str:
        """Return the words for a row: its number, and its block."""
        return f"row {row} in block {bisect_right(self._starts, row) - 1}"

    def __iter__(self) -> Iterator[Block]:
        """Return itself."""
        return self

    # No generator: it would hold a block in its names until the next is there.
    def __next__(self) -> Block:
        """Return the next block that has rows.

        Raises
        ------
        ModelParityError
            If there are no rows, a block cannot be made, or is not as the first.
        """
        while True:
            number = len(self._starts)
            here = f"block {number} (rows from {self._n_rows})"
            try:
                given = next(self._each)
            except StopIteration:
                self._refuse_none()
                raise
            except Exception as error:
                raise ModelParityError(
                    f"{here}: it could not be made, {type(error).__name__}: {error}"
                ) from error
            try:
                block = self._read(number, given)
            except ModelParityError as error:
                raise InvalidDataError(f"{here}: {error}") from error
            # Also of an empty one: it counts among the blocks.
            self._starts.append(self._n_rows)
            self._n_rows += block.n_rows
            if block.n_rows:
                return block

    def _read(self, number: int, given: Any) -> Block:
        """Return one block, held against the first."""
        X, y = _parted(given)
        matrix = as_matrix(X, "X")
        names = feature_names_of(X, int(matrix.shape[1]))
        if not self._n_rows:
            self._refuse_own_names(len(names))
            self._first_names, self.is_labelled = names, y is not None
        elif matrix.shape[0]:
            self._refuse_other(names, is_labelled=y is not None)
        return Block(number=number, first_row=self._n_rows, X=matrix, X_given=as_container(X), y=y)

    def _refuse_none(self) -> None:
        """Refuse blocks of which none has a row."""
        if not self._n_rows:
            raise InvalidDataError(
                f"blocks must hold one row at least, got none in {len(self._starts)} blocks; an "
                f"iterator that was read before yields nothing a second time"
            )

    def _refuse_own_names(self, n_features: int) -> None:
        """Refuse names that are not one for each column."""
        own = self._own_names
        if own is not None and len(own) != n_features:
            raise InvalidDataError(
                f"feature_names must hold a name for each of the {n_features} columns of X, got "
                f"{len(own)}"
            )

    def _refuse_other(self, names: tuple[str, ...], *, is_labelled: bool) -> None:
        """Refuse a block that has not the columns of the first, or labels where that had none."""
        first = self._first_names
        if len(names) != len(first):
            raise InvalidDataError(
                f"X must have as many columns as the first block, {len(first)}, got {len(names)}"
            )
        other = [(name, mine) for name, mine in zip(names, first, strict=True) if name != mine]
        if other:
            raise InvalidDataError(
                f"X must have the columns of the first block in their order, got {other[0][0]!r} "
                f"in place of {other[0][1]!r}"
            )
        if is_labelled != self.is_labelled:
            came = "with labels, the first without" if is_labelled else "without, the first with"
            raise InvalidDataError(
                f"labels must come with every block or with none, this one came {came}"
            )


def _iterator_of(given: Any) -> Iterator[Any]:
    """Return an iterator; refuses one table or array, whose rows or columns would be blocks."""
    if hasattr(given, "shape") or hasattr(given, "columns") or isinstance(given, (str, bytes)):
        raise InvalidDataError(
            f"blocks must be an iterable of blocks of rows, got one {type(given).__name__}; pass "
            f"(X[i : i + 100_000] for i in range(0, len(X), 100_000)), or use compare_models"
        )
    try:
        return iter(given)
    except TypeError as error:
        raise InvalidDataError(
            f"blocks must be an iterable of X or of (X, y), got {type(given).__name__}; pass a "
            f"generator, a list or a loader of blocks"
        ) from error


def _parted(given: Any) -> tuple[Any, Any]:
    """Return X and y of a block; y is ``None`` where X came alone."""
    # A loader of torch makes lists of its tensors, and a list may be rows as well.
    is_pair = isinstance(given, tuple) or (
        isinstance(given, list) and [len(getattr(part, "shape", ())) for part in given] == [2, 1]
    )
    if not is_pair:
        return given, None
    if len(given) != 2:
        raise InvalidDataError(f"a block must be X or (X, y), got a tuple of {len(given)}")
    return given[0], given[1]
