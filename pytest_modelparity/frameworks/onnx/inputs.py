"""What an ONNX model is fed: rows as the user gave them, in the names, types and shapes it has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.sides.artefact import dense_of, shaped

#: The array type of each element type; onnxruntime never casts (1.32).
TYPES: dict[str, Any] = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(int16)": np.int16,
    "tensor(int8)": np.int8,
    "tensor(uint8)": np.uint8,
    "tensor(bool)": np.bool_,
    "tensor(string)": object,
}


class Feeder:
    """Makes what a session takes of rows.

    Parameters
    ----------
    inputs : list of onnxruntime.NodeArg
        Those of the session.
    name : str
        What to call the model in a sentence.

    Raises
    ------
    ModelParityError
        If an input takes no tensor.
    """

    def __init__(self, inputs: list[Any], name: str) -> None:
        self._inputs, self._name = inputs, name
        for each in inputs:
            if each.type not in TYPES:
                raise ModelParityError(
                    f"{name} takes {each.type} as its input {each.name!r}, which no rows of X can "
                    f"be made into; pass a function of X that runs it"
                )

    def feeds(self, X: Any) -> Iterator[tuple[dict[str, np.ndarray], int]]:
        """Yield what the model takes of some rows, and how many of these are asked about.

        All rows at once, but of a model that was exported for a number of rows.
        """
        columns = self._columns(X)
        n_rows = len(next(iter(columns.values())))
        size = self._batch() or n_rows
        # Where there are no rows at all, the model is asked once about none.
        for start in range(0, max(n_rows, 1), max(size, 1)):
            part = {name: values[start : start + size] for name, values in columns.items()}
            n_asked = min(size, n_rows - start)
            # The last rows of a fixed number are filled up with one that is there.
            yield {name: _filled(values, size) for name, values in part.items()}, n_asked

    def one_row(self) -> dict[str, np.ndarray]:
        """Return one row of zeros and empty words, repeated where the model takes several."""
        n_rows = self._batch() or 1
        return {
            each.name: np.full(
                (n_rows, *(_size(size) or 1 for size in each.shape[1:])),
                "" if each.type == "tensor(string)" else 0,
                dtype=TYPES[each.type],
            )
            for each in self._inputs
        }

    def _batch(self) -> int:
        """Return the number of rows that the model was exported for; 0 where any will do."""
        sizes = {_size(each.shape[0]) for each in self._inputs if each.shape}
        return max(sizes, default=0)

    def _columns(self, X: Any) -> dict[str, np.ndarray]:
        """Return each input's part of the rows."""
        if len(self._inputs) == 1:
            only = self._inputs[0]
            return {only.name: self._shaped(only, _dense(X))}
        widths = [_width(each) or 1 for each in self._inputs]
        names = [str(name) for name in getattr(X, "columns", ())]
        places = self._by_name(names) if names and set(widths) == {1} else None
        rows = _dense(X)
        if sum(widths) != rows.shape[1]:
            raise ModelParityError(
                f"{self._name} needs {len(widths)} inputs of {sum(widths)} columns in all "
                f"({_listed([each.name for each in self._inputs])}), X has {rows.shape[1]}; "
                f"pass the rows that it was exported for, or export it again (a layer that was not "
                f"exported whole, as Normalization, leaves inputs of its own)"
            )
        if places is not None:
            parts = [rows[:, place : place + 1] for place in places]
        else:
            parts = np.split(rows, np.cumsum(widths)[:-1], axis=1)
        return {
            each.name: self._shaped(each, part)
            for each, part in zip(self._inputs, parts, strict=True)
        }

    def _by_name(self, names: list[str]) -> list[int] | None:
        """Return the place of each input among named columns; ``None`` where none has its name."""
        # skl2onnx writes an underscore for what is no letter or digit.
        known = {re.sub(r"\W", "_", name): place for place, name in enumerate(names)}
        wanted = [re.sub(r"\W", "_", each.name) for each in self._inputs]
        missing = [name for name in wanted if name not in known]
        if len(missing) == len(wanted):
            return None
        if missing:
            raise ModelParityError(
                f"{self._name} needs the columns {_listed(missing)}, X has {_listed(names)}; pass "
                f"X with the columns that it was exported for"
            )
        return [known[name] for name in wanted]

    def _shaped(self, given: Any, rows: np.ndarray) -> np.ndarray:
        """Return rows in the type and shape of one input."""
        sizes = [_size(size) for size in given.shape[1:]]
        if sizes and all(sizes):
            rows = shaped(rows, sizes, self._name)
        try:
            return np.ascontiguousarray(rows.astype(TYPES[given.type]))
        except (TypeError, ValueError) as error:
            raise ModelParityError(
                f"{self._name} takes {given.type[7:-1]} as its input {given.name!r}, and X holds "
                f"other values there: {error}; pass the rows that it was exported for"
            ) from error


def _dense(X: Any) -> np.ndarray:
    """Return rows as one array with columns."""
    rows = dense_of(X)
    return rows.reshape(-1, 1) if rows.ndim == 1 else rows


def _size(size: Any) -> int:
    """Return a fixed size; 0 where it is a name or open."""
    return size if isinstance(size, int) and size > 0 else 0


def _width(given: Any) -> int:
    """Return the number of columns of an input; 0 where that is open."""
    return _size(given.shape[1]) if len(given.shape) > 1 else 0


def _filled(values: np.ndarray, size: int) -> np.ndarray:
    """Return rows, the last repeated up to a number of them."""
    missing = size - len(values)
    return np.concatenate([values, np.repeat(values[-1:], missing, axis=0)]) if missing else values


def _listed(names: list[str]) -> str:
    """Return some names."""
    shown = ", ".join(names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown
