"""The check itself, from what the user passed to the report."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pytest_modelparity.frameworks.registry import load_backend
from pytest_modelparity.parity.budget import Budget
from pytest_modelparity.parity.check import Check, layer_parameters
from pytest_modelparity.parity.divergence import Predictions, largest, scores
from pytest_modelparity.parity.explain import Explanation, explain
from pytest_modelparity.parity.findings import find_all
from pytest_modelparity.parity.judgement import judge, parameters_of, predicted
from pytest_modelparity.parity.seeds import N_SEEDS, Training, training_of
from pytest_modelparity.parity.split import split_of
from pytest_modelparity.report.parts import (
    Coefficients,
    DataSummary,
    ProbabilityRow,
    StructureCheck,
    TrajectoryPoint,
)
from pytest_modelparity.report.report import ParityReport
from pytest_modelparity.report.versions import versions
from pytest_modelparity.sides.candidate import find_candidate
from pytest_modelparity.sides.dataset import Dataset, read_dataset
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.mapping import find_mapping
from pytest_modelparity.sides.recording import retracing_untold
from pytest_modelparity.tolerance import Tolerance

#: Rows of probabilities that a report keeps.
N_PROBABILITIES = 200


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """The report, and the warnings of both trainings for the caller to raise again."""

    report: ParityReport
    raised: tuple[Warning, ...]


@retracing_untold()
def compare(
    reference: Any,
    X: Any,
    y: Any,
    *,
    candidate: Any = None,
    fit: Any = None,
    sample_weight: Any = None,
    X_eval: Any = None,
    y_eval: Any = None,
    tolerance: Tolerance,
    seed: int | None = 0,
    explain: bool = True,
    budget: float = 30.0,
    progress: Callable[[str], None] | None = None,
    mappings: tuple[Any, ...] = (),
) -> Comparison:
    """Train both sides, compare them from objective to labels, and explain a divergence.

    The arguments are those of `assertion.compare_models`; ``mappings`` are contributed ones, of
    which the first that knows the reference wins; ``progress`` is told what is being done.

    Raises
    ------
    ModelParityError
        If the check cannot be made; everything is validated before anything is trained.
    """
    started = time.perf_counter()
    data = read_dataset(X, y, sample_weight=sample_weight, X_eval=X_eval, y_eval=y_eval)
    built_in = load_backend("scikit-learn").LogisticRegressionMapping()
    mapping = find_mapping(reference, (*mappings, built_in))
    mapping.read(reference, data)
    given = find_candidate(candidate, fit, reference, mapping, data, seed)
    check = Check(
        data=data,
        mapping=mapping,
        estimator=reference,
        reference=_trained("reference", lambda: mapping.fit(reference, data), progress),
        candidate=_trained("candidate", given.train, progress),
        given=given,
        tolerance=tolerance,
    )
    report = _report(
        check,
        explain_divergence=explain,
        budget=Budget(budget, given.reckoned_seconds, progress),
        seed=seed,
        started=started,
    )
    return Comparison(report=report, raised=(*check.reference.raised, *check.candidate.raised))


def _trained(
    side: str, train: Callable[[], FittedModel], progress: Callable[[str], None] | None
) -> FittedModel:
    """Train one side, and say so first."""
    if progress is not None:
        progress(f"training the {side}")
    return train()


def _report(
    check: Check,
    *,
    explain_divergence: bool,
    budget: Budget,
    seed: int | None,
    started: float,
) -> ParityReport:
    """Measure, judge, split and explain."""
    data, tolerance = check.data, check.tolerance
    certificates = check.certificates()
    meaningful = all(item.finite_optimum is not False for item in certificates.values())
    judgement = judge(data, check.reference, check.candidate, tolerance, with_parameters=meaningful)
    predictions, divergences = judgement.predictions, judgement.divergences
    points = check.points()
    structure = _structure(check)
    explained = not judgement.equivalent and explain_divergence
    explanation, training = Explanation(), Training()
    if explained:
        budget.say("training the candidate with other seeds")
        training = training_of(check, check.given.spread(N_SEEDS))
        explanation = explain(check, points, budget)
    return ParityReport(
        verdict="equivalent" if judgement.equivalent else "diverged",
        divergences=divergences,
        tolerance=tolerance,
        settings={
            "reference": check.reference.settings,
            "candidate": check.candidate.settings,
        },
        data=_summary(data),
        structure=structure,
        certificates=certificates,
        split=split_of(points) if points is not None else None,
        explained=explained,
        causes=explanation.causes,
        repair=explanation.repair,
        alternatives=explanation.alternatives,
        findings=find_all(
            check, predictions, points, certificates, structure, divergences, training
        ),
        warnings=(*check.reference.warnings, *check.candidate.warnings),
        scores=scores(predictions),
        coefficients=_coefficients(check),
        probabilities=_rows(predictions),
        trajectory=_trajectory(check),
        seeds=training.seeds,
        effort=budget.effort() if explained else None,
        seed=seed,
        environment=versions() | {"keras backend": "tensorflow"},
        duration=time.perf_counter() - started,
    )


def _structure(check: Check) -> StructureCheck:
    """Inject the reference's parameters into the candidate and compare predictions."""
    coef, intercept = check.reference.coef, check.reference.intercept
    if coef is None or intercept is None:
        return StructureCheck(note="the reference has no coefficients to inject")
    predict = check.given.inject(coef, intercept)
    if predict is None:
        return StructureCheck(note="the reference's parameters cannot be set in the candidate")
    data = check.data
    injected = predict(data.X_eval_given)
    found = largest(injected - predicted(check.reference, data, "reference"))
    allowed = _rounding(check, coef, intercept)
    agrees = bool(found <= allowed)
    if agrees:
        note = "given the reference's parameters, the candidate predicts the same"
    elif injected.min() < 0 or injected.max() > 1:
        note = (
            f"the candidate's outputs are no probabilities: they range from "
            f"{injected.min():.3g} to {injected.max():.3g}; its head lacks a link"
        )
    else:
        note = (
            "given the reference's parameters, the candidate predicts something else: "
            "its head, its scaling or its inputs differ"
        )
    return StructureCheck(agrees=agrees, probability=found, allowed=allowed, note=note)


