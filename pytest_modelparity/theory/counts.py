"""The Poisson loss of counts, and how it falls for ever: on rows of zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import xlogy

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.theory.curvature import ScalarCurvature
from pytest_modelparity.theory.design import UNIT, BoolArray, FloatArray, Targets

#: Decision from which on the loss goes on as a parabola. No minimiser is there, as the loss is
#: 1e130; ``exp`` would overflow on the way of a step that is too long.
LARGEST_DECISION = 300.0
#: Prediction that is divided by at least.
SMALLEST_PREDICTION = 1e-100
#: A gap that bounds nothing, and whose square is a number all the same.
NO_BOUND = 1e140
#: Change of a decision beyond which ``exp`` overflows.
LARGEST_SHIFT = 700.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CountRecession:
    """Rows of zero, whose loss is the prediction itself; a positive target holds its decision."""

    def margins(self, z: FloatArray, y: Targets) -> FloatArray:
        """Return margins (n, 1): how far a row of zero falls, and how far another one moves."""
        # A decision of a positive target may move neither way.
        return np.where(y == 0, -z[:, 0], -np.abs(z[:, 0]))[:, None]

    def margin_matrix(self, design: FloatArray, y: Targets) -> FloatArray:
        """Return the rows turned round, and those of positive targets as they are besides."""
        return np.vstack([-design, design[np.asarray(y) > 0]])

    def vanishing(self, y: Targets) -> BoolArray:
        """Return whether every target is zero: a free intercept then falls for ever."""
        return np.array([not np.any(np.asarray(y) > 0)])

    def rest(self, y: Targets, vanishing: BoolArray) -> None:
        """Return nothing: what vanishes for every row leaves none to fit."""

    def limit(self, y: Targets) -> FloatArray:
        """Return the targets, where each loss is 0."""
        return np.asarray(y, dtype=np.float64)[:, None]

    def without(self, predictions: FloatArray, vanished: BoolArray) -> FloatArray:
        """Return ``predictions`` with some of them zero."""
        return np.where(vanished, 0.0, predictions)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoissonLoss:
    """``exp(z) - y z + y log y - y``: half the Poisson deviance with the logarithm as link.

    scikit-learn's ``PoissonRegressor`` minimises ``sum_i s_i loss_i / sum_i s_i +
    alpha/2 |W|^2`` (scikit-learn 1.9, user guide, "Generalized Linear Models"; the half is that of
    ``sklearn._loss.HalfPoissonLoss``).

    Notes
    -----
    No Lipschitz constant exists. The bounds rest on the third derivative, which is the second
    (self-concordance 1), and on the conjugate ``u log u - u`` of predictions u, whose Bregman
    divergence places a prediction (`dual_distance`).
    """

    n_outputs: ClassVar[int] = 1
    shift_invariant: ClassVar[bool] = False
    recession: ClassVar[CountRecession] = CountRecession()
    self_concordance: ClassVar[float] = 1.0
    diameter: ClassVar[float] = float("inf")

    @classmethod
    def of(cls, n_classes: int, label_smoothing: float) -> PoissonLoss:
        """Return the loss, or refuse classes and smoothing, which counts do not have."""
        if n_classes != 0:
            raise ModelParityError(
                f"output_head='exponential' has no classes, got n_classes={n_classes!r}"
            )
        if label_smoothing != 0:
            raise ModelParityError(
                f"output_head='exponential' has no labels to smooth, "
                f"got label_smoothing={label_smoothing!r}"
            )
        return cls()

    def targets(self, y: ArrayLike) -> FloatArray:
        """Return y as finite float64 numbers, none negative."""
        numbers = np.asarray(y, dtype=np.float64)
        if not (np.isfinite(numbers).all() and (numbers >= 0).all()):
            raise ModelParityError("y of a Poisson loss must hold finite numbers >= 0 only")
        return numbers

    def value(self, z: FloatArray, y: Targets) -> FloatArray:
        """Return half the deviance (n,), at least 0."""
        decision, beyond = _split(z[:, 0])
        grown = np.exp(decision) * (1.0 + beyond + 0.5 * beyond**2)
        # Rounding of the difference may leave it below zero at the minimum.
        return np.asarray(np.maximum(grown - y * z[:, 0] + xlogy(y, y) - y, 0.0))

    def value_at_zero(self, y: Targets) -> FloatArray:
        """Return the same (n,) at a prediction of 1."""
        return self.value(np.zeros((len(y), 1)), y)

    def slope(self, z: FloatArray, y: Targets) -> FloatArray:
        """Return prediction minus target (n, 1)."""
        return _grown(z) - np.asarray(y, dtype=np.float64)[:, None]

    def slope_size(self, z: FloatArray, y: Targets) -> float:
        """Return the largest sum of a prediction and its target."""
        return float(np.max(_grown(z)[:, 0] + y))

    def slope_error(self, z: FloatArray, error: FloatArray) -> FloatArray:
        """Return the error of ``exp(z)``: its size times that of z, and its rounding."""
        return _grown(z) * (2.0 * error + 8 * UNIT)

    def curvature(self, z: FloatArray, weight: FloatArray) -> ScalarCurvature:
        """Return the weighted predictions."""
        return ScalarCurvature(second=weight * np.exp(np.minimum(z, LARGEST_DECISION)))

    def total_curvature(self, z: FloatArray, weight: FloatArray) -> FloatArray:
        """Return the sum of the weighted predictions, (1, 1)."""
        return np.asarray(self.curvature(z, weight).second.sum(axis=0, keepdims=True))

    def response(self, z: FloatArray) -> FloatArray:
        """Return the predictions ``exp(z)``."""
        return _grown(z)

    def response_change(self, prediction: FloatArray, shift: FloatArray) -> FloatArray:
        """Return how far a prediction grows whose decision does by ``shift``."""
        return np.asarray(prediction[:, 0] * np.expm1(np.minimum(shift, LARGEST_SHIFT)))

    def dual_point(self, z: FloatArray, y: Targets, share: float) -> tuple[FloatArray, FloatArray]:
        """Return predictions between target and p, and ``q log(q/p) - q + p`` of each."""
        slope, p = self.slope(z, y), _grown(z)
        # From p, not from y: the whole way leaves p itself, without rounding.
        q = np.maximum(p - (1.0 - share) * slope, 0.0)
        if share == 1.0:
            return q, np.zeros(len(q))
        # Where q is near p the sum of the three terms would cancel: 1 + x is q/p.
        x = -(1.0 - share) * slope / np.maximum(p, SMALLEST_PREDICTION)
        gap = np.where(
            p > SMALLEST_PREDICTION, p * (xlogy(1.0 + x, 1.0 + x) - x), xlogy(q, q) - q * z - q + p
        )
        # On the parabola the conjugate is another one, and nothing is said.
        return q, np.where(z > LARGEST_DECISION, NO_BOUND, np.maximum(gap, 0.0))[:, 0]

    def dual_distance(self, prediction: FloatArray, gap: FloatArray) -> FloatArray:
        """Return how far (n,) predictions p are from q with ``q log(q/p) - q + p`` <= ``gap``.

        With ``x = p/q - 1`` that is ``q (x - log(1 + x))``, at least ``q x^2 / (2 (1 + x))`` above
        q and ``q x^2 / 2`` below it.
        """
        # Of each factor: an infinite gap leaves infinity, and the square of a large one overflows.
        return np.asarray(gap + np.sqrt(gap) * np.sqrt(gap + 2.0 * prediction[:, 0]))

    def distance_within(self, z: FloatArray, y: Targets, bound: FloatArray) -> FloatArray:
        """Return the distance from exp(z) by way of y to the furthest with such a deviance."""
        targets = np.asarray(y, dtype=np.float64)[:, None]
        return np.abs(_grown(z) - targets)[:, 0] + self.dual_distance(targets, bound)


def _split(z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return decisions up to `LARGEST_DECISION`, and how far they are beyond it."""
    return np.minimum(z, LARGEST_DECISION), np.maximum(z - LARGEST_DECISION, 0.0)


def _grown(z: FloatArray) -> FloatArray:
    """Return ``exp(z)``, a straight line from `LARGEST_DECISION` on."""
    decision, beyond = _split(z)
    return np.asarray(np.exp(decision) * (1.0 + beyond))
