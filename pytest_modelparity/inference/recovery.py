"""The linear model behind predictions: its parameters, their noise, and whether it is one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from pytest_modelparity.inference.fitting import Fit, fit_linear, ratio_elsewhere
from pytest_modelparity.inference.formats import NumberFormat
from pytest_modelparity.inference.heads import ONE_VS_REST, SIGMOID, SOFTMAX, EachColumn, Head
from pytest_modelparity.inference.least_squares import Bases
from pytest_modelparity.inference.links import LOGISTIC
from pytest_modelparity.inference.noise import Noise
from pytest_modelparity.inference.readings import Reading, readings
from pytest_modelparity.inference.responses import (
    fit_responses,
    is_affordable,
    response_ratio_elsewhere,
)
from pytest_modelparity.inference.rows import FittedRows
from pytest_modelparity.inference.saturation import contradictions
from pytest_modelparity.rows.blas import single_threaded
from pytest_modelparity.theory.design import DesignMatrix, FloatArray

#: The largest residual of a linear model in units of its rounding. Linear ones leave at most 1.4
#: in float32 and 7.2 in float64, others 280 and more; where predictions are rounded coarsely it is
#: known exactly how far, and linear ones leave at most 1.4, others 4 and more (measured on 20 kinds
#: of models and three data sets; tree votes are decimals).
LINEAR_WITHIN, LINEAR_WITHIN_COARSE = 100.0, 2.0
#: The ratio on a link's own scale above which coarse predictions are not fitted as they are.
HOPELESS = 30.0
#: Deviations of a coefficient, as a part of the largest, up to which parameters are worth showing.
WORTH_SHOWING = 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Behind:
    """What is behind predictions: a head, and the linear predictors that it is applied to.

    Parameters
    ----------
    head : Head
        The head.
    parameters : ndarray of shape (k, q)
        Of its predictors, the intercept last.
    """

    head: Head
    parameters: FloatArray

    def predictions(self, X: DesignMatrix) -> FloatArray:
        """Return the columns that it explains, the last of a prediction of rows."""
        z = np.asarray(X @ self.parameters[:, :-1].T) + self.parameters[:, -1]
        return self.head.response(z)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recovery:
    """What predictions say of the linear model that may have made them.

    Parameters
    ----------
    form : NumberFormat
        What they were rounded to.
    head : str
        What turns the linear map into predictions, in words; empty where none that is tried does.
    is_logistic : bool
        Whether that is one sigmoid of two classes or a softmax, as the canonical objective has it.
    linear : bool, optional
        Whether a linear map explains every row to rounding; None where that cannot be tested.
    ratio : float
        The largest residual in units of what rounding explains, for the head that fits best; NaN
        where there are no more rows than parameters, infinite where each head that fits the rows
        between contradicts saturated ones.
    coef : ndarray of shape (n_outputs, n_features), optional
        One row for one sigmoid, else one for each class, centred over the classes of a softmax.
        The shortest that fit where several do. None where the model is not linear.
    intercept : ndarray of shape (n_outputs,), optional
        The same.
    noise : Noise, optional
        The covariance of the predictors that make them.
    table : ndarray of shape (n_outputs, k), optional
        Makes coef and intercept of these predictors.
    behind : Behind, optional
        What makes the predictions.
    is_complete : bool
        Whether the rows determine every parameter.
    n_used, n_rows : int
        Rows that had a share in the fit, and all there were: the others are saturated.
    how : str
        ``"rows"``, or ``"probes"`` where the model was asked at points of our own as well.
    untold : tuple of str
        What could not be told, one sentence each.
    """

    form: NumberFormat
    head: str = ""
    is_logistic: bool = False
    linear: bool | None = None
    ratio: float = float("nan")
    coef: FloatArray | None = None
    intercept: FloatArray | None = None
    noise: Noise | None = None
    table: FloatArray | None = None
    behind: Behind | None = None
    is_complete: bool = False
    n_used: int = 0
    n_rows: int = 0
    how: str = "rows"
    untold: tuple[str, ...] = field(default=())

    @property
    def deviation(self) -> FloatArray | None:
        """Standard deviations (n_outputs, n_features + 1) of coef and intercept."""
        if self.noise is None or self.table is None:
            return None
        return self.noise.deviation(self.table)

    @property
    def noise_factor(self) -> FloatArray | None:
        """F with ``F F'`` the covariance of ``hstack([coef, intercept[:, None]]).reshape(-1)``."""
        if self.noise is None or self.table is None:
            return None
        return self.noise.factor(self.table)

    @property
    def is_resolved(self) -> bool:
        """Whether every coefficient is determined, and known to a tenth of the largest."""
        if not self.is_complete or self.coef is None or self.deviation is None:
            return False
        deviation = self.deviation[:, :-1]
        return bool(deviation.max() <= WORTH_SHOWING * np.abs(self.coef).max())


