"""Structure on rows that are passed over: told from some of them, and held against all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from pytest_modelparity.parity.blocks import Block
from pytest_modelparity.parity.confirmation import Confirmation, confirmation_of
from pytest_modelparity.parity.every_row import over_groups, predicted_of
from pytest_modelparity.parity.pair import Pair
from pytest_modelparity.parity.relation import Looked, told_of
from pytest_modelparity.parity.structure import Agreement, agreement_of, injected, structure_check
from pytest_modelparity.parity.verdict import Verdict
from pytest_modelparity.report.parts import StructureCheck
from pytest_modelparity.report.relations import Relation
from pytest_modelparity.sides.fitted import Predict
from pytest_modelparity.structure.told import Told


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnRows:
    """What there is of both on some rows."""

    confirmation: Confirmation | None
    agreement: Agreement | None

    def with_next(self, second: _OnRows) -> _OnRows:
        """Return that of both."""
        change, next_change = self.confirmation, second.confirmation
        mine, theirs = self.agreement, second.agreement
        return _OnRows(
            confirmation=change and next_change and change.with_next(next_change),
            agreement=mine and theirs and mine.with_next(theirs),
        )


def structure_on_all_rows(
    pair: Pair, verdict: Verdict
) -> tuple[Relation | None, StructureCheck | None]:
    """Return the change of structure that every row confirms, and the check of structure.

    Told from the rows that stand for all and those that differ most. One pass, with what the
    candidate predicts where a change was told, and where the reference's parameters can be set in
    it what both predict then; no pass, and no check, where neither is so.
    """
    told, (predict, _) = told_of(pair, _looked(pair, verdict)), injected(pair)
    if told is None and predict is None:
        return None, None
    before = verdict.tally.peak.value
    found = over_groups(pair.data, partial(_of_group, pair, told, predict, before))
    relation = None
    if told is not None and found.confirmation is not None:
        relation = found.confirmation.relation(told, before)
    check = None if found.agreement is None else structure_check(found.agreement, pair.data)
    return relation, check


def _looked(pair: Pair, verdict: Verdict) -> Looked:
    """Return the rows that stand for all, and those that differ most, each once."""
    data, both, worst = pair.data, verdict.predictions, verdict.tally.worst
    assert data.sampled is not None
    others = worst.at(np.flatnonzero(~np.isin(worst.rows, data.sampled)))
    return Looked(
        X=np.concatenate([data.X_eval, data.X.take(others.rows)]),
        reference=np.concatenate([both.reference, others.reference]),
        candidate=np.concatenate([both.candidate, others.candidate]),
    )


def _of_group(
    pair: Pair, told: Told | None, predict: Predict | None, before: float, group: Block
) -> _OnRows:
    """Return what there is of a change, and of the reference's parameters, on a group of rows."""
    confirmation = agreement = None
    if told is not None:
        P = predicted_of(pair.candidate, group)
        confirmation = confirmation_of(told, group.X, P, before, pair.allowed)
    if predict is not None:
        reference = predicted_of(pair.reference, group)
        agreement = agreement_of(pair, group.X, predict(group.X_given), reference)
    return _OnRows(confirmation=confirmation, agreement=agreement)
