"""Fitting a head to predictions as they are rounded, where its predictors cannot be read off."""

from __future__ import annotations

import numpy as np

from pytest_modelparity.inference.fitting import DEVIATION, Fit, arithmetic, fit_linear
from pytest_modelparity.inference.formats import NumberFormat
from pytest_modelparity.inference.heads import ONE_VS_REST, SOFTMAX, EachColumn, Head
from pytest_modelparity.inference.least_squares import (
    Bases,
    covariance_factor,
    gauss_newton,
    soft_targets_fit,
)
from pytest_modelparity.inference.links import LOGISTIC, logit
from pytest_modelparity.inference.noise import Noise
from pytest_modelparity.theory.design import FloatArray

#: Probabilities of one-vs-rest are taken from here for a start, where they vanish.
FURTHEST = 1e-6
#: Multiplications of one step that are worth their time. Ten classes of 64 features from decimals
#: take 5e8 and 4 seconds, and are not determined by them.
MOST_WORK, MOST_WORK_COARSE = 3e9, 4e8
#: The smallest number that is not denormal.
TINY = float(np.finfo(np.float64).tiny)


def is_affordable(head: Head, bases: Bases, P: FloatArray, form: NumberFormat) -> bool:
    """Whether a head can be fitted in good time."""
    (n, q), k = bases.A.shape, head.n_predictors(P.shape[1])
    work = 0.5 * k * k * n * q * q + float(k * q) ** 3
    most = MOST_WORK_COARSE if form.is_coarse else MOST_WORK
    return bool(work <= most)


def fit_responses(head: Head, bases: Bases, P: FloatArray, form: NumberFormat) -> Fit | None:
    """Fit a head by Gauss-Newton on its rounded predictions, saturated ones among them.

    Parameters
    ----------
    bases : Bases
        Of the rows.

    Returns
    -------
    Fit or None
        None where it has no start.
    """
    k, A = head.n_predictors(P.shape[1]), bases.A
    basis = bases.whole
    start = _start(head, bases, P, form)
    if start is None:
        return None
    of_size = np.zeros(len(A))
    # Twice: what the arithmetic of the format adds depends on the parameters.
    for _ in range(2):
        law = _Rounded(head, P, form, of_size)
        C = gauss_newton(basis, start, law)
        start, of_size = C, arithmetic(A, (basis.back @ C).T, form)
    residual, slope = _Rounded(head, P, form, of_size)(basis.Q @ C)
    shortest = basis.shortest()
    factor = np.kron(np.eye(k), shortest) @ covariance_factor(basis, slope) * DEVIATION
    # Saturated rows have their share, and a separable set of them tests nothing.
    testable = form.is_informative(P).any(axis=1).sum() > basis.rank
    return Fit(
        head=head,
        parameters=(shortest @ C).T,
        noise=Noise(blocks=(factor,), n_predictors=k),
        ratio=float(np.max(np.abs(residual))) if testable else float("nan"),
        bases=(basis,),
    )


def response_ratio_elsewhere(fit: Fit, A: FloatArray, P: FloatArray, form: NumberFormat) -> float:
    """Return the largest residual of such a fit on rows that it was not fitted to."""
    of_size = arithmetic(A, fit.parameters, form) + fit.noise.of_rows(A).max(axis=1)
    residual, _ = _Rounded(fit.head, P, form, of_size)(A @ fit.parameters.T)
    seen = fit.bases[0].sees(A)
    return float(np.abs(residual[seen]).max(initial=0.0))


class _Rounded:
    """Residuals of a head in units of its rounding: of logs where these are known, else as is."""

    def __init__(self, head: Head, P: FloatArray, form: NumberFormat, of_size: FloatArray) -> None:
        self._head, self._P = head, P
        self._rounding, self._of_size = form.rounding(P), of_size[:, None]
        self._logs = not form.is_coarse
        if self._logs:
            # What underflowed says nothing here.
            self._seen = form.smallest <= P
            self._log_P = np.log(np.where(self._seen, P, 1.0))

    def __call__(self, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return residuals (n, m) and their derivatives (n, m, k)."""
        p, slope = self._head.response(z), self._head.jacobian(z)
        if not self._logs:
            steepest = np.max(np.abs(slope), axis=2)
            scale = self._rounding + steepest * self._of_size
            return (p - self._P) / scale, slope / scale[:, :, None]
        scale = self._rounding / np.where(self._seen, self._P, 1.0) + self._of_size
        p = np.maximum(p, TINY)
        residual = np.where(self._seen, (np.log(p) - self._log_P) / scale, 0.0)
        return residual, np.where(self._seen[:, :, None], slope / (p * scale)[:, :, None], 0.0)


def _start(head: Head, bases: Bases, P: FloatArray, form: NumberFormat) -> FloatArray | None:
    """Return coordinates (r, k) to begin with."""
    basis = bases.whole
    if head is ONE_VS_REST:
        return np.asarray(basis.Q.T @ logit(np.clip(P, FURTHEST, 1 - FURTHEST)))
    if head is SOFTMAX or (isinstance(head, EachColumn) and head.link is LOGISTIC):
        return soft_targets_fit(basis, P, head.response, head.jacobian, head.table(P.shape[1]))
    fit = fit_linear(head, bases, P, form)
    return None if fit is None else np.asarray(basis.Q.T @ (basis.A @ fit.parameters.T))
