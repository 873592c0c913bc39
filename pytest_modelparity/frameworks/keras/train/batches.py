"""The rows of a ``fit``, and the batches that it is fed where the order of the rows is ours."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import scipy.sparse

from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.read.arguments import FitArguments
from pytest_modelparity.frameworks.keras.read.layers import dense_rows
from pytest_modelparity.rows.between import rows_between
from pytest_modelparity.rows.gathering import FollowedOrder
from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.rows.orders import shuffle, shuffled_parts
from pytest_modelparity.rows.passes import GROUP_NUMBERS


@dataclass(frozen=True, slots=True, eq=False)
class FitRows:
    """What ``fit`` trains on.

    Parameters
    ----------
    X : ndarray, CSR matrix or RowMatrix of shape (n_samples, n_features)
        Rows.
    targets : ndarray
        Labels as head and loss need them.
    weights : ndarray of shape (n_samples,), optional
        Of the rows.
    """

    X: Any
    targets: np.ndarray
    weights: np.ndarray | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.targets)

    @property
    def are_held(self) -> bool:
        """Whether the rows are in memory, and not passed over."""
        return not isinstance(self.X, RowMatrix)

    @property
    def are_arrays(self) -> bool:
        """Whether ``fit`` can shuffle and cut the rows itself."""
        return self.are_held and not scipy.sparse.issparse(self.X)

    def part(self, rows: slice | np.ndarray) -> FitRows:
        """Return some of the rows; a slice of those that are not held is not, either."""
        weights = None if self.weights is None else self.weights[rows]
        if isinstance(rows, slice) and isinstance(self.X, RowMatrix):
            begin, stop, _ = rows.indices(len(self))
            X: Any = rows_between(self.X, begin, stop)
        else:
            X = self.X[rows]
        return FitRows(X, self.targets[rows], weights)

    def at(self, numbers: np.ndarray, X: np.ndarray) -> FitRows:
        """Return rows by their numbers, whose features were gathered already."""
        weights = None if self.weights is None else self.weights[numbers]
        return FitRows(X, self.targets[numbers], weights)

    def arrays(self) -> tuple[Any, ...]:
        """Return rows, targets and, where there are any, weights."""
        if self.weights is None:
            return self.X, self.targets
        return self.X, self.targets, self.weights


class Batches(keras.utils.PyDataset):
    """Rows in batches, permuted afresh every epoch by a generator of its own.

    Keras asks for one batch after the other, in the thread that trains or one of TensorFlow's: with
    one worker, the default, it starts none of its own (keras 3.15, py_dataset_adapter.py).
    """

    def __init__(self, rows: FitRows, arguments: FitArguments, seed: int | None) -> None:
        super().__init__()
        self._rows = rows
        self._batch_size = arguments.batch_size
        self._generator = np.random.default_rng(seed)
        self._order = np.arange(len(rows))
        self._parts = shuffled_parts(rows.X)
        # Under a global seed Keras draws the same order every epoch, so the same rows make the
        # short last batch and weigh more: on wine with 32 rows a step such runs ended 3e-3 to
        # 1.5e-2 from the optimum, others 1e-3 to 2e-3 (measured).
        replay = seed is not None and BACKEND.replays_one_permutation()
        if arguments.shuffle and replay:
            shuffle(self._order, self._generator, self._parts)
        self._reshuffle = arguments.shuffle and not replay
        self._gathered: FollowedOrder | None = None
        if isinstance(rows.X, RowMatrix):
            ahead = max(1, GROUP_NUMBERS // (rows.X.shape[1] * self._batch_size))
            self._gathered = FollowedOrder(rows.X, self._order, ahead * self._batch_size)

    def __len__(self) -> int:
        """Return the number of batches; the short last one counts."""
        return math.ceil(len(self._order) / self._batch_size)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """Return one batch: rows, targets and, where there are any, weights."""
        first = index * self._batch_size
        places = slice(first, min(first + self._batch_size, len(self._order)))
        rows = self._order[places]
        if self._gathered is None:
            return _as_fed(self._rows.part(rows))
        return _as_fed(self._rows.at(rows, self._gathered.at(places.start, places.stop)))

    def arrays(self) -> tuple[np.ndarray, ...]:
        """Return rows, targets and, where there are any, weights whole, as steps get them."""
        return _as_fed(self._rows)

    def order(self) -> np.ndarray:
        """Return the current order of the rows."""
        return self._order.astype(np.int32)

    def draw(self) -> None:
        """Draw the next epoch's permutation."""
        if self._reshuffle:
            shuffle(self._order, self._generator, self._parts)
            if self._gathered is not None:
                self._gathered.begin()


def _as_fed(rows: FitRows) -> tuple[np.ndarray, ...]:
    """Return rows, targets and weights in the types that a step gets."""
    # float32 as Keras itself would cast to floatx; without a copy where nothing changes.
    dense = dense_rows(rows.X).astype(np.float32, copy=False)
    if rows.weights is None:
        return dense, rows.targets
    return dense, rows.targets, rows.weights.astype(np.float32)
