"""The linear equations that a hypothesis' numbers have to meet at the model.

With ``G_k = (1/n) sum_{y_i=k} s_i r_i a_i'`` and S likewise of ``onehot_i - 1/K``, an optimum has

    sum_k c_k (G_k + a S_k) + l2 (w, 0) + l1 (sign w, 0) + b2 (0, b) = 0,   c, a, l2, l1, b2 >= 0,

which is linear in all that is open. It is homogeneous: the mean row weight is fixed to 1, or the
Newton decrements of two hypotheses would not compare (F -> kF multiplies its square by k).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pytest_modelparity.inference.objectives.hypotheses import GIVEN, Hypothesis
from pytest_modelparity.inference.objectives.moments import Moments, balanced
from pytest_modelparity.inference.objectives.subject import Subject
from pytest_modelparity.theory.design import BoolArray, FloatArray

#: The strengths that a type of penalty leaves open.
OPEN: Mapping[str, tuple[str, ...]] = {
    "none": (),
    "l2": ("l2_strength",),
    "l1": ("l1_strength",),
    "elasticnet": ("l2_strength", "l1_strength"),
}
#: Times its L1 strength that the slope at a zero may have.
SLACK = 1.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Equations:
    """``fixed + columns x = 0`` for the open numbers x, by name.

    Parameters
    ----------
    names : tuple of str
        As of `Solution.numbers`.
    columns : ndarray of shape (d, m)
        One for each.
    fixed : ndarray of shape (d,)
        The gradient of all that is not open.
    """

    names: tuple[str, ...]
    columns: FloatArray
    fixed: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class System:
    """A hypothesis at a model, with one shift of a softmax's outputs.

    Parameters
    ----------
    subject : Subject
        The model on its rows.
    hypothesis : Hypothesis
        What may differ.
    moments : Moments
        With the sample weights of the hypothesis.
    table : ndarray of shape (K', q)
        The parameters, with exact zeros where it has them.
    kept : ndarray of bool, (K', q)
        Which are free.
    scale : ndarray of shape (p,)
        Units of the features in which the penalty holds.
    """

    subject: Subject
    hypothesis: Hypothesis
    moments: Moments
    table: FloatArray
    kept: BoolArray
    scale: FloatArray

    @property
    def n_equations(self) -> int:
        """Independent equations for the free parameters."""
        subject, has_intercept = self.subject, bool(self.kept[0, -1])
        rank = subject.rank if has_intercept else subject.rank_without_intercept
        most = rank * max(subject.n_classes - 1, 1)
        free = int(self.kept.sum()) - int(has_intercept and subject.is_softmax)
        return min(most, free)

    @property
    def smoothing(self) -> float:
        """Label smoothing, where it is not open."""
        given = self.hypothesis.smoothing == GIVEN
        return self.subject.base.label_smoothing if given else 0.0

    @property
    def class_weights(self) -> FloatArray:
        """Weights (K,) of the classes, where they are not open."""
        kind, given = self.hypothesis.classes, self.subject.base.class_weight
        if kind == "balanced":
            return balanced(self.subject)
        if kind == "none" or given is None:
            return np.ones(self.subject.n_groups)
        return np.asarray(given)

    @property
    def ties_intercept(self) -> bool:
        """Whether the intercept is penalised as the coefficients are."""
        base, kind = self.subject.base, self.hypothesis.intercept
        tied = 0 < base.intercept_l2_strength == base.l2_strength
        return kind == "as coefficients" or (kind == GIVEN and tied)

    def equations(self) -> Equations:
        """Return what the open numbers have to meet."""
        data = self._free_classes() if self.hypothesis.frees_classes else self._fixed_classes()
        penalty = self._penalty(float(self.class_weights @ self.moments.N))
        columns = np.hstack([data.columns, penalty.columns])
        return Equations(
            names=data.names + penalty.names, columns=columns, fixed=data.fixed + penalty.fixed
        )

    def zeros_hold(self, gradient: FloatArray, l1_strength: float) -> bool:
        """Whether an L1 penalty explains the slopes at the coefficients that are zero."""
        zero = ~self.kept
        zero[:, -1] = False
        slopes = np.abs(gradient.reshape(self.table.shape)[zero])
        return bool(slopes.max(initial=0.0) <= SLACK * l1_strength)

    def _free_classes(self) -> Equations:
        """Return the part of the loss where all class weights but one are open."""
        moments, L = self.moments, self.moments.largest
        G, N = moments.G + self.smoothing * moments.S, moments.N
        others = [k for k in range(len(N)) if k != L]
        return Equations(
            names=tuple(f"class {k}" for k in others),
            columns=np.stack([G[k] - N[k] / N[L] * G[L] for k in others], axis=1),
            fixed=G[L] / N[L],
        )

    def _fixed_classes(self) -> Equations:
        """Return the part of the loss where the class weights are known."""
        c, moments = self.class_weights, self.moments
        c = c / float(c @ moments.N)
        fixed = c @ (moments.G + self.smoothing * moments.S)
        if self.hypothesis.smoothing == "free":
            return Equations(names=("smoothing",), columns=(c @ moments.S)[:, None], fixed=fixed)
        return Equations(names=(), columns=np.zeros((len(fixed), 0)), fixed=fixed)

    def _penalty(self, mean: float) -> Equations:
        """Return the part of the penalties.

        Parameters
        ----------
        mean : float
            The mean row weight, by which strengths that are known are divided.
        """
        base, h = self.subject.base, self.hypothesis
        l2, l1, b2 = self._directions()
        rest = base.intercept_l1_strength * np.sign(b2)
        if self.ties_intercept:
            l2 = l2 + b2
        elif h.intercept == GIVEN:
            rest = rest + base.intercept_l2_strength * b2
        directions = {"l2_strength": l2, "l1_strength": l1, "intercept_l2_strength": b2}
        names = OPEN.get(h.penalty, ())
        if h.penalty == GIVEN:
            rest = rest + base.l2_strength * l2 + base.l1_strength * l1
            if h.classes == "free" and np.any(rest):
                # Class weights and the penalty share one scale: this is its inverse.
                names, directions["scale"], rest = ("scale",), rest, np.zeros_like(rest)
        if h.intercept == "penalised":
            names = (*names, "intercept_l2_strength")
        columns = [directions[name][:, None] for name in names]
        return Equations(
            names=names, columns=np.hstack([np.zeros((l2.size, 0)), *columns]), fixed=rest / mean
        )

    def _directions(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the gradients (d,) of an L2 and an L1 penalty of strength 1, and b's L2."""
        of_coef = np.append(self.scale, 0.0)
        of_intercept = np.append(np.zeros_like(self.scale), 1.0)
        return (
            (self.table * of_coef**2).reshape(-1),
            (np.sign(self.table) * of_coef).reshape(-1),
            (self.table * of_intercept).reshape(-1),
        )
