"""From a divergence to its causes: the reference's own error, the objectives, the training."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pytest_modelparity.parity.attribution import ObjectiveAttribution, attribute_objective
from pytest_modelparity.parity.blends import strength_note, words
from pytest_modelparity.parity.budget import Budget
from pytest_modelparity.parity.check import Check
from pytest_modelparity.parity.divergence import largest
from pytest_modelparity.parity.repair import find_repairs
from pytest_modelparity.parity.split import SplitPoints
from pytest_modelparity.parity.training import Option, Stage, explain_training, training_cause
from pytest_modelparity.parity.trials import closing, telling, try_remedies
from pytest_modelparity.report.parts import Cause, Change, Repair
from pytest_modelparity.sides.candidate import Candidate
from pytest_modelparity.sides.fitted import FittedModel

#: Further minimal closing sets that are made into repairs.
MAX_ALTERNATIVES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Causes, musts first, and what was found to repair them."""

    causes: tuple[Cause, ...] = ()
    repair: Repair | None = None
    alternatives: tuple[Repair, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Repaired:
    """The candidate with the objective gap closed in one way, and what was changed for it."""

    candidate: Candidate
    changes: tuple[Change, ...] = ()


def explain(check: Check, points: SplitPoints | None, budget: Budget) -> Explanation:
    """Attribute a divergence to settings, and verify what repairs it.

    Parameters
    ----------
    check : Check
        The two trained sides.
    points : SplitPoints, optional
        ``None`` where the candidate's objective is not modelled: then only the reference's own
        error is explained.
    budget : Budget
        How long it may take.
    """
    reference = _explain_reference(check, _limit_of(check, points, "reference"), budget)
    target = (reference.options[0].fitted if reference.options else None) or check.reference
    objective_causes: tuple[Cause, ...] = ()
    training = Stage()
    if points is None:
        options: list[Option] = [Option(fitted=check.candidate)] if reference.options else []
    else:
        objective_causes, ways = _explain_objective(check, points)
        limit = _limit_of(check, points, "candidate")
        options = []
        for way in ways:
            stage = explain_training(
                check, way.candidate, way.changes, target, limit, budget, first=way is ways[0]
            )
            training = stage if way is ways[0] else training
            options += [option.after(way.changes) for option in stage.options]
        if not options and training.best is None and reference.options:
            options.append(Option(fitted=check.candidate))
    causes = (*objective_causes, *training.causes, *reference.causes)
    repairs = find_repairs(check, reference.options, options, training.best, budget)
    return Explanation(
        causes=tuple(sorted(causes, key=_rank)), repair=repairs.best, alternatives=repairs.others
    )


def _limit_of(check: Check, points: SplitPoints | None, part: str) -> float | None:
    """Return down to what a part must come, or ``None`` where it is no cause.

    A part is a cause when it exceeds the tolerance by itself. Where the parts only add up to a
    divergence, the largest is. Two objectives of which one has no finite optimum differ always.
    """
    tolerance = check.tolerance.probability
    if points is None:
        optimum = check.reference_optimum()
        side = check.reference_side
        if part != "reference" or optimum is None or side is None:
            return None
        size = largest(check.predict(check.reference) - check.at_optimum(side, optimum))
        return tolerance if not size <= tolerance else None
    sizes = {
        "reference": largest(points.reference_error),
        "objective": largest(points.objective_gap),
        "candidate": largest(points.candidate_error),
    }
    if not sizes[part] <= tolerance or (part == "objective" and check.one_is_infinite()):
        return tolerance
    if all(size <= tolerance for size in sizes.values()) and sizes[part] == max(sizes.values()):
        return sizes[part] / 2
    return None


def _explain_reference(check: Check, limit: float | None, budget: Budget) -> Stage:
    """Explain the reference's own error by training it again with one setting changed."""
    optimum, side = check.reference_optimum(), check.reference_side
    if limit is None or optimum is None or side is None:
        return Stage()
    budget.say("training the reference with other settings")
    goal = check.at_optimum(side, optimum)

    def distance(fitted: FittedModel) -> float:
        return largest(check.predict(fitted) - goal)

    before = distance(check.reference)
    remedies = check.mapping.remedies(check.estimator, check.data, fitted=check.reference)
    trials = try_remedies(remedies, distance, limit)
    moved = check.predict(check.reference)
    causes = tuple(
        training_cause(
            check,
            trial,
            "reference",
            last=before,
            alone=largest(check.predict(trial.fitted) - moved),
        )
        for trial in telling(trials)
    )
    return Stage(
        causes=causes or (_stopped_early(check, before),),
        options=tuple(Option.of_trial(trial) for trial in closing(trials)),
    )


def _explain_objective(
    check: Check, points: SplitPoints
) -> tuple[tuple[Cause, ...], tuple[_Repaired, ...]]:
    """Explain the objective gap, and return the candidate with the gap closed, in each way."""
    limit = _limit_of(check, points, "objective")
    if check.candidate_side is None:
        if limit is None:
            return (), ()
        side = check.reference_side
        assert side is not None
        repaired = check.given.repaired(side.settings, side.sample_weight)
        ways = () if repaired is None else (_Repaired(candidate=repaired[0], changes=repaired[1]),)
        changes = ways[0].changes if ways else ()
        return (_unmodelled(check, changes), *_beside_unmodelled(check)), ways
    if limit is None or not check.differing:
        return (), (_Repaired(candidate=check.given),)
    attribution = attribute_objective(
        check.differing, check.blended_probabilities, check.has_finite_optimum, limit
    )
    causes = _causes_of(check, attribution)
    found = []
    for chosen in attribution.closing[:MAX_ALTERNATIVES]:
        side = check.blend(attribution.base | chosen)
        repaired = check.given.repaired(side.settings, side.sample_weight)
        if repaired is not None:
            found.append(_Repaired(candidate=repaired[0], changes=repaired[1]))
    return causes, tuple(found)


def _causes_of(check: Check, attribution: ObjectiveAttribution) -> tuple[Cause, ...]:
    """Return the causes that an attribution of the objective gap shows."""
    return tuple(
        Cause(
            setting=effect.setting,
            reference=words(effect.setting, check.reference.settings),
            candidate=words(effect.setting, check.candidate.settings),
            kind="objective",
            role="must" if effect.setting in attribution.must else "one_of",
            share=effect.share,
            alone=effect.alone,
            last=effect.last,
            note=_note(check, effect.setting),
        )
        for effect in attribution.effects
        if effect.setting in attribution.must | attribution.alternatives
    )


def _unmodelled(check: Check, changes: tuple[Change, ...]) -> Cause:
    """Return the cause of a gap to a loss that is minimised as it is, and not modelled.

    What is to be written first says whether it is the loss or a head without its link.
    """
    hiding = (change.setting for change in changes if change.setting in ("output_head", "loss"))
    setting = next(hiding, "loss")
    return Cause(
        setting=setting,
        reference=words(setting, check.reference.settings),
        candidate="; ".join(check.candidate.settings.unmodelled),
        kind="objective",
        role="must",
        note="not modelled here",
    )


def _beside_unmodelled(check: Check) -> tuple[Cause, ...]:
    """Return the causes that are left once a loss that is not modelled is the log-loss.

    Shares and distances are those between the objectives with that loss on both sides.
    """
    settings = check.given.as_modelled()
    if settings is None:
        return ()
    other = replace(check, candidate=replace(check.candidate, settings=settings), _optima={})
    attribution = attribute_objective(
        other.differing,
        other.blended_probabilities,
        other.has_finite_optimum,
        check.tolerance.probability,
    )
    return tuple(replace(cause, share=None) for cause in _causes_of(other, attribution))


def _stopped_early(check: Check, before: float) -> Cause:
    """Return the cause of a reference that no remedy is known for."""
    training = check.reference.settings.training
    limit, run = training.iterations, training.iterations_run
    at_limit = limit is not None and run is not None and run >= limit
    setting = "iterations" if at_limit else "tol"
    return Cause(
        setting=setting,
        reference=words(setting, check.reference.settings),
        candidate=words(setting, check.candidate.settings),
        kind="reference",
        role="one_of",
        last=before,
        note="it stopped before its own optimum",
    )


def _note(check: Check, setting: str) -> str:
    """Return what the two values of a penalty's strength amount to."""
    if setting == "penalty" and check.one_is_infinite():
        side = "reference" if check.has_finite_optimum(frozenset()) else "candidate"
        return f"without one the {side} has no finite optimum"
    sides = check.reference_side, check.candidate_side
    if setting != "C" or sides[0] is None or sides[1] is None:
        return ""
    return strength_note(sides[0].settings, sides[1].settings, check.data.n_samples)


def _rank(cause: Cause) -> tuple[bool, int, float]:
    """Return the sort key: musts first, then by kind, then by effect."""
    kinds = ("objective", "training", "reference")
    effect = max(abs(cause.last or 0.0), abs(cause.alone or 0.0)) if cause.role == "must" else 0.0
    return cause.role != "must", kinds.index(cause.kind), -effect
