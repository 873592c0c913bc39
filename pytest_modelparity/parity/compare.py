"""The order of the steps of a comparison, from the question to the report."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from pytest_modelparity.parity.all_rows import structure_on_all_rows
from pytest_modelparity.parity.as_given import pair_as_given, read_rows
from pytest_modelparity.parity.budget import Budget
from pytest_modelparity.parity.candidate_rows import with_candidate_rows
from pytest_modelparity.parity.elsewhere import with_inference
from pytest_modelparity.parity.every_row import EveryRow
from pytest_modelparity.parity.explain import Explanation, explain
from pytest_modelparity.parity.findings import Measured
from pytest_modelparity.parity.heads import with_refuted
from pytest_modelparity.parity.nearest import nearest_linear
from pytest_modelparity.parity.opened_rows import (
    leave_out_trainings,
    trained_once,
    with_opened_rows,
)
from pytest_modelparity.parity.own_errors import OwnErrors, own_errors_of
from pytest_modelparity.parity.pair import Explaining, Pair
from pytest_modelparity.parity.question import Question, Wiring
from pytest_modelparity.parity.refusals import refuse_what_judges_nothing, tolerance_on
from pytest_modelparity.parity.relation import relation_cause, relation_of
from pytest_modelparity.parity.reporting import report_of
from pytest_modelparity.parity.seeds import SeedStudy, study_with_other_seeds
from pytest_modelparity.parity.side import Side
from pytest_modelparity.parity.structure import check_structure
from pytest_modelparity.parity.verdict import Verdict, judge, refuse_unjudged
from pytest_modelparity.report.parts import Certificate, StructureCheck
from pytest_modelparity.report.relations import Relation
from pytest_modelparity.report.report import ParityReport
from pytest_modelparity.settings import OBJECTIVE_SETTINGS, ObjectiveSettings
from pytest_modelparity.sides.candidate import (
    CandidateRequest,
    find_candidate,
)
from pytest_modelparity.sides.dataset import Dataset, read_dataset
from pytest_modelparity.sides.estimator import EstimatorTraining, fit_side
from pytest_modelparity.sides.inputs import inputs_of, read_ranges
from pytest_modelparity.sides.mapping import (
    EstimatorMapping,
    features_of,
    find_mapping,
    predicts_numbers,
)
from pytest_modelparity.sides.regression import read_numbers
from pytest_modelparity.theory.clock import watched


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """The report, and what its caller is to raise once it is recorded.

    That is the warnings of both trainings, and what interrupted the explanation.
    """

    report: ParityReport
    raised: tuple[Warning, ...]
    interruption: BaseException | None = None


def compare(question: Question, wiring: Wiring) -> Comparison:
    """Train both sides, compare them from objective to labels, and explain a divergence.

    Raises
    ------
    ModelParityError
        If the check cannot be made; everything is validated before anything is trained.
    """
    # All that can be refused is refused here, before the first training: a user who waited for a
    # fit must not lose it to a misspelt argument. Some settings never return from a fit at all,
    # such as liblinear with C=inf up to scikit-learn 1.7.
    mapping: EstimatorMapping | None = None
    if question.y is not None:
        mapping = find_mapping(question.reference, wiring.mappings)
    question = with_opened_rows(question, wiring.row_kinds, mapping)
    if mapping is not None:
        question = with_candidate_rows(question, mapping)
        mapping = find_mapping(question.reference, wiring.mappings)
    data, journal = _read_data(question, wiring, mapping), wiring.journal
    question = replace(question, tolerance=tolerance_on(question, data))
    refuse_what_judges_nothing(question.tolerance, data)
    inputs = inputs_of(data, read_ranges(question.input_ranges, data.feature_names))
    inert: tuple[str, ...] = ()
    if mapping is not None:
        pair, inert = _trained(question, wiring, data, mapping)
    else:
        pair = pair_as_given(question, wiring, data)
    pair, training = trained_once(replace(pair, inputs=inputs)), pair.model.training
    # Its clock starts here: what a user's own training takes is no part of explaining.
    budget = Budget(
        question.budget,
        training.seconds if training is not None else None,
        by_fit_alone=question.training == "fit",
        trains_again=pair.may_train,
    )
    explaining = Explaining(pair=pair, budget=budget, journal=journal, draws_map=wiring.draws_map)
    journal.doing("finding the exact optima")
    report = _report(question, wiring, explaining, inert)
    # Last, so that a contributed source reads the whole report, as its user will.
    if wiring.findings is not None:
        report = replace(report, findings=(*report.findings, *wiring.findings(report)))
    raised = (*pair.reference.fitted.raised, *pair.candidate.fitted.raised)
    return Comparison(report=report, raised=raised, interruption=journal.interruption)


def _trained(
    question: Question, wiring: Wiring, data: Dataset, mapping: EstimatorMapping
) -> tuple[Pair, tuple[str, ...]]:
    """Train both sides as their user asked; return them with what of the reference is inert."""
    journal = wiring.journal
    mapping.read(question.reference, data)
    model = find_candidate(
        CandidateRequest(
            given=question.candidate,
            fit=question.fit,
            reference=question.reference,
            mapping=mapping,
            data=data,
            seed=question.seed,
            training=question.training,
            kind=question.kind,
            allow_pickle=question.allow_pickle,
        ),
        wiring.kinds,
    )
    # The reference first: its fit mostly takes milliseconds, and what it raises spares the
    # candidate's.
    journal.doing("training the reference")
    reference = fit_side(mapping, question.reference, data, "reference")
    journal.doing("training the candidate")
    fitted = model.train()
    pair = Pair(
        data=data,
        reference=Side(name="reference", data=data, fitted=reference),
        candidate=Side(name="candidate", data=data, fitted=fitted),
        with_rows=fitted.with_rows,
        model=model,
        reference_training=EstimatorTraining(
            mapping=mapping,
            estimator=question.reference,
            data=data,
            fitted=reference,
            side="reference",
        ),
        tolerance=question.tolerance,
    )
    return pair, mapping.inert_settings(question.reference, data)


def _read_data(question: Question, wiring: Wiring, mapping: EstimatorMapping | None) -> Dataset:
    """Return the data of a check, validated: labels or numbers, as the reference takes them."""
    if mapping is None:
        return read_rows(question, wiring)
    given = {
        "sample_weight": question.sample_weight,
        "X_eval": question.X_eval,
        "y_eval": question.y_eval,
    }
    features = features_of(mapping, question.reference, question.X, question.y, question.X_eval)
    numbers = predicts_numbers(mapping, question.reference)
    read = read_numbers if numbers else read_dataset
    return read(question.X, question.y, features=features, **given)


def _report(
    question: Question, wiring: Wiring, explaining: Explaining, inert: tuple[str, ...]
) -> ParityReport:
    """Measure, judge, split and explain."""
    verdict = _verdict(explaining.pair)
    explaining = replace(explaining, pair=_measured(explaining.pair, verdict.measured))
    brought = list(verdict.brought)
    relation, structure = _structure(explaining.pair, verdict, brought.append)
    asked = not verdict.equivalent and question.explain
    if asked:
        leave_out_trainings(explaining)
    # What one change of structure explains to rounding needs no other objective.
    if not verdict.equivalent and not (relation and relation.exact):
        explaining = _inferred(explaining, verdict, brought.append, asked=asked)
    study, explanation = _explain(explaining, relation, asked=asked)
    nearest = explaining.step(partial(nearest_linear, explaining), None) if asked else None
    measured = Measured(
        pair=explaining.pair,
        verdict=replace(verdict, brought=tuple(dict.fromkeys(brought))),
        structure=structure or check_structure(explaining.pair),
        study=study,
        relation=relation,
        nearest=nearest,
        inert=inert,
    )
    report = report_of(measured, explaining, explanation, asked=asked)
    return replace(
        report,
        seed=question.seed,
        environment=wiring.environment(),
        duration=time.perf_counter() - wiring.started,
    )


def _verdict(pair: Pair) -> Verdict:
    """Compare the sides as they were trained; refuses a tolerance that would judge nothing."""
    # On the one candidate that was trained with the seed, never on a spread over seeds: the same
    # program has the same verdict in every run.
    verdict = judge(
        pair.reference,
        pair.candidate,
        pair.tolerance,
        pair.inputs,
        with_parameters=_are_finite(pair.certificates),
    )
    refuse_unjudged(pair.tolerance, verdict.parameters)
    return verdict


def _measured(pair: Pair, measured: EveryRow) -> Pair:
    """Return the pair with what was measured of it on all rows."""
    reference, candidate = (
        with_refuted(side, measured.refuted, "an even sample of the rows")
        for side in (pair.reference, pair.candidate)
    )
    return replace(pair, reference=reference, candidate=candidate, own=measured.own)


def _inferred(
    explaining: Explaining, verdict: Verdict, told_why: Callable[[str], None], *, asked: bool
) -> Explaining:
    """Return the explanation with the objectives that sides were trained on, and their errors."""
    before = explaining.pair
    explaining = with_inference(explaining, verdict.measured.departures, asked=asked)
    pair = explaining.pair
    if pair.data.sampled is None or _objectives(pair) == _objectives(before):
        return explaining
    sides = (pair.reference, pair.candidate)
    # Errors on a sample of the rows, where an interrupt ends the pass.
    own = explaining.step(partial(own_errors_of, sides, told_why), OwnErrors())
    return replace(explaining, pair=replace(pair, own=own))


def _objectives(pair: Pair) -> list[ObjectiveSettings | None]:
    """Return the settings of both objectives."""
    return [side.settings.objective for side in (pair.reference, pair.candidate)]


def _structure(
    pair: Pair, verdict: Verdict, told_why: Callable[[str], None]
) -> tuple[Relation | None, StructureCheck | None]:
    """Return the change that explains a divergence, and what was checked of structure with it."""
    if verdict.decisive.within:
        return None, None
    if pair.data.sampled is not None:
        return structure_on_all_rows(pair, verdict, told_why)
    return relation_of(pair, verdict), None


def _are_finite(certificates: Mapping[str, Certificate]) -> bool:
    """Whether no side's objective is proven to lack a finite optimum."""
    # Without one coefficients grow as long as one trains: comparing them compares epochs.
    return all(item.finite_optimum is not False for item in certificates.values())


def _explain(
    explaining: Explaining, relation: Relation | None, *, asked: bool
) -> tuple[SeedStudy, Explanation]:
    """Return what other seeds show, and the causes; nothing of both where that is not asked.

    A check that passes pays for none of this; that is most checks of most runs.
    """
    if not asked:
        return SeedStudy(), Explanation()
    # What one change of structure explains to rounding no setting and no training does.
    if relation is not None and relation.exact:
        explaining.journal.left_open.update(OBJECTIVE_SETTINGS)
        return SeedStudy(), Explanation(causes=(relation_cause(relation, explaining.pair),))
    # Whatever interrupts: the verdict stands.
    explaining.budget.begin_with(explaining.pair.optima_seconds)
    with watched(explaining.budget.allows_step):
        study = explaining.step(lambda: study_with_other_seeds(explaining), SeedStudy())
        return study, explaining.step(lambda: explain(explaining), Explanation())
