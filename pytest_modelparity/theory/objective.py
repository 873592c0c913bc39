"""The canonical objective: loss plus penalty of a linear classifier, stated once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from scipy.special import expit, logsumexp, softmax

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.theory.design import (
    DesignMatrix,
    FloatArray,
    IntArray,
    as_design_matrix,
    row_weights,
    scaled_features,
)
from pytest_modelparity.theory.strength import l1_strength_from_c, l2_strength_from_c

__all__ = [
    "DesignMatrix",
    "FloatArray",
    "LinearObjective",
    "decision_to_probabilities",
    "l1_strength_from_c",
    "l2_strength_from_c",
    "objective_from_settings",
]

#: Elements of one dense block of rows (32 MiB): large data never gets a second copy.
BLOCK_ELEMENTS = 1 << 22


def decision_to_probabilities(decision: ArrayLike, n_classes: int) -> FloatArray:
    """Return class probabilities (m, n_classes) of a decision function.

    Parameters
    ----------
    decision : array, (m,), (m, 1) or (m, n_classes)
        One column is the sigmoid head, whose probability is the second class's; as many columns
        as classes are the softmax head.
    n_classes : int
        Number of classes.

    Raises
    ------
    ModelParityError
        If the number of columns fits neither head.
    """
    z = np.asarray(decision, dtype=np.float64)
    z = z[:, None] if z.ndim == 1 else z
    if z.shape[1] == 1 and n_classes == 2:
        # expit(-z), not 1 - expit(z): the small probability keeps its digits.
        return np.hstack([expit(-z), expit(z)])
    if z.shape[1] != n_classes:
        raise ModelParityError(
            f"a decision function of {n_classes} classes has {n_classes} columns"
            f"{' or 1' if n_classes == 2 else ''}, got {z.shape[1]}"
        )
    return np.asarray(softmax(z, axis=1), dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearObjective:
    """The objective of a linear classifier with logistic loss; this is its only statement.

    For rows x_i (n of them, p features), classes y_i, row weights s_i, coefficients W (K', p) and
    intercept b (K',)::

        F(W, b) = (1/n) sum_i s_i loss(t_i, W x_i + b)
                  + (l2_strength / 2) |W|_2^2 + l1_strength |W|_1
                  + (intercept_l2_strength / 2) |b|_2^2 + intercept_l1_strength |b|_1

    The sum is divided by the number of rows n, never by the sum of their weights.

    ``output_head="softmax"``, K' = K classes: ``loss = logsumexp(z) - t·z`` with targets
    ``t = (1 - a) onehot(y) + a/K``, a the label smoothing. ``"sigmoid"``, K' = 1, two classes:
    ``loss = log(1 + exp(z)) - t z`` with ``t = (1 - a) y + a/2``; the probability of the second
    class is ``1 / (1 + exp(-z))``. Both are Keras's targets (keras 3.15, ``src/losses/losses.py``).

    Parameters are also handled as one vector ``theta`` of length d: the rows of ``(W | b)`` one
    after the other, each of p coefficients and, with ``fit_intercept``, its intercept last.

    Parameters
    ----------
    X : array or CSR, (n, p)
        Held, not copied, where it is float64 already.
    y : array of int, (n,)
        Class codes 0 to ``n_classes - 1``.
    n_classes : int
        Number of classes, at least 2, whether each occurs or not.
    row_weight : array, (n,)
        The s_i, every factor multiplied in.
    l2_strength, l1_strength, intercept_l2_strength, intercept_l1_strength : float
        Penalty factors; those of the intercept are without effect where there is none.
    fit_intercept : bool
        Whether there is an intercept.
    output_head : str
        ``"sigmoid"`` or ``"softmax"``.
    label_smoothing : float
        The a above, in [0, 1).

    Raises
    ------
    ModelParityError
        If shapes do not fit, a number is outside its range or not finite, or the sigmoid head is
        given more than two classes.
    """

    X: DesignMatrix
    y: IntArray
    n_classes: int
    row_weight: FloatArray
    l2_strength: float = 0.0
    l1_strength: float = 0.0
    intercept_l2_strength: float = 0.0
    intercept_l1_strength: float = 0.0
    fit_intercept: bool = True
    output_head: str = "sigmoid"
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "X", as_design_matrix(self.X))
        object.__setattr__(self, "y", np.asarray(self.y, dtype=np.intp))
        object.__setattr__(self, "row_weight", np.asarray(self.row_weight, dtype=np.float64))
        _check_settings(self)
        _check_rows(self)

    @property
    def n_samples(self) -> int:
        """Number of rows n, those without weight included."""
        return int(self.X.shape[0])

    @property
    def n_features(self) -> int:
        """Number of features p."""
        return int(self.X.shape[1])

    @property
    def n_outputs(self) -> int:
        """Columns of the decision function: 1 for the sigmoid head, else one a class."""
        return 1 if self.output_head == "sigmoid" else self.n_classes

    @property
    def n_columns(self) -> int:
        """Parameters of one output: p, plus one for the intercept."""
        return self.n_features + int(self.fit_intercept)

    @property
    def n_parameters(self) -> int:
        """Length d of ``theta``."""
        return self.n_outputs * self.n_columns

    @property
    def l2_weights(self) -> FloatArray:
        """L2 strength of every element of ``theta``, (d,)."""
        return self._per_parameter(self.l2_strength, self.intercept_l2_strength)

    @property
    def l1_weights(self) -> FloatArray:
        """L1 strength of every element of ``theta``, (d,)."""
        return self._per_parameter(self.l1_strength, self.intercept_l1_strength)

    def pack(self, coef: ArrayLike, intercept: ArrayLike) -> FloatArray:
        """Return ``theta`` (d,) of ``coef`` (K', p) and ``intercept`` (K',).

        Raises
        ------
        ModelParityError
            If a shape does not fit the objective.
        """
        W, b = np.asarray(coef, dtype=np.float64), np.asarray(intercept, dtype=np.float64)
        if W.shape != (self.n_outputs, self.n_features):
            raise ModelParityError(
                f"coef must have shape {(self.n_outputs, self.n_features)}, got {W.shape}"
            )
        if not self.fit_intercept:
            return W.ravel()
        if b.shape != (self.n_outputs,):
            raise ModelParityError(f"intercept must have shape {(self.n_outputs,)}, got {b.shape}")
        return np.hstack([W, b[:, None]]).ravel()

    def unpack(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return ``coef`` (K', p) and ``intercept`` (K',), zeros where there is none."""
        table = theta.reshape(self.n_outputs, self.n_columns)
        if not self.fit_intercept:
            return table, np.zeros(self.n_outputs)
        return table[:, :-1], table[:, -1]

    def value(self, theta: FloatArray) -> float:
        """Return F, the L1 penalties included."""
        return self.smooth_value_and_gradient(theta)[0] + float(self.l1_weights @ np.abs(theta))

    def smooth_value_and_gradient(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Return F without the L1 penalties, and its gradient (d,)."""
        z = self._decision(theta)
        weight, l2 = self.row_weight / self.n_samples, self.l2_weights
        value = float(weight @ self._row_losses(z)) + 0.5 * float(l2 @ theta**2)
        return value, self._pull_back(self.residuals(z) * weight[:, None]) + l2 * theta

    def gradient(self, theta: FloatArray) -> FloatArray:
        """Return the gradient (d,) of F without the L1 penalties."""
        return self.smooth_value_and_gradient(theta)[1]

    def hessian(self, theta: FloatArray) -> FloatArray:
        """Return the Hessian (d, d) of F without the L1 penalties."""
        z = self._decision(theta)
        weight = self.row_weight / self.n_samples
        if self.output_head == "sigmoid":
            factor = np.sqrt(weight[:, None] * expit(z) * expit(-z))
        else:
            factor = softmax(z, axis=1) * np.sqrt(weight)[:, None]
        total = np.zeros((self.n_parameters, self.n_parameters))
        for rows, block in self.row_blocks(self.n_parameters):
            stacked = (factor[rows, :, None] * block[:, None, :]).reshape(len(block), -1)
            total += stacked.T @ stacked
        hessian = total if self.output_head == "sigmoid" else self._laplacian(total)
        hessian[np.diag_indices_from(hessian)] += self.l2_weights
        return hessian

    def hessian_product(self, theta: FloatArray) -> Callable[[FloatArray], FloatArray]:
        """Return the function ``v -> H v`` of the Hessian at ``theta``, at two passes over X."""
        z = self._decision(theta)
        weight, l2 = (self.row_weight / self.n_samples)[:, None], self.l2_weights
        if self.output_head == "sigmoid":
            curvature = weight * expit(z) * expit(-z)

            def product(vector: FloatArray) -> FloatArray:
                return self._pull_back(curvature * self._decision(vector)) + l2 * vector

            return product
        p = softmax(z, axis=1)

        def multinomial_product(vector: FloatArray) -> FloatArray:
            change = self._decision(vector)
            centred = p * (change - np.sum(p * change, axis=1, keepdims=True))
            return self._pull_back(weight * centred) + l2 * vector

        return multinomial_product

    def hessian_diagonal(self, theta: FloatArray) -> FloatArray:
        """Return the diagonal (d,) of the Hessian."""
        z = self._decision(theta)
        p = decision_to_probabilities(z, self.n_classes)[:, -self.n_outputs :]
        curvature = p * (1.0 - p) * (self.row_weight / self.n_samples)[:, None]
        total = np.zeros((self.n_outputs, self.n_columns))
        if isinstance(self.X, sparse.csr_array):
            total[:, : self.n_features] = np.asarray(self.X.power(2).T @ curvature).T
            total[:, self.n_features :] = curvature.sum(axis=0)[:, None]
        else:
            for rows, block in self.row_blocks(self.n_columns):
                total += curvature[rows].T @ block**2
        return total.ravel() + self.l2_weights

    def decision_function(
        self, coef: FloatArray, intercept: FloatArray, X: DesignMatrix | None = None
    ) -> FloatArray:
        """Return ``X @ coef.T + intercept`` (m, K'); on the training rows where X is None."""
        matrix = self.X if X is None else X
        return np.asarray(matrix @ coef.T + intercept, dtype=np.float64)

    def probabilities(
        self, coef: FloatArray, intercept: FloatArray, X: DesignMatrix | None = None
    ) -> FloatArray:
        """Return the probabilities (m, n_classes); on the training rows where X is None."""
        return decision_to_probabilities(self.decision_function(coef, intercept, X), self.n_classes)

    def residuals(self, decision: FloatArray) -> FloatArray:
        """Return the derivative (n, K') of each row's loss: probability minus target."""
        a, K = self.label_smoothing, self.n_classes
        p = decision_to_probabilities(decision, K)
        if self.output_head == "sigmoid":
            hard = np.where(self.y == 1, -p[:, 0], p[:, 1])[:, None]
            return (1.0 - a) * hard + a * (p[:, 1:] - 0.5)
        hard, rows = p.copy(), np.arange(self.n_samples)
        hard[rows, self.y] = 0.0
        # Not p - 1: near separation that would leave no digit of the small difference.
        hard[rows, self.y] = -hard.sum(axis=1)
        return (1.0 - a) * hard + a * (p - 1.0 / K)

    def row_blocks(self, width: int) -> Iterator[tuple[slice, FloatArray]]:
        """Yield slices of rows with their dense (X | 1), ``width`` numbers of work a row."""
        size = max(1, BLOCK_ELEMENTS // max(1, width))
        for begin in range(0, self.n_samples, size):
            rows = slice(begin, min(begin + size, self.n_samples))
            part = self.X[rows]
            block = part.toarray() if isinstance(part, sparse.csr_array) else np.asarray(part)
            if self.fit_intercept:
                block = np.hstack([block, np.ones((block.shape[0], 1))])
            yield rows, block

    def _decision(self, theta: FloatArray) -> FloatArray:
        """Return the decision function (n, K') at ``theta``."""
        return self.decision_function(*self.unpack(theta))

    def _row_losses(self, z: FloatArray) -> FloatArray:
        """Return the loss (n,) of each row, unweighted."""
        a = self.label_smoothing
        if self.output_head == "sigmoid":
            sign = np.where(self.y == 1, -1.0, 1.0)
            hard, soft = np.logaddexp(0.0, sign * z[:, 0]), np.logaddexp(0.0, z[:, 0])
            return (1.0 - a) * hard + a * (soft - 0.5 * z[:, 0]) if a else hard
        own = z[np.arange(self.n_samples), self.y]
        total = np.asarray(logsumexp(z - own[:, None], axis=1), dtype=np.float64)
        # logsumexp(z) - t·z, everything shifted by the true class's decision.
        return total - a * (z.mean(axis=1) - own) if a else total

    def _pull_back(self, row_values: FloatArray) -> FloatArray:
        """Return ``row_values.T @ (X | 1)`` flattened, (d,)."""
        table = np.asarray((self.X.T @ row_values).T, dtype=np.float64)
        if self.fit_intercept:
            table = np.hstack([table, row_values.sum(axis=0)[:, None]])
        return table.ravel()

    def _laplacian(self, cross: FloatArray) -> FloatArray:
        """Turn the blocks ``X' diag(p_k p_l) X`` into the softmax Hessian."""
        K, q = self.n_outputs, self.n_columns
        blocks = -cross.reshape(K, q, K, q)
        for k in range(K):
            # p_k (1 - p_k) is the sum of p_k p_l over the others: nothing cancels.
            blocks[k, :, k, :] = 0.0
            blocks[k, :, k, :] = -blocks[k].sum(axis=1)
        return blocks.reshape(K * q, K * q)

    def _per_parameter(self, of_coef: float, of_intercept: float) -> FloatArray:
        """Return one number per element of ``theta``."""
        row = np.full(self.n_columns, of_coef)
        row[self.n_features :] = of_intercept
        return np.tile(row, self.n_outputs)


def objective_from_settings(
    settings: ObjectiveSettings,
    X: DesignMatrix,
    y: ArrayLike,
    n_classes: int,
    sample_weight: ArrayLike | None = None,
) -> LinearObjective:
    """Return the objective that ``settings`` describe on the rows X, y.

    Parameters
    ----------
    settings : ObjectiveSettings
        As read of one side.
    X : array or sparse matrix, (n, p)
        Sparse X stays sparse unless ``settings.feature_shift`` is non-zero.
    y : array of int, (n,)
        Class codes.
    n_classes : int
        Number of classes.
    sample_weight : array, (n,), optional
        Used only where ``settings.sample_weight`` is true.

    Raises
    ------
    ModelParityError
        As `LinearObjective`; also where a per-class, per-row or per-feature array has another
        length, ``rows_used`` is outside 1 to n, or weights to be normalised sum to 0.
    """
    codes = np.asarray(y, dtype=np.intp)
    return LinearObjective(
        X=scaled_features(settings, as_design_matrix(X)),
        y=codes,
        n_classes=n_classes,
        row_weight=row_weights(settings, codes, n_classes, sample_weight),
        l2_strength=settings.l2_strength,
        l1_strength=settings.l1_strength,
        intercept_l2_strength=settings.intercept_l2_strength,
        intercept_l1_strength=settings.intercept_l1_strength,
        fit_intercept=settings.fit_intercept,
        output_head=settings.output_head,
        label_smoothing=settings.label_smoothing,
    )


def _check_settings(objective: LinearObjective) -> None:
    """Refuse settings outside their range."""
    if objective.output_head not in ("sigmoid", "softmax"):
        raise ModelParityError(
            f"output_head must be 'sigmoid' or 'softmax', got {objective.output_head!r}"
        )
    if objective.n_classes < 2:
        raise ModelParityError(f"n_classes must be at least 2, got {objective.n_classes!r}")
    if objective.output_head == "sigmoid" and objective.n_classes != 2:
        raise ModelParityError(f"output_head='sigmoid' needs 2 classes, got {objective.n_classes}")
    for name in (
        "l2_strength",
        "l1_strength",
        "intercept_l2_strength",
        "intercept_l1_strength",
    ):
        strength = getattr(objective, name)
        if not 0 <= strength < np.inf:
            raise ModelParityError(f"{name} must be a finite number >= 0, got {name}={strength!r}")
    if not 0 <= objective.label_smoothing < 1:
        raise ModelParityError(
            f"label_smoothing must be in [0, 1), got {objective.label_smoothing!r}"
        )


def _check_rows(objective: LinearObjective) -> None:
    """Refuse classes and weights that do not fit the rows of X."""
    n, y, weight = objective.n_samples, objective.y, objective.row_weight
    if y.shape != (n,):
        raise ModelParityError(f"y must have shape {(n,)}, as X has {n} rows, got {y.shape}")
    if y.min() < 0 or y.max() >= objective.n_classes:
        raise ModelParityError(
            f"y must hold class codes 0 to {objective.n_classes - 1}, got {y.min()} to {y.max()}"
        )
    if weight.shape != (n,):
        raise ModelParityError(f"row_weight must have shape {(n,)}, got {weight.shape}")
    if not (np.isfinite(weight).all() and (weight >= 0).all()):
        raise ModelParityError("row weights must be finite numbers >= 0")
