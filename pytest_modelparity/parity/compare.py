"""The order of the steps of a comparison, from the question to the report."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.parity.budget import Budget
from pytest_modelparity.parity.compared import compare_settings
from pytest_modelparity.parity.divergence import scores
from pytest_modelparity.parity.explain import Explanation, explain
from pytest_modelparity.parity.findings import Measured, find_all
from pytest_modelparity.parity.journal import Journal
from pytest_modelparity.parity.pair import Explaining, Pair
from pytest_modelparity.parity.relation import relation_cause, relation_of
from pytest_modelparity.parity.samples import coefficients_of, rows_of, summary_of, trajectory_of
from pytest_modelparity.parity.seeds import N_SEEDS, SeedStudy, study_seeds
from pytest_modelparity.parity.side import Side
from pytest_modelparity.parity.split import split_of
from pytest_modelparity.parity.structure import check_structure
from pytest_modelparity.parity.verdict import Verdict, judge
from pytest_modelparity.parity.worst_case import worst_case_of
from pytest_modelparity.report.parts import Certificate, Finding
from pytest_modelparity.report.relations import Relation
from pytest_modelparity.report.report import ParityReport
from pytest_modelparity.report.worst_case import WorstCase
from pytest_modelparity.settings import OBJECTIVE_SETTINGS
from pytest_modelparity.sides.candidate import (
    Candidate,
    CandidateKind,
    CandidateRequest,
    find_candidate,
)
from pytest_modelparity.sides.dataset import Dataset, read_dataset
from pytest_modelparity.sides.estimator import EstimatorTraining
from pytest_modelparity.sides.inputs import inputs_of, read_ranges
from pytest_modelparity.sides.mapping import EstimatorMapping, find_mapping
from pytest_modelparity.theory.clock import watched
from pytest_modelparity.tolerance import Tolerance

#: Adds findings to those of this package.
MoreFindings = Callable[[ParityReport], tuple[Finding, ...]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """What a check is asked; the fields are the arguments of `check.compare_models`.

    Parameters
    ----------
    reference, X, y, candidate, fit, sample_weight, X_eval, y_eval : object
        As the user gave them; validated by `compare`.
    tolerance, seed, explain, budget, training, input_ranges : object
        As given, until the places that settings come from have been asked.
    """

    reference: Any
    X: Any
    y: Any
    candidate: Any = None
    fit: Any = None
    sample_weight: Any = None
    X_eval: Any = None
    y_eval: Any = None
    tolerance: Any = None
    seed: Any = None
    explain: Any = True
    budget: Any = None
    training: Any = None
    input_ranges: Any = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wiring:
    """What a check works with.

    Parameters
    ----------
    mappings : tuple of EstimatorMapping
        Contributed ones first: the first that knows the reference is used.
    kinds : tuple of CandidateKind
        Contributed ones first: the first that knows what was given is used.
    environment : callable
        Returns the versions that the report is to hold.
    findings : callable, optional
        Maps the report to the findings that others contribute.
    journal : Journal
        Is told what is being done.
    draws_map : bool
        Whether a map of the training is wanted of a divergence.
    """

    mappings: tuple[EstimatorMapping, ...]
    kinds: tuple[CandidateKind, ...]
    environment: Callable[[], Mapping[str, str]]
    findings: MoreFindings | None = None
    journal: Journal = field(default_factory=Journal)
    draws_map: bool = False
    started: float = field(default_factory=time.perf_counter)


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
    _refuse_other_quantities(question.tolerance)
    data, journal = _read_data(question), wiring.journal
    _refuse_box_of_many_classes(question.tolerance, data)
    _refuse_scores_without_labels(question.tolerance, data)
    inputs = inputs_of(data, read_ranges(question.input_ranges, data.feature_names))
    mapping = find_mapping(question.reference, wiring.mappings)
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
        ),
        wiring.kinds,
    )
    pair = replace(_train(question, mapping, model, data, journal), inputs=inputs)
    training = model.training
    # Its clock starts here: what a user's own training takes is no part of explaining.
    budget = Budget(
        question.budget,
        training.seconds if training is not None else None,
        by_fit_alone=question.training == "fit",
    )
    explaining = Explaining(pair=pair, budget=budget, journal=journal, draws_map=wiring.draws_map)
    journal.doing("finding the exact optima")
    report = _report(question, wiring, explaining, mapping.inert_settings(question.reference, data))
    # Last, so that a contributed source reads the whole report, as its user will.
    if wiring.findings is not None:
        report = replace(report, findings=(*report.findings, *wiring.findings(report)))
    raised = (*pair.reference.fitted.raised, *pair.candidate.fitted.raised)
    return Comparison(report=report, raised=raised, interruption=journal.interruption)


def _train(
    question: Question,
    mapping: EstimatorMapping,
    model: Candidate,
    data: Dataset,
    journal: Journal,
) -> Pair:
    """Train both sides as their user asked."""
    # The reference first: its fit mostly takes milliseconds, and what it raises spares the
    # candidate's.
    journal.doing("training the reference")
    reference = mapping.fit(question.reference, data, side="reference")
    journal.doing("training the candidate")
    return Pair(
        data=data,
        reference=Side(name="reference", data=data, fitted=reference),
        candidate=Side(name="candidate", data=data, fitted=model.train()),
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


def _refuse_other_quantities(tolerance: Tolerance) -> None:
    """Refuse a tolerance of what a classifier does not predict: it would judge nothing."""
    if tolerance.prediction is not None:
        raise ModelParityError(
            f"tolerance prediction is for regressors, got prediction={tolerance.prediction!r} for "
            f"classifiers, which predict probabilities; write Tolerance(probability=...)"
        )


def _refuse_box_of_many_classes(tolerance: Tolerance, data: Dataset) -> None:
    """Refuse to judge by a search: that it found nothing worse proves nothing."""
    if tolerance.worst_case_box is not None and data.n_classes > 2:
        raise ModelParityError(
            f"tolerance worst_case_box is for two classes, whose worst input in a box is known "
            f"exactly, got worst_case_box={tolerance.worst_case_box!r} for {data.n_classes} "
            f"classes; write Tolerance(worst_case=...), which judges mixtures of the rows"
        )


def _refuse_scores_without_labels(tolerance: Tolerance, data: Dataset) -> None:
    """Refuse a tolerance of scores that nobody can work out: it would judge nothing."""
    asked = [name for name in ("score", "log_loss") if getattr(tolerance, name) is not None]
    if asked and data.y_eval is None:
        raise ModelParityError(
            f"tolerance {asked[0]} needs the labels of the rows compared, got X_eval without them; "
            f"pass y_eval"
        )


def _read_data(question: Question) -> Dataset:
    """Return the data of a check, validated."""
    return read_dataset(
        question.X,
        question.y,
        sample_weight=question.sample_weight,
        X_eval=question.X_eval,
        y_eval=question.y_eval,
    )


def _report(
    question: Question, wiring: Wiring, explaining: Explaining, inert: tuple[str, ...]
) -> ParityReport:
    """Measure, judge, split and explain."""
    pair, journal = explaining.pair, explaining.journal
    verdict = _verdict(pair, certificates := _certificates(pair))
    structure, relation = check_structure(pair), relation_of(pair, verdict)
    asked = not verdict.equivalent and question.explain
    study, explanation = _explain(explaining, relation, asked=asked)
    # A setting that was not come to must not seem to have no effect.
    explained = asked and journal.interruption is None
    measured = Measured(
        pair=pair, verdict=verdict, structure=structure, study=study, relation=relation, inert=inert
    )
    return ParityReport(
        verdict="equivalent" if verdict.equivalent else "diverged",
        divergences=verdict.divergences,
        tolerance=pair.tolerance,
        settings={side.name: side.settings for side in measured.sides},
        data=summary_of(pair.data),
        structure=structure,
        relation=relation,
        certificates=certificates,
        split=None if pair.points is None else split_of(pair.points),
        explained=explained,
        causes=explanation.causes,
        compared=compare_settings(pair, journal, explained=explained),
        repair=explanation.repair,
        alternatives=explanation.alternatives,
        findings=find_all(measured),
        warnings=(*pair.reference.fitted.warnings, *pair.candidate.fitted.warnings),
        scores=scores(verdict.predictions),
        worst_case=_worst_case(pair, verdict),
        coefficients=coefficients_of(verdict.parameters),
        predictions=rows_of(verdict.predictions),
        trajectory=trajectory_of(pair.candidate),
        seeds=study.seeds,
        training_map=explanation.training_map,
        effort=explaining.effort if asked else None,
        seed=question.seed,
        trained_by=pair.candidate.fitted.trained_by,
        environment=wiring.environment(),
        duration=time.perf_counter() - wiring.started,
    )


def _verdict(pair: Pair, certificates: Mapping[str, Certificate]) -> Verdict:
    """Compare the sides as they were trained; refuses a tolerance that would judge nothing."""
    # On the one candidate that was trained with the seed, never on a spread over seeds: the same
    # program has the same verdict in every run.
    verdict = judge(
        pair.reference,
        pair.candidate,
        pair.tolerance,
        pair.inputs,
        with_parameters=_are_finite(certificates),
    )
    verdict.refuse_unjudged(pair.tolerance)
    return verdict


def _worst_case(pair: Pair, verdict: Verdict) -> WorstCase | None:
    """Return the worst case over the inputs, where the verdict does not hold it already."""
    if verdict.worst_case is not None:
        return verdict.worst_case
    return worst_case_of(verdict.predictions, verdict.parameters, pair.data, pair.inputs)


def _are_finite(certificates: Mapping[str, Certificate]) -> bool:
    """Whether no side's objective is proven to lack a finite optimum."""
    # Without one coefficients grow as long as one trains: comparing them compares epochs.
    return all(item.finite_optimum is not False for item in certificates.values())


