"""The change of structure between two models, told from some rows and held against all others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pytest_modelparity.parity.blocks import Block
from pytest_modelparity.parity.confirmation import Confirmation, confirmation_of
from pytest_modelparity.parity.pair import Pair
from pytest_modelparity.parity.relation import Looked, told_of
from pytest_modelparity.parity.tally import Tally
from pytest_modelparity.parity.verdict import judge
from pytest_modelparity.report.relations import Relation
from pytest_modelparity.sides.dataset import GivenRows
from pytest_modelparity.sides.row_parts import joined, rows_at
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
        self._confirmed: Confirmation | None = None
        self._attempts = 0
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
        self._confirm(block, P, whole)
        if self._told is None and own.peak.value > self.pair.allowed:
            self._look(block, own)
            self._confirm(block, P, whole)

    def relation(self, whole: Tally) -> Relation | None:
        """Return the change that every block since it was told has confirmed."""
        if self._told is None or self._confirmed is None:
            return None
        return self._confirmed.relation(self._told, whole.peak.value)

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
            self._told = told_of(pair, Looked.at_compared(pair, verdict))
        if self._told is not None:
            relation = self._told.relation
            self._confirmed = Confirmation(left=relation.left, holds=True, exact=relation.exact)
            self.first_row = block.first_row

    def _confirm(self, block: Block, P: np.ndarray, whole: Tally) -> None:
        """Hold the change, if there is one, against the block; forget it where that refutes it."""
        if self._told is None or self._confirmed is None:
            return
        before = whole.peak.value
        own = confirmation_of(self._told, block.X, P, before, self.pair.allowed)
        self._confirmed = self._confirmed.with_next(own)
        if not self._confirmed.holds:
            self._told = None
