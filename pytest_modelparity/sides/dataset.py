"""The data of a check, validated once: rows, encoded labels, weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse

from pytest_modelparity.errors import ModelParityError

Matrix = Any  # ndarray of float64 or scipy.sparse CSR, shape (n_samples, n_features)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Rows, labels and weights that both sides are trained and compared on.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_samples, n_features)
        float64; what the mathematics uses.
    X_given : object
        X as the user gave it; what the frameworks are fitted on.
    y : ndarray of shape (n_samples,)
        Class codes, indices into ``classes``.
    y_given : ndarray of shape (n_samples,)
        Labels as the user gave them, flattened; empty where there are none.
    classes : ndarray of shape (n_classes,)
        The sorted labels.
    sample_weight : ndarray of shape (n_samples,), optional
        float64.
    X_eval : ndarray or CSR matrix of shape (n_eval, n_features)
        Rows on which predictions are compared, float64.
    X_eval_given : object
        The same as the user gave it.
    y_eval : ndarray of shape (n_eval,), optional
        Class codes of those rows.
    feature_names : tuple of str
        Column names of a DataFrame, else ``x0`` ….
    column_labels : bool
        Whether y came with shape (n, 1).
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
        """Number of classes."""
        return len(self.classes)

    def matrix_of(self, X: Any) -> Matrix:
        """Return rows as finite float64; those of this data set were checked already."""
        if X is self.X_given:
            return self.X
        return self.X_eval if X is self.X_eval_given else as_matrix(X, "X")

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
) -> Dataset:
    """Validate what the user gave and encode it.

    Parameters
    ----------
    X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
        Finite numbers.
    y : array-like of shape (n_samples,) or (n_samples, 1)
        Numbers, booleans or strings; at least two classes.
    sample_weight : array-like of shape (n_samples,), optional
        Finite, >= 0; every class needs a row with weight > 0.
    X_eval, y_eval : optional
        Rows and labels for the comparison; default X and y.

    Raises
    ------
    ModelParityError
        If any of these does not hold.
    """
    matrix = as_matrix(X, "X")
    labels, column = _labels(y, "y")
    if labels.shape[0] != matrix.shape[0]:
        raise ModelParityError(
            f"X and y must have the same number of rows, got X with {matrix.shape[0]} and y with "
            f"{labels.shape[0]}; pass one label for each row"
        )
    classes, codes = _classes(labels)
    weights = read_weights(sample_weight, codes, classes)
    codes_eval: np.ndarray | None = codes
    if X_eval is None:
        if y_eval is not None:
            raise ModelParityError("y_eval was given without X_eval; pass both, or neither")
        matrix_eval, given_eval = matrix, X
    else:
        matrix_eval, given_eval = as_matrix(X_eval, "X_eval"), X_eval
        if matrix_eval.shape[1] != matrix.shape[1]:
            raise ModelParityError(
                f"X_eval must have as many columns as X, got {matrix_eval.shape[1]} "
                f"and {matrix.shape[1]}"
            )
        codes_eval = _eval_codes(y_eval, matrix_eval.shape[0], classes)
    return Dataset(
        X=matrix,
        X_given=X,
        y=codes.reshape(-1).astype(np.int64),
        y_given=labels,
        classes=classes,
        sample_weight=weights,
        X_eval=matrix_eval,
        X_eval_given=given_eval,
        y_eval=codes_eval,
        feature_names=feature_names_of(X, matrix.shape[1]),
        column_labels=column,
    )


def _classes(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the sorted classes and each row's code; two classes at least."""
    # Sorted, as scikit-learn's `classes_`: columns of predictions are in this order on both sides.
    classes, codes = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise ModelParityError(
            f"y must hold at least two classes, got only {classes[0]!r}; "
            f"a classifier cannot be compared on one class"
            if len(classes)
            else "X and y must have at least one row, got none"
        )
    return classes, codes


