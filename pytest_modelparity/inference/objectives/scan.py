"""All hypotheses on one set of rows, and the few that are worth a closer look."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import betainc

from pytest_modelparity.inference.objectives.hypotheses import RATIOS, Choices, hypotheses
from pytest_modelparity.inference.objectives.metric import Metrics
from pytest_modelparity.inference.objectives.moments import balanced
from pytest_modelparity.inference.objectives.scalings import scalings
from pytest_modelparity.inference.objectives.solution import Solution
from pytest_modelparity.inference.objectives.stationarity import Stationarity
from pytest_modelparity.inference.objectives.subject import Subject
from pytest_modelparity.settings import ObjectiveSettings, same_setting
from pytest_modelparity.theory.design import FloatArray
from pytest_modelparity.theory.gauge import gauge_directions

#: Part of the expected objective's decrement that an accepted one may leave.
MOST_LEFT = 0.2
#: Probability, over all that is tried, that chance alone leaves so little.
CHANCE = 1e-3
#: First-order distance from which a metric of a solution's own is worth its Hessian.
EXACT = 1e-5
#: Multiplications of a Hessian up to which two dozen more are worth their time.
CHEAP = 2e7
#: Times that a solution is looked at in its own metric.
ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scan:
    """What a scan over the hypotheses of one set of rows is made of.

    Parameters
    ----------
    whole : Stationarity
        The model on these rows.
    expected : Solution
        The objective that is expected.
    solutions : tuple of Solution
        All others that have an optimum in their numbers.
    tried : int
        Hypotheses, those included that have none.
    """

    whole: Stationarity
    expected: Solution
    solutions: tuple[Solution, ...]
    tried: int

    @property
    def is_costly(self) -> bool:
        """Whether a dozen Hessians more would take seconds."""
        subject = self.whole.subject
        return subject.objective(subject.base).mean_loss.second_work > CHEAP

    @property
    def decrement(self) -> float:
        """What the expected objective leaves, and what of the model it cannot have."""
        subject = self.whole.subject
        lost = subject.on_rows.length(subject.table - self.expected.table)
        return float(np.hypot(self.expected.decrement, lost))


def scan(
    subject: Subject, choices: Choices, *, regularizer_known: bool, decrement: float | None = None
) -> Scan:
    """Solve all hypotheses in the metric of the expected objective.

    Parameters
    ----------
    decrement : float, optional
        Newton decrement of what is to be left little of; default: that of the expected objective.
    """
    whole = Stationarity(
        subject,
        scalings(subject) if choices.scaling else {},
        metrics_of(subject, subject.base),
        regularizer_known=regularizer_known,
    )
    every = list(hypotheses(choices))
    expected = whole.solve(every[0])
    assert expected is not None
    found = Scan(whole=whole, expected=expected, solutions=(), tried=len(every))
    most = MOST_LEFT * (found.decrement if decrement is None else decrement)
    solutions = whole.solved([one for one in every[1:] if one.penalty != "elasticnet"], most)
    # An elastic net takes a search, and holds each of its parts alone as a simpler case.
    for one in every[1:]:
        if any(known.distance <= EXACT for known in (expected, *solutions)):
            break
        if one.penalty == "elasticnet":
            solutions += whole.solved([one], most)
    return replace(found, solutions=tuple(solutions))


def metrics_of(subject: Subject, settings: ObjectiveSettings) -> Metrics:
    """Return the metrics of an objective at the model, at mean row weight 1."""
    plain = replace(settings, feature_shift=None, feature_scale=None, fit_intercept=True)
    objective = subject.objective(plain)
    hessian = subject.expansion(plain, subject.table.reshape(-1)).hessian
    if settings.feature_scale is not None:
        # The penalty holds in other units than the features.
        more = settings.l2_strength * (np.square(settings.feature_scale) - 1.0)
        hessian = hessian + np.diag(np.tile(np.append(more, 0.0), subject.n_outputs))
    return Metrics(hessian / objective.row_weight.mean(), gauge_directions(objective))


def refined(whole: Stationarity, solution: Solution) -> Solution:
    """Return a solution with its numbers by its own metric."""
    for _ in range(ROUNDS):
        if solution.distance <= EXACT:
            return solution
        own = whole.in_metrics(metrics_of(whole.subject, solution.settings))
        again = own.solve(solution.hypothesis)
        if again is None:
            return solution
        solution = replace(again, decrement=solution.decrement)
    return solution


def is_unlikely(solution: Solution, left: float, tried: int) -> bool:
    """Whether chance would hardly leave so small a part of the gradient.

    A random direction in d dimensions leaves less than q after m free numbers with probability
    ``I_{q^2}((d - m) / 2, m / 2)``.

    Parameters
    ----------
    left : float
        q.
    tried : int
        Hypotheses and sets of rows, each with its chance.
    """
    d, m = solution.n_equations, max(len(solution.numbers), 1)
    if d <= m:
        # One equation that no number was free to meet: q is the volume of what leaves so little.
        return d == 1 and not solution.numbers and left * tried <= CHANCE
    chance = float(betainc((d - m) / 2, m / 2, min(left, 1.0) ** 2))
    return chance * tried <= CHANCE


def choices_of(subject: Subject, *, regularizer_known: bool) -> Choices:
    """Return what may differ from the expected objective."""
    base = subject.base
    absent = base.fit_intercept and not subject.has_intercept
    present = not base.fit_intercept and subject.has_intercept
    fixed = regularizer_known
    intercept = ["as coefficients", "penalised"] if base.fit_intercept else []
    intercept = ["absent"] if absent else ["present"] if present else intercept
    kind = [one for one in ("none", "l2", "l1", "elasticnet") if one != "none" or base.strength]
    return Choices(
        weights=_weights(subject),
        classes=_classes(subject),
        penalty=() if fixed else tuple(kind),
        intercept=() if fixed else tuple(intercept),
        smoothing=_smoothing(subject),
        scaling=() if fixed else tuple(scalings(subject)),
    )


def _weights(subject: Subject) -> tuple[str, ...]:
    """Return what may be of the sample weights."""
    if subject.sample_weight is None:
        return ()
    return ("dropped",) if subject.base.sample_weight else ("used",)


def _smoothing(subject: Subject) -> tuple[str, ...]:
    """Return what may be of the label smoothing."""
    if not subject.n_classes:
        return ()
    return ("free", "none") if subject.base.label_smoothing else ("free",)


def _classes(subject: Subject) -> tuple[str, ...]:
    """Return what class weights may be, those left out that are the expected ones."""
    given = subject.base
    if not subject.n_classes:
        return ()
    every: dict[str, FloatArray] = {
        "none": np.ones(subject.n_classes),
        "balanced": balanced(subject),
    }
    names = [
        name
        for name, weights in every.items()
        if not same_setting(
            "class_weight", given, replace(given, class_weight=tuple(map(float, weights)))
        )
    ]
    # Without a penalty the unit of class weights never tells.
    return (*names, "free", RATIOS) if given.strength else (*names, "free")
