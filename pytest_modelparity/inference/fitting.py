"""Fitting a head to predictions: parameters, their noise, and how well a linear map explains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_modelparity.inference.formats import NumberFormat
from pytest_modelparity.inference.heads import Head, Observed
from pytest_modelparity.inference.least_squares import Bases, Basis, weighted_fit
from pytest_modelparity.inference.noise import Noise
from pytest_modelparity.theory.design import UNIT, FloatArray

#: Fits in a row, each with the rounding of the arithmetic that the last one implies.
PASSES = 3
#: How far arithmetic may move the middle row's predictor, or rounding explains too much to test.
MOST_MOVED = 0.05
#: Standard deviation of a rounding that is equally likely anywhere within its bound.
DEVIATION = float(1 / np.sqrt(3.0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """A head that was fitted to predictions.

    Parameters
    ----------
    head : Head
        Which one.
    parameters : ndarray of shape (k, q)
        Of its predictors, the intercept last.
    noise : Noise
        Of the parameters.
    ratio : float
        The largest residual, in units of what rounding explains; NaN where there are no more rows
        than parameters.
    bases : tuple of Basis
        The rows that had a share in it, for each predictor or for all together.
    """

    head: Head
    parameters: FloatArray
    noise: Noise
    ratio: float
    bases: tuple[Basis, ...]

    @property
    def n_used(self) -> int:
        """Rows that had a share in every predictor."""
        return min(len(basis.A) for basis in self.bases)

    @property
    def is_complete(self) -> bool:
        """Whether the rows determine every parameter."""
        return all(basis.is_complete for basis in self.bases)


def arithmetic(A: FloatArray, parameters: FloatArray, form: NumberFormat) -> FloatArray:
    """Return how far (n,) the arithmetic of a format may move a linear predictor.

    ``u (2 + sqrt q) (|x|'|w| + |b|)``: x and w are rounded once each, and of q roundings of a sum
    about the root survives (Higham & Mary 2019, SIAM J. Sci. Comput. 41, A2815).
    """
    sizes = np.abs(A) @ np.abs(parameters).T
    return np.asarray(form.unit * (2 + np.sqrt(A.shape[1])) * sizes.max(axis=1))


def fit_linear(head: Head, bases: Bases, P: FloatArray, form: NumberFormat) -> Fit | None:
    """Fit a head whose predictors can be read from predictions P (n, m) of rows.

    Each row weighs what its rounding leaves of it: unweighted, float32 predictions of
    breast_cancer give coefficients to 3e-2, weighted to 1e-6.

    Parameters
    ----------
    bases : Bases
        Of the rows.

    Returns
    -------
    Fit or None
        None where no row says anything of a predictor.
    """
    seen = head.observe(P, form)
    if not all(one.usable.any() for one in seen):
        return None
    fits = [_fit_observed(head, bases, one, form) for one in seen]
    return Fit(
        head=head,
        parameters=np.vstack([one.parameters for one in fits]),
        noise=Noise(
            blocks=tuple(block for one in fits for block in one.noise.blocks),
            n_predictors=sum(one.noise.n_predictors for one in fits),
        ),
        # NaN wins: what is not testable of one column is not of the model.
        ratio=float(np.max([one.ratio for one in fits])),
        bases=tuple(basis for one in fits for basis in one.bases),
    )


def _fit_observed(head: Head, bases: Bases, seen: Observed, form: NumberFormat) -> Fit:
    """Fit predictors that are seen on the same rows."""
    basis, z = bases.of(seen.usable), seen.z[seen.usable]
    # Whatever it was read from, a predictor is a rounded number itself.
    own = UNIT * (1 + np.abs(z).max(axis=1))
    error = given = np.maximum(seen.error[seen.usable], own)
    for _ in range(PASSES):
        C, inverse = weighted_fit(basis, z, error)
        moved = arithmetic(basis.A, (basis.back @ C).T, form)
        error = given + moved
    residual = np.abs(z - basis.A @ (basis.back @ C)) / error[:, None]
    # Parameters that nearly cancel explain anything, by their own arithmetic.
    testable = len(basis.A) > basis.rank and float(np.median(moved)) <= MOST_MOVED
    shortest = basis.shortest()
    one = shortest @ inverse * (DEVIATION / np.sqrt(seen.independent))
    return Fit(
        head=head,
        parameters=(shortest @ C).T,
        noise=Noise(blocks=(one,) * z.shape[1], n_predictors=z.shape[1]),
        ratio=float(residual.max()) if testable else float("nan"),
        bases=(basis,),
    )


def ratio_elsewhere(fit: Fit, A: FloatArray, P: FloatArray, form: NumberFormat) -> float:
    """Return the largest residual of a linear fit on rows that it was not fitted to."""
    z, worst, first = A @ fit.parameters.T, 0.0, 0
    moved = arithmetic(A, fit.parameters, form)
    for seen, basis in zip(fit.head.observe(P, form), fit.bases, strict=True):
        own = z[:, first : first + seen.z.shape[1]]
        first += seen.z.shape[1]
        rows = seen.usable & basis.sees(A)
        error = np.maximum(seen.error, UNIT * (1 + np.abs(own).max(axis=1))) + moved
        # How well the fit knows these rows counts too: they may lie far from those it has seen.
        error = error + fit.noise.of_rows(A).max(axis=1)
        residual = np.abs(seen.z - own).max(axis=1)[rows] / error[rows]
        worst = max(worst, float(residual.max(initial=0.0)))
    return worst
