"""What the settings make of the data: the design matrix, the targets and the row weights."""

from __future__ import annotations

from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.rows.passes import row_slices
from pytest_modelparity.settings import ObjectiveSettings

FloatArray: TypeAlias = NDArray[np.float64]
BoolArray: TypeAlias = NDArray[np.bool_]
IntArray: TypeAlias = NDArray[np.intp]
#: Class codes, or the numbers of a regression.
Targets: TypeAlias = "IntArray | FloatArray"
DesignMatrix: TypeAlias = "FloatArray | sparse.csr_array[np.float64]"

#: The penalty factors of an objective, by the name of their field.
STRENGTHS = ("l2_strength", "l1_strength", "intercept_l2_strength", "intercept_l1_strength")

#: Unit roundoff of float64.
UNIT = float(np.finfo(np.float64).eps) / 2


def as_design_matrix(X: Any) -> DesignMatrix:
    """Return X as float64, dense or CSR; not copied where it is that already.

    Raises
    ------
    ModelParityError
        If X is not two-dimensional, has no row, or holds NaN or infinity.
    """
    if isinstance(X, RowMatrix):
        # Where these are read first, every number of theirs is looked at.
        return X  # type: ignore[return-value]
    matrix = _as_float64(X)
    if matrix.ndim != 2 or matrix.shape[0] == 0:
        raise ModelParityError(f"X must have two dimensions and a row, got shape {matrix.shape}")
    values = matrix.data if isinstance(matrix, sparse.csr_array) else matrix
    # The sum decides nearly always, without an array of booleans as large as X; it may overflow
    # where every number is finite.
    if not np.isfinite(np.sum(values)) and not np.isfinite(values).all():
        raise ModelParityError("X must hold finite numbers only, got NaN or infinity")
    return matrix


def dense_rows(X: DesignMatrix, rows: slice, *, ones: bool) -> FloatArray:
    """Return some rows of X as a dense array, with a column of ones at the end where wanted."""
    part = X[rows]
    block = part.toarray() if isinstance(part, sparse.csr_array) else np.asarray(part)
    return np.hstack([block, np.ones((len(block), 1))]) if ones else block


def as_codes(y: Targets) -> IntArray:
    """Return targets that are class codes as such, to index with; not copied."""
    return np.asarray(y, dtype=np.intp)


def check_strength(name: str, strength: float) -> None:
    """Refuse a penalty factor outside its range."""
    # NaN fails the chain, too.
    if not 0 <= strength < np.inf:
        raise ModelParityError(f"{name} must be a finite number >= 0, got {name}={strength!r}")


def check_one_a_row(name: str, shape: tuple[int, ...], n_samples: int) -> None:
    """Refuse an array that does not hold one number a row."""
    if shape != (n_samples,):
        raise ModelParityError(
            f"{name} must have shape {(n_samples,)}, as X has {n_samples} rows, got {shape}"
        )


def scaled_features(settings: ObjectiveSettings, X: Any) -> Any:
    """Return the features that the coefficients of an objective belong to.

    ``(X - feature_shift) / feature_scale``, and what ``feature_map`` makes of it. Sparse X stays
    sparse without a shift and a map.

    X is returned as it is, unread, where there is none: `as_design_matrix` checks the result.

    Raises
    ------
    ModelParityError
        If X has not two dimensions, one of the settings has another length than X has columns,
        or a scale is 0.
    """
    if isinstance(X, RowMatrix):
        return _scaled_when_read(settings, X)
    scaled = _each_scaled(settings, X)
    if settings.feature_map is None:
        return scaled
    matrix = np.array(settings.feature_map.matrix)
    _per_feature("a row of feature_map", settings.feature_map.matrix[0], scaled)
    # A product of sparse rows with a dense matrix is dense.
    return np.asarray(scaled @ matrix.T) + np.array(settings.feature_map.offset)


def _scaled_when_read(settings: ObjectiveSettings, X: RowMatrix) -> RowMatrix:
    """Return the same of rows that are passed over."""
    if not settings.maps_features:
        return X
    then = settings.feature_map
    n_features = X.shape[1] if then is None else len(then.matrix)
    return X.mapped(partial(scaled_features, settings), n_features)