def _certificates(pair: Pair) -> dict[str, Certificate]:
    """Return what is proven of each side, by its name."""
    sides = (pair.reference, pair.candidate)
    return {side.name: side.certificate for side in sides if side.certificate is not None}


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
        return SeedStudy(), Explanation(causes=(relation_cause(relation),))
    # Whatever interrupts: the verdict stands.
    explaining.budget.begin_with(explaining.pair.optima_seconds)
    with watched(explaining.budget.allows_step):
        study = explaining.step(lambda: _study(explaining), SeedStudy())
        return study, explaining.step(lambda: explain(explaining), Explanation())


def _study(explaining: Explaining) -> SeedStudy:
    """Return what other seeds of the candidate show."""
    training = explaining.pair.model.training
    if training is None:
        return SeedStudy()
    explaining.journal.doing("training the candidate with other seeds")
    cost, budget = training.spread_cost(N_SEEDS), explaining.budget
    if not budget.affords("seeds", cost):
        explaining.journal.left_out("training with other seeds")
        return SeedStudy()
    budget.book("seeds", cost)
    spread = training.spread(N_SEEDS)
    # An estimator has no training to repeat as it was: there nothing is missed.
    if spread is None and training.unchanged() is not None:
        explaining.journal.left_out("training with other seeds, which only fit itself could do")
    return study_seeds(explaining.pair, spread)
