"""The data of a check, validated once: rows, encoded labels, weights."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from pytest_modelparity.errors import InvalidDataError
from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.sides.finite import Matrix, as_matrix
from pytest_modelparity.sides.labels import codes_of, read_labels, sorted_classes
from pytest_modelparity.sides.passed import PassedRows, numbered_names
from pytest_modelparity.sides.weights import read_weights

#: Rows as the user gave them: an array, a table, a sparse matrix, or what a pipeline takes.
GivenRows: TypeAlias = Any
#: Maps them to features.
Features: TypeAlias = Callable[[GivenRows], GivenRows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Rows, labels and weights that both sides are trained and compared on.

    Parameters
    ----------
    X : ndarray, CSR matrix or RowMatrix of shape (n_samples, n_features)
        float64; what the mathematics uses. Rows that are passed over are not held.
    X_given : object
        X as the user gave it; what the frameworks are fitted on.
    y : ndarray of shape (n_samples,)
        Class codes, indices into ``classes``; float64 numbers where there are none.
    y_given : ndarray of shape (n_samples,)
        Labels as the user gave them, flattened; empty where there are none.
    classes : ndarray of shape (n_classes,)
        The sorted labels; empty where numbers are predicted.
    sample_weight : ndarray of shape (n_samples,), optional
        float64.
    X_eval : ndarray or CSR matrix of shape (n_eval, n_features)
        Rows on which predictions are compared, float64. Of rows that are passed over an even
        sample, where the user gave none.
    sampled : ndarray of shape (n_eval,), optional
        The numbers of the rows of that sample.
    X_eval_given : object
        The same as the user gave it.
    y_eval : ndarray of shape (n_eval,), optional
        Class codes of those rows, or numbers.
    feature_names : tuple of str
        Column names of a DataFrame, else ``x0`` ….
    column_labels : bool
        Whether y came with shape (n, 1).
    features : callable, optional
        Maps rows as the user gave them to what the mathematics uses, where steps of a pipeline
        make the features; ``None``: they are the rows.
    target_name : str
        What y is called, where it came as a named column and holds numbers.
    memory : float
        Bytes that rows which are passed over may take, where a step brings them here.
    """

    # Both: the mathematics needs float64, a framework the columns and the type that it knows.
    X: Matrix
    X_given: Any
    y: np.ndarray
    y_given: np.ndarray
    classes: np.ndarray
    sample_weight: np.ndarray | None
    X_eval: Matrix
    X_eval_given: Any
    y_eval: np.ndarray | None
    feature_names: tuple[str, ...]
    column_labels: bool
    features: Features | None = None
    target_name: str = ""
    sampled: np.ndarray | None = None
    memory: float = math.inf

    @property
    def n_samples(self) -> int:
        """Number of training rows."""
        return int(self.X.shape[0])

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return int(self.X.shape[1])

    @property
    def n_classes(self) -> int:
        """Number of classes; 0 where numbers are predicted."""
        return len(self.classes)

    @property
    def n_columns(self) -> int:
        """Columns of a prediction: one for each class, or the number itself."""
        return max(self.n_classes, 1)

    def matrix_of(self, X: Any) -> Matrix:
        """Return rows as finite float64; those of this data set were checked already."""
        if X is self.X_given:
            return self.X
        if X is self.X_eval_given:
            return self.X_eval
        return as_matrix(X if self.features is None else self.features(X), "X")

    @property
    def n_compared(self) -> int:
        """Number of rows that predictions are compared on: all of those that a sample is of."""
        return self.n_samples if self.sampled is not None else int(self.X_eval.shape[0])

    @property
    def is_held(self) -> bool:
        """Whether the training rows are in memory, and not passed over."""
        return not isinstance(self.X, RowMatrix)

    @property
    def held_rows(self) -> Matrix:
        """The training rows, or those compared where these are passed over: they stand for all."""
        return self.X if self.is_held else self.X_eval

    @property
    def has_room(self) -> bool:
        """Whether all training rows are in memory, or may be brought there as float32."""
        return self.is_held or 4 * self.n_samples * self.n_features <= self.memory

    @property
    def held_rows_given(self) -> GivenRows:
        """The same as a model takes them."""
        return self.X_given if self.is_held else self.X_eval_given

    @property
    def evaluates_training_rows(self) -> bool:
        """Whether predictions are compared on the training rows themselves."""
        return self.X_eval is self.X