def _each_scaled(settings: ObjectiveSettings, X: Any) -> Any:
    """Return ``(X - feature_shift) / feature_scale``."""
    shifted = settings.feature_shift is not None and any(settings.feature_shift)
    if not shifted and settings.feature_scale is None:
        return X
    scaled = _as_float64(X)
    if scaled.ndim != 2:
        raise ModelParityError(f"X must have two dimensions and a row, got shape {scaled.shape}")
    if settings.feature_shift is not None and shifted:
        shift = _per_feature("feature_shift", settings.feature_shift, scaled)
        # A shift fills the zeros: what is sparse cannot stay so.
        scaled = (scaled.toarray() if isinstance(scaled, sparse.csr_array) else scaled) - shift
    if settings.feature_scale is not None:
        scale = _per_feature("feature_scale", settings.feature_scale, scaled)
        if not np.all(scale != 0):
            raise ModelParityError("feature_scale must not hold 0")
        if isinstance(scaled, sparse.csr_array):
            return _as_float64(scaled @ sparse.diags_array(1.0 / scale))
        scaled = scaled / scale
    return scaled


def canonical_weights(
    settings: ObjectiveSettings, y: Targets, n_classes: int, sample_weight: ArrayLike | None
) -> FloatArray:
    """Return the s_i (n,) of the objective, so that dividing by n is all that is left.

    Raises
    ------
    ModelParityError
        If an array has the wrong length, ``rows_used`` is outside 1 to n, or weights that are to
        be normalised sum to 0.
    """
    n = len(y)
    # One number for all rows, as long as they weigh the same: they may be many.
    weight: FloatArray = np.broadcast_to(np.float64(1.0), (n,))
    if settings.class_weight is not None:
        weight = _weight_by_class(settings.class_weight, y, n_classes)
    if settings.sample_weight and sample_weight is not None:
        by_row = np.asarray(sample_weight, dtype=np.float64)
        if by_row.shape != (n,):
            raise ModelParityError(f"sample_weight must have shape {(n,)}, got {by_row.shape}")
        # The array as it was given, where it can be: on a cluster it is there already.
        weight = by_row if settings.class_weight is None else weight * by_row
    if settings.rows_used is not None:
        weight = _leading_rows_only(weight, settings.rows_used)
    if settings.weights_normalised:
        if not weight.sum() > 0:
            raise ModelParityError("row weights that are normalised must not sum to 0")
        weight = _times(weight, n / weight.sum())
    # Last: a sum over the batch is as much larger, however its weights were normalised.
    return _times(weight, settings.loss_scale)


def _times(weight: FloatArray, factor: float) -> FloatArray:
    """Return weights times a number, which stay one number where they are one."""
    if factor == 1.0:
        return weight
    if weight.strides == (0,):
        return np.broadcast_to(weight[:1] * factor, weight.shape)
    return weight * factor


def _as_float64(X: Any) -> DesignMatrix:
    """Return X as float64, sparse as CSR; not copied where it is that already."""
    return _as_csr(X) if sparse.issparse(X) else np.asarray(X, dtype=np.float64)


def _as_csr(X: Any) -> sparse.csr_array[np.float64]:
    """Return a sparse X as float64 in the CSR format."""
    return sparse.csr_array(X, dtype=np.float64)


def _weight_by_class(class_weight: tuple[float, ...], y: Targets, n_classes: int) -> FloatArray:
    """Return the weight (n,) of each row's class."""
    if n_classes == 0:
        raise ModelParityError("class_weight needs classes, and the targets are numbers")
    if len(class_weight) != n_classes:
        raise ModelParityError(
            f"class_weight must hold {n_classes} numbers, got {len(class_weight)}"
        )
    by_class, weight = np.asarray(class_weight, dtype=np.float64), np.empty(len(y))
    # By parts: an index of another type than NumPy's own is copied.
    for rows in row_slices(slice(0, len(y)), 1):
        weight[rows] = by_class[as_codes(y[rows])]
    return weight


def _per_feature(name: str, values: tuple[float, ...], X: DesignMatrix) -> FloatArray:
    """Return one number per column of X."""
    if len(values) != X.shape[1]:
        raise ModelParityError(f"{name} must hold {X.shape[1]} numbers, got {len(values)}")
    return np.asarray(values, dtype=np.float64)


def _leading_rows_only(weight: FloatArray, rows_used: int) -> FloatArray:
    """Give the first rows the mean over themselves, and the others no weight."""
    n = len(weight)
    if not 1 <= rows_used <= n:
        raise ModelParityError(f"rows_used must be in 1 to {n}, got rows_used={rows_used!r}")
    # The trainer divides by the rows it sees, the objective by all n of them.
    kept = weight * (n / rows_used)
    kept[rows_used:] = 0.0
    return kept
