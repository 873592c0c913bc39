"""The squared error of a number: linear regression, ridge, lasso."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.theory.curvature import ScalarCurvature
from pytest_modelparity.theory.design import FloatArray, Targets


@dataclass(frozen=True, slots=True, kw_only=True)
class SquaredLoss:
    """``(z - y)^2 / 2`` with the decision as prediction.

    scikit-learn's ``Ridge`` minimises ``sum_i s_i (z_i - y_i)^2 + alpha |W|^2``, hence
    ``l2_strength = alpha / n`` (scikit-learn 1.9, ``sklearn/linear_model/_ridge.py``).
    """

    n_outputs: ClassVar[int] = 1
    shift_invariant: ClassVar[bool] = False
    # A quadratic that is bounded from below attains its minimum, L1 penalties included.
    recession: ClassVar[None] = None
    self_concordance: ClassVar[float] = 0.0
    diameter: ClassVar[float] = float("inf")

    @classmethod
    def of(cls, n_classes: int, label_smoothing: float) -> SquaredLoss:
        """Return the loss, or refuse classes and smoothing, which numbers do not have."""
        if n_classes != 0:
            raise ModelParityError(
                f"output_head='identity' has no classes, got n_classes={n_classes!r}"
            )
        if label_smoothing != 0:
            raise ModelParityError(
                f"output_head='identity' has no labels to smooth, "
                f"got label_smoothing={label_smoothing!r}"
            )
        return cls()

    def targets(self, y: ArrayLike) -> FloatArray:
        """Return y as finite float64 numbers."""
        numbers = np.asarray(y, dtype=np.float64)
        if not np.isfinite(numbers).all():
            raise ModelParityError("y must hold finite numbers only, got NaN or infinity")
        return numbers

    def value(self, z: FloatArray, y: Targets) -> FloatArray:
        """Return half the squared error (n,)."""
        return np.asarray(0.5 * (z[:, 0] - y) ** 2)

    def value_at_zero(self, y: Targets) -> FloatArray:
        """Return half the squared targets (n,)."""
        return np.asarray(0.5 * y**2)

    def slope(self, z: FloatArray, y: Targets) -> FloatArray:
        """Return the error (n, 1)."""
        return z - y[:, None]

    def slope_size(self, z: FloatArray, y: Targets) -> float:
        """Return the size of the decisions and targets whose differences the slopes are."""
        return float(np.max(np.abs(z[:, 0]) + np.abs(y)))

    def slope_error(self, z: FloatArray, error: FloatArray) -> FloatArray:
        """Return ``error`` itself."""
        return error

    def curvature(self, z: FloatArray, weight: FloatArray) -> ScalarCurvature:
        """Return 1 times the rows' weight, at every z."""
        return ScalarCurvature(second=weight)

    def total_curvature(self, z: FloatArray, weight: FloatArray) -> FloatArray:
        """Return the sum of the weights, (1, 1)."""
        return np.asarray(weight.sum(axis=0, keepdims=True))

    def response(self, z: FloatArray) -> FloatArray:
        """Return z."""
        return z

    def response_change(self, prediction: FloatArray, shift: FloatArray) -> FloatArray:
        """Return ``shift``."""
        return shift

    def dual_point(self, z: FloatArray, y: Targets, share: float) -> tuple[FloatArray, FloatArray]:
        """Return ``y + v`` and ``(slope - v)^2 / 2`` for ``v = share * slope``."""
        slope = self.slope(z, y)
        # From z, not from y: the whole way leaves z itself, without rounding.
        rest = (1.0 - share) * slope
        return z - rest, 0.5 * rest[:, 0] ** 2

    def dual_distance(self, prediction: FloatArray, gap: FloatArray) -> FloatArray:
        """Return the root of twice the gap: the conjugate is ``v^2 / 2 + y v``, of y + v."""
        return np.asarray(np.sqrt(2.0 * gap))

    def distance_within(self, z: FloatArray, y: Targets, bound: FloatArray) -> FloatArray:
        """Return the distance from z by way of y to the furthest number with such a loss."""
        return np.asarray(np.abs(z[:, 0] - y) + np.sqrt(2.0 * bound))
