"""The simplest objective that explains a model, and those that explain it as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pytest_modelparity.inference.objectives.scan import (
    MOST_LEFT,
    is_unlikely,
    refined,
)
from pytest_modelparity.inference.objectives.solution import Solution
from pytest_modelparity.inference.objectives.stationarity import Stationarity
from pytest_modelparity.inference.objectives.subject import Subject
from pytest_modelparity.inference.objectives.subsets import RowSet
from pytest_modelparity.inference.objectives.verification import (
    Verified,
    verify,
    verify_prepared,
)
from pytest_modelparity.inference.objectives.words import text_of, words_of
from pytest_modelparity.report.inference import InferredValue
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.theory.design import FloatArray

#: Part of the distance to the expected optimum that an accepted one may leave: models of the same
#: objective that were stopped early come as near as 0.118 of it to another one.
PART = 0.1
#: The same, and the part of the decrement, for sets of rows, whose neighbours are alike.
PART_OF_ROWS = 0.05
#: Times the least distance that counts as well: noise is not isotropic.
AS_WELL = 3.0
#: Distance up to which a model is at an exact optimum.
EXACT = 1e-5
#: Distances below which exact optima do not compare; and others, as a part of the tolerance.
FLOOR, FLOOR_PART = 5e-6, 0.1
#: Distance up to which a rare objective is credible, and one other than that expected where both
#: are within the tolerance; and most settings of one that is not rare.
NEARLY, MOST_USUAL = 3e-5, 2
#: Solutions that are looked at more closely.
MOST_FINALISTS = 5
#: Times that an objective is nearer than a simpler one, to leave it open which it is.
NEARER = 1.5
#: Cost above the least up to which another objective is a tie.
NEARLY_AS_SIMPLE = 1
#: Ratio of class weights, and strengths of a penalty, that no user chose; the least also as a part
#: of the one that is expected.
MOST_RATIO, LEAST_STRENGTH, MOST_STRENGTH, LEAST_PART = 1e3, 1e-6, 1e6, 1e-3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """A solution on some rows.

    Parameters
    ----------
    whole : Stationarity
        The model on these.
    solution : Solution
        Its settings are those of these rows alone.
    rows : RowSet, optional
        None for all.
    prepared : str
        What was done to them in training and is not at prediction, in words.
    """

    whole: Stationarity
    solution: Solution
    rows: RowSet | None = None
    prepared: str = ""

    @property
    def cost(self) -> int:
        """Deviations and free numbers; a set of rows is one of each."""
        of_rows = 0 if self.rows is None else 2
        return self.solution.cost + of_rows + int(bool(self.prepared))

    @property
    def is_rare(self) -> bool:
        """Whether only an optimum makes it credible: a training that was stopped looks like many.

        Three settings at once, an elastic net, a strength of the intercept's own, a scaling or a
        penalty of the intercept beside something else.
        """
        different = self.solution.hypothesis.different
        return (
            len(different) > MOST_USUAL
            or self.solution.hypothesis.intercept == "penalised"
            or self.solution.hypothesis.penalty == "elasticnet"
            or (len(different) > 1 and bool(different & {"scaling", "intercept"}))
        )

    @property
    def changes(self) -> tuple[InferredValue, ...]:
        """The settings that differ."""
        own = words_of(self.whole.subject, self.solution).settings
        if self.rows is not None:
            size = float(len(self.rows.rows))
            rows = InferredValue(setting="rows_used", text=self.rows.name, values=(size,))
            return (rows, *own)
        if self.prepared:
            return (InferredValue(setting="feature_scaling", text=self.prepared), *own)
        return own

    @property
    def order(self) -> tuple[int, int, int]:
        """What a simpler one has less of: cost, then numbers, then digits to write them."""
        digits = words_of(self.whole.subject, self.solution).digits
        return self.cost, len(self.solution.numbers), digits

    @property
    def text(self) -> str:
        """In words."""
        return text_of(self.changes)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Final:
    """A candidate with its real distance."""

    candidate: Candidate
    verified: Verified

    @property
    def distance(self) -> float:
        """Of the model to its optimum."""
        return self.verified.distance


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What an objective has to leave less of than the expected one.

    Parameters
    ----------
    distance : float
        Distance of the model to the expected optimum.
    decrement : float
        Newton decrement of the expected objective.
    tolerance : float
        Distance that is allowed.
    tried : int
        Hypotheses and sets of rows.
    """

    distance: float
    decrement: float
    tolerance: float
    tried: int

    def floor(self, least: float) -> float:
        """Return the distance up to which another one explains as well as the best one."""
        return max(AS_WELL * least, FLOOR if least < EXACT else FLOOR_PART * self.tolerance)


def finalists(candidates: Sequence[Candidate], bar: Bar) -> list[Candidate]:
    """Return the few that may be it, the simplest first."""
    possible = [one for one in candidates if _is_possible(one, bar)]
    # Rare ones that are not exact would only crowd out the others.
    usual = [one for one in possible if not one.is_rare or one.solution.distance <= NEARLY]
    near = [_refined(one) for one in _nearest(usual, MOST_FINALISTS * 2)]
    if not near:
        return []
    floor = bar.floor(min(one.solution.distance for one in near))
    alike = [one for one in near if one.solution.distance <= floor]
    return sorted(alike, key=lambda one: one.order)[:MOST_FINALISTS]