def as_matrix(X: Any, name: str) -> Matrix:
    """Return X as finite float64, dense or CSR, without a copy where none is needed."""
    matrix: Matrix
    if scipy.sparse.issparse(X):
        # Dense it may not fit into memory; rows are what batches take.
        matrix = X.tocsr()  # type: ignore[attr-defined]
        if matrix.dtype != np.float64:
            matrix = matrix.astype(np.float64)
        values = matrix.data
    else:
        try:
            matrix = values = np.asarray(X, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ModelParityError(
                f"{name} must hold numbers, got {type(X).__name__} that cannot be read as float: "
                f"{error}; encode categories and drop text columns first"
            ) from error
    if matrix.ndim != 2:
        raise ModelParityError(
            f"{name} must have two dimensions (rows, features), got shape {matrix.shape}; "
            f"reshape a single feature with {name}.reshape(-1, 1)"
        )
    if matrix.shape[1] == 0:
        raise ModelParityError(f"{name} must have at least one feature, got shape {matrix.shape}")
    if not np.isfinite(values).all():
        where = "" if scipy.sparse.issparse(matrix) else _first_bad(values)
        raise ModelParityError(
            f"{name} must be finite, got NaN or infinity{where}; impute or drop these rows first"
        )
    return matrix


def _first_bad(values: np.ndarray) -> str:
    """Return the place of the first value that is not finite."""
    place = np.argwhere(~np.isfinite(values))[0]
    return f" (first at row {place[0]}, column {place[1]})"


def _labels(y: Any, name: str) -> tuple[np.ndarray, bool]:
    """Return labels as a flat array, and whether they came as one column."""
    labels = np.asarray(y)
    # Keras's losses want such a y, in the shape of the output; here it is a finding.
    column = labels.ndim == 2 and labels.shape[1] == 1
    if labels.ndim != 1 and not column:
        raise ModelParityError(
            f"{name} must have shape (n,) or (n, 1), got {labels.shape}; "
            f"pass class labels, not one-hot rows"
        )
    labels = labels.reshape(-1)
    missing = (
        ~np.isfinite(labels)
        if labels.dtype.kind == "f"
        # NaN is not equal to itself, whatever its type.
        else np.array([item is None or item != item for item in labels], dtype=bool)
        if labels.dtype.kind == "O"
        else np.zeros(0, dtype=bool)
    )
    if missing.any():
        raise ModelParityError(
            f"{name} must not have missing or infinite labels, got one at row "
            f"{int(np.argmax(missing))}; drop these rows first"
        )
    # A regression's target would be taken for hundreds of classes.
    if labels.dtype.kind == "f" and not (labels == np.rint(labels)).all():
        raise ModelParityError(
            f"{name} must hold class labels, got non-integer numbers such as "
            f"{float(labels[labels != np.rint(labels)][0])!r}; "
            f"this compares classifiers: bin a continuous target first"
        )
    if labels.dtype.kind == "O" and len({type(item) for item in labels}) > 1:
        kinds = sorted({type(item).__name__ for item in labels})
        raise ModelParityError(
            f"{name} must hold labels of one type, got {', '.join(kinds)}; convert them first"
        )
    if labels.dtype.kind == "O" and len(labels) and not isinstance(labels[0], str):
        # scikit-learn takes no numbers or booleans from an array of objects.
        labels = np.array(labels.tolist())
    return labels, column


def read_weights(given: Any, codes: np.ndarray, classes: np.ndarray) -> np.ndarray | None:
    """Return the row weights as float64, or ``None``."""
    if given is None:
        return None
    try:
        weights = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ModelParityError(f"sample_weight must hold numbers: {error}") from error
    if weights.shape != codes.shape:
        raise ModelParityError(
            f"sample_weight must have shape ({codes.shape[0]},), one weight for each row, "
            f"got {weights.shape}"
        )
    if not np.isfinite(weights).all():
        raise ModelParityError(
            f"sample_weight must be finite, got {weights[~np.isfinite(weights)][0]!r} "
            f"at row {int(np.argmin(np.isfinite(weights)))}"
        )
    if (weights < 0).any():
        raise ModelParityError(
            f"sample_weight must be >= 0, got {float(weights.min())} "
            f"at row {int(np.argmin(weights))}"
        )
    for code, label in enumerate(classes):
        # Such a class is in y and not in the loss: its intercept would fall without end.
        if not weights[codes == code].any():
            raise ModelParityError(
                f"every class needs a row with sample_weight > 0, class {label!r} has none; "
                f"drop the class or give it weight"
            )
    return weights


def _eval_codes(y_eval: Any, n_eval: int, classes: np.ndarray) -> np.ndarray | None:
    """Return the class codes of the evaluation labels."""
    if y_eval is None:
        return None
    labels, _ = _labels(y_eval, "y_eval")
    if labels.shape[0] != n_eval:
        raise ModelParityError(
            f"X_eval and y_eval must have the same number of rows, got {n_eval} "
            f"and {labels.shape[0]}"
        )
    unknown = ~np.isin(labels, classes)
    if unknown.any():
        raise ModelParityError(
            f"y_eval must hold classes of y ({', '.join(map(repr, classes.tolist()))}), "
            f"got {labels[unknown][0]!r} at row {int(np.argmax(unknown))}"
        )
    return np.searchsorted(classes, labels).astype(np.int64)


def feature_names_of(X: Any, n_features: int) -> tuple[str, ...]:
    """Return the column names of a DataFrame, else ``x0`` …."""
    columns = getattr(X, "columns", None)
    if columns is not None and len(columns) == n_features:
        return tuple(str(column) for column in columns)
    return tuple(f"x{index}" for index in range(n_features))
