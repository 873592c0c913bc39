"""From a divergence to its causes and a repair that was trained and checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_modelparity.frameworks.candidates import Candidate
from pytest_modelparity.frameworks.fitted import FittedModel
from pytest_modelparity.parity.attribution import (
    Trial,
    attribute_objective,
    try_remedies,
)
from pytest_modelparity.parity.check import Check
from pytest_modelparity.parity.divergence import largest
from pytest_modelparity.parity.factors import strength_note, words
from pytest_modelparity.parity.split import SplitPoints
from pytest_modelparity.result import Cause, Change, Repair
from pytest_modelparity.text import number

#: Seconds that one verifying ``fit`` may take, as estimated from the candidate's own.
VERIFICATION_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Causes, musts first, and what was found to repair them."""

    causes: tuple[Cause, ...] = ()
    repair: Repair | None = None
    alternatives: tuple[Repair, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Stage:
    """What explaining one part of the split came to.

    ``fits`` holds the trained sides that close this part, with the changes that made them; the
    first is the smallest change.
    """

    causes: tuple[Cause, ...] = ()
    fits: tuple[tuple[tuple[Change, ...], FittedModel, Trial | None], ...] = ()


def explain(check: Check, points: SplitPoints | None) -> Explanation:
    """Attribute a divergence to settings, and verify what repairs it.

    Parameters
    ----------
    check : Check
        The two trained sides.
    points : SplitPoints, optional
        ``None`` where the candidate's objective is not modelled: then only the reference's own
        error is explained.
    """
    limit = check.tolerance.probability
    reference = _explain_reference(check, _limit_of(check, points, "reference"))
    target = check.reference
    if reference.fits:
        target = reference.fits[0][1]
    if points is None:
        repairs = _repairs(check, None, reference, (), _Stage())
        verified = next((repair for repair in repairs if repair.verified), None)
        return Explanation(causes=reference.causes, repair=verified)
    objective_causes, repaired, changes = _explain_objective(check, points)
    training = _Stage()
    if repaired is not None:
        goal = check.predict(target)
        training = _explain_training(
            check, repaired, changes, goal, limit, _limit_of(check, points, "candidate")
        )
    causes = (*objective_causes, *training.causes, *reference.causes)
    repairs = _repairs(check, repaired, reference, changes, training)
    best = next((repair for repair in repairs if repair.verified), None) or next(
        iter(repairs), None
    )
    return Explanation(
        causes=tuple(sorted(causes, key=_rank)),
        repair=best,
        alternatives=tuple(repair for repair in repairs if repair is not best),
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


def _explain_reference(check: Check, limit: float | None) -> _Stage:
    """Explain the reference's own error by training it again with one setting changed."""
    optimum, side = check.reference_optimum(), check.reference_side
    if limit is None or optimum is None or side is None:
        return _Stage()
    goal = check.at_optimum(side, optimum)

    def distance(fitted: FittedModel) -> float:
        return largest(check.predict(fitted) - goal)

    before = distance(check.reference)
    remedies = check.mapping.remedies(check.estimator, check.data, fitted=check.reference)
    trials = try_remedies(remedies, distance, limit)
    causes = tuple(_training_cause(check, trial, "reference", before) for trial in _telling(trials))
    return _Stage(causes=causes or (_stopped_early(check),), fits=_closing_fits(trials))


def _explain_objective(
    check: Check, points: SplitPoints
) -> tuple[tuple[Cause, ...], Candidate | None, tuple[Change, ...]]:
    """Explain the objective gap, and return the candidate with the gap closed."""
    limit = _limit_of(check, points, "objective")
    if check.candidate_side is None:
        return _unmodelled(check) if limit is not None else (), None, ()
    if limit is None or not check.differing:
        return (), check.given, ()
    attribution = attribute_objective(
        check.differing, check.blended_probabilities, check.has_finite_optimum, limit
    )
    causes = tuple(
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
    side = check.blend(attribution.closing[0])
    repaired = check.given.repaired(side.settings, side.sample_weight)
    if repaired is None:
        return causes, None, ()
    return causes, *repaired


def _unmodelled(check: Check) -> tuple[Cause, ...]:
    """Return the cause of a gap to a loss that is minimised as it is, and not modelled."""
    return (
        Cause(
            setting="loss",
            reference=words("loss", check.reference.settings),
            candidate="; ".join(check.candidate.settings.unmodelled),
            kind="objective",
            role="must",
            note="not modelled here: other differing settings have a part in it too",
        ),
    )


def _explain_training(
    check: Check,
    candidate: Candidate,
    changes: tuple[Change, ...],
    goal: np.ndarray,
    tolerance: float,
    limit: float | None,
) -> _Stage:
    """Explain the candidate's own error, on the objective that is already repaired."""

    def distance(fitted: FittedModel) -> float:
        return largest(check.predict(fitted) - goal)

    again = candidate.train_again() if changes else check.candidate
    if again is None:
        # Trained before the check, by a recipe that cannot be repeated on the new objective.
        unknown = tuple(item for item in candidate.remedies() if item.setting == "solver")
        if limit is None:
            return _Stage(fits=_closing_fits(try_remedies(unknown, distance, tolerance), changes))
        before = distance(check.candidate)
    else:
        before = distance(again)
        if before <= tolerance:
            return _Stage(fits=((changes, again, None),) if changes else ())
        if not changes and limit is None:
            return _Stage()
    trials = try_remedies(candidate.remedies(), distance, limit or tolerance)
    causes = tuple(_training_cause(check, trial, "training", before) for trial in _telling(trials))
    return _Stage(causes=causes, fits=_closing_fits(trials, changes))


def _telling(trials: tuple[Trial, ...]) -> tuple[Trial, ...]:
    """Return the trials that close, one a setting; where none does, the one that leaves least."""
    closing = tuple(trial for trial in trials if trial.closes)
    if closing or not trials:
        return closing
    return (min(trials, key=lambda trial: trial.left),)


def _closing_fits(
    trials: tuple[Trial, ...], changes: tuple[Change, ...] = ()
) -> tuple[tuple[tuple[Change, ...], FittedModel, Trial | None], ...]:
    """Return the trained sides that close."""
    return tuple(
        ((*changes, *trial.remedy.changes), trial.fitted, trial) for trial in trials if trial.closes
    )


def _training_cause(check: Check, trial: Trial, kind: str, before: float) -> Cause:
    """Return the cause that a trained remedy shows."""
    setting = trial.remedy.setting
    change = "; ".join(item.text for item in trial.remedy.changes)
    return Cause(
        setting=setting,
        reference=words(setting, check.reference.settings),
        candidate=words(setting, check.candidate.settings),
        kind=kind,
        role="one_of",
        share=1.0 - trial.left / before if before > 0 else None,
        alone=trial.left,
        last=before,
        note=f"{change} leaves {number(trial.left, 2)}" + ("" if trial.closes else ", not enough"),
    )


def _stopped_early(check: Check) -> Cause:
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


def _repairs(
    check: Check,
    candidate: Candidate | None,
    reference: _Stage,
    changes: tuple[Change, ...],
    training: _Stage,
) -> tuple[Repair, ...]:
    """Return the repairs that the stages found, each trained for real where that is affordable."""
    references = reference.fits or (((), check.reference, None),)
    candidates = training.fits or (((), check.candidate, None),)
    if changes and not training.fits:
        return (Repair(changes=(*references[0][0], *changes), verified=False),)
    found = []
    for reference_changes, reference_model, _ in references[:1]:
        for candidate_changes, model, trial in candidates:
            made = (*reference_changes, *candidate_changes)
            if not made:
                continue
            real = _really_trained(check, candidate, model, trial, bool(candidate_changes))
            final = real or model
            after = largest(_evaluated(check, reference_model) - _evaluated(check, final))
            found.append(
                Repair(
                    changes=made,
                    verified=real is not None and bool(after <= check.tolerance.probability),
                    probability_after=after,
                    source="\n".join(f"{item.text}" for item in made),
                )
            )
    return tuple(found)


def _really_trained(
    check: Check,
    candidate: Candidate | None,
    model: FittedModel,
    trial: Trial | None,
    changed: bool,
) -> FittedModel | None:
    """Return the repaired candidate as its user would train it; ``None``: too expensive."""
    if not changed or (trial is not None and trial.remedy.real):
        return model
    run, seconds = check.candidate.settings.training.iterations_run, check.candidate.seconds
    epochs = trial.remedy.iterations if trial else check.candidate.settings.training.iterations
    if candidate is None or not epochs or not run or seconds is None:
        return None
    if epochs * seconds / run > VERIFICATION_SECONDS:
        return None
    return candidate.refit(epochs)


def _evaluated(check: Check, fitted: FittedModel) -> np.ndarray:
    """Return probabilities on the rows of the verdict."""
    return check.predict(fitted, training_rows=check.data.evaluates_training_rows)


def _rank(cause: Cause) -> tuple[bool, int, float]:
    """Return the sort key: musts first, then by kind, then by effect."""
    kinds = ("objective", "training", "reference")
    effect = max(abs(cause.last or 0.0), abs(cause.alone or 0.0)) if cause.role == "must" else 0.0
    return cause.role != "must", kinds.index(cause.kind), -effect
