"""A side that was trained elsewhere: what its parameters tell of the objective it was trained on.

Asked of a candidate whose settings cannot be read; and of a side that came trained and is not at
the optimum of the objective that it declares. Where an answer may be a cause, it takes the place of
what was read, marked ``~``, and all that explains a divergence goes on from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TypeAlias

import numpy as np

from pytest_modelparity.inference.costs import inference_seconds
from pytest_modelparity.inference.infer import infer_objective
from pytest_modelparity.inference.inferred import Inference
from pytest_modelparity.inference.objectives.given import LinearModel, Rows
from pytest_modelparity.inference.objectives.verification import distance_to
from pytest_modelparity.parity.linear import apart_from, linear_of
from pytest_modelparity.parity.mean_target import fits_the_mean
from pytest_modelparity.parity.opened_rows import is_trainable
from pytest_modelparity.parity.pair import Explaining, Pair
from pytest_modelparity.parity.side import TRAINING, Side
from pytest_modelparity.report.answers import short
from pytest_modelparity.report.inference import (
    MEASURED,
    PROVEN,
    InferredObjective,
)
from pytest_modelparity.report.numbers import number
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.objective import SideObjective
from pytest_modelparity.theory.logistic import on_outputs
from pytest_modelparity.theory.one_vs_rest import OneVsRestObjective

#: Before every value that was inferred, not read.
INFERRED = "~"
#: Which objective the inferred settings differ from.
REFERENCE, DECLARED = "reference", "declared"
#: How an inference calls that one.
AS_EXPECTED = "the objective that is expected"
#: What is told of rows in memory alone.
OF_HELD_ROWS = (
    "trained on a part of the rows, or on features scaled by their quartiles: the rows are passed "
    "over in blocks (memory=, --parity-memory)"
)
#: Settings that may differ because one side was trained on a part of the rows: C is kept where the
#: factor of a penalty is not, and rows that were left out weigh nothing.
WITH_ROWS = ("C", "sample_weight")


#: How far a side's predictions are from those of its parameters, by its name.
Departures: TypeAlias = Mapping[str, float]


def with_inference(explaining: Explaining, departures: Departures, *, asked: bool) -> Explaining:
    """Return an explanation whose sides have the objectives that they were trained on.

    Parameters
    ----------
    departures : mapping of str to float
        As `every_row.EveryRow` has them.
    asked : bool
        Whether causes are wanted; else it is only said where nothing was looked for.
    """
    # The reference first: a candidate without settings is held against what it was trained on.
    for name in ("reference", "candidate"):
        look = partial(_with_side, explaining, name, departures, asked=asked)
        explaining = replace(explaining, pair=explaining.step(look, explaining.pair))
    return explaining


def _with_side(explaining: Explaining, name: str, departures: Departures, *, asked: bool) -> Pair:
    """Return the pair with what is told of one side."""
    pair = explaining.pair
    side = pair.reference if name == "reference" else pair.candidate
    # The optimum of no objective of these targets.
    if name == "candidate" and fits_the_mean(pair):
        return pair
    expected = _expected(pair, side)
    if expected is None:
        return pair
    model = _model(pair, side, expected.settings.output_head, departures)
    if model is None:
        return pair
    of_other = side.objective is None
    whose = REFERENCE if of_other else DECLARED
    if not asked:
        why = "not looked for: explain=False"
        return _told(pair, side, InferredObjective(grade="none", expected=whose, why=why))
    what = f"telling what the {name} was trained on"
    why = _why_not(explaining, expected, what)
    if why:
        return _told(pair, side, InferredObjective(grade="none", expected=whose, why=why))
    explaining.journal.doing(what)
    found = infer_objective(
        _rows(pair, expected),
        replace(model, to_expected=_distance(pair.reference if of_other else side, model)),
        expected.settings,
        regularizer_known=not of_other,
        tolerance=pair.allowed,
    )
    is_cause = _may_be_cause(found, whose)
    if not pair.data.is_held and not is_cause and found.base_distance > pair.allowed:
        explaining.journal.left_out(f"telling whether the {name} was {OF_HELD_ROWS}")
    is_seen = bool(np.isfinite(side.predictions(TRAINING)).all())
    if not is_seen and not pair.reference.may_be_finite:
        # What is compared without a finite optimum is compared on the training rows.
        is_cause = False
    return _told(pair, side, _as_part(found, whose, is_cause=is_cause), found)


def _why_not(explaining: Explaining, expected: SideObjective, what: str) -> str:
    """Return why nothing is looked for; where something is, what that may take is booked."""
    data, budget = explaining.pair.data, explaining.budget
    cost = inference_seconds(expected.on(data), data.n_classes, are_held=data.is_held)
    if not budget.affords("inference", cost):
        explaining.journal.left_out(f"{what}, which may take {number(cost, 2)} s")
        return "not looked for: the budget is too small"
    budget.book("inference", cost)
    return ""


def _distance(owner: Side, model: LinearModel) -> float | None:
    """Return how far predictions of parameters are from the exact optimum of a side's objective.

    ``None`` where it has none, or one of many objectives.
    """
    objective, optimum = owner.canonical, owner.optimum
    if objective is None or optimum is None or isinstance(objective, OneVsRestObjective):
        return None
    assert owner.objective is not None
    layer = owner.objective.layer_parameters(model.coef, model.intercept)
    theta = objective.pack(*on_outputs(*layer, objective.n_outputs))
    return distance_to(objective, theta, optimum)


def _expected(pair: Pair, side: Side) -> SideObjective | None:
    """Return the objective that a side should have; ``None`` where nothing is to be told of it."""
    if side.fitted.recovered is not None and side.objective is None:
        # Of what its training does nothing is known, whoever made it.
        return pair.reference.objective
    if side.fitted.seconds is not None or side.fitted.trained_by:
        return None
    if side.objective is not None:
        return side.objective if _is_off(pair, side) else None
    # What is compiled with a loss of its own has settings, though they are not modelled.
    own = side is not pair.candidate or is_trainable(pair.model)
    return None if own else pair.reference.objective


def _is_off(pair: Pair, side: Side) -> bool:
    """Whether a side is not at the optimum of the objective that it declares."""
    if not pair.data.is_held:
        # Of all rows, where predictions are known of a sample of them.
        proven = side.certificate
        return proven is not None and (proven.distance or 0.0) > pair.allowed
    target = side.target_on(TRAINING)
    # False for a NaN, of which nothing can be told.
    return target is not None and side.distance_to(target) > pair.allowed


def _model(pair: Pair, side: Side, head: str, departures: Departures) -> LinearModel | None:
    """Return the linear model of a side, with what it really predicts, as far as it can."""
    model = linear_of(side, head)
    if model is None:
        return None
    predictions = side.predictions(TRAINING)
    # A table has the rows that are compared only.
    if not np.isfinite(predictions).all():
        return model
    if pair.data.is_held:
        return replace(model, predictions=predictions)
    gap = departures.get(side.name)
    if gap is None:
        # Of the rows compared, where these are others than all.
        X, n_classes = pair.data.held_rows, pair.data.n_classes
        gap = apart_from(model, X, predictions, n_classes=n_classes, head=head)
    return replace(model, gap=gap)


def _rows(pair: Pair, expected: SideObjective) -> Rows:
    """Return the rows of a check, with weights that may have been used."""
    given = expected.sample_weight
    weights = pair.data.sample_weight if given is None else given
    return Rows(X=pair.data.X, y=pair.data.y, n_classes=pair.data.n_classes, sample_weight=weights)


def _may_be_cause(found: Inference, whose: str) -> bool:
    """Whether causes may rest on what was found.

    On what is proven; on what is measured where penalty, intercept and scaling were read: of 135
    such claims on models that were stopped early 133 were right in all and none was wrong
    (`benchmarks/inference.md`); where nothing is read, 19 of 235 named more or less than was done.
    """
    measured = found.grade == MEASURED and whose == DECLARED
    return found.grade == PROVEN or measured


def _as_part(found: Inference, whose: str, *, is_cause: bool) -> InferredObjective:
    """Return what was found as a part of a report."""
    other = found.other_rows
    return InferredObjective(
        grade=found.grade,
        expected=whose,
        is_cause=is_cause,
        values=found.changes,
        prepared=found.prepared,
        why=found.why,
        distance=_known(found.distance),
        certified=found.certified,
        expected_distance=_known(found.base_distance),
        resolution=found.resolution or (),
        ties=found.ties,
        nearest=_named(found.nearest, whose),
        nearest_distance=_known(found.nearest_distance),
        excluded=tuple(replace(one, text=_named(one.text, whose)) for one in found.excluded),
        other_rows=None if other is None else other.ratio,
        like_other_rows=None if other is None else other.consistent,
        class_balance=found.class_balance,
        tried=found.tried,
    )


def _named(text: str, whose: str) -> str:
    """Return an objective in words, the expected one by whose it is."""
    own = "what it declares" if whose == DECLARED else "the reference's objective"
    return own if text == AS_EXPECTED else text


def _known(value: float) -> float | None:
    """Return a number; ``None`` for a NaN."""
    return None if np.isnan(value) else value


def _told(pair: Pair, side: Side, told: InferredObjective, found: Inference | None = None) -> Pair:
    """Return a pair that knows what was told of a side."""
    pair = replace(pair, inference={**pair.inference, side.name: told})
    if found is None or not told.is_cause:
        return pair
    if "rows_used" in told.settings:
        before = pair.blends.differing if pair.blends is not None else ()
        pair = replace(
            pair, with_rows=tuple(one for one in WITH_ROWS if one not in {*told.settings, *before})
        )
    fitted = _with_words(pair, side.fitted, told)
    if told.takes_the_place:
        fitted = _with_objective(pair, fitted, told, found)
    described = side.described(fitted)
    if side is pair.reference:
        return replace(pair, reference=described)
    return replace(pair, candidate=described)


def _with_words(pair: Pair, fitted: FittedModel, told: InferredObjective) -> FittedModel:
    """Return a model with the inferred values among its words, marked."""
    settings = fitted.settings
    words = dict(settings.written)
    if told.expected == REFERENCE:
        expected = pair.reference.settings.written
        names = [name for name in ("penalty", "C") if name in expected]
        # What stands in brackets is the strength, which may be another one.
        same = {name: short(name, expected[name]).partition(" (")[0] for name in names}
        words |= {name: INFERRED + text for name, text in same.items()}
        # Its settings are known now.
        settings = replace(settings, unmodelled=())
    words |= {one.setting: INFERRED + one.text for one in told.values}
    if words.get("penalty") == INFERRED + "None":
        words.pop("C", None)
    return replace(fitted, settings=replace(settings, written=words))


def _with_objective(
    pair: Pair, fitted: FittedModel, told: InferredObjective, found: Inference
) -> FittedModel:
    """Return a model with the objective that was found."""
    assert found.settings is not None
    coef, intercept = fitted.coef, fitted.intercept
    if coef is not None and intercept is not None and told.expected == REFERENCE:
        # Two columns of probabilities are one sigmoid as well as two softmax units.
        n_outputs = pair.data.n_classes if found.settings.output_head == "softmax" else 1
        coef, intercept = on_outputs(coef, intercept, n_outputs)
    return replace(
        fitted,
        settings=replace(fitted.settings, objective=found.settings),
        coef=coef,
        intercept=intercept,
        sample_weight=found.sample_weight,
        # It speaks of the objective that was declared.
        certificate=None,
    )
