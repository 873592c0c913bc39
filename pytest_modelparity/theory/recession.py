"""How a loss of classes falls for ever: along margins over the classes that a row does not have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_modelparity.theory.design import BoolArray, FloatArray, IntArray, Targets, as_codes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RemainingClasses:
    """The classes that weighted rows have, numbered afresh.

    Parameters
    ----------
    n_classes : int
        How many they are.
    targets : array, (n,)
        The rows' codes among them; of a row without weight, any.
    columns : array, (n_classes,)
        Their codes before.
    """

    n_classes: int
    targets: IntArray
    columns: IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRecession:
    """The margins of a row's class over every other one, an output for each.

    Parameters
    ----------
    n_classes : int
        Number of classes.
    """

    n_classes: int

    def margins(self, z: FloatArray, y: Targets) -> FloatArray:
        """Return margins (n, n_classes) over every other class, inf for the row's class."""
        rows, codes = np.arange(len(z)), as_codes(y)
        margin = z[rows, codes][:, None] - z
        # A class has no margin over itself, and never vanishes in its own rows.
        margin[rows, codes] = np.inf
        return margin

    def margin_matrix(self, design: FloatArray, y: Targets) -> FloatArray:
        """Return the margins of all rows over class 0, then over class 1, and so on."""
        K, codes = self.n_classes, as_codes(y)
        parts = []
        for k in range(K):
            # The rows' decisions for their class, minus those for class k.
            rows = codes != k
            signs = np.eye(K)[codes[rows]] - np.eye(K)[k]
            products = signs[:, :, None] * design[rows, None, :]
            parts.append(products.reshape(-1, K * design.shape[1]))
        return np.vstack(parts)

    def vanishing(self, y: Targets) -> BoolArray:
        """Return which classes no weighted row has: a free intercept runs away from them."""
        absent = np.ones(self.n_classes, dtype=bool)
        absent[as_codes(y)] = False
        return absent

    def rest(self, y: Targets, vanishing: BoolArray) -> RemainingClasses | None:
        """Return the other classes; None where only one is left, whose probability is then 1."""
        # In ascending order, so that the codes can be searched.
        present = np.flatnonzero(~vanishing)
        if len(present) <= 1:
            return None
        # Rows without weight may have an absent class; their code then only has to be valid.
        codes = np.minimum(np.searchsorted(present, y), len(present) - 1)
        return RemainingClasses(n_classes=len(present), targets=codes, columns=present)

    def limit(self, y: Targets) -> FloatArray:
        """Return probability 1 for the class of every row."""
        return np.eye(self.n_classes)[as_codes(y)]

    def without(self, predictions: FloatArray, vanished: BoolArray) -> FloatArray:
        """Return the probabilities on condition that the class is one that does not vanish."""
        kept = np.where(vanished, 0.0, predictions)
        return np.asarray(kept / kept.sum(axis=1, keepdims=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoClassRecession(ClassRecession):
    """The same with one output, the decision for the second class; that for the first is 0."""

    n_classes: int = 2

    def margins(self, z: FloatArray, y: Targets) -> FloatArray:
        """Return margins (n, 2) over the other class, inf for the row's class."""
        # By name: super() knows the class before slots were added to it.
        return ClassRecession.margins(self, np.hstack([np.zeros_like(z), z]), y)

    def margin_matrix(self, design: FloatArray, y: Targets) -> FloatArray:
        """Return each row's only margin, in the order of the rows."""
        return np.where(as_codes(y) == 1, 1.0, -1.0)[:, None] * design
