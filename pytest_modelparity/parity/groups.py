"""Passes over the groups of rows that are not held, with what sides predict of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic

import numpy as np

from pytest_modelparity.parity.blocks import Block
from pytest_modelparity.parity.predictions import Predictions
from pytest_modelparity.parity.side import Side, refuse_shape
from pytest_modelparity.rows.matrix import Columns, RowMatrix
from pytest_modelparity.rows.merging import M
from pytest_modelparity.sides.dataset import Dataset, GivenRows
from pytest_modelparity.sides.fitted import Predict
from pytest_modelparity.sides.regression import quantity_of
from pytest_modelparity.sides.row_parts import without_rows


def over_groups(
    data: Dataset,
    of_group: Callable[..., M],
    told: Callable[[str], None],
    columns: Columns = (),
) -> M:
    """Return what a function makes of all groups of rows that are passed over, in their order.

    It runs where the rows lie, if it can be sent there: then only what it makes comes here.

    Parameters
    ----------
    data : Dataset
        Its X is a `RowMatrix`.
    of_group : callable
        Maps a group, with class codes or numbers as its y, and its rows of ``columns`` to what is
        put together. It holds no `Side`, which is as large as the rows, but `Predicting`.
    told : callable
        Is told in a sentence why rows come here that lie somewhere else.
    columns : sequence of arrays
        With a row for each row.
    """
    matrix: RowMatrix = data.X
    size = matrix.groups[0].stop
    of_features = _OfFeatures(of_group=of_group, as_given=matrix.as_given, size=size)
    return matrix.merged(of_features, (data.y, *columns), told)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _OfFeatures(Generic[M]):
    """A function of groups of so many rows as one of their features."""

    of_group: Callable[..., M]
    as_given: Callable[[np.ndarray], GivenRows]
    size: int

    def __call__(self, X: np.ndarray, rows: slice, y: np.ndarray, *columns: np.ndarray) -> M:
        number, given = rows.start // self.size, self.as_given(X)
        group = Block(number=number, first_row=rows.start, X=X, X_given=given, y=y)
        return self.of_group(group, *columns)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Predicting:
    """What sides predict of groups of rows that are passed over, wherever these lie.

    Parameters
    ----------
    names : tuple of str
        Of the sides.
    predict : tuple of callable
        What each predicts; ``None`` for a table, of which the rows come with a group.
    data : Dataset
        Without its rows.
    """

    names: tuple[str, ...]
    predict: tuple[Predict | None, ...]
    data: Dataset

    @classmethod
    def of(cls, *sides: Side) -> Predicting:
        """Return what these predict."""
        predict = tuple(None if side.fitted.of_rows else side.fitted.predict for side in sides)
        names = tuple(side.name for side in sides)
        return cls(names=names, predict=predict, data=without_rows(sides[0].data))

    def each(self, group: Block, *tables: np.ndarray) -> list[np.ndarray]:
        """Return what each predicts of a group, with its rows of `tables_of` them."""
        rest = iter(tables)
        predicted = (
            next(rest) if predict is None else predict(group.X_given) for predict in self.predict
        )
        return [
            refuse_shape(found, group.n_rows, self.data, name)
            for found, name in zip(predicted, self.names, strict=True)
        ]

    def on(self, group: Block, *tables: np.ndarray) -> Predictions:
        """Return what a reference and a candidate predict of a group."""
        reference, candidate = self.each(group, *tables)
        return Predictions(
            reference=reference,
            candidate=candidate,
            classes=self.data.classes,
            y=group.y,
            quantity=quantity_of(self.data),
        )


def tables_of(*sides: Side) -> list[np.ndarray]:
    """Return the predictions of all rows that are passed over, of sides that are tables of them."""
    tables = (side.fitted.of_rows for side in sides)
    every = slice(0, sides[0].data.n_samples)
    return [of_rows(every) for of_rows in tables if of_rows is not None]


def together(first: M | None, second: M | None) -> M | None:
    """Return what two groups make, where each makes something."""
    return None if first is None or second is None else first.with_next(second)
