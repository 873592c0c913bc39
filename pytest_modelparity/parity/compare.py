"""The check itself, from what the user passed to the report."""

from __future__ import annotations

import platform
import time
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np

from pytest_modelparity.frameworks import load_backend
from pytest_modelparity.frameworks.candidates import find_candidate
from pytest_modelparity.frameworks.dataset import Dataset, read_dataset
from pytest_modelparity.frameworks.fitted import FittedModel
from pytest_modelparity.frameworks.mapping import find_mapping
from pytest_modelparity.parity.check import Check, layer_parameters
from pytest_modelparity.parity.divergence import (
    Parameters,
    Predictions,
    check_probabilities,
    comparable,
    largest,
    measure,
    scores,
)
from pytest_modelparity.parity.explain import Explanation, explain
from pytest_modelparity.parity.findings import find_all
from pytest_modelparity.parity.split import split_of
from pytest_modelparity.result import (
    Coefficients,
    DataSummary,
    ParityReport,
    ProbabilityRow,
    StructureCheck,
    TrajectoryPoint,
)
from pytest_modelparity.tolerance import Tolerance

#: Rows of probabilities that a report keeps.
N_PROBABILITIES = 200
PACKAGES = ("pytest-modelparity", "scikit-learn", "keras", "tensorflow", "numpy", "scipy")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """The report, and the warnings of both trainings for the caller to raise again."""

    report: ParityReport
    raised: tuple[Warning, ...]


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
    mappings: tuple[Any, ...] = (),
) -> Comparison:
    """Train both sides, compare them from objective to labels, and explain a divergence.

    The arguments are those of `assertion.compare_models`; ``mappings`` are contributed ones, of
    which the first that knows the reference wins.

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
        reference=mapping.fit(reference, data),
        candidate=given.train(),
        given=given,
        tolerance=tolerance,
    )
    report = _report(check, explain_divergence=explain, seed=seed, started=started)
    return Comparison(report=report, raised=(*check.reference.raised, *check.candidate.raised))


def _report(
    check: Check, *, explain_divergence: bool, seed: int | None, started: float
) -> ParityReport:
    """Measure, judge, split and explain."""
    data, tolerance = check.data, check.tolerance
    predictions = Predictions(
        reference=_predict(check.reference, data, "reference"),
        candidate=_predict(check.candidate, data, "candidate"),
        classes=data.classes,
        y=data.y_eval,
    )
    certificates = check.certificates()
    meaningful = all(item.finite_optimum is not False for item in certificates.values())
    parameters = _parameters(check) if meaningful else None
    divergences = measure(predictions, parameters, _decisions(check, parameters), tolerance)
    verdict = "equivalent" if all(d.within for d in divergences.values()) else "diverged"
    finite = bool(np.isfinite(predictions.candidate).all())
    points = check.points() if finite else None
    structure = _structure(check)
    explained = verdict == "diverged" and explain_divergence and finite
    explanation = explain(check, points) if explained else Explanation()
    return ParityReport(
        verdict=verdict,
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
        findings=find_all(check, predictions, points, certificates, structure, divergences),
        warnings=(*check.reference.warnings, *check.candidate.warnings),
        scores=scores(predictions),
        coefficients=_coefficients(check),
        probabilities=_rows(predictions),
        trajectory=_trajectory(check),
        seed=seed,
        environment=_environment(),
        duration=time.perf_counter() - started,
    )


def _predict(fitted: FittedModel, data: Dataset, side: str) -> np.ndarray:
    """Return a side's probabilities on the evaluation rows."""
    found = fitted.predict_proba(data.X_eval_given)
    return check_probabilities(found, data.X_eval.shape[0], data.n_classes, side)


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
    found = largest(injected - _predict(check.reference, data, "reference"))
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


def _parameters(check: Check) -> Parameters | None:
    """Return both sides' parameters in comparable form, where both are linear."""
    sides = (check.reference, check.candidate)
    if any(side.coef is None or side.intercept is None for side in sides):
        return None
    first, second = (
        comparable(side.coef, side.intercept)  # type: ignore[arg-type]
        for side in sides
    )
    return Parameters(
        reference_coef=first[0],
        reference_intercept=first[1],
        candidate_coef=second[0],
        candidate_intercept=second[1],
        names=check.data.feature_names,
    )


def _decisions(check: Check, parameters: Parameters | None) -> np.ndarray | None:
    """Return both decision functions on the evaluation rows, free of the softmax gauge."""
    if parameters is None:
        return None
    X = check.data.X_eval
    return np.stack(
        [
            np.asarray(X @ parameters.reference_coef.T) + parameters.reference_intercept,
            np.asarray(X @ parameters.candidate_coef.T) + parameters.candidate_intercept,
        ]
    )


def _coefficients(check: Check) -> Coefficients | None:
    """Return both sides' parameters as plain values."""
    parameters = _parameters(check)
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


def _environment() -> dict[str, str]:
    """Return the versions that a report is read with later."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found | {"keras backend": "tensorflow"}
