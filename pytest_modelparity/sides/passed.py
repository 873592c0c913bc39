"""Rows that are passed over, because they are too many for memory or lie somewhere else."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from pytest_modelparity.errors import InvalidDataError
from pytest_modelparity.rows.finite import first_not_finite
from pytest_modelparity.rows.held import rows_of_array
from pytest_modelparity.rows.matrix import RowMatrix

#: Numbers in the rows that stand for all where a step needs some in memory, and fewest of them.
SAMPLE_NUMBERS = 1_000_000
FEWEST_SAMPLES = 1000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampledRows:
    """Rows that stand for all where a step needs some in memory, evenly spread over them.

    Parameters
    ----------
    numbers : ndarray of shape (m,)
        Which they are.
    X : ndarray of shape (m, p)
        Their features.
    given : object
        The same as a model takes them.
    """

    numbers: np.ndarray
    X: np.ndarray
    given: Any


# Without slots, which keep no cached property.
@dataclass(frozen=True, kw_only=True, eq=False)
class PassedRows:
    """Rows to pass over, as a check is given them.

    Parameters
    ----------
    matrix : RowMatrix
        The features.
    given : object
        What the user gave for X.
    names : tuple of str
        Of the features.
    memory : float
        Bytes that they may take here.
    """

    matrix: RowMatrix
    given: Any
    names: tuple[str, ...]
    memory: float = 0.0

    @property
    def is_held(self) -> bool:
        """Whether what the user gave is an array in memory."""
        return isinstance(self.given, np.ndarray)

    @cached_property
    def sample(self) -> SampledRows:
        """Some of the rows, which are read once."""
        n, p = self.matrix.shape
        size = min(n, max(FEWEST_SAMPLES, SAMPLE_NUMBERS // p))
        numbers = np.linspace(0, n - 1, size).astype(np.intp)
        X = self.matrix.take(numbers)
        return SampledRows(numbers=numbers, X=X, given=self.matrix.as_given(X))

    def refuse_whole(self, why: str) -> None:
        """Refuse rows that would have to be brought into memory, where they are not already.

        Parameters
        ----------
        why : str
            What takes them: the sentence begins with it.

        Raises
        ------
        ModelParityError
            If they lie somewhere else.
        """
        if not self.is_held:
            self.matrix.refuse_whole(why)

    def checked(self, name: str) -> RowMatrix:
        """Return the features, once all of them were seen to be finite.

        Raises
        ------
        InvalidDataError
            If one is not, with its row, and the block or file that holds it.
        """
        place = first_not_finite(self.matrix)
        if place is not None:
            row, column = place
            raise InvalidDataError(
                f"{name} must be finite: Input {name} contains NaN or infinity (first at row "
                f"{row}, column {column}{self.matrix.place_of(row)}); impute or drop these rows "
                f"first"
            )
        return self.matrix


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OpenedRows:
    """Rows to pass over with what belongs to each of them, in memory.

    Parameters
    ----------
    rows : PassedRows
        The features.
    y, sample_weight : object
        As the user gave them, or what their names stand for in a table.
    """

    rows: PassedRows
    y: Any
    sample_weight: Any


class RowsKind(Protocol):
    """A kind of X that need not be held in memory."""

    def knows(self, X: Any) -> bool:
        """Whether X is of this kind; imports nothing."""

    def open(self, X: Any, y: Any, sample_weight: Any) -> OpenedRows:
        """Return its rows.

        Raises
        ------
        ModelParityError
            If it cannot be opened.
        """


class ArrayKind:
    """NumPy's arrays of numbers, in memory or mapped from a file."""

    def knows(self, X: Any) -> bool:
        """Whether X is such an array."""
        return isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "fiub" and X.size > 0

    def open(self, X: Any, y: Any, sample_weight: Any) -> OpenedRows:
        """Return its rows."""
        names = numbered_names(X.shape[1])
        rows = PassedRows(matrix=rows_of_array(X), given=X, names=names)
        return OpenedRows(rows=rows, y=y, sample_weight=sample_weight)


class NpyKind(ArrayKind):
    """The path of an array that NumPy saved, which is mapped and not read."""

    def knows(self, X: Any) -> bool:
        """Whether X is a path that ends in ``.npy``."""
        return isinstance(X, (str, Path)) and Path(X).suffix == ".npy"

    def open(self, X: Any, y: Any, sample_weight: Any) -> OpenedRows:
        """Return its rows."""
        return super().open(_mapped(X), _loaded(y), _loaded(sample_weight))


def _mapped(path: str | Path) -> np.ndarray:
    """Return the array of a file, mapped."""
    try:
        array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise _unread(path, error) from error
    if array.ndim != 2 or array.dtype.kind not in "fiub":
        raise InvalidDataError(
            f"{str(path)!r} must hold rows of numbers (n_samples, n_features), got shape "
            f"{array.shape} of {array.dtype}"
        )
    return array


def _loaded(column: Any) -> Any:
    """Return what belongs to each row: read, where it is the path of an array, too."""
    if not isinstance(column, (str, Path)):
        return column
    try:
        return np.load(column, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise _unread(column, error) from error


def _unread(path: str | Path, error: Exception) -> InvalidDataError:
    """Return what to say of a file that is no array."""
    # What NumPy says of text or anything else: that it might be pickled, and how to load that.
    said = str(error).partition(". ")[0]
    return InvalidDataError(
        f"{str(path)!r} cannot be read as an array ({said}); write it by numpy.save, as numbers"
    )


def numbered_names(n_features: int) -> tuple[str, ...]:
    """Return the names of columns that have none: ``x0`` …."""
    return tuple(f"x{index}" for index in range(n_features))