def _rounding(check: Check, coef: np.ndarray, intercept: np.ndarray) -> float:
    """Return how far float32 rounding may move a probability of a linear model.

    A dot product of p products is off by at most gamma_(p+2) times the sum of their absolute
    values (Higham, Accuracy and Stability, section 3.1), inputs and parameters being rounded
    once each; a logit error d moves a probability by at most d / 2 for softmax.
    """
    X = check.data.X_eval
    sizes = abs(X) @ np.abs(coef).T + np.abs(intercept)
    side = check.candidate_side
    if side is not None and side.settings.feature_scale is not None:
        own = layer_parameters(side, coef, intercept)
        sizes = sizes + np.abs(own[1])
    unit = float(np.finfo(np.float32).eps)
    return float(unit + 0.5 * (coef.shape[1] + 4) * unit * np.asarray(sizes).max())


def _coefficients(check: Check) -> Coefficients | None:
    """Return both sides' parameters as plain values."""
    parameters = parameters_of(check.data, check.reference, check.candidate)
    if parameters is None:
        return None
    return Coefficients(
        names=parameters.names,
        reference=_plain(parameters.reference_coef),
        candidate=_plain(parameters.candidate_coef),
        reference_intercept=tuple(parameters.reference_intercept.tolist()),
        candidate_intercept=tuple(parameters.candidate_intercept.tolist()),
    )


def _plain(rows: np.ndarray) -> tuple[tuple[float, ...], ...]:
    """Return a matrix as tuples of floats."""
    return tuple(tuple(row) for row in rows.tolist())


def _rows(predictions: Predictions) -> tuple[ProbabilityRow, ...]:
    """Return the rows that differ most, then an even sample of the others."""
    difference = np.abs(predictions.reference - predictions.candidate).max(axis=1)
    order = np.argsort(-np.nan_to_num(difference, nan=np.inf), kind="stable")
    if len(order) > N_PROBABILITIES:
        worst, others = order[: N_PROBABILITIES // 2], np.sort(order[N_PROBABILITIES // 2 :])
        places = np.linspace(0, len(others) - 1, N_PROBABILITIES - len(worst)).astype(int)
        order = np.concatenate([worst, others[places]])
    return tuple(
        ProbabilityRow(
            row=int(row),
            reference=tuple(predictions.reference[row].tolist()),
            candidate=tuple(predictions.candidate[row].tolist()),
        )
        for row in order
    )


def _trajectory(check: Check) -> tuple[TrajectoryPoint, ...]:
    """Return the candidate's distance to its own optimum over epochs."""
    side, optimum = check.candidate_side, check.candidate_optimum()
    if side is None or optimum is None:
        return ()
    objective = check.objective_of(side)
    return tuple(
        TrajectoryPoint(
            epoch=epoch,
            probability=largest(
                objective.probabilities(*layer_parameters(side, coef, intercept))
                - optimum.probabilities
            ),
        )
        for epoch, coef, intercept in check.candidate.trajectory
    )


def _summary(data: Dataset) -> DataSummary:
    """Return sizes and class names."""
    return DataSummary(
        n_samples=data.n_samples,
        n_features=data.n_features,
        classes=tuple(str(label) for label in data.classes.tolist()),
        n_eval=int(data.X_eval.shape[0]),
    )
