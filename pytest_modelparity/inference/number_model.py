"""From predicted numbers to the linear function behind them, and how well it is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pytest_modelparity.inference.fitting import Fit, fit_linear, ratio_elsewhere
from pytest_modelparity.inference.formats import NumberFormat, detect_number_format
from pytest_modelparity.inference.heads import Observed
from pytest_modelparity.inference.least_squares import Bases
from pytest_modelparity.inference.recovery import Recovery, linear_within
from pytest_modelparity.inference.rows import choose_rows
from pytest_modelparity.rows.blas import single_threaded
from pytest_modelparity.theory.design import DesignMatrix, FloatArray

#: The heads of a regressor: none, and that of counts. As `ObjectiveSettings.output_head` has them.
IDENTITY, EXPONENTIAL = "identity", "exponential"


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Predictions that are the linear predictor or its exponential, in a unit of its spread.

    Parameters
    ----------
    name : str
        `IDENTITY` or `EXPONENTIAL`.
    unit : float
        A power of two, so that no number is rounded by it.
    """

    name: str
    unit: float

    def n_predictors(self, n_columns: int) -> int:
        """Return one a column."""
        return n_columns

    def observe(self, P: FloatArray, form: NumberFormat) -> tuple[Observed, ...]:
        """Return what the numbers say, every one of which tells its predictor."""
        error, z = form.rounding(np.abs(P)).max(axis=1), P
        if self.name == EXPONENTIAL:
            # The bound of a logarithm is the larger one downwards.
            share = np.minimum(error / P[:, 0], 0.5)
            z, error = np.log(P), -np.log1p(-share)
        usable = np.ones(len(P), dtype=bool)
        return (Observed(z=z / self.unit, error=error / self.unit, usable=usable),)

    def response(self, z: FloatArray) -> FloatArray:
        """Return the predictions."""
        decision = z * self.unit
        return np.exp(decision) if self.name == EXPONENTIAL else decision

    def jacobian(self, z: FloatArray) -> FloatArray:
        """Return their slopes, on the diagonal."""
        slope = self.unit * (self.response(z) if self.name == EXPONENTIAL else np.ones_like(z))
        return np.asarray(slope[:, :, None] * np.eye(z.shape[1]))

    def table(self, n_columns: int) -> FloatArray:
        """Return what makes parameters of those of the predictors."""
        return self.unit * np.eye(n_columns)


@single_threaded
def recover_number_model(X: DesignMatrix, predicted: Any) -> Recovery:
    """Recover the linear function behind numbers that a regressor predicted.

    They are it, or its exponential.

    Parameters
    ----------
    X : ndarray or CSR of shape (n, p)
        float64.
    predicted : ndarray of shape (n,) or (n, 1)
        What it predicts of these rows, in the floating type that it came in.
    """
    given = np.asarray(predicted).reshape(-1, 1)
    P: FloatArray = given.astype(np.float64)
    if not np.isfinite(P).all():
        form = detect_number_format(given[np.isfinite(given)])
        return Recovery(form=form, untold=("its predictions are not all numbers",))
    form, rows = detect_number_format(given), choose_rows(X)
    nothing = Recovery(form=form, n_rows=len(P))
    if rows is None:
        sentence = f"{X.shape[1]} features are too many to recover coefficients"
        return replace(nothing, untold=(sentence,))
    bases, tried = Bases(rows.fitted), []
    for head in _heads(P):
        fit = fit_linear(head, bases, P[rows.chosen], form)
        assert fit is not None, "every number tells its predictor"
        elsewhere = (ratio_elsewhere(fit, A, P[at], form) for at, A in rows.others())
        tried.append(_with_fit(nothing, head, fit, max([fit.ratio, *elsewhere])))
        if tried[-1].linear is not False:
            return tried[-1]
    # How far the numbers are from linear themselves.
    return tried[0]


def _heads(P: FloatArray) -> Iterator[Numbers]:
    """Yield the heads that numbers may have, none first."""
    yield Numbers(name=IDENTITY, unit=_unit_of(P))
    if (P > 0).all():
        yield Numbers(name=EXPONENTIAL, unit=_unit_of(np.log(P)))


def _unit_of(P: FloatArray) -> float:
    """Return the power of two at the spread of numbers."""
    spread = float(P.std())
    return float(2.0 ** np.round(np.log2(spread))) if spread > 0 else 1.0


def _with_fit(nothing: Recovery, head: Numbers, fit: Fit, ratio: float) -> Recovery:
    """Return what a fit tells, by the largest residual of all rows."""
    if ratio > linear_within(nothing.form):
        return replace(nothing, linear=False, ratio=ratio, n_used=nothing.n_rows)
    table = head.table(1)
    parameters = table @ fit.parameters
    q, basis = fit.parameters.shape[1], fit.bases[0]
    untold = []
    if np.isnan(ratio):
        untold.append(f"{nothing.n_rows} rows do not test whether {q} coefficients are linear")
    if not fit.is_complete:
        untold.append(
            f"the rows span {basis.rank} of {q} columns, the one of the intercept included: of all "
            f"coefficients that fit, the shortest are shown"
        )
    return replace(
        nothing,
        head=head.name,
        linear=None if np.isnan(ratio) else True,
        ratio=ratio,
        coef=parameters[:, :-1],
        intercept=parameters[:, -1],
        noise=fit.noise,
        table=table,
        is_complete=fit.is_complete,
        n_used=nothing.n_rows,
        untold=tuple(untold),
    )
