"""What is made once: keys by content, copies handed out, bytes bounded."""

from __future__ import annotations

import functools
import pickle
import threading
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.sides.content import MOST_DATA_BYTES, content_key
from pytest_modelparity.sides.memory import MEMORY, Memory, nothing_remembered, remembered
from pytest_modelparity.training.recipe import Optimizer, Recipe

ROWS = np.arange(12.0).reshape(4, 3)


@dataclass(frozen=True, kw_only=True)
class Setting:
    value: float
    seen: str = field(default="", compare=False)


class Counted(np.ndarray):
    """An array that may hold more than its numbers."""


@pytest.fixture
def memory() -> Memory:
    return Memory(most_bytes=10_000)


class Maker:
    """Makes a value, and counts how often."""

    def __init__(self, value: object) -> None:
        self.value, self.calls = value, 0

    def __call__(self) -> object:
        self.calls += 1
        return self.value


EQUAL = {
    "arrays": (ROWS, ROWS.copy()),
    "arrays of one order": (np.asfortranarray(ROWS), np.asfortranarray(ROWS.copy())),
    "labels": (np.array(["a", "b"], dtype=object), np.array(["a", "b"], dtype=object)),
    "sparse rows": (scipy.sparse.csr_matrix(ROWS), scipy.sparse.csr_matrix(ROWS)),
    "tables": (pd.DataFrame(ROWS, columns=list("abc")), pd.DataFrame(ROWS, columns=list("abc"))),
    "settings": (ObjectiveSettings(l2_strength=0.1), ObjectiveSettings(l2_strength=0.1)),
    "recipes": tuple(
        Recipe(optimizer=Optimizer.of("Adam", rate, beta_1=0.9), epochs=3, batch_size=32)
        for rate in (1, 1.0)
    ),
    "what is not compared": (Setting(value=1.0, seen="here"), Setting(value=1.0, seen="there")),
    "NaN": (float("nan"), float("nan")),
    "parameters": ({"C": 1.0, "class_weight": {0: 2.0}}, {"C": 1.0, "class_weight": {0: 2.0}}),
}


@pytest.mark.parametrize("what", EQUAL)
def test_equal_content_has_one_key(what: str) -> None:
    first, second = map(content_key, EQUAL[what])
    assert first is not None
    assert first == second


OTHER = {
    "a number": (1.0, np.nextafter(1.0, 2.0)),
    "a type": (1, 1.0),
    "truth": (True, 1),
    "a sign of zero": (0.0, -0.0),
    "a numpy number": (1.0, np.float64(1.0)),
    "one element": (ROWS, np.where(ROWS == 5.0, 5.000001, ROWS)),
    "a dtype": (ROWS, ROWS.astype(np.float32)),
    "a shape": (ROWS, ROWS.reshape(3, 4)),
    "an order in memory": (ROWS, np.asfortranarray(ROWS)),
    "a square on its side": (ROWS[:3], ROWS[:3].T),
    "zeros of another type": (np.zeros(3), np.zeros(3, dtype=np.int64)),
    "rows upside down": (ROWS, ROWS[::-1]),
    "where texts end": (("ab", "c"), ("a", "bc")),
    "nesting": (((1,), 2), ((1, 2),)),
    "a list": ([1, 2], (1, 2)),
    "labels": (np.array(["a", "b"], dtype=object), np.array(["a", "c"], dtype=object)),
    "a column's name": (pd.DataFrame(ROWS, columns=list("abc")), pd.DataFrame(ROWS)),
    "a column's type": (
        pd.DataFrame({"a": [1, 2], "b": [0.5, 1]}),
        pd.DataFrame({"a": [1.0, 2.0], "b": [0.5, 1.0]}),
    ),
    "a sparse format": (scipy.sparse.csr_matrix(ROWS), scipy.sparse.csc_matrix(ROWS)),
    "a sparse shape": (
        scipy.sparse.csr_matrix((2, 3), dtype=float),
        scipy.sparse.csr_matrix((2, 4), dtype=float),
    ),
    "a field": (ObjectiveSettings(l2_strength=0.1), ObjectiveSettings(l1_strength=0.1)),
    "a class": (Setting, ObjectiveSettings),
    "nothing": (None, ()),
}


@pytest.mark.parametrize("what", OTHER)
def test_other_content_has_another_key(what: str) -> None:
    first, second = map(content_key, OTHER[what])
    assert first is not None
    assert second is not None
    assert first != second


WITHOUT = {
    "a function": len,
    "a partial": functools.partial(len, "a"),
    "a generator": np.random.RandomState(0),
    "a new generator": np.random.default_rng(0),
    "an object": object(),
    "a masked array": np.ma.masked_array([1.0], [True]),
    "a subclass of arrays": ROWS.view(Counted),
    "a class of a function": type("Local", (), {}),
    "columns of objects": pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}),
    "sparse rows as dictionaries": scipy.sparse.dok_matrix((2, 3)),
    "dates": np.array(["2026-01-01"], dtype="datetime64[D]"),
}


@pytest.mark.parametrize("what", WITHOUT)
def test_what_is_more_than_its_content_has_no_key(what: str) -> None:
    assert content_key("fit", {"value": [WITHOUT[what]]}) is None


def test_a_class_that_only_has_the_name_of_another_has_no_key() -> None:
    @dataclass(frozen=True)
    class Setting:
        value: float

    assert content_key(Setting(1.0)) is None


