"""The canonical objective: loss plus penalty of a linear model, stated once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.theory.design import (
    STRENGTHS,
    DesignMatrix,
    FloatArray,
    Targets,
    as_design_matrix,
    canonical_weights,
    check_one_a_row,
    check_strength,
    scaled_features,
)
from pytest_modelparity.theory.expansion import Expansion
from pytest_modelparity.theory.losses import Loss, loss_of
from pytest_modelparity.theory.mean_loss import MeanLoss
from pytest_modelparity.theory.rows import RowTable


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearObjective:
    """The objective of a linear model; this is its only statement.

    For rows x_i (n of them, p features), targets y_i, row weights s_i, coefficients W (K', p) and
    intercept b (K',)::

        F(W, b) = (1/n) sum_i s_i loss(y_i, W x_i + b)
                  + (l2_strength / 2) |W|_2^2 + l1_strength |W|_1
                  + (intercept_l2_strength / 2) |b|_2^2 + intercept_l1_strength |b|_1

    The sum is divided by the number of rows n, never by the sum of their weights. The loss and
    the number of outputs K' are those of the output head (`theory.losses`).

    Parameters are also handled as one vector ``theta`` of length d: the rows of ``(W | b)`` one
    after the other, each of p coefficients and, with ``fit_intercept``, its intercept last.

    Parameters
    ----------
    X : array or CSR, (n, p)
        Held, not copied, where it is float64 already.
    y : array, (n,)
        Class codes 0 to ``n_classes - 1``, or numbers.
    n_classes : int
        Number of classes, at least 2, whether each occurs or not; 0 where y holds numbers.
    row_weight : array, (n,)
        The s_i, every factor multiplied in.
    l2_strength, l1_strength, intercept_l2_strength, intercept_l1_strength : float
        Penalty factors; those of the intercept are without effect where there is none.
    fit_intercept : bool
        Whether there is an intercept.
    output_head : str
        The name of a loss, as `losses.loss_of` takes it.
    label_smoothing : float
        Share of each target spread evenly over the classes, in [0, 1).

    Raises
    ------
    ModelParityError
        If shapes do not fit, a number is outside its range or not finite, or the head does not
        fit the classes.
    """

    X: DesignMatrix
    y: Targets
    n_classes: int = 0
    row_weight: FloatArray
    l2_strength: float = 0.0
    l1_strength: float = 0.0
    intercept_l2_strength: float = 0.0
    intercept_l1_strength: float = 0.0
    fit_intercept: bool = True
    output_head: str = "sigmoid"
    label_smoothing: float = 0.0
    loss: Loss = field(init=False, repr=False)
    mean_loss: MeanLoss = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # The loss first: how many outputs there are, and what y may be, depends on it.
        loss = loss_of(self.output_head, self.n_classes, self.label_smoothing)
        object.__setattr__(self, "loss", loss)
        for name in STRENGTHS:
            check_strength(name, getattr(self, name))
        object.__setattr__(self, "X", as_design_matrix(self.X))
        for name in ("y", "row_weight"):
            check_one_a_row(name, np.shape(getattr(self, name)), self.n_samples)
        object.__setattr__(self, "y", loss.targets(self.y))
        object.__setattr__(self, "row_weight", np.asarray(self.row_weight, dtype=np.float64))
        if not (np.isfinite(self.row_weight).all() and (self.row_weight >= 0).all()):
            raise ModelParityError("row weights must be finite numbers >= 0")
        rows = RowTable(X=self.X, ones=self.fit_intercept, y=self.y, weight=self.row_weight)
        object.__setattr__(self, "mean_loss", MeanLoss(rows=rows, loss=loss))

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
        """Columns K' of the decision function."""
        return self.loss.n_outputs

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
        table = self.table(theta)
        if not self.fit_intercept:
            return table, np.zeros(self.n_outputs)
        return table[:, :-1], table[:, -1]

    def value(self, theta: FloatArray) -> float:
        """Return F, the L1 penalties included."""
        return self.smooth_value_and_gradient(theta)[0] + float(self.l1_weights @ np.abs(theta))

    def smooth_value_and_gradient(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Return F without the L1 penalties, and its gradient (d,)."""
        value, slope = self.mean_loss.value_and_slope(self.table(theta))
        l2 = self.l2_weights
        return value + 0.5 * float(l2 @ theta**2), slope.ravel() + l2 * theta

    def at(self, theta: FloatArray) -> tuple[float, FloatArray, FloatArray | None]:
        """Return F, its gradient (d,) without the L1 penalties, and the training predictions.

        No predictions where the rows are not held.
        """
        value, slope, predictions = self.mean_loss.value_slope_and_responses(self.table(theta))
        return *self._penalised(theta, value, slope), predictions

    def at_from(self, theta: FloatArray, other: FloatArray) -> tuple[float, FloatArray, float]:
        """Return F, its gradient as `at` has it, and how far a training prediction moved.

        The largest difference to that of another point, in the same pass.
        """
        tables = self.table(theta), self.table(other)
        value, slope, change = self.mean_loss.value_slope_and_change(*tables)
        return *self._penalised(theta, value, slope), change

    def _penalised(
        self, theta: FloatArray, value: float, slope: FloatArray
    ) -> tuple[float, FloatArray]:
        """Return F, and its gradient without the L1 penalties, of what the loss has."""
        l2 = self.l2_weights
        value += float(self.l1_weights @ np.abs(theta)) + 0.5 * float(l2 @ theta**2)
        return value, slope.ravel() + l2 * theta

    def gradient(self, theta: FloatArray) -> FloatArray:
        """Return the gradient (d,) of F without the L1 penalties."""
        return self.mean_loss.slope(self.table(theta)).ravel() + self.l2_weights * theta

    def value_at_zero(self) -> float:
        """Return F where every parameter is zero, without a pass over X."""
        return self.mean_loss.value_at_zero()

    def expansion(self, theta: FloatArray) -> Expansion:
        """Return F without the L1 penalties, its gradient and its Hessian, in one pass."""
        value, slope, hessian = self.mean_loss.expansion(self.table(theta))
        l2 = self.l2_weights
        return Expansion(
            theta=theta,
            value=value + 0.5 * float(l2 @ theta**2),
            gradient=slope.ravel() + l2 * theta,
            hessian=self._with_l2(hessian),
        )

    def hessian(self, theta: FloatArray) -> FloatArray:
        """Return the Hessian (d, d) of F without the L1 penalties."""
        return self._with_l2(self.mean_loss.hessian(self.table(theta)))

    def hessian_product(self, theta: FloatArray) -> Callable[[FloatArray], FloatArray]:
        """Return the function ``v -> H v`` of the Hessian at ``theta``, at one pass over X."""
        product, l2 = self.mean_loss.hessian_product(self.table(theta)), self.l2_weights
        return lambda vector: product(self.table(vector)).ravel() + l2 * vector

    def hessian_diagonal(self, theta: FloatArray) -> FloatArray:
        """Return the diagonal (d,) of the Hessian."""
        return self.mean_loss.hessian_diagonal(self.table(theta)).ravel() + self.l2_weights

    def decision_function(
        self, coef: FloatArray, intercept: FloatArray, X: DesignMatrix | None = None
    ) -> FloatArray:
        """Return ``X @ coef.T + intercept`` (m, K'); on the training rows where X is None."""
        matrix = self.X if X is None else X
        return np.asarray(matrix @ coef.T + intercept, dtype=np.float64)

    def predictions(
        self, coef: FloatArray, intercept: FloatArray, X: DesignMatrix | None = None
    ) -> FloatArray:
        """Return the predictions (m, n_classes), or (m, 1) of numbers, of X as for decisions."""
        if X is not None:
            return self.loss.response(self.decision_function(coef, intercept, X))
        return self.mean_loss.responses(self.table(self.pack(coef, intercept)))

    def table(self, theta: FloatArray) -> FloatArray:
        """Return ``theta`` as a row (q,) for each output."""
        return theta.reshape(self.n_outputs, self.n_columns)

    def _with_l2(self, hessian: FloatArray) -> FloatArray:
        """Add the L2 strengths to the diagonal, in place."""
        hessian[np.diag_indices_from(hessian)] += self.l2_weights
        return hessian

    def _per_parameter(self, of_coef: float, of_intercept: float) -> FloatArray:
        """Return one number per element of ``theta``."""
        row = np.full(self.n_columns, of_coef)
        row[self.n_features :] = of_intercept
        return np.tile(row, self.n_outputs)


def objective_from_settings(
    settings: ObjectiveSettings,
    X: DesignMatrix | RowMatrix,
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
    y, n_classes
        As of `LinearObjective`.
    sample_weight : array, (n,), optional
        Used only where ``settings.sample_weight`` is true.

    Raises
    ------
    ModelParityError
        As `LinearObjective`, `scaled_features` and `canonical_weights`.
    """
    # Class weights index by y, which has to be codes, and valid ones, before.
    targets = loss_of(settings.output_head, n_classes, settings.label_smoothing).targets(y)
    return LinearObjective(
        X=scaled_features(settings, X),
        y=targets,
        n_classes=n_classes,
        row_weight=canonical_weights(settings, targets, n_classes, sample_weight),
        l2_strength=settings.l2_strength,
        l1_strength=settings.l1_strength,
        intercept_l2_strength=settings.intercept_l2_strength,
        intercept_l1_strength=settings.intercept_l1_strength,
        fit_intercept=settings.fit_intercept,
        output_head=settings.output_head,
        label_smoothing=settings.label_smoothing,
    )
