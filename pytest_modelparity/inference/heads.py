"""From linear predictors to the columns of a prediction: the heads that are tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy.linalg
from scipy.special import expit, log_softmax, softmax

from pytest_modelparity.inference.formats import NumberFormat
from pytest_modelparity.inference.links import LOGISTIC, Link
from pytest_modelparity.theory.design import BoolArray, FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observed:
    """What predictions say of one or more linear predictors that are fitted alike.

    Parameters
    ----------
    z : ndarray of shape (n, k)
        Their values; no number where a row is not usable.
    error : ndarray of shape (n,)
        How far each may be off by rounding.
    usable : ndarray of shape (n,)
        Which rows say something.
    independent : int
        How many roundings, each of its own, an error bounds together.
    """

    z: FloatArray
    error: FloatArray
    usable: BoolArray
    independent: int = 1


class Head(Protocol):
    """Columns of a prediction as a function of k linear predictors."""

    @property
    def name(self) -> str:
        """As a message writes it."""

    def n_predictors(self, n_columns: int) -> int:
        """Return k, for so many columns."""

    def observe(self, P: FloatArray, form: NumberFormat) -> tuple[Observed, ...]:
        """Return what P says of the predictors, in their order; nothing: not directly."""

    def response(self, z: FloatArray) -> FloatArray:
        """Return the columns (n, m) of predictors z (n, k)."""

    def jacobian(self, z: FloatArray) -> FloatArray:
        """Return the derivatives (n, m, k)."""

    def table(self, n_columns: int) -> FloatArray:
        """Return the matrix (outputs, k) that makes parameters as they are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EachColumn:
    """A link of its own for every column.

    Parameters
    ----------
    link : Link
        The same for all.
    name : str
        As a message writes it.
    """

    link: Link
    name: str

    def n_predictors(self, n_columns: int) -> int:
        """Return one a column."""
        return n_columns

    def observe(self, P: FloatArray, form: NumberFormat) -> tuple[Observed, ...]:
        """Return what each column says."""
        return tuple(self._column(p, form) for p in P.T)

    def _column(self, p: FloatArray, form: NumberFormat) -> Observed:
        """Return what one column says of its predictor."""
        h = form.rounding(p)
        usable = form.is_informative(p) & (p - h > self.link.low) & (p + h < self.link.high)
        usable &= ~_massed(p)
        z, error = np.full((len(p), 1), np.nan), np.full(len(p), np.inf)
        z[usable, 0] = self.link.linear(p[usable])
        error[usable] = self.link.error(p[usable], h[usable])
        return Observed(z=z, error=error, usable=usable)

    def response(self, z: FloatArray) -> FloatArray:
        """Return one probability a column."""
        return self.link.response(z)

    def jacobian(self, z: FloatArray) -> FloatArray:
        """Return the slopes on the diagonal."""
        p = np.clip(self.link.response(z), self.link.low + 1e-300, self.link.high - 1e-16)
        slope = np.nan_to_num(self.link.slope(p), nan=0.0, posinf=0.0)
        return np.asarray(slope[:, :, None] * np.eye(z.shape[1]))

    def table(self, n_columns: int) -> FloatArray:
        """Return the parameters as they are."""
        return np.eye(n_columns)


#: Equal extreme values from which on predictions were clipped there.
FEWEST_CLIPPED = 3


def _massed(p: FloatArray) -> BoolArray:
    """Return which values stand at an end of the range together with others: they were clipped."""
    massed = np.zeros(len(p), dtype=bool)
    # A constant is a linear model, too.
    if p.min() == p.max():
        return massed
    for end in (p.min(), p.max()):
        at_end = p == end
        if at_end.sum() >= FEWEST_CLIPPED:
            massed |= at_end
    return massed


@dataclass(frozen=True, slots=True, kw_only=True)
class Softmax:
    """A softmax over the columns, in coordinates without its gauge.

    Predictors are the products of the outputs with ``contrasts``, whose columns are orthonormal
    and sum to nothing.
    """

    name: str = "softmax"

    def n_predictors(self, n_columns: int) -> int:
        """Return one less than the columns: a common shift changes nothing."""
        return n_columns - 1

    def observe(self, P: FloatArray, form: NumberFormat) -> tuple[Observed, ...]:
        """Return what the logs of the columns say."""
        h = form.rounding(P)
        usable = np.asarray(((P - h > 0) & (form.smallest <= P)).all(axis=1) & ~_massed_rows(P))
        logs = np.log(np.where(usable[:, None], P, 1.0))
        # log p has the relative error of p, alike for every class: no row is worth more.
        errors = np.where(usable[:, None], h / np.where(usable[:, None], P, 1.0), np.inf)
        return (
            Observed(
                z=np.where(usable[:, None], logs @ contrasts(P.shape[1]), np.nan),
                error=np.asarray(np.linalg.norm(errors, axis=1)),
                usable=usable,
                independent=P.shape[1],
            ),
        )

    def response(self, z: FloatArray) -> FloatArray:
        """Return the probabilities."""
        return np.asarray(softmax(z @ contrasts(z.shape[1] + 1).T, axis=1))

    def logs(self, z: FloatArray) -> FloatArray:
        """Return the logs of the probabilities, which never vanish."""
        return np.asarray(log_softmax(z @ contrasts(z.shape[1] + 1).T, axis=1))

    def jacobian(self, z: FloatArray) -> FloatArray:
        """Return the derivatives."""
        p, H = self.response(z), contrasts(z.shape[1] + 1)
        return np.asarray(p[:, :, None] * (H[None] - (p @ H)[:, None, :]))

    def table(self, n_columns: int) -> FloatArray:
        """Return what makes centred parameters of contrasts."""
        return contrasts(n_columns)


