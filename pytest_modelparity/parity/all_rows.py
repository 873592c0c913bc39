"""Structure on rows that are passed over: told from some of them, and held against all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pytest_modelparity.parity.blocks import Block
from pytest_modelparity.parity.confirmation import Confirmation, confirmation_of
from pytest_modelparity.parity.groups import Predicting, over_groups, tables_of, together
from pytest_modelparity.parity.pair import Pair
from pytest_modelparity.parity.relation import Looked, told_of
from pytest_modelparity.parity.structure import Agreement, Injected, injected, structure_check
from pytest_modelparity.parity.verdict import Verdict
from pytest_modelparity.report.parts import StructureCheck
from pytest_modelparity.report.relations import Relation
from pytest_modelparity.structure.told import Told


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnRows:
    """What there is of both on some rows."""

    confirmation: Confirmation | None
    agreement: Agreement | None

    def with_next(self, second: _OnRows) -> _OnRows:
        """Return that of both."""
        return _OnRows(
            confirmation=together(self.confirmation, second.confirmation),
            agreement=together(self.agreement, second.agreement),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Measure:
    """What is measured of structure on a group of rows, wherever it lies.

    Parameters
    ----------
    sides : Predicting
        The candidate where a change was told, and the reference where parameters are injected.
    told : Told, optional
        The change.
    injected : Injected, optional
        The candidate with the reference's parameters.
    before, allowed : float
        As `confirmation_of` takes them.
    """

    sides: Predicting
    told: Told | None
    injected: Injected | None
    before: float
    allowed: float

    def __call__(self, group: Block, *tables: np.ndarray) -> _OnRows:
        by_name = dict(zip(self.sides.names, self.sides.each(group, *tables), strict=True))
        confirmation = agreement = None
        if self.told is not None:
            P = by_name["candidate"]
            confirmation = confirmation_of(self.told, group.X, P, self.before, self.allowed)
        if self.injected is not None:
            agreement = self.injected.on(group.X, group.X_given, by_name["reference"])
        return _OnRows(confirmation=confirmation, agreement=agreement)


def structure_on_all_rows(
    pair: Pair, verdict: Verdict, told_why: Callable[[str], None]
) -> tuple[Relation | None, StructureCheck | None]:
    """Return the change of structure that every row confirms, and the check of structure.

    Told from the rows that stand for all and those that differ most. One pass, with what the
    candidate predicts where a change was told, and where the reference's parameters can be set in
    it what both predict then; no pass, and no check, where neither is so.

    Parameters
    ----------
    told_why : callable
        Is told in a sentence why rows come here that lie somewhere else.
    """
    told, (with_parameters, _) = told_of(pair, _looked(pair, verdict)), injected(pair)
    sides = [pair.candidate] if told is not None else []
    sides += [pair.reference] if with_parameters is not None else []
    if not sides:
        return None, None
    before = verdict.tally.peak.value
    measure = _Measure(
        sides=Predicting.of(*sides),
        told=told,
        injected=with_parameters,
        before=before,
        allowed=pair.allowed,
    )
    found = over_groups(pair.data, measure, told_why, tables_of(*sides))
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
