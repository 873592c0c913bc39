"""Dataclasses to builtin types and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_modelparity.report.codec import decode, encode


@dataclass(frozen=True)
class Leaf:
    number: float
    name: str | None = None


@dataclass(frozen=True)
class Tree:
    leaves: tuple[Leaf, ...] = ()
    rows: tuple[tuple[float, ...], ...] = ()
    by_name: Mapping[str, Leaf] = field(default_factory=dict)
    best: Leaf | None = None


NUMBERS = st.floats(allow_nan=False)
LEAVES = st.builds(Leaf, NUMBERS, st.none() | st.text())
TREES = st.builds(
    Tree,
    st.lists(LEAVES).map(tuple),
    st.lists(st.lists(NUMBERS).map(tuple)).map(tuple),
    st.dictionaries(st.text(), LEAVES),
    st.none() | LEAVES,
)


def only_builtin(value: object) -> bool:
    """Whether a value can cross a process border whatever carries it."""
    if type(value) is dict:
        return all(type(key) is str and only_builtin(item) for key, item in value.items())
    if type(value) is list:
        return all(map(only_builtin, value))
    return value is None or type(value) in (str, bool, int, float)


@given(TREES)
def test_decoding_undoes_encoding(tree: Tree) -> None:
    assert decode(Tree, encode(tree)) == tree


@given(TREES)
def test_the_code_is_of_builtin_types(tree: Tree) -> None:
    assert only_builtin(encode(tree))


def test_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match="builtin types only, got 1j of <class 'complex'>"):
        encode(Leaf(1j))  # type: ignore[arg-type]


def test_a_numpy_scalar_is_refused() -> None:
    np = pytest.importorskip("numpy")
    with pytest.raises(TypeError, match="builtin types only"):
        encode(Leaf(np.float64(1)))