@single_threaded
def recover(rows: FittedRows, P: FloatArray, form: NumberFormat, how: str = "rows") -> Recovery:
    """Recover the linear model from predictions of rows.

    Parameters
    ----------
    rows : FittedRows
        All n rows, and which of them are fitted to.
    P : ndarray of shape (n, m)
        Their predictions, finite numbers in [0, 1]: a column a class, or one column with the
        probability of the second of two.
    form : NumberFormat
        What the predictions were rounded to, as `detect_format` tells.
    how : str
        What to call it.
    """
    nothing = Recovery(form=form, n_rows=len(P), how=how, untold=(SATURATED,))
    if not ((P > 0) & (P < 1)).any():
        return nothing
    bases, least, n_used, untried = Bases(rows.fitted), np.inf, 0, ""
    for reading in readings(P, form):
        attempt = _Attempt(reading, rows, bases, form)
        if not attempt.is_affordable:
            untried = untried or reading.head.name
            continue
        fit = attempt.fit()
        # What a mere handful of rows has left after clipping proves nothing of another head.
        if fit is None or (np.isnan(fit.ratio) and n_used):
            continue
        fit, n_used = replace(fit, ratio=attempt.ratio(fit)), max(n_used, fit.n_used)
        if attempt.is_contradicted(fit):
            continue
        if not fit.ratio > linear_within(form):
            return _with_model(nothing, reading, fit)
        least = min(least, fit.ratio)
    if untried:
        sentence = f"it has too many coefficients to fit {untried} to {form.name}"
        return replace(nothing, ratio=least, n_used=n_used, untold=(sentence,))
    if not n_used:
        return nothing
    return replace(nothing, ratio=least, n_used=n_used, linear=False, untold=())


class _Attempt:
    """One way to read the predictions, tried on all rows."""

    def __init__(
        self, reading: Reading, rows: FittedRows, bases: Bases, form: NumberFormat
    ) -> None:
        self._head, self._P, self._form = reading.head, reading.P, form
        self._rows, self._bases = rows, bases
        self._chosen = reading.P[rows.chosen]
        self._by_response = form.is_coarse or reading.head is ONE_VS_REST

    @property
    def is_affordable(self) -> bool:
        """Whether it can be fitted in good time."""
        return not self._by_response or is_affordable(
            self._head, self._bases, self._chosen, self._form
        )

    def fit(self) -> Fit | None:
        """Fit it to the chosen rows, by the way that suits their numbers."""
        given = (self._head, self._bases, self._chosen, self._form)
        if not self._by_response:
            return fit_linear(*given)
        if isinstance(self._head, EachColumn) and self._head.link is not LOGISTIC:
            # Most links are wrong ones, and what their own scale says is known at once.
            rough = fit_linear(*given)
            if rough is None or rough.ratio > HOPELESS:
                return rough
        return fit_responses(*given)

    def ratio(self, fit: Fit) -> float:
        """Return the largest residual of all rows; NaN where the fitted ones test nothing."""
        by = response_ratio_elsewhere if self._by_response else ratio_elsewhere
        blocks = (by(fit, A, self._P[at], self._form) for at, A in self._rows.others())
        return max([fit.ratio, *blocks])

    def is_contradicted(self, fit: Fit) -> bool:
        """Whether a saturated row is none by the fit."""
        if self._by_response:
            return False
        blocks = ((self._rows.chosen, self._bases.A), *self._rows.others())
        return any(contradictions(fit, A, self._P[at], self._form) for at, A in blocks)


def linear_within(form: NumberFormat) -> float:
    """Return the largest ratio of residual and rounding that a linear model leaves."""
    return LINEAR_WITHIN_COARSE if form.is_coarse else LINEAR_WITHIN


def _with_model(nothing: Recovery, reading: Reading, fit: Fit) -> Recovery:
    """Return what was found with a model that explains the predictions."""
    parameters = reading.outputs @ fit.parameters
    testable = not np.isnan(fit.ratio)
    recovery = replace(
        nothing,
        head=reading.head.name,
        is_logistic=reading.head in (SIGMOID, SOFTMAX),
        linear=True if testable else None,
        ratio=fit.ratio,
        coef=parameters[:, :-1],
        intercept=parameters[:, -1],
        noise=fit.noise,
        table=reading.outputs,
        behind=Behind(head=reading.head, parameters=fit.parameters),
        is_complete=fit.is_complete,
        n_used=fit.n_used,
    )
    return replace(recovery, untold=_untold(recovery, fit))


#: Of predictions that hold no number between.
SATURATED = "its predictions are all at 0 or 1, so that nothing of a linear map can be seen"


def _untold(recovery: Recovery, fit: Fit) -> tuple[str, ...]:
    """Return what a recovery leaves open, one sentence each."""
    q, rank = fit.parameters.shape[1], min(basis.rank for basis in fit.bases)
    open_ends = []
    if recovery.linear is None:
        open_ends.append(
            f"{fit.n_used} rows with predictions off 0 and 1 do not test whether a model with "
            f"{q} coefficients is linear"
        )
    if not recovery.is_complete:
        open_ends.append(
            f"the rows span {rank} of {q} columns, the one of the intercept included: of all "
            f"coefficients that fit, the shortest are shown"
        )
    elif not recovery.is_resolved:
        open_ends.append(
            f"coefficients are known only roughly from predictions with {recovery.form.name}"
        )
    return tuple(open_ends)
