"""The logistic losses: sigmoid for two classes, softmax for any number, with smoothed labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, rel_entr

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.theory.curvature import ScalarCurvature, SoftmaxCurvature
from pytest_modelparity.theory.design import UNIT, FloatArray, IntArray, Targets, as_codes
from pytest_modelparity.theory.recession import ClassRecession, TwoClassRecession

#: Shift of a logit beyond which ``exp`` overflows; every probability has reached its limit before.
LARGEST_SHIFT = 700.0


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
    return _softmax(z)


def _variance(z: FloatArray) -> FloatArray:
    """Return ``p (1 - p)`` of the sigmoid, in one exponential that keeps the digits of both."""
    small = np.exp(-np.abs(z))
    return np.asarray(small / (1.0 + small) ** 2)


def on_outputs(
    coef: FloatArray, intercept: FloatArray, n_outputs: int
) -> tuple[FloatArray, FloatArray]:
    """Return parameters that predict the same two classes with another number of outputs.

    Parameters
    ----------
    coef : array, (m, p)
        Of a sigmoid's one output or of two softmax outputs.
    intercept : array, (m,)
        Likewise.
    n_outputs : int
        1 or 2; parameters that have as many already are returned as they are.
    """
    if len(coef) == n_outputs:
        return coef, intercept
    if n_outputs == 1:
        return coef[1:] - coef[:1], intercept[1:] - intercept[:1]
    # Half of it each way has the smallest penalty.
    return np.vstack([-coef, coef]) / 2.0, np.hstack([-intercept, intercept]) / 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _LogisticLoss:
    """What both heads have in common.

    Notes
    -----
    Self-concordance: a row's third derivative is a third central moment, which is at most the
    range times the variance (Bach 2010, arXiv 0910.4627).
    """

    n_classes: int = 2
    label_smoothing: float = 0.0

    self_concordance: ClassVar[float] = 1.0
    diameter: ClassVar[float] = 1.0

    def __post_init__(self) -> None:
        if self.n_classes < 2:
            raise ModelParityError(f"n_classes must be at least 2, got {self.n_classes!r}")
        if not 0 <= self.label_smoothing < 1:
            raise ModelParityError(
                f"label_smoothing must be in [0, 1), got {self.label_smoothing!r}"
            )

    def targets(self, y: ArrayLike) -> IntArray:
        """Return y as class codes; integers of any size are kept as they are."""
        codes = np.asarray(y)
        if codes.dtype.kind not in "iu":
            codes = codes.astype(np.intp)
        # No row at all is refused with X, in words that fit it.
        if codes.size and (codes.min() < 0 or codes.max() >= self.n_classes):
            raise ModelParityError(
                f"y must hold class codes 0 to {self.n_classes - 1}, "
                f"got {codes.min()} to {codes.max()}"
            )
        return codes

    def response(self, z: FloatArray) -> FloatArray:
        """Return the class probabilities (n, n_classes)."""
        return decision_to_probabilities(z, self.n_classes)

    def value_at_zero(self, y: Targets) -> FloatArray:
        """Return log(K) (n,): all probabilities are equal there, whatever the labels."""
        return np.full(len(y), np.log(self.n_classes))

    def slope_size(self, z: FloatArray, y: Targets) -> float:
        """Return 1: slopes are differences of probabilities."""
        return 1.0

    def response_change(self, prediction: FloatArray, shift: FloatArray) -> FloatArray:
        """Return the largest change of a probability whose logit moves by ``shift``."""
        growth = np.expm1(np.minimum(shift, LARGEST_SHIFT))[:, None]
        if prediction.shape[1] == 2:
            # Of p and 1 - p the smaller one, which keeps its digits: both change alike. Of two
            # columns the minimum over an axis takes forty times as long (measured, NumPy 2.4).
            prediction = np.minimum(prediction[:, :1], prediction[:, 1:])
        # Towards 1/2: the direction in which the same shift changes p more.
        small = np.minimum(prediction, 1.0 - prediction)
        change = prediction * (1.0 - prediction) * growth / (1.0 + small * growth)
        return np.asarray(change.max(axis=1))

    def dual_distance(self, prediction: FloatArray, gap: FloatArray) -> FloatArray:
        """Return the root of half the gap.

        It is a Kullback-Leibler divergence, at least ``2 |change|^2`` in any probability (Pinsker).
        """
        return np.asarray(np.sqrt(0.5 * gap))

    def distance_within(self, z: FloatArray, y: Targets, bound: FloatArray) -> FloatArray | None:
        """Return how far the probability of the row's class may be from 1, as all others from 0.

        None for smoothed labels, whose loss is not small anywhere.
        """
        return None if self.label_smoothing > 0 else -np.expm1(-bound)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigmoidLoss(_LogisticLoss):
    """``log(1 + exp(z)) - t z`` with ``t = (1 - a) y + a/2``, a the label smoothing.

    One output for two classes; the probability of the second one is ``1 / (1 + exp(-z))``. The
    targets are Keras's (keras 3.15, ``src/losses/losses.py``).
    """

    n_outputs: ClassVar[int] = 1
    shift_invariant: ClassVar[bool] = False

    @classmethod
    def of(cls, n_classes: int, label_smoothing: float) -> SigmoidLoss:
        """Return the loss, or refuse a number of classes that it does not have."""
        loss = cls(n_classes=n_classes, label_smoothing=label_smoothing)
        if n_classes != 2:
            raise ModelParityError(f"output_head='sigmoid' needs 2 classes, got {n_classes}")
        return loss

    @property
    def recession(self) -> TwoClassRecession | None:
        """Margins over the other class; None with smoothed labels, which bound every decision."""
        return None if self.label_smoothing > 0 else TwoClassRecession()

    def value(self, z: FloatArray, y: Targets) -> FloatArray:
        """Return the cross-entropy (n,) with the smoothed labels."""
        a, decision = self.label_smoothing, z[:, 0]
        # log(1 + exp(z)), not log(p): far out p is 0 in float64, and its logarithm infinite.
        rest = np.log1p(np.exp(-np.abs(decision)))
        hard = np.maximum(np.where(y == 1, -decision, decision), 0.0) + rest
        if not a:
            return np.asarray(hard)
        soft = np.maximum(decision, 0.0) + rest
        return np.asarray((1.0 - a) * hard + a * (soft - 0.5 * decision))

    def slope(self, z: FloatArray, y: Targets) -> FloatArray:
        """Return probability minus target of the second class, (n, 1)."""
        a, sign = self.label_smoothing, np.where(y == 1, -1.0, 1.0)[:, None]
        # Not p - y: near separation that would leave no digit of the small difference.
        hard = sign * expit(sign * z)
        return np.asarray((1.0 - a) * hard + a * (expit(z) - 0.5) if a else hard)

    def slope_error(self, z: FloatArray, error: FloatArray) -> FloatArray:
        """Return the error of p: at most p (1 - p) times that of its logit, and its rounding."""
        return _variance(z) * (2.0 * error + 8 * UNIT)

    def curvature(self, z: FloatArray, weight: FloatArray) -> ScalarCurvature:
        """Return the weighted ``p (1 - p)``."""
        return ScalarCurvature(second=weight * _variance(z))

    def total_curvature(self, z: FloatArray, weight: FloatArray) -> FloatArray:
        """Return the sum of the weighted ``p (1 - p)``, (1, 1)."""
        # Both probabilities, as 1 - p would lose the digits of a small one.
        p = self.response(z)
        return np.array([[(weight[:, 0] * p[:, 0]) @ p[:, 1]]])

    def dual_point(self, z: FloatArray, y: Targets, share: float) -> tuple[FloatArray, FloatArray]:
        """Return probabilities between target and p, and their divergence from p."""
        slope, p = self.slope(z, y), self.response(z)
        return _between(p, np.hstack([-slope, slope]), share)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftmaxLoss(_LogisticLoss):
    """``logsumexp(z) - t·z`` with ``t = (1 - a) onehot(y) + a/K``, a the label smoothing.

    One output for each of K classes. The targets are Keras's (keras 3.15,
    ``src/losses/losses.py``).
    """

    shift_invariant: ClassVar[bool] = True

    @classmethod
    def of(cls, n_classes: int, label_smoothing: float) -> SoftmaxLoss:
        """Return the loss."""
        return cls(n_classes=n_classes, label_smoothing=label_smoothing)

    @property
    def n_outputs(self) -> int:
        """One a class."""
        return self.n_classes

    @property
    def recession(self) -> ClassRecession | None:
        """Margins over every other class; None with smoothed labels."""
        return None if self.label_smoothing > 0 else ClassRecession(n_classes=self.n_classes)

    def value(self, z: FloatArray, y: Targets) -> FloatArray:
        """Return the cross-entropy (n,) with the smoothed labels."""
        a, of_class = self.label_smoothing, z[np.arange(len(z)), as_codes(y)]
        # logsumexp(z) - t·z, everything shifted by the true class's decision.
        total = _log_sum_exp(z - of_class[:, None])
        return np.asarray(total - a * (z.mean(axis=1) - of_class) if a else total)

    def slope(self, z: FloatArray, y: Targets) -> FloatArray:
        """Return probability minus target, (n, K)."""
        a, p = self.label_smoothing, self.response(z)
        hard, rows, codes = p.copy(), np.arange(len(z)), as_codes(y)
        hard[rows, codes] = 0.0
        # Not p - 1: near separation that would leave no digit of the small difference.
        hard[rows, codes] = -hard.sum(axis=1)
        return (1.0 - a) * hard + a * (p - 1.0 / self.n_classes)

    def slope_error(self, z: FloatArray, error: FloatArray) -> FloatArray:
        """Return the error of p: at most p (1 - p) times that of its logit, and its rounding."""
        p = self.response(z)
        # Two decisions make a logit; the exponentials add some units in the last place.
        return 2.0 * error * p * (1.0 - p) + 8 * UNIT * p * (1.0 - p)

    def curvature(self, z: FloatArray, weight: FloatArray) -> SoftmaxCurvature:
        """Return the weighted ``diag(p) - p p'``."""
        return SoftmaxCurvature(p=self.response(z), weight=weight)

    def total_curvature(self, z: FloatArray, weight: FloatArray) -> FloatArray:
        """Return the sum of the weighted ``diag(p) - p p'``, (K, K)."""
        p = self.response(z)
        return np.diag((weight * p).sum(axis=0)) - (weight * p).T @ p

    def dual_point(self, z: FloatArray, y: Targets, share: float) -> tuple[FloatArray, FloatArray]:
        """Return probabilities between target and p, and their divergence from p."""
        return _between(self.response(z), self.slope(z, y), share)


def _between(p: FloatArray, slope: FloatArray, share: float) -> tuple[FloatArray, FloatArray]:
    """Return the point that keeps ``share`` of the way from target to p, and its KL from p."""
    q = (p - slope) + share * slope
    # q is p itself for the whole way: the subtraction above would leave rounding in its place.
    divergence = rel_entr(q, p).sum(axis=1) if share < 1.0 else np.zeros(len(p))
    return q, np.maximum(divergence, 0.0)


def _softmax(z: FloatArray) -> FloatArray:
    """Return the probabilities (n, K) of decisions; scipy's costs as much again on few rows."""
    exponentials = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


def _log_sum_exp(z: FloatArray) -> FloatArray:
    """Return ``log(sum_k exp(z_k))`` (n,), a small one with all its digits."""
    rows, largest = np.arange(len(z)), z.argmax(axis=1)
    top = z[rows, largest]
    exponentials = np.exp(z - top[:, None])
    # The largest term is 1 and enters last: near separation the others are the result.
    exponentials[rows, largest] = 0.0
    return np.asarray(top + np.log1p(exponentials.sum(axis=1)))