def read_dataset(
    X: Any,
    y: Any,
    *,
    sample_weight: Any = None,
    X_eval: Any = None,
    y_eval: Any = None,
    features: Features | None = None,
) -> Dataset:
    """Validate what the user gave and encode it.

    Parameters
    ----------
    X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
        Finite numbers.
    y : array-like of shape (n_samples,) or (n_samples, 1)
        Numbers, booleans or strings; at least two classes.
    sample_weight : array-like of shape (n_samples,) or float, optional
        Finite, >= 0; one row at least has a weight > 0.
    X_eval, y_eval : optional
        Rows and labels for the comparison; default X and y.
    features : callable, optional
        As `Dataset` has it; X is then whatever it takes.

    Raises
    ------
    InvalidDataError
        If any of these does not hold.
    """
    matrix = feature_matrix(X, "X", features)
    labels, column = read_labels(y, "y")
    if labels.shape[0] != matrix.shape[0]:
        raise InvalidDataError(
            f"X and y must have the same number of rows: Found input variables with inconsistent "
            f"numbers of samples: [{matrix.shape[0]}, {labels.shape[0]}]; pass one label for each "
            f"row"
        )
    classes, codes = sorted_classes(labels)
    weights = read_weights(sample_weight, len(codes))
    compared = evaluation_rows(X, matrix, X_eval, y_eval, features)
    codes_eval: np.ndarray | None = codes if compared.sampled is None else codes[compared.sampled]
    if X_eval is not None:
        codes_eval = codes_of(y_eval, compared.X.shape[0], classes)
    return Dataset(
        X=matrix,
        X_given=X.given if isinstance(X, PassedRows) else X,
        y=codes,
        y_given=labels,
        classes=classes,
        sample_weight=weights,
        X_eval=compared.X,
        X_eval_given=compared.given,
        sampled=compared.sampled,
        y_eval=codes_eval,
        feature_names=feature_names_of(X, matrix.shape[1]),
        column_labels=column,
        features=features,
        memory=memory_of(X),
    )


def memory_of(X: GivenRows) -> float:
    """Return the bytes that rows may take where a step brings them here."""
    return X.memory if isinstance(X, PassedRows) else math.inf


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ComparedRows:
    """The rows that predictions are compared on: float64, as given, and whose sample they are."""

    X: Matrix
    given: GivenRows
    sampled: np.ndarray | None = None


def evaluation_rows(
    X: GivenRows, matrix: Matrix, X_eval: GivenRows, y_eval: Any, features: Features | None
) -> ComparedRows:
    """Return the rows to compare on: where no others are given X, or a sample of passed rows."""
    if X_eval is None:
        if y_eval is not None:
            raise InvalidDataError("y_eval was given without X_eval; pass both, or neither")
        if isinstance(X, PassedRows):
            some = X.sample
            return ComparedRows(X=some.X, given=some.given, sampled=some.numbers)
        return ComparedRows(X=matrix, given=X)
    rows = feature_matrix(X_eval, "X_eval", features)
    if rows.shape[1] != matrix.shape[1]:
        raise InvalidDataError(
            f"X_eval must have as many columns as X, got {rows.shape[1]} and {matrix.shape[1]}"
        )
    return ComparedRows(X=rows, given=X_eval)


def feature_matrix(X: GivenRows, name: str, features: Features | None) -> Matrix:
    """Return rows as the features that the mathematics uses."""
    if isinstance(X, PassedRows):
        return X.checked(name)
    return as_matrix(X if features is None else features(X), name)


def feature_names_of(X: Any, n_features: int) -> tuple[str, ...]:
    """Return the column names of a DataFrame, else ``x0`` …."""
    if isinstance(X, PassedRows):
        return X.names
    columns = getattr(X, "columns", None)
    if columns is not None and len(columns) == n_features:
        return tuple(str(column) for column in columns)
    return numbered_names(n_features)
