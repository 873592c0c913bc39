"""A hypothesis with its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pytest_modelparity.inference.objectives.hypotheses import Hypothesis
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.theory.design import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One number that was solved for, with its standard error."""

    value: float
    error: float

    @property
    def relative(self) -> float:
        """The error as a part of the number."""
        return self.error / self.value


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """A hypothesis with its numbers.

    Parameters
    ----------
    hypothesis : Hypothesis
        It.
    settings : ObjectiveSettings
        What it says, on the features of the subject.
    table : ndarray of shape (K', q)
        The model's parameters as it has them: exact zeros, another shift of the outputs.
    decrement : float
        Newton decrement nu, at mean row weight 1, in the metric of all.
    step : ndarray of shape (d,)
        Of the parameters to its optimum, to first order.
    numbers : mapping of str to Number
        What was open: strengths by their field of the settings, ``"smoothing"``, ``"class 2"``, and
        ``"scale"``, the mean of the row weights' inverse. At mean row weight 1.
    n_equations : int
        Independent equations that were to be met.
    distance : float
        Largest difference of a prediction that the step makes; infinite where nobody asked for it.
    """

    hypothesis: Hypothesis
    settings: ObjectiveSettings
    table: FloatArray
    decrement: float
    step: FloatArray
    numbers: Mapping[str, Number]
    n_equations: int
    distance: float = float("inf")

    @property
    def cost(self) -> int:
        """Deviations and free numbers."""
        return self.hypothesis.deviations + len(self.numbers)
