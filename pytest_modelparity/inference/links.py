"""Links between a linear predictor and one probability."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.special import expit, ndtr, ndtri

from pytest_modelparity.theory.design import FloatArray

#: Acts on every element of an array.
Elementwise: TypeAlias = Callable[[FloatArray], FloatArray]

#: 1 / sqrt(2 pi), of the normal density.
_NORMAL = 0.3989422804014327


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One probability as a function of its linear predictor.

    Parameters
    ----------
    name : str
        As a message writes it.
    linear : callable
        p to z.
    response : callable
        z to p.
    slope : callable
        p to dp/dz.
    low, high : float
        Between them lie the probabilities that it can make.
    """

    name: str
    linear: Elementwise
    response: Elementwise
    slope: Elementwise
    low: float = 0.0
    high: float = 1.0

    def error(self, p: FloatArray, h: FloatArray) -> FloatArray:
        """Return how far z may be off where p may be by h, p - h and p + h being within reach."""
        z = self.linear(p)
        apart = np.maximum(np.abs(self.linear(p + h) - z), np.abs(z - self.linear(p - h)))
        # The difference of two nearby numbers is rounded as they are; the slope is not.
        return np.asarray(np.maximum(apart, h / self.slope(p)))


def logit(p: FloatArray) -> FloatArray:
    """Return the log-odds of p, to full precision also for a small p."""
    return np.asarray(np.log(p) - np.log1p(-p))


def _logit_error(p: FloatArray, h: FloatArray) -> FloatArray:
    """Return how far a logit may be off where p may be by h."""
    up = np.log1p(h / p) - np.log1p(-h / (1 - p))
    down = np.log1p(h / (1 - p)) - np.log1p(-h / p)
    return np.asarray(np.maximum(up, down))


class _Logistic(Link):
    """The logistic link, whose error has a formula that nothing cancels in."""

    __slots__ = ()

    def error(self, p: FloatArray, h: FloatArray) -> FloatArray:
        return _logit_error(p, h)


LOGISTIC = _Logistic(name="logistic", linear=logit, response=expit, slope=lambda p: p * (1 - p))
PROBIT = Link(
    name="probit",
    linear=ndtri,
    response=ndtr,
    slope=lambda p: _NORMAL * np.exp(-0.5 * np.square(ndtri(p))),
)
CLOGLOG = Link(
    name="complementary log-log",
    linear=lambda p: np.log(-np.log1p(-p)),
    response=lambda z: -np.expm1(-np.exp(np.minimum(z, 700.0))),
    slope=lambda p: -np.log1p(-p) * (1 - p),
)
LOGLOG = Link(
    name="log-log",
    linear=lambda p: -np.log(-np.log(p)),
    response=lambda z: np.exp(-np.exp(np.minimum(-z, 700.0))),
    slope=lambda p: -np.log(p) * p,
)
IDENTITY = Link(
    name="identity, clipped to [0, 1]",
    linear=lambda p: p,
    response=lambda z: np.clip(z, 0.0, 1.0),
    slope=np.ones_like,
)
#: A model that ends in a sigmoid is wrapped in another: every p is between 1/2 and e/(1+e).
TWICE = Link(
    name="sigmoid, applied twice",
    linear=lambda p: logit(logit(p)),
    response=lambda z: expit(expit(z)),
    slope=lambda p: p * (1 - p) * logit(p) * (1 - logit(p)),
    low=0.5,
    high=float(expit(1.0)),
)
#: A softmax of the two probabilities s and 1 - s: its logit is 2 s - 1.
SOFTMAX_TWICE = Link(
    name="softmax, applied twice",
    linear=lambda p: logit((logit(p) + 1) / 2),
    response=lambda z: expit(2 * expit(z) - 1),
    slope=lambda p: p * (1 - p) * (1 - np.square(logit(p))) / 2,
    low=float(expit(-1.0)),
    high=float(expit(1.0)),
)

#: Those of one probability that are tried where the logistic one does not fit.
OTHERS = (PROBIT, CLOGLOG, LOGLOG, IDENTITY, TWICE, SOFTMAX_TWICE)
