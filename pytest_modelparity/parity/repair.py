"""What to change: trained for real with several seeds, and judged, before it is called a repair."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.parity.budget import VERIFYING_SEEDS, Budget
from pytest_modelparity.parity.check import Check
from pytest_modelparity.parity.judgement import judge
from pytest_modelparity.parity.training import Option
from pytest_modelparity.report.numbers import number
from pytest_modelparity.report.parts import Repair
from pytest_modelparity.sides.fitted import FittedModel

#: Repairs that are told beside the best one.
MAX_OTHERS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Repairs:
    """The smallest verified repair, or else the best that was found; and the others."""

    best: Repair | None = None
    others: tuple[Repair, ...] = ()


def find_repairs(
    check: Check,
    references: tuple[Option, ...],
    candidates: list[Option],
    best: Option | None,
    budget: Budget,
) -> Repairs:
    """Return the repairs, of which the smallest that can be afforded is verified.

    Parameters
    ----------
    references : tuple of Option
        What repairs the reference, the first one best; none: it needs no repair.
    candidates : list of Option
        What repairs the candidate; one without changes: it needs no repair.
    best : Option, optional
        Where there are none: what leaves least.
    budget : Budget
        How long the trainings may take.
    """
    reference = references[0] if references else Option(fitted=check.reference)
    ways = sorted(candidates, key=_rank)
    found = []
    verified = False
    for option in ways[: MAX_OTHERS + 1]:
        made = _repair(check, reference, option, budget, verify=not verified)
        verified |= made.verified
        found.append(made)
    if not verified and any(
        option.remedy is not None and not budget.may_verify(option.remedy.seconds)
        for option in ways
    ):
        budget.leave_out("the verification of a repair")
    if not found and best is not None:
        return Repairs(best=_insufficient(check, reference, best))
    chosen = next((repair for repair in found if repair.verified), None) or next(iter(found), None)
    return Repairs(best=chosen, others=tuple(repair for repair in found if repair is not chosen))


def _rank(option: Option) -> tuple[bool, bool, int, float]:
    """Return the sort key: what lasts with other seeds, by ``fit``, with the fewest changes."""
    by_fit = option.remedy is None or option.remedy.by_fit
    return not option.robust, not by_fit, len(option.changes), option.size


def _repair(
    check: Check, reference: Option, option: Option, budget: Budget, *, verify: bool
) -> Repair:
    """Return one repair, trained for real where that is wanted and affordable."""
    trained, note = _trained(option, budget, verify=verify)
    judged = [
        judge(
            check.data,
            reference.fitted or check.reference,
            fitted,
            check.tolerance,
            with_parameters=_parameters_mean_something(check),
        )
        for fitted in trained
    ]
    left = [judgement.probability for judgement in judged]
    enough = bool(judged) and not note
    if enough and not all(judgement.equivalent for judgement in judged):
        note = f"trained for real it leaves up to {number(max(left), 2)}: not enough"
    return Repair(
        changes=(*reference.changes, *option.changes),
        verified=enough and all(judgement.equivalent for judgement in judged),
        probability_after=max(left) if left else option.left,
        trained=tuple(left),
        source=_source(reference, option),
        note=note,
    )


def _trained(option: Option, budget: Budget, *, verify: bool) -> tuple[list[FittedModel], str]:
    """Return the real trainings of an option, and why there are not enough of them."""
    remedy = option.remedy
    if option.fitted is not None and (remedy is None or remedy.real):
        return [option.fitted], ""
    if remedy is None or remedy.retrain is None:
        return [], "it was not trained"
    if not verify:
        return [], "not tried: another repair is verified"
    if not budget.may_verify(remedy.seconds):
        needed = number(round(VERIFYING_SEEDS * remedy.seconds))
        return [], f"verifying it takes about {needed} s, more than the budget has left"
    trained = []
    with budget.verifying():
        for index in range(VERIFYING_SEEDS):
            budget.say(f"verifying a repair, training {index + 1} of {VERIFYING_SEEDS}")
            try:
                trained.append(remedy.retrain(index))
            except ModelParityError as error:
                return trained, str(error)
    return trained, ""


def _insufficient(check: Check, reference: Option, best: Option) -> Repair:
    """Return what helps most where nothing suffices."""
    left = None if best.left is None else number(best.left, 2)
    return Repair(
        changes=(*reference.changes, *best.changes),
        verified=False,
        probability_after=best.left,
        source=_source(reference, best),
        note=f"nothing that was tried suffices; this comes nearest and leaves {left}",
    )


def _source(reference: Option, option: Option) -> str:
    """Return a program that trains what is repaired."""
    programs = [
        item.remedy.source()
        for item in (reference, option)
        if item.remedy is not None and item.remedy.source is not None
    ]
    return "\n\n".join(programs)


def _parameters_mean_something(check: Check) -> bool:
    """Whether the reference's objective, which the repaired candidate has too, has an optimum."""
    optimum = check.reference_optimum()
    return optimum is None or optimum.finite is not False
