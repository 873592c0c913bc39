"""From a linear model to the objective whose optimum it is.

`infer_objective` takes

- the `Rows` that a model is held to have been trained on, with sample weights that may have been
  used;
- a `LinearModel`: its parameters on the features as given (as read, or as
  `linear_model.recover_linear_model` returns them), and what it predicts of these rows;
- the objective that is expected of it: that of a reference; or its own, as far as it was read, and
  `regularizer_known` then says that class weights, sample weights, smoothing and rows alone may
  differ.

It returns an `Inference`: the settings that differ, with values and intervals; how sure that is;
the whole objective, as `settings` and `sample_weight`; and what is to be said where nothing fits.
Its cost is that of some five Hessians.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from pytest_modelparity.inference.given_units import as_given
from pytest_modelparity.inference.inferred import Inference
from pytest_modelparity.inference.mapped import AT_THE_EXPECTED, Mapped, mapped
from pytest_modelparity.inference.objectives.choice import (
    EXACT,
    NEARLY,
    Bar,
    Candidate,
    Final,
    accepted,
    adds_nothing,
    finalists,
    lifted,
    rivals,
    ties,
    verified,
)
from pytest_modelparity.inference.objectives.class_balance import class_balance
from pytest_modelparity.inference.objectives.exclusion import excluded
from pytest_modelparity.inference.objectives.given import LinearModel, Rows
from pytest_modelparity.inference.objectives.hypotheses import GIVEN
from pytest_modelparity.inference.objectives.other_rows import other_rows
from pytest_modelparity.inference.objectives.preparation import normalised_candidates
from pytest_modelparity.inference.objectives.resolution import resolution
from pytest_modelparity.inference.objectives.row_search import row_candidates
from pytest_modelparity.inference.objectives.row_weights import row_weights
from pytest_modelparity.inference.objectives.scan import Scan, choices_of, scan
from pytest_modelparity.inference.objectives.subject import Subject, subject_of
from pytest_modelparity.inference.objectives.untold import saturated, untestable
from pytest_modelparity.inference.objectives.verification import verify
from pytest_modelparity.report.inference import (
    MEASURED,
    PROVEN,
    RESEMBLES,
    ExcludedObjective,
)
from pytest_modelparity.rows.blas import single_threaded
from pytest_modelparity.settings import ObjectiveSettings

#: Times the rounding of predictions that parameters which were recovered of them may be off.
ROUNDED = 4.0
#: Part of a pull on the coefficients that is in another direction than they are.
ONE_DIRECTION = 1e-3


@single_threaded
def infer_objective(
    rows: Rows,
    model: LinearModel,
    expected: ObjectiveSettings,
    *,
    regularizer_known: bool = False,
    tolerance: float = 0.01,
) -> Inference:
    """Infer the objective whose optimum a linear model is.

    Parameters
    ----------
    rows : Rows
        Those that it is held to have been trained on.
    model : LinearModel
        Its parameters, and what it predicts of these rows.
    expected : ObjectiveSettings
        The objective that it should be the optimum of: differences are told from this one.
    regularizer_known : bool
        Whether penalty, intercept and scaling of ``expected`` were read from the model itself, and
        so do not differ. Class weights, sample weights, smoothing and rows may.
    tolerance : float
        Largest difference of a prediction that is allowed.
    """
    began = time.perf_counter()
    given = mapped(rows, model, expected, tolerance)
    found = _infer(given, regularizer_known, tolerance / rows.spread)
    found = as_given(given.told(found), given.expected if given.unused else expected, rows)
    return replace(found, seconds=time.perf_counter() - began)


def _infer(given: Mapped, regularizer_known: bool, tolerance: float) -> Inference:
    """Infer it, without looking at the clock."""
    rows, model, expected = given.rows, given.model, given.expected
    why = untestable(rows, model, expected)
    if why:
        return Inference(why=why)
    subject = subject_of(rows, model, expected)
    why = saturated(subject)
    if why:
        return Inference(why=why)
    choices = choices_of(subject, regularizer_known=regularizer_known)
    found = scan(subject, choices, regularizer_known=regularizer_known)
    if model.to_expected is None:
        base = verify(subject, found.expected, EXACT).distance
    else:
        base = model.to_expected / rows.spread + subject.gap
    bar = Bar(
        distance=base,
        decrement=found.decrement,
        tolerance=tolerance,
        tried=found.tried,
    )
    candidates = [Candidate(whole=found.whole, solution=one) for one in found.solutions]
    finals = _finals(subject, candidates, bar)
    if not accepted(finals, bar) and base > EXACT:
        more, n_sets = row_candidates(subject, found, regularizer_known=regularizer_known)
        bar = replace(bar, tried=bar.tried + n_sets)
        finals += _finals(subject, more, bar)
    if not accepted(finals, bar) and base > tolerance and not found.is_costly:
        more = normalised_candidates(subject, found, choices, regularizer_known=regularizer_known)
        bar = replace(bar, tried=bar.tried + len(more))
        finals += _finals(subject, more, bar)
    return _told(subject, found, finals, bar)


def _finals(subject: Subject, candidates: list[Candidate], bar: Bar) -> list[Final]:
    """Return the few that may be it, with their real distance."""
    finals: list[Final] = []
    for one in finalists(candidates, bar):
        if not adds_nothing(one, finals, bar):
            finals.append(verified(subject, one, bar.tolerance))
    return finals


def _told(subject: Subject, found: Scan, finals: list[Final], bar: Bar) -> Inference:
    """Return what is to be said."""
    good = accepted(finals, bar)
    told = Inference(base_distance=bar.distance, tried=bar.tried)
    if bar.distance <= bar.tolerance and not (good and good[0].distance <= NEARLY):
        return replace(told, why=AT_THE_EXPECTED)
    told = replace(told, excluded=_excluded(subject, found))
    if good:
        return _with(told, subject, good, bar.tolerance)
    near = _nearest(subject, found, finals, bar)
    return replace(
        told,
        why="it is at no optimum of the objectives that were tried",
        other_rows=other_rows(subject),
        class_balance=class_balance(subject),
        row_weights=row_weights(subject),
        nearest=near.candidate.text if near is not None else "",
        nearest_distance=near.distance if near is not None else float("nan"),
    )


def _with(told: Inference, subject: Subject, good: list[Final], tolerance: float) -> Inference:
    """Return what is to be said of an objective that was found."""
    first = good[0]
    candidate, inside = first.candidate, first.distance <= tolerance
    settings, weights = lifted(subject, candidate)
    grade = (PROVEN if first.verified.certified else MEASURED) if inside else RESEMBLES
    if grade == PROVEN and (rivals(good) or _may_have_stopped(subject, first)):
        grade = MEASURED
    if grade == MEASURED and _may_be_none(subject, candidate):
        grade = RESEMBLES
    return replace(
        told,
        grade=grade,
        changes=candidate.changes,
        prepared=candidate.prepared,
        settings=settings,
        sample_weight=weights,
        distance=first.distance,
        certified=first.verified.certified,
        resolution=_resolution(candidate, tolerance) if inside else None,
        ties=ties(good),
    )


def _may_have_stopped(subject: Subject, final: Final) -> bool:
    """Whether a training of numbers that was stopped early passes by on its way.

    Gradient descent from zeros shrinks each direction nearly as an L2 penalty does, of whatever
    strength the number of steps stands for: only an optimum, to rounding, tells that there is one.
    A single direction is shrunk exactly so.
    """
    penalty = final.candidate.solution.hypothesis.penalty
    if not subject.of_numbers or penalty == GIVEN:
        return False
    if final.distance > NEARLY + ROUNDED * subject.gap:
        return True
    coef = subject.table[0, :-1]
    pulled = subject.on_rows.pulled(coef, subject.features.mean)
    beside = pulled - coef * float(pulled @ coef) / max(float(coef @ coef), 1e-300)
    is_one = np.linalg.norm(beside) <= ONE_DIRECTION * np.linalg.norm(pulled)
    # An L1 penalty moves all coefficients alike, which only of one is in its own direction.
    return bool(is_one) and (penalty == "l2" or len(coef) == 1)


def _may_be_none(subject: Subject, candidate: Candidate) -> bool:
    """Whether a training of classes without a penalty passes by on its way.

    On rows that a model separates, one without a penalty has no finite optimum, and comes near that
    of one weak penalty after the other.
    """
    told, expected = candidate.solution.settings, subject.base
    if candidate.solution.hypothesis.penalty == GIVEN or told.strength >= expected.strength:
        return False
    if subject.of_numbers:
        return False
    return subject.look.separates


def _resolution(candidate: Candidate, tolerance: float) -> tuple[float, float] | None:
    """Return which C cannot be told from the one found, in the metric of all hypotheses.

    Of numbers the alpha that was found, if one was.
    """
    whole, solution = candidate.whole, candidate.solution
    metric = whole.metrics.of(np.ones(solution.table.size, dtype=bool))
    if not whole.subject.of_numbers:
        return resolution(whole.subject, solution, metric, tolerance)
    if solution.hypothesis.penalty == GIVEN:
        return None
    found = resolution(whole.subject, solution, metric, tolerance)
    return None if found is None else (1.0 / found[1], 1.0 / found[0])


def _excluded(subject: Subject, found: Scan) -> tuple[ExcludedObjective, ...]:
    """Return the objectives without a free number that a model is proven not to be of."""
    fixed = [found.expected]
    if not found.is_costly:
        fixed += [one for one in found.solutions if not one.numbers]
    every = (excluded(subject, one) for one in fixed)
    return tuple(one for one in every if one is not None)


def _nearest(subject: Subject, found: Scan, finals: list[Final], bar: Bar) -> Final | None:
    """Return the objective that was tried with the nearest optimum."""
    others = sorted(found.solutions, key=lambda one: one.decrement)[:1]
    more = [
        verified(subject, Candidate(whole=found.whole, solution=one), bar.tolerance)
        for one in others
    ]
    return min([*finals, *more], key=lambda one: one.distance, default=None)