def accepted(finals: Sequence[Final], bar: Bar) -> list[Final]:
    """Return those that explain the model, the one to name first."""
    least = min((one.distance for one in finals), default=0.0)
    floor = bar.floor(least)
    good = [one for one in finals if one.distance <= floor and _leaves_little(one, bar)]
    return sorted(good, key=lambda one: one.candidate.order)


def ties(finals: Sequence[Final]) -> tuple[str, ...]:
    """Return in words what explains as well as the first, and is nearly as simple."""
    first, others = finals[0].candidate, finals[1:]
    nearer = rivals(finals)
    return tuple(
        one.candidate.text
        for one in others
        if one in nearer
        or (
            one.candidate.cost <= first.cost + NEARLY_AS_SIMPLE
            and not _contains(one.candidate, first)
        )
    )


def rivals(finals: Sequence[Final]) -> list[Final]:
    """Return what is less simple than the first, and nearer by more than a training's noise.

    A training that was stopped within the tolerance of one optimum may be within that of another,
    and a certificate of the one is no proof against the other. An exact optimum has none.
    """
    first = finals[0]
    if first.distance <= NEARLY:
        return []
    return [one for one in finals[1:] if one.distance * NEARER < first.distance]


def adds_nothing(candidate: Candidate, finals: Sequence[Final], bar: Bar) -> bool:
    """Whether a simpler one explains the model, of which this one says the same and is no nearer.

    It would be named neither as the objective nor as a tie nor as a rival, so its optimum, which
    takes longest of all, need not be found. It is no nearer to first order, or the simpler one is
    an exact optimum, which has no rival.
    """
    return any(
        _leaves_little(one, bar)
        and _contains(candidate, one.candidate)
        and (one.distance <= NEARLY or candidate.solution.distance * NEARER >= one.distance)
        for one in finals
    )


def _leaves_little(final: Final, bar: Bar) -> bool:
    """Whether little of the distance to the expected optimum is left."""
    return final.distance <= _part(final.candidate) * bar.distance


def _contains(one: Candidate, simpler: Candidate) -> bool:
    """Whether a candidate differs in the settings of a simpler one and more: it says the same."""
    more, less = one.solution, simpler.solution
    return (
        one.rows is simpler.rows
        and less.hypothesis.different <= more.hypothesis.different
        and one.cost > simpler.cost
    )


def verified(subject: Subject, candidate: Candidate, enough: float) -> Final:
    """Return a candidate with its real distance, on all rows."""
    if candidate.prepared:
        there = candidate.whole.subject
        return Final(
            candidate=candidate,
            verified=verify_prepared(subject, there, candidate.solution, enough),
        )
    settings, weights = lifted(subject, candidate)
    on_all = replace(candidate.solution, settings=settings)
    return Final(candidate=candidate, verified=verify(subject, on_all, enough, weights))


def lifted(subject: Subject, candidate: Candidate) -> tuple[ObjectiveSettings, FloatArray | None]:
    """Return the settings of a candidate on all rows, and the sample weights they speak of."""
    settings, rows = candidate.solution.settings, candidate.rows
    given = subject.sample_weight if settings.sample_weight else None
    if rows is None:
        return settings, given
    if rows.is_prefix:
        return replace(settings, rows_used=len(rows.rows)), given
    mask = np.zeros(subject.n)
    mask[rows.rows] = subject.n / len(rows.rows)
    weights = mask if given is None else mask * given
    return replace(settings, sample_weight=True), weights


def _is_possible(candidate: Candidate, bar: Bar) -> bool:
    """Whether a solution leaves little enough, not by chance, with numbers that a user chose."""
    solution, settings = candidate.solution, candidate.solution.settings
    left = solution.decrement / max(bar.decrement, 1e-300)
    most = MOST_LEFT if candidate.rows is None else PART_OF_ROWS
    weights = settings.class_weight or (1.0,)
    strength = settings.strength
    # Beside many rows the usual ones are weak.
    least = min(LEAST_STRENGTH, LEAST_PART * candidate.whole.subject.base.strength)
    least = least or LEAST_STRENGTH
    return (
        left <= most
        and is_unlikely(solution, left, bar.tried)
        and max(weights) <= MOST_RATIO * min(weights)
        and (strength == 0 or least <= strength <= MOST_STRENGTH)
    )


def _part(candidate: Candidate) -> float:
    """Return the part of the distance to the expected optimum that may be left."""
    return PART if candidate.rows is None else PART_OF_ROWS


def _nearest(candidates: Sequence[Candidate], most: int) -> list[Candidate]:
    """Return the nearest to first order, of those that do not compare the simplest."""
    near = sorted(candidates, key=lambda one: (max(one.solution.distance, FLOOR), one.cost))
    return near[:most]


def _refined(candidate: Candidate) -> Candidate:
    """Return a candidate with its numbers in its own metric."""
    return replace(candidate, solution=refined(candidate.whole, candidate.solution))
