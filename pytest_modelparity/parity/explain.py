"""From a divergence to its causes: the reference's own error, the objectives, the training."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from pytest_modelparity.parity.inferred import preparation_causes, refit
from pytest_modelparity.parity.mean_target import mean_target_causes
from pytest_modelparity.parity.objective import Repaired, explain_objective
from pytest_modelparity.parity.pair import Explaining, Pair, StepInterruptedError
from pytest_modelparity.parity.repair import Repairs, find_repairs
from pytest_modelparity.parity.side import Target
from pytest_modelparity.parity.split import Parts
from pytest_modelparity.parity.training import explain_candidate, training_cause
from pytest_modelparity.parity.training_map import Ground, draw_map
from pytest_modelparity.parity.trials import Goal, closing_trials, showing_causes, try_remedies
from pytest_modelparity.parity.ways import Explained, Way
from pytest_modelparity.report.inference_words import only_declared
from pytest_modelparity.report.parts import Cause, Repair
from pytest_modelparity.report.pictures import TrainingMap
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.training import Retraining


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Causes, musts first, and what was found to repair them."""

    causes: tuple[Cause, ...] = ()
    repair: Repair | None = None
    alternatives: tuple[Repair, ...] = ()
    training_map: TrainingMap | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Found:
    """What was found with the reference as it is, or repaired in one way."""

    reference: Explained
    causes: tuple[Cause, ...]
    repaired: Repaired | None
    repairs: Repairs


def explain(explaining: Explaining) -> Explanation:
    """Attribute a divergence to settings, and verify what repairs it.

    Where the candidate's optimum cannot be had, only the reference's own error is explained. After
    an interrupt nothing more is trained, and what is known by then is returned.
    """
    # First: what it is repaired to is what the candidate is to reach.
    limit = _limit_of(explaining.pair, "reference")
    found = _with_reference(explaining, _explain_reference(explaining, limit))
    in_the_way = explaining.step(partial(_limit_of_what_is_left, explaining, found), None)
    if in_the_way is not None:
        again = _with_reference(explaining, _explain_reference(explaining, in_the_way))
        # Only what helps is a cause.
        if again.repairs.best is not None and again.repairs.best.verified:
            found = again
    repairs = found.repairs
    if explaining.pair.takes_the_place("reference"):
        # Whatever the candidate is changed to, the other side is not what X and y make of it.
        repairs = Repairs(best=refit(explaining.pair))
    return Explanation(
        causes=tuple(sorted((*found.causes, *found.reference.causes), key=_rank)),
        repair=repairs.best,
        alternatives=repairs.others,
        # After all else: whoever asks for a picture has no fewer causes, and no other repair.
        training_map=explaining.step(partial(_map, explaining, found), None),
    )


def _with_reference(explaining: Explaining, reference: Explained) -> _Found:
    """Explain the rest, once the reference is repaired in its first way, and repair both."""
    pair = explaining.pair
    if pair.parts is None:
        candidate = Explained(causes=preparation_causes(pair) or mean_target_causes(pair))
        ways = [Way(fitted=pair.candidate.fitted)] if reference.ways else []
    else:
        candidate, ways = _explain_the_rest(explaining, reference)
    repairs = Repairs()
    # Also after an interrupt: what was tried until then is said, and what was verified.
    with suppress(StepInterruptedError), explaining.interruptible():
        repairs = find_repairs(explaining, reference.ways, ways, candidate.nearest)
    return _Found(
        reference=reference, causes=candidate.causes, repaired=candidate.repaired, repairs=repairs
    )


def _limit_of_what_is_left(explaining: Explaining, found: _Found) -> float | None:
    """Return down to what the reference's own error must come for a repair to hold.

    ``None`` where a repair holds, where none was trained, or where the candidate alone fails it.
    """
    pair, best, way = explaining.pair, found.repairs.best, found.repairs.way
    target, tolerance = pair.reference.target, pair.allowed
    if best is None or best.verified or best.left is None or explaining.is_interrupted:
        return None
    if way is None or way.trial is None or target is None:
        return None
    error = target.distance(pair.predict(_target(pair, found.reference), target.rows))
    reached = target.distance(pair.predict(way.trial.fitted, target.rows))
    if best.left <= tolerance:
        # Near enough, and judged: another quantity fails, such as the coefficients.
        return error / 2 if best.trained and reached < error else None
    # Both are at most the sum of these apart; the half is for other seeds of the candidate.
    wanted = (tolerance - reached) / 2
    return wanted if 0 < wanted < error else None


def _map(explaining: Explaining, found: _Found) -> TrainingMap | None:
    """Return the map of the training on the repaired objective, where one is wanted."""
    if found.repaired is None or not explaining.draws_map:
        return None
    reference = found.reference
    ground = Ground(
        repaired=found.repaired,
        goal=_target(explaining.pair, reference),
        changes=reference.ways[0].all_changes if reference.ways else (),
        way=found.repairs.way,
    )
    return draw_map(explaining, ground)


