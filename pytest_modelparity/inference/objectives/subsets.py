"""Sets of rows that a model may have been trained on: splits that are in use, by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pytest_modelparity.theory.design import FloatArray, IntArray, Targets, as_codes

#: Shares that are held out by `train_test_split`, and its seeds, that are in use.
SIZES = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 1 / 3, 0.4, 0.5)
SEEDS = (*range(11), 13, 21, 42, 100, 101, 123, 1234, 2024)
#: How many parts are in use for a cross-validation.
FOLDS = (3, 4, 5, 10)
#: Rows above which not every prefix is tried, but whole per cents.
EVERY_PREFIX = 3000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowSet:
    """Some of the rows.

    Parameters
    ----------
    name : str
        In words, ``"first 142 of 178 rows"``.
    rows : ndarray of int
        Their numbers.
    is_prefix : bool
        Whether they are the first ones, as Keras's ``validation_split`` leaves.
    """

    name: str
    rows: IntArray
    is_prefix: bool = False


def row_sets(y: Targets) -> Iterator[RowSet]:
    """Yield the sets that are tried: prefixes, suffixes, folds and known random splits.

    Stratified ones where y is class codes.
    """
    n = len(y)
    every = np.arange(n)
    for m in _prefixes(n):
        yield RowSet(name=f"first {m} of {n} rows", rows=every[:m], is_prefix=True)
        yield RowSet(name=f"last {m} of {n} rows", rows=every[n - m :])
    for parts in FOLDS:
        edges = np.cumsum([0, *(n // parts + (i < n % parts) for i in range(parts))])
        # The first and the last part leave a suffix and a prefix.
        for i in range(1, parts - 1):
            rest = np.concatenate([every[: edges[i]], every[edges[i + 1] :]])
            yield RowSet(name=f"all but part {i + 1} of {parts}", rows=rest)
    yield from _random_splits(y)


def most_sets(n: int) -> int:
    """Return how many sets of n rows are tried at most, without making them."""
    return 2 * (len(_prefixes(n)) + len(SEEDS) * len(SIZES)) + sum(FOLDS)


def _prefixes(n: int) -> Sequence[int]:
    """Return how many of the first rows, and of the last, are tried."""
    return range(n // 2, n) if n <= EVERY_PREFIX else [n * part // 100 for part in range(50, 100)]


def _random_splits(y: Targets) -> Iterator[RowSet]:
    """Yield the rows that `train_test_split` leaves for training."""
    n = len(y)
    for seed in SEEDS:
        permuted = np.random.RandomState(seed).permutation(n)
        for size in SIZES:
            held = int(np.ceil(size * n))
            share = f"test_size={size:.3g}, random_state={seed}"
            if held < n:
                yield RowSet(name=f"train_test_split({share})", rows=permuted[held:])
            rows = stratified(as_codes(y), held, seed) if y.dtype.kind != "f" else None
            if rows is not None:
                yield RowSet(name=f"train_test_split({share}, stratify=y)", rows=rows)


def stratified(y: IntArray, held: int, seed: int) -> IntArray | None:
    """Return what scikit-learn's stratified split leaves for training; None where it refuses.

    Follows `StratifiedShuffleSplit` of scikit-learn (BSD-3-Clause; model_selection/_split.py):
    the same numbers are drawn in the same order.
    """
    n, counts = len(y), np.bincount(y)
    train = n - held
    if counts.min() < 2 or min(train, held) < len(counts):
        return None
    random = np.random.RandomState(seed)
    of_train = _mode(counts, train, random)
    of_test = _mode(counts - of_train, held, random)
    order = np.argsort(y, kind="stable")
    rows = []
    for members, first, second in zip(
        np.split(order, np.cumsum(counts)[:-1]), of_train, of_test, strict=True
    ):
        permuted = members[random.permutation(len(members))]
        rows.append(permuted[:first])
        assert first + second <= len(permuted)
    return np.concatenate(rows)


def _mode(counts: IntArray, draws: int, random: np.random.RandomState) -> IntArray:
    """Return the likeliest numbers of each class among so many draws, ties at random."""
    exact: FloatArray = counts / counts.sum() * draws
    floored = np.floor(exact)
    missing = int(draws - floored.sum())
    if missing > 0:
        rest = exact - floored
        for value in np.sort(np.unique(rest))[::-1]:
            (alike,) = np.where(rest == value)
            now = min(len(alike), missing)
            chosen = random.choice(alike, size=now, replace=False)
            floored[chosen] += 1
            missing -= now
            if missing == 0:
                break
    return floored.astype(np.intp)