def contrasts(n_classes: int) -> FloatArray:
    """Return orthonormal columns (K, K - 1), each of which sums to nothing."""
    return np.asarray(scipy.linalg.helmert(n_classes).T, dtype=np.float64)


def _massed_rows(P: FloatArray) -> BoolArray:
    """Return which rows hold the smallest probability of all, where others do too."""
    at_end = np.asarray((P.min() == P).any(axis=1))
    clipped = FEWEST_CLIPPED <= at_end.sum() < len(P)
    return at_end if clipped else np.zeros(len(P), dtype=bool)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftmaxTwice:
    """A softmax of the probabilities of a softmax, as a loss that expects logits makes of them."""

    name: str = "softmax, applied twice"

    def n_predictors(self, n_columns: int) -> int:
        """Return one less than the columns."""
        return n_columns - 1

    def observe(self, P: FloatArray, form: NumberFormat) -> tuple[Observed, ...]:
        """Return what the inner probabilities say, which the logs of the outer ones are."""
        K = P.shape[1]
        logs = np.log(np.maximum(P, np.finfo(np.float64).tiny))
        inner = logs - logs.mean(axis=1, keepdims=True) + 1 / K
        h = 2 * (form.rounding(P) / np.maximum(P, form.smallest)).max(axis=1, keepdims=True)
        usable = np.asarray((inner - h > 0).all(axis=1))
        safe = np.where(usable[:, None], inner, 1 / K)
        error = np.where(usable, np.linalg.norm(h / safe, axis=1), np.inf)
        z = np.where(usable[:, None], np.log(safe) @ contrasts(K), np.nan)
        return (Observed(z=z, error=error, usable=usable, independent=K),)

    def reach(self, n_columns: int) -> tuple[float, float]:
        """Return the smallest and the largest probability that it can make."""
        total = n_columns - 1 + np.e
        return float(1 / total), float(np.e / total)

    def response(self, z: FloatArray) -> FloatArray:
        """Return the probabilities."""
        return np.asarray(softmax(SOFTMAX.response(z), axis=1))

    def jacobian(self, z: FloatArray) -> FloatArray:
        """Return the derivatives."""
        p, inner = self.response(z), SOFTMAX.jacobian(z)
        return np.asarray(p[:, :, None] * (inner - np.einsum("nm,nmk->nk", p, inner)[:, None, :]))

    def table(self, n_columns: int) -> FloatArray:
        """Return what makes centred parameters of contrasts."""
        return contrasts(n_columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalisedOneVsRest:
    """A sigmoid for each class, divided by their sum: ``p_k = s(z_k) / sum_j s(z_j)``."""

    name: str = "one sigmoid a class, divided by their sum (one-vs-rest)"

    def n_predictors(self, n_columns: int) -> int:
        """Return one a column."""
        return n_columns

    def observe(self, P: FloatArray, form: NumberFormat) -> tuple[Observed, ...]:
        """Return nothing: no function of a row's probabilities is linear in X."""
        return ()

    def response(self, z: FloatArray) -> FloatArray:
        """Return the probabilities."""
        s = expit(z)
        return np.asarray(s / s.sum(axis=1, keepdims=True))

    def jacobian(self, z: FloatArray) -> FloatArray:
        """Return the derivatives."""
        p, rest = self.response(z), expit(-z)
        own = p[:, :, None] * np.eye(z.shape[1])
        return np.asarray((own - p[:, :, None] * p[:, None, :]) * rest[:, None, :])

    def table(self, n_columns: int) -> FloatArray:
        """Return the parameters as they are."""
        return np.eye(n_columns)


SIGMOID = EachColumn(link=LOGISTIC, name="one sigmoid")
SIGMOIDS = EachColumn(link=LOGISTIC, name="one sigmoid a class, whose sum is not 1")
SOFTMAX = Softmax()
SOFTMAX_AGAIN = SoftmaxTwice()
ONE_VS_REST = NormalisedOneVsRest()
