"""What an inference is given: rows, and a linear model that may have been trained on them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.theory.design import DesignMatrix, FloatArray, Targets


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """The rows that the model is held to have been trained on.

    Parameters
    ----------
    X : ndarray, CSR or RowMatrix of shape (n, p)
        As given.
    y : ndarray, (n,)
        Class codes 0 to ``n_classes - 1``, or numbers.
    n_classes : int
        Number of classes; 0 where y holds numbers.
    sample_weight : ndarray of shape (n,), optional
        Weights that may have been used, or not.
    """

    X: DesignMatrix | RowMatrix
    y: Targets
    n_classes: int
    sample_weight: FloatArray | None = None

    @property
    def spread(self) -> float:
        """What differences are told in: the standard deviation of numbers; 1 of probabilities."""
        return 1.0 if self.n_classes else float(np.std(self.y)) or 1.0

    def unit(self, output_head: str) -> float:
        """Return what y may be divided by: only a squared error keeps its form."""
        return self.spread if output_head == "identity" else 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearModel:
    """A linear model on the features as given.

    Parameters
    ----------
    coef : ndarray of shape (n_outputs, p)
        One row for two classes and for numbers, or one a class.
    intercept : ndarray of shape (n_outputs,)
        Likewise.
    predictions : ndarray of shape (n, n_classes) or (n, 1), optional
        What it really predicts of the rows.
    noise_factor : ndarray, optional
        F with ``F F'`` the covariance of ``hstack([coef, intercept[:, None]]).reshape(-1)``; None
        where the parameters were read.
    gap : float
        Without predictions: how far they are known to be from those of the parameters.
    to_expected : float, optional
        How far predictions of the parameters are from the expected optimum, where that is known.
    """

    coef: FloatArray
    intercept: FloatArray
    predictions: FloatArray | None = None
    noise_factor: FloatArray | None = None
    gap: float = 0.0
    to_expected: float | None = None


def in_unit(settings: ObjectiveSettings, unit: float) -> ObjectiveSettings:
    """Return the settings of an objective whose numbers are divided by a unit.

    Divided by the square of it a squared error and an L2 penalty keep their form.
    """
    return replace(
        settings,
        l1_strength=settings.l1_strength / unit,
        intercept_l1_strength=settings.intercept_l1_strength / unit,
    )
