"""Which settings make two objectives differ, and the candidate with that difference removed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from pytest_modelparity.parity.attribution import (
    MAX_FACTORS,
    ObjectiveAttribution,
    attribute_objective,
    attribute_one_by_one,
)
from pytest_modelparity.parity.blends import Blends
from pytest_modelparity.parity.inferred import changes_to
from pytest_modelparity.parity.pair import Explaining, Pair
from pytest_modelparity.parity.side import EVALUATION, TRAINING, Side
from pytest_modelparity.parity.strengths import in_same_terms, strength_note
from pytest_modelparity.parity.unseen_scaling import unseen_scaling
from pytest_modelparity.report.numbers import listed
from pytest_modelparity.report.parts import Cause, Change
from pytest_modelparity.sides.candidate import Candidate
from pytest_modelparity.sides.objective import SideObjective
from pytest_modelparity.theory.clock import OutOfTimeError

#: Further minimal closing sets that are made into repairs.
MAX_ALTERNATIVES = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Repaired:
    """The candidate with the objective gap closed in one way, and what was changed for it."""

    candidate: Candidate
    changes: tuple[Change, ...] = ()


def explain_objective(
    explaining: Explaining, limit: float | None
) -> tuple[tuple[Cause, ...], tuple[Repaired, ...]]:
    """Explain the objective gap, and return the candidate with the gap closed, in each way.

    Parameters
    ----------
    limit : float, optional
        Down to what the gap must come; ``None``: it is no cause.
    """
    pair = explaining.pair
    # A loss without a formula has no settings to blend, though it has an optimum.
    if pair.candidate.objective is None:
        return _explain_unmodelled(explaining) if limit is not None else ((), ())
    blends, unseen = pair.blends, unseen_scaling(pair)
    if blends is None or (unseen is None and (limit is None or not blends.differing)):
        return (), (Repaired(candidate=pair.model),)
    if limit is None:
        attribution = ObjectiveAttribution(effects=(), closing=(frozenset(),))
    else:
        attribution = _attribute(explaining, blends, limit)
    causes = _causes_of(pair.reference, pair.candidate, attribution)
    always = attribution.base
    if unseen is not None:
        causes = (unseen, *(one for one in causes if one.setting != unseen.setting))
        always = always | {unseen.setting}
    ways = (
        _with_inferred(pair, always | chosen, blends)
        # Smallest first: what is left out would have to be trained for, and changes more.
        for chosen in attribution.closing[:MAX_ALTERNATIVES]
    )
    return causes, tuple(way for way in ways if way is not None)


def _attribute(explaining: Explaining, blends: Blends, limit: float) -> ObjectiveAttribution:
    """Attribute the gap between the two ends of the blends, by as many optima as fit."""
    names, budget, journal = blends.differing, explaining.budget, explaining.journal
    each = max(blends.cost(frozenset([name])) for name in names)
    n_blends = 2 ** min(len(names), MAX_FACTORS) - 2 + 2 * max(0, len(names) - MAX_FACTORS)
    ways = ((attribute_objective, n_blends * each), (attribute_one_by_one, 3 * len(names) * each))
    everything, nothing = frozenset(names), frozenset[str]()
    # Without a finite optimum only the training rows' predictions are determined throughout. A gap
    # is closed where the verdict is made, as soon as both that are compared are determined there.
    ends = [blends.may_be_finite(everything), blends.may_be_finite(nothing)]
    rows = EVALUATION if all(ends) else TRAINING
    judged = EVALUATION if ends[0] else TRAINING
    compared = None if judged == rows else blends.moves_on(judged)
    found = None
    for attribute, cost in ways:
        if budget.affords("optima", cost):
            budget.book("optima", cost)
            with suppress(OutOfTimeError):
                found = attribute(
                    names,
                    blends.moves_on(rows),
                    blends.may_be_finite,
                    limit,
                    compared,
                )
            break
    if found is None:
        journal.left_out(f"telling apart what {listed(names, 'and')} do")
        journal.left_open.update(names)
        return ObjectiveAttribution(effects=(), closing=(frozenset(names),))
    journal.tried.update(names)
    if found.known_musts is not None:
        journal.left_out(f"most combinations of {listed(names, 'and')}")
        # What was dropped may do as well as what was kept.
        journal.left_open.update(frozenset(names) - found.closing[0])
        journal.tried.difference_update(journal.left_open)
    return found


def _with_inferred(pair: Pair, changed: frozenset[str], blends: Blends) -> Repaired | None:
    """Return the candidate with some settings as the reference's, the inferred ones among them."""
    repaired = _repaired(pair, blends.objective(changed))
    if repaired is None or not pair.takes_the_place("candidate"):
        return repaired
    # What was inferred stands nowhere in the candidate, so who rewrites it does not see it change.
    inferred = pair.inference["candidate"].settings | {*pair.with_rows}
    own = [change for change in repaired.changes if change.setting not in inferred]
    return replace(repaired, changes=(*own, *changes_to(pair, changed & inferred)))


