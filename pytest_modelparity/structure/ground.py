"""What structure is told from: two affine maps, and rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit, softmax

from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.structure.statistics import ColumnStatistics
from pytest_modelparity.theory.design import DesignMatrix, FloatArray

#: So many rows show most changes to be none.
FEW = 200


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AffineMap:
    """A linear decision function ``X @ coef.T + intercept``.

    Parameters
    ----------
    coef : ndarray of shape (m, p)
        One row for two classes under a sigmoid, else one for each class.
    intercept : ndarray of shape (m,)
        The same.
    """

    coef: FloatArray
    intercept: FloatArray

    def decision_function(self, X: DesignMatrix) -> FloatArray:
        """Return its decision function of rows, of shape (n, m)."""
        return np.asarray(X @ self.coef.T) + self.intercept

    def probabilities(self, X: DesignMatrix) -> FloatArray:
        """Return what it predicts of rows, a column for each class."""
        z = self.decision_function(X)
        if z.shape[1] == 1:
            p = expit(z[:, 0])
            return np.column_stack([1.0 - p, p])
        return np.asarray(softmax(z, axis=1))

    @property
    def n_parameters(self) -> int:
        """Parameters that change a prediction: those of all classes but one."""
        with_intercept = bool(np.ptp(np.append(self.intercept, 0.0)) > 0)
        free = max(1, len(self.coef) - 1)
        return free * (int(self.coef.shape[1]) + with_intercept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What makes predictions of decisions.

    Parameters
    ----------
    of_classes : bool
        Whether they are probabilities, and no numbers.
    is_exponential : bool
        Whether numbers are the exponential of their decisions.
    size : float
        What the largest prediction may be: 1 where it is a probability.
    """

    of_classes: bool
    is_exponential: bool
    size: float

    def predictions(self, model: AffineMap, X: DesignMatrix) -> FloatArray:
        """Return what a map predicts of rows: probabilities, or numbers."""
        if self.of_classes:
            return model.probabilities(X)
        decision = model.decision_function(X)
        with np.errstate(over="ignore"):
            return np.exp(decision) if self.is_exponential else decision


# Not slotted: cached properties need a dictionary.
@dataclass(frozen=True, kw_only=True, eq=False)
class Ground:
    """Two models and the rows on which they are known.

    Parameters
    ----------
    held : AffineMap
        The reference as it holds its numbers; rounding acts on these.
    reference : AffineMap
        The same map free of the softmax gauge: one row for two classes, else centred rows.
    candidate : AffineMap, optional
        The same of the candidate, as far as its parameters are known.
    is_known : bool
        Whether they are known well enough to judge by; else they only say where to look.
    P : ndarray of shape (n, K)
        What the candidate predicts of `rows`.
    y : ndarray, optional
        The numbers that a scaler of the target would have been fitted on; ``None`` for classes.
    is_exponential : bool
        Whether numbers are the exponential of their decisions.
    rows : DesignMatrix
        The rows compared.
    X : DesignMatrix
        The rows that a scaler would have been fitted on.
    all_rows : RowMatrix, optional
        The same where they are passed over, and X is a sample of them.
    names : tuple of str
        Of the columns.
    """

    held: AffineMap
    reference: AffineMap
    candidate: AffineMap | None
    P: FloatArray
    rows: DesignMatrix
    X: DesignMatrix
    names: tuple[str, ...]
    is_known: bool = False
    y: FloatArray | None = None
    is_exponential: bool = False
    all_rows: RowMatrix | None = None

    @cached_property
    def head(self) -> Head:
        """What is behind the decisions of either."""
        size = 1.0 if self.y is None else float(np.abs(self.P).max())
        return Head(of_classes=self.y is None, is_exponential=self.is_exponential, size=size)

    def predictions(self, model: AffineMap, X: DesignMatrix) -> FloatArray:
        """Return what a map predicts of rows: probabilities, or numbers."""
        return self.head.predictions(model, X)

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return int(self.reference.coef.shape[1])

    @cached_property
    def predicted(self) -> FloatArray:
        """What the reference's parameters predict."""
        return self.predictions(self.reference, self.rows)

    @cached_property
    def difference(self) -> FloatArray:
        """How the candidate's predictions differ from those of the reference's parameters."""
        return self.P - self.predicted

    @cached_property
    def few(self) -> tuple[DesignMatrix, FloatArray]:
        """Some of the rows, evenly spread, with the candidate's predictions."""
        chosen = np.unique(np.linspace(0, len(self.P) - 1, FEW).astype(int))
        return self.rows[chosen], self.P[chosen]

    @cached_property
    def columns(self) -> ColumnStatistics:
        """What a scaler would have taken from the columns."""
        return ColumnStatistics(sample=self.X, all_rows=self.all_rows)
