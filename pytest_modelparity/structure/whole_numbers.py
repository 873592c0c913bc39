"""A network that computes in int8 or int16 with known steps, and whether it is the reference's."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, softmax

from pytest_modelparity.report.numbers import number
from pytest_modelparity.report.relations import QUANTIZATION, Relation
from pytest_modelparity.structure.ground import AffineMap, Ground
from pytest_modelparity.structure.told import Told
from pytest_modelparity.theory.design import FloatArray

#: Beside half a step: float32 rounding of the weights before these were made whole numbers.
HALF = 0.5 + 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The numbers that a tensor can hold.

    Parameters
    ----------
    size : float
        The distance of two neighbours.
    zero : int
        The whole number that stands for 0.
    lowest, highest : int
        The ends of the whole numbers.
    """

    size: float
    zero: int
    lowest: int
    highest: int

    def rounded(self, values: FloatArray) -> FloatArray:
        """Return numbers as the nearest that can be held."""
        # TensorFlow Lite 8-bit quantization specification: real = size * (whole - zero).
        whole = np.clip(np.rint(values / self.size) + self.zero, self.lowest, self.highest)
        return np.asarray((whole - self.zero) * self.size)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WholeNumbers:
    """A linear model in whole numbers.

    Parameters
    ----------
    weights : AffineMap
        Those of the file, as the numbers that they stand for.
    step : ndarray of shape (m, 1)
        The distance of two neighbouring coefficients, of each output.
    inputs, sums, outputs : Steps
        Those of what goes in, of decisions and of predictions.
    bits : int
        Of inputs and sums: 8 or 16.
    """

    weights: AffineMap
    step: FloatArray
    inputs: Steps
    sums: Steps
    outputs: Steps
    bits: int

    def rounds(self, other: AffineMap) -> bool:
        """Whether its coefficients are another map's, rounded: within half a step of them."""
        difference = other.coef - self.weights.coef
        slack = HALF * self.step
        # One vector added to the coefficients of every class changes no prediction.
        if len(difference) > 1:
            lowest, highest = (difference - slack).max(axis=0), (difference + slack).min(axis=0)
            return bool((lowest <= highest).all())
        return bool((np.abs(difference) <= slack).all())

    def predictions(self, X: FloatArray) -> FloatArray:
        """Return what it predicts of rows, a column for each class."""
        z = self.sums.rounded(self.weights.decision_function(self.inputs.rounded(X)))
        p = self.outputs.rounded(expit(z) if z.shape[1] == 1 else softmax(z, axis=1))
        return np.hstack([1.0 - p, p]) if p.shape[1] == 1 else p


def whole_number_relation(ground: Ground, found: WholeNumbers) -> Told | None:
    """Return the relation to the reference in whole numbers; ``None`` where it is another model.

    It is proven where the file's coefficients are the reference's rounded to the steps of the file,
    and what the file predicts is what such coefficients make of the rows in whole numbers.
    """
    rows = ground.rows
    if not isinstance(rows, np.ndarray) or found.weights.coef.shape != ground.held.coef.shape:
        return None
    if not found.rounds(ground.held):
        return None
    before = float(np.abs(ground.difference).max())
    left = float(np.abs(ground.P - found.predictions(rows)).max())
    if not left < before:
        return None
    return Told(
        relation=Relation(
            name=QUANTIZATION,
            detail=f"int{found.bits}, inputs in steps of {number(found.inputs.size, 3)}",
            before=before,
            left=left,
            exact=True,
        ),
        left=lambda rows, P: float(np.abs(P - found.predictions(np.asarray(rows))).max()),
        # The coefficients prove it: what is left is of the arithmetic, whatever that is.
        rounding=lambda _rows: math.inf,
    )