def _repaired(pair: Pair, wanted: SideObjective) -> Repaired | None:
    """Return the candidate with another objective; ``None`` where it cannot have it."""
    adjustable = pair.model.objective
    made = adjustable.repaired(wanted) if adjustable is not None else None
    return None if made is None else Repaired(candidate=made[0], changes=made[1])


def _causes_of(
    reference: Side, candidate: Side, attribution: ObjectiveAttribution
) -> tuple[Cause, ...]:
    """Return the causes that an attribution of the objective gap shows."""
    return tuple(
        Cause(
            setting=effect.setting,
            reference=reference.settings.word(effect.setting),
            candidate=candidate.settings.word(effect.setting),
            kind="objective",
            role="must" if effect.setting in attribution.must else "one_of",
            share=effect.share,
            alone=effect.alone,
            last=effect.last,
            note=_note(reference, candidate, effect.setting),
        )
        for effect in attribution.effects
        # A setting that differs without being in any closing set is no cause: changing it would not
        # help.
        if effect.setting in attribution.must | attribution.alternatives
    )


def _note(reference: Side, candidate: Side, setting: str) -> str:
    """Return what the two values of a penalty's strength amount to."""
    # More than a difference of strengths: coefficients that never stop growing.
    if setting == "penalty" and reference.may_be_finite != candidate.may_be_finite:
        side = reference if candidate.may_be_finite else candidate
        return f"without one the {side.name} has no finite optimum"
    if setting != "C" or reference.objective is None or candidate.objective is None:
        return ""
    words = (side.settings.word("C") for side in (reference, candidate))
    return strength_note(
        reference.objective.settings,
        candidate.objective.settings,
        reference.data.n_samples,
        same_terms=in_same_terms(*words),
        n_outputs=reference.data.n_classes,
    )


def _explain_unmodelled(
    explaining: Explaining,
) -> tuple[tuple[Cause, ...], tuple[Repaired, ...]]:
    """Explain the gap to a loss that is minimised as it is, and not modelled.

    What is to be written first says whether it is the loss or a head without its link.
    """
    pair = explaining.pair
    assert pair.reference.objective is not None
    repaired = _repaired(pair, pair.reference.objective)
    changes = repaired.changes if repaired is not None else ()
    # A missing sigmoid makes the log-loss of probabilities a loss that nobody models; the head is
    # then the cause, not the loss.
    hiding = (change.setting for change in changes if change.setting in ("output_head", "loss"))
    setting = next(hiding, "loss")
    cause = Cause(
        setting=setting,
        reference=pair.reference.settings.word(setting),
        candidate="; ".join(pair.candidate.settings.unmodelled),
        kind="objective",
        role="must",
        note="not modelled here",
    )
    ways = () if repaired is None else (repaired,)
    beside = [other for other in _beside_unmodelled(explaining) if other.setting != setting]
    return (cause, *beside), ways


def _beside_unmodelled(explaining: Explaining) -> tuple[Cause, ...]:
    """Return the causes that are left once a loss that is not modelled is the log-loss.

    Distances are those between the objectives with that loss on both sides; they are no shares of
    the gap that was measured.
    """
    pair = explaining.pair
    adjustable = pair.model.objective
    settings = adjustable.as_modelled() if adjustable is not None else None
    if settings is None:
        return ()
    modelled = Side(
        name="candidate",
        data=pair.data,
        fitted=replace(pair.candidate.fitted, settings=settings, certificate=None),
    )
    blends = Blends(pair.reference, modelled)
    if not blends.differing:
        return ()
    attribution = _attribute(explaining, blends, pair.allowed)
    causes = _causes_of(pair.reference, modelled, attribution)
    return tuple(replace(cause, share=None) for cause in causes)
