"""Cholesky factors of Hessians, scaled by their diagonal and deflated along the gauge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.theory.design import FloatArray

#: Shares of the identity added, one after the other, until a factorisation succeeds.
JITTERS = (0.0, 1e-14, 1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScaledFactor:
    """``H + S Q Q' S = S L L' S`` with S the square root of H's diagonal.

    Scaling makes the factorisation indifferent to the units of the features; raw breast_cancer
    has a Hessian of condition 1e12 and a scaled one of 1e5.

    Parameters
    ----------
    scale : array, (d,)
        Diagonal of S.
    lower : array, (d, d)
        L.
    """

    scale: FloatArray
    lower: FloatArray

    def solve(self, right: FloatArray) -> FloatArray:
        """Return the solution x of ``(H + S Q Q' S) x = right``, (d,) or (d, m)."""
        scale = self.scale.reshape(-1, *[1] * (right.ndim - 1))
        solution = scipy.linalg.cho_solve((self.lower, True), right / scale, check_finite=False)
        return np.asarray(solution) / scale

    def norm(self, vector: FloatArray) -> float:
        """Return the root of ``x' (H + S Q Q' S) x``."""
        return float(np.linalg.norm(self.lower.T @ (self.scale * vector)))

    def inverse_lower(self) -> FloatArray:
        """Return ``L^-1 S^-1`` (d, d), whose product with its transpose is the inverse."""
        if not len(self.lower):
            # LAPACK prints a complaint about an empty matrix.
            return self.lower
        inverse, _ = scipy.linalg.lapack.dtrtri(self.lower, lower=1)
        return np.asarray(inverse) / self.scale


def scaled_factor(
    hessian: FloatArray, gauge: FloatArray, *, shift: float | None = None
) -> ScaledFactor | None:
    """Factorise a Hessian with the gauge directions given unit curvature.

    Parameters
    ----------
    hessian : array, (d, d)
        Positive semidefinite.
    gauge : array, (d, g)
        Directions without curvature.
    shift : float, optional
        Subtracted from the diagonal of the scaled matrix: a factor then proves the matrix
        positive definite in spite of a rounding error of that size. Without it as little as
        needed is *added*, and a factor always results.

    Returns
    -------
    ScaledFactor or None
        None only with ``shift``.

    Raises
    ------
    ModelParityError
        If the Hessian holds NaN or infinity.
    """
    if not np.isfinite(hessian).all():
        raise ModelParityError(
            "the objective's curvature is not a finite number at this point; "
            "X or the penalty is too large for float64"
        )
    diagonal = np.diagonal(hessian)
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    scaled = hessian / scale / scale[:, None]
    if gauge.shape[1]:
        # Orthonormal again after the scaling: each direction gets unit curvature.
        basis = np.linalg.qr(gauge * scale[:, None])[0]
        scaled += basis @ basis.T
    # A proof must not add anything, and subtracts what rounding may have added.
    for added in JITTERS if shift is None else (-shift,):
        shifted = scaled + added * np.eye(len(scaled)) if added else scaled
        lower, info = scipy.linalg.lapack.dpotrf(shifted, lower=1, clean=1)
        if info == 0:
            return ScaledFactor(scale=scale, lower=np.asarray(lower))
    return None
