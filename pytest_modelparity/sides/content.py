"""What values hold, as a key: equal content has equal keys, whoever holds it."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np
import scipy.sparse

#: Bytes of arrays in one key, at most: sha256 reads 1.5 GB a second (measured), so 0.07 s.
MOST_DATA_BYTES = 100 * 2**20
#: Floats in a row that are read as an array.
MANY = 8
#: Types whose ``repr`` holds all there is of them.
_PLAIN = (bool, int, float, complex, str, bytes, type(None))
#: Arrays of a sparse matrix, by its format.
_SPARSE_PARTS = {
    "csr": ("data", "indices", "indptr"),
    "csc": ("data", "indices", "indptr"),
    "bsr": ("data", "indices", "indptr"),
    "coo": ("data", "row", "col"),
}


class NoContentError(Exception):
    """A value cannot be told from another one by what it holds."""


def content_key(*parts: Any) -> bytes | None:
    """Return a digest of what some values hold.

    Numbers, texts, arrays, tables, types and what is made of them: tuples, lists, dictionaries
    and dataclasses, of which the compared fields count. Arrays count with dtype, shape and
    order in memory, on which the rounding of a sum depends.

    Returns
    -------
    bytes or None
        ``None`` where a value is of another kind, such as a function or a random generator, and
        where the arrays hold more than `MOST_DATA_BYTES`.
    """
    digest = _Digest()
    try:
        digest.take(parts)
    except NoContentError:
        return None
    return digest.key


class _Digest:
    """Reads values one after the other."""

    def __init__(self) -> None:
        self._sha = hashlib.sha256()
        self._bytes_left = MOST_DATA_BYTES

    @property
    def key(self) -> bytes:
        """What was read, in 32 bytes."""
        return self._sha.digest()

    def take(self, value: Any) -> None:
        """Read a value."""
        # Its type first: 1, 1.0 and True are equal, and not the same setting.
        self._take_text(_name_of(type(value)))
        if isinstance(value, _PLAIN):
            self._take_text(repr(value))
        elif isinstance(value, Enum):
            self._take_text(value.name)
        elif isinstance(value, type):
            self._take_text(_name_of(value))
        elif type(value) in (tuple, list):
            self._take_row(value)
        elif type(value) is dict:
            self._take_all([part for item in value.items() for part in item])
        elif is_dataclass(value):
            kept = [field for field in fields(value) if field.init and field.compare]
            self._take_all([getattr(value, field.name) for field in kept])
        else:
            self._take_data(value)

    def _take_data(self, value: Any) -> None:
        """Read an array, a number of numpy's, a sparse matrix or a table."""
        # Exactly these types: a subclass, such as a masked array, may hold more.
        if type(value) is np.ndarray or isinstance(value, np.generic):
            self._take_array(np.asarray(value))
        elif scipy.sparse.issparse(value):
            self._take_sparse(value)
        elif _is_table(type(value)):
            self.take(list(value.columns))
            self.take([str(dtype) for dtype in value.dtypes])
            self._take_array(value.to_numpy())
        else:
            raise NoContentError

    def _take_sparse(self, matrix: Any) -> None:
        """Read a sparse matrix of a format that is made of arrays."""
        if matrix.format not in _SPARSE_PARTS:
            raise NoContentError
        self.take(matrix.shape)
        self._take_all(getattr(matrix, name) for name in _SPARSE_PARTS[matrix.format])

    def _take_array(self, array: np.ndarray) -> None:
        """Read an array; one of objects element by element."""
        if array.dtype.kind == "O" and array.ndim == 1:
            return self._take_all(array.tolist())
        if array.dtype.kind not in "biufcSU":
            raise NoContentError
        self._bytes_left -= array.nbytes
        if self._bytes_left < 0:
            raise NoContentError
        self._take_text(f"{array.dtype.str} {array.shape} {array.strides}")
        # One in the order of its columns is turned, not copied; its strides told so above.
        rows = array.T if array.flags.f_contiguous else array
        self._sha.update(np.ascontiguousarray(rows).reshape(-1).view(np.uint8).data)
        return None

    def _take_row(self, values: Sequence[Any]) -> None:
        """Read a tuple or a list."""
        # A matrix of features has 100 000 floats, which take a second one by one.
        if len(values) >= MANY and set(map(type, values)) == {float}:
            self._take_array(np.array(values))
        else:
            self._take_all(values)

    def _take_all(self, values: Iterable[Any]) -> None:
        """Read several values and their number."""
        items = list(values)
        self._take_text(str(len(items)))
        for item in items:
            self.take(item)

    def _take_text(self, text: str) -> None:
        """Read a text and its length: else "ab", "c" and "a", "bc" would be one."""
        # What no other text encodes to: a surrogate alone is no valid UTF-8.
        encoded = text.encode("utf-8", "surrogatepass")
        self._sha.update(len(encoded).to_bytes(8, "big"))
        self._sha.update(encoded)


def _is_table(kind: type) -> bool:
    """Whether it is pandas' own table, whose module moved in pandas 3."""
    return kind.__name__ == "DataFrame" and kind.__module__.partition(".")[0] == "pandas"


def _name_of(kind: type) -> str:
    """Return the name by which a type is imported."""
    found: Any = sys.modules.get(kind.__module__)
    for name in kind.__qualname__.split("."):
        found = getattr(found, name, None)
    # Two functions may each have a class of one name.
    if found is not kind and kind is not type(None):
        raise NoContentError
    return f"{kind.__module__}.{kind.__qualname__}"