def _explain_the_rest(explaining: Explaining, reference: Explained) -> tuple[Explained, list[Way]]:
    """Explain the objective gap and the candidate's own error; return all ways to close both."""
    pair = explaining.pair
    prepared = preparation_causes(pair)
    if prepared:
        # The objectives are those of other rows than the two predict.
        return Explained(causes=prepared), []
    explaining.journal.doing("comparing the objectives")
    nothing: tuple[tuple[Cause, ...], tuple[Repaired, ...]] = ((), ())
    causes, repaired = explaining.step(
        lambda: explain_objective(explaining, _limit_of(pair, "objective")), nothing
    )
    limit = _limit_of(pair, "candidate")
    goal = Goal(
        side="candidate",
        # A trained model predicts any row, so this is where the verdict is made.
        target=Target(predictions=pair.predict(_target(pair, reference))),
        limit=pair.allowed if limit is None else limit,
    )
    nearest: Way | None = None
    ways: list[Way] = []
    # On each repaired objective, not on the candidate's own: whoever trains longer towards another
    # optimum comes no nearer to the reference.
    for way in repaired:
        first = way is repaired[0]
        step = partial(
            explain_candidate, explaining, way, goal, is_cause=limit is not None, first=first
        )
        explained = explaining.step(step, Explained())
        if first:
            causes, nearest = (*causes, *explained.causes), explained.nearest
        ways += explained.ways
    # The reference alone was wrong: the candidate as it is belongs to that repair.
    alone = not ways and nearest is None and not explaining.is_interrupted
    if alone and reference.ways:
        ways.append(Way(fitted=pair.candidate.fitted))
    first_repaired = next(iter(repaired), None)
    return Explained(causes=causes, nearest=nearest, repaired=first_repaired), ways


def _target(pair: Pair, reference: Explained) -> FittedModel:
    """Return the reference that the candidate is to come near to: repaired where it needed it."""
    trial = reference.ways[0].trial if reference.ways else None
    # At the default tol the reference may itself be 0.011 from its optimum (digits): to copy that
    # is luck.
    return pair.reference.fitted if trial is None else trial.fitted


def _limit_of(pair: Pair, part: str) -> float | None:
    """Return down to what a part must come, or ``None`` where it is no cause.

    A part is a cause when it exceeds the tolerance by itself. Where the parts only add up to a
    divergence, the largest is; to one on rows that determine no optimum they do not add up. Two
    objectives of which one has no finite optimum differ always.
    """
    tolerance, parts = pair.allowed, pair.parts
    if parts is None:
        own = pair.own_errors.get(part)
        return tolerance if own is not None and not own.largest <= tolerance else None
    sizes = _sizes(parts)
    # NaN is a cause.
    if not sizes[part] <= tolerance or (part == "objective" and pair.one_is_infinite):
        return tolerance
    if not all(size <= tolerance for size in sizes.values()) or not parts.adds_up:
        return None
    if sizes[part] == max(sizes.values()):
        # Something to aim at; whether it is enough is for the verdict on the repair to say.
        return sizes[part] / 2
    return None


def _sizes(parts: Parts) -> dict[str, float]:
    """Return the largest difference that each part of the split makes."""
    return {
        "reference": parts.reference_error.largest,
        "objective": parts.objective_gap.largest,
        "candidate": parts.candidate_error.largest,
    }


def _explain_reference(explaining: Explaining, limit: float | None) -> Explained:
    """Explain the reference's own error; ``None`` as the limit: it is no cause."""
    # Measured, whatever the solver claims: on standardised digits lbfgs stops 0.011 in probability
    # from its optimum without a warning.
    optimum, training = explaining.pair.reference.target, explaining.pair.reference_training
    if limit is None or optimum is None or training is None:
        return Explained()
    inferred = explaining.pair.inference.get("reference")
    if inferred is not None and inferred.lost_its_preparation:
        # At its optimum, on other rows than it is asked for.
        return Explained()
    goal = Goal(side="reference", target=optimum, limit=limit)
    return explaining.step(partial(_try_reference, explaining, training, goal), Explained())


def _try_reference(explaining: Explaining, training: Retraining, goal: Goal) -> Explained:
    """Train the reference again with one setting changed."""
    pair = explaining.pair
    explaining.journal.doing("training the reference with other settings")
    before = pair.reference.distance_to(goal.target)
    trials = try_remedies(explaining, training, goal)
    causes = tuple(
        training_cause(
            explaining,
            trial,
            last=before,
            alone=pair.reference.distance_to(Target(predictions=pair.predict(trial.fitted))),
        )
        for trial in showing_causes(trials)
    )
    if not causes and "reference" not in only_declared(pair.inference):
        # A mapping need not know a remedy; that the solver stopped is known all the same.
        causes = (_stopped_early(pair, before),)
    return Explained(
        causes=causes,
        ways=tuple(Way(trial=trial) for trial in closing_trials(trials)),
    )


def _stopped_early(pair: Pair, before: float) -> Cause:
    """Return the cause of a reference that no remedy is known for."""
    training = pair.reference.settings.training
    limit, run = training.iterations, training.iterations_run
    at_limit = limit is not None and run is not None and run >= limit
    # Only a solver that ran out of iterations is stopped by them; more would do nothing for the
    # others.
    setting = "iterations" if at_limit else "tol"
    return Cause(
        setting=setting,
        reference=pair.reference.settings.word(setting),
        candidate=pair.candidate.settings.word(setting),
        kind="reference",
        role="one_of",
        last=before,
        note="it stopped before its own optimum",
    )


def _rank(cause: Cause) -> tuple[bool, int, float]:
    """Return the sort key: musts first, then by kind, then by effect."""
    kinds = ("objective", "training", "reference")
    # Settings of which one suffices keep their order, the smallest change first: the largest effect
    # is no merit among substitutes.
    effect = max(abs(cause.last or 0.0), abs(cause.alone or 0.0)) if cause.role == "must" else 0.0
    return cause.role != "must", kinds.index(cause.kind), -effect