def test_data_beyond_the_limit_have_no_key() -> None:
    # Of zeros, which the system hands out without memory behind them until they are written.
    half = np.zeros(MOST_DATA_BYTES // 16)
    assert content_key(half, half) is not None
    assert content_key(half, half, np.zeros(1)) is None


def test_the_same_parts_are_made_once(memory: Memory) -> None:
    make = Maker({"coef": ROWS})
    first, second = (memory.remembered(("fit", ROWS.copy()), make) for _ in range(2))
    assert make.calls == 1
    np.testing.assert_array_equal(first["coef"], second["coef"])  # type: ignore[index]
    memory.remembered(("fit", ROWS + 1.0), make)
    assert make.calls == 2


def test_data_changed_in_place_are_other_data(memory: Memory) -> None:
    X = ROWS.copy()
    assert memory.remembered(("sum", X), lambda: float(X.sum())) == 66.0
    X[0, 0] = 100.0
    assert memory.remembered(("sum", X), lambda: float(X.sum())) == 166.0
    X[0, 0] = 0.0
    assert memory.remembered(("sum", X), Maker(-1.0)) == 66.0


def test_what_is_handed_out_is_a_copy(memory: Memory) -> None:
    made = {"coef": ROWS.copy()}
    for _ in range(3):
        value = memory.remembered(("fit",), lambda: made)
        value["coef"][:] = 7.0
        value["more"] = ROWS
    made["coef"][:] = 8.0
    known = memory.remembered(("fit",), Maker(None))
    assert known is not None
    assert list(known) == ["coef"]
    np.testing.assert_array_equal(known["coef"], ROWS)


def test_an_error_is_not_kept(memory: Memory) -> None:
    def fail() -> None:
        raise ValueError("not this time")

    with pytest.raises(ValueError, match="not this time"):
        memory.remembered(("fit",), fail)
    assert memory.remembered(("fit",), Maker("made")) == "made"
    assert len(memory) == 1


@pytest.mark.parametrize("parts", [None, ("fit", len)], ids=["none", "without a key"])
def test_what_has_no_key_is_made_each_time(memory: Memory, parts: tuple | None) -> None:
    make = Maker(1)
    assert [memory.remembered(parts, make) for _ in range(2)] == [1, 1]
    assert make.calls == 2
    assert len(memory) == 0


class Unreadable(UserWarning):
    """A warning that is written to a pickle and not read from it."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first)


@pytest.mark.parametrize("value", [lambda: 1, Unreadable("a", "b")], ids=["written", "read"])
def test_what_cannot_be_pickled_is_made_each_time(memory: Memory, value: object) -> None:
    make = Maker(value)
    assert [memory.remembered(("fit",), make) for _ in range(2)] == [value, value]
    assert make.calls == 2
    assert (len(memory), memory.n_bytes) == (0, 0)


def test_the_bytes_are_bounded_and_the_last_used_values_stay(memory: Memory) -> None:
    size = len(pickle.dumps(b"x" * 3000, protocol=pickle.HIGHEST_PROTOCOL))
    makers = [Maker(str(number).encode() * 3000) for number in range(4)]
    for number in (0, 1, 2):
        memory.remembered(("value", number), makers[number])
    # Used again, so that 1 is the one not used for longest.
    memory.remembered(("value", 0), makers[0])
    memory.remembered(("value", 3), makers[3])
    assert (len(memory), memory.n_bytes) == (3, 3 * size)
    for number in (0, 2, 3):
        memory.remembered(("value", number), makers[number])
    assert [make.calls for make in makers] == [1, 1, 1, 1]
    memory.remembered(("value", 1), makers[1])
    assert makers[1].calls == 2


def test_a_thousand_values_take_no_more_than_allowed(memory: Memory) -> None:
    generator = np.random.default_rng(0)
    for number in range(1000):
        memory.remembered(("value", number), lambda: generator.bytes(generator.integers(1, 9000)))
        assert 0 < memory.n_bytes <= 10_000
    assert memory.n_bytes == sum(map(len, memory._pickles.values()))


def test_a_value_larger_than_all_room_is_not_kept_and_drops_nothing(memory: Memory) -> None:
    memory.remembered(("small",), Maker("small"))
    memory.remembered(("large",), Maker(b"x" * 20_000))
    assert len(memory) == 1
    assert memory.remembered(("small",), Maker("another")) == "small"


def test_forgetting_drops_all(memory: Memory) -> None:
    make = Maker("value")
    memory.remembered(("fit",), make)
    memory.forget()
    assert (len(memory), memory.n_bytes) == (0, 0)
    memory.remembered(("fit",), make)
    assert make.calls == 2


def test_nothing_is_remembered_where_that_is_asked_for() -> None:
    make, parts = Maker("value"), ("test_nothing_is_remembered_where_that_is_asked_for",)
    before = len(MEMORY)
    with nothing_remembered(), nothing_remembered():
        remembered(parts, make)
    with nothing_remembered():
        remembered(parts, make)
    assert make.calls == 2
    assert len(MEMORY) == before
    remembered(parts, make)
    with nothing_remembered():
        remembered(parts, make)
    assert make.calls == 4
    remembered(parts, make)
    assert make.calls == 4


def test_threads_share_a_memory(memory: Memory) -> None:
    found: list[object] = []

    def work(number: int) -> None:
        for step in range(200):
            value = (number + step) % 7
            made = memory.remembered(("value", value), functools.partial(np.full, 500, value))
            found.append(bool((made == value).all()))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 800
    assert memory.n_bytes == sum(map(len, memory._pickles.values()))


def test_a_recipe_that_differs_in_its_epochs_is_another(memory: Memory) -> None:
    recipe = Recipe(optimizer=Optimizer.of("SGD", 0.1), epochs=3, batch_size=32)
    make = Maker("weights")
    for epochs in (3, 4, 3):
        memory.remembered(("loop", replace(recipe, epochs=epochs)), make)
    assert make.calls == 2
