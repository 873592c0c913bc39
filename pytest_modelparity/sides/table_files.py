"""Files of predictions: their numbers, and the names of their columns."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.sides.artefact import first_line

#: Reads a file, given the number of rows that are compared: numbers, and the columns' names.
ReadFile: TypeAlias = Callable[[Path, int], tuple[np.ndarray, list[str]]]


def read_csv(path: Path, n_rows: int) -> tuple[np.ndarray, list[str]]:
    """Return the numbers of a CSV file, and the names of its columns where it has a first line."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [line for line in csv.reader(file) if line]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise not_read(path, error) from error
    if not lines:
        raise ModelParityError(f"the table of predictions {str(path)!r} is empty; write it again")
    # Class labels may be numbers: then only the number of lines tells them from predictions.
    headed = len(lines) == n_rows + 1 or not all(map(_is_number, lines[0]))
    names = lines.pop(0) if headed else []
    # pandas writes the index as a first column without a name.
    if names and not names[0].strip():
        names, lines = names[1:], [line[1:] for line in lines]
    try:
        return np.array([[float(cell) for cell in line] for line in lines]), names
    except ValueError as error:
        raise ModelParityError(
            f"the table of predictions {str(path)!r} must hold one number for each class in every "
            f"line: {error}; write it again"
        ) from error


def _is_number(cell: str) -> bool:
    """Whether a cell can be read as a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def read_npy(path: Path, n_rows: int) -> tuple[np.ndarray, list[str]]:
    """Return the numbers of an array that numpy saved."""
    return next(iter(_arrays(path).values())), []


def read_npz(path: Path, n_rows: int) -> tuple[np.ndarray, list[str]]:
    """Return the numbers of the one array that an archive of numpy holds."""
    arrays = _arrays(path)
    if len(arrays) != 1:
        raise ModelParityError(
            f"the table of predictions {str(path)!r} must hold one array, got {len(arrays)} "
            f"({', '.join(arrays)}); pass numpy.load(path)[name]"
        )
    return next(iter(arrays.values())), []


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays that numpy loads, by name, of which none is a pickle."""
    try:
        # numpy keeps an archive open, also one that it cannot read.
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return {"": loaded}
            return {name: np.asarray(loaded[name]) for name in loaded.files}
    except (ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise not_read(path, error) from error


def not_read(path: Path, error: Exception) -> ModelParityError:
    """Return the error of a file that cannot be read."""
    return ModelParityError(
        f"the table of predictions {str(path)!r} cannot be read: {first_line(error)}; write it "
        f"again"
    )


def own_names(names: list[str]) -> list[str]:
    """Return the names of columns; nothing where they are only numbered."""
    return [] if names == [str(place) for place in range(len(names))] else names
