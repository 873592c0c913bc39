"""The change of structure between two models, told from some rows and held against all others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pytest_modelparity.parity.blocks import Block
from pytest_modelparity.parity.pair import Pair
from pytest_modelparity.parity.relation import told_of
from pytest_modelparity.parity.tally import Tally
from pytest_modelparity.parity.verdict import judge
from pytest_modelparity.report.relations import Relation
from pytest_modelparity.sides.dataset import GivenRows
from pytest_modelparity.sides.row_parts import joined, rows_at
from pytest_modelparity.structure.relation import LEFT, LEFT_EXACT
from pytest_modelparity.structure.told import Told

#: So many times a change is looked for: of rows that refuted some, none explains all.
MOST_ATTEMPTS = 3


class ToldInBlocks:
    """Looks for the change where the two sides diverge first, and confirms it from there.

    Parameters
    ----------
    pair : Pair
        The two sides on the first rows.
    on : callable
        Maps rows as given to the same sides, compared on them.
    """

    def __init__(self, pair: Pair, on: Callable[[GivenRows], Pair]) -> None:
        self._on, self._opening = on, pair.data.n_samples
        self._told: Told | None = None
        self._left, self._exact, self._attempts = 0.0, True, 0
        #: The two sides on the rows that structure is told from.
        self.pair = pair
        #: The first row that the change was held against.
        self.first_row = 0

    def see(self, block: Block, P: np.ndarray, own: Tally, whole: Tally) -> None:
        """Hold the change against a block, or look for one where there is none.

        Parameters
        ----------
        P : ndarray
            What the candidate predicts of the block.
        own, whole : Tally
            Of the block, and of all rows up to its end.
        """
        if not self._confirmed(block, P, whole):
            self._told = None
        if self._told is None and own.peak.value > self.pair.allowed:
            self._look(block, own)
            if not self._confirmed(block, P, whole):
                self._told = None

    def relation(self, whole: Tally) -> Relation | None:
        """Return the change that every block since it was told has confirmed."""
        if self._told is None:
            return None
        return replace(
            self._told.relation, before=whole.peak.value, left=self._left, exact=self._exact
        )

    def _look(self, block: Block, own: Tally) -> None:
        """Look for a change on the first rows and the worst of this block."""
        if self._attempts == MOST_ATTEMPTS:
            return
        self._attempts += 1
        # Some of the first block are among the first rows.
        worst = np.sort(own.worst.rows[own.worst.rows >= self._opening]) - block.first_row
        if len(worst):
            sample = joined([self.pair.data.X_given, rows_at(block.X_given, worst)])
            self.pair = self._on(sample)
        pair = self.pair
        verdict = judge(pair.reference, pair.candidate, pair.tolerance, with_parameters=True)
        if not verdict.decisive.within:
            self._told = told_of(pair, verdict)
        if self._told is not None:
            self._left, self._exact = self._told.relation.left, self._told.relation.exact
            self.first_row = block.first_row

    def _confirmed(self, block: Block, P: np.ndarray, whole: Tally) -> bool:
        """Whether the change, if there is one, explains the block as well."""
        if self._told is None:
            return True
        left, rounding = self._told.left(block.X, P), self._told.rounding(block.X)
        before = whole.peak.value
        # Not max(): a NaN must stay.
        self._left = float(np.maximum(self._left, left))
        self._exact = self._exact and left <= min(LEFT_EXACT * before, rounding)
        # False for a NaN.
        return left < before and left <= max(rounding, min(LEFT * before, self.pair.allowed))
