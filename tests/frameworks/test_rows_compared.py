"""Rows that are compared, and rows that were trained on: each distance on its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import ParityReport, compare_models
from pytest_modelparity.frameworks.registry import mappings
from pytest_modelparity.parity.compare import compare
from pytest_modelparity.parity.question import Question, Wiring
from pytest_modelparity.report.parts import Change
from pytest_modelparity.report.table import table_of
from pytest_modelparity.sides.estimator import EstimatorRecipe
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.opaque import EstimatorKind
from pytest_modelparity.sides.training import Remedy
from pytest_modelparity.tolerance import Tolerance


def exact(**more: Any) -> LogisticRegression:
    return LogisticRegression(solver="newton-cholesky", tol=1e-12, **more)


def early(**more: Any) -> LogisticRegression:
    """Return a reference that is near its optimum on the rows that it was trained on."""
    return LogisticRegression(tol=3e-3, **more)


@pytest.fixture(scope="module")
def separable() -> dict[str, Any]:
    """Return rows that can be separated, and others that lie further out."""
    generator = np.random.default_rng(4)
    X, out = generator.normal(size=(60, 6)), 4 * generator.normal(size=(80, 6))
    direction = generator.normal(size=6)
    return {
        "X": X,
        "y": (X @ direction > 0).astype(int),
        "X_eval": out,
        "y_eval": (out @ direction > 0).astype(int),
    }


def words_of(report: ParityReport) -> str:
    """Return all that a report says, in one line."""
    return " ".join(report.text(verbosity=2).split())


def stopped(report: ParityReport) -> list[str]:
    """Return the cells of the row that says where both sides stopped."""
    row = next(row for row in table_of(report).rows if row.label == "stopped")
    return [row.reference, row.candidate, row.answer]


def test_the_references_own_error_is_judged_where_the_verdict_is(separable: Any) -> None:
    reference = early().fit(separable["X"], separable["y"])
    optimum = exact().fit(separable["X"], separable["y"])

    def apart(rows: str) -> float:
        moved = reference.predict_proba(separable[rows]) - optimum.predict_proba(separable[rows])
        return float(np.abs(moved).max())

    # On the rows that it was trained on nothing is wrong with it.
    assert apart("X") < 0.01 < 0.015 < apart("X_eval")
    # The candidate has no penalty, and so no finite optimum.
    report = compare_models(early(), candidate=LogisticRegression(C=np.inf), **separable)
    assert report.split is not None
    part = report.split.reference_error
    assert (report.split.rows, part.rows, part.known) == ("evaluation", "", None)
    assert part.largest == pytest.approx(apart("X_eval"), abs=1e-9)
    assert {cause.setting for cause in report.causes if cause.kind == "reference"} >= {"tol"}
    assert report.findings[0].slug == "reference-not-converged"
    assert " of its own objective on the evaluation rows; it claims" in report.findings[0].text


def test_what_has_no_finite_optimum_is_told_of_the_rows_that_it_determines(separable: Any) -> None:
    report = compare_models(exact(), candidate=LogisticRegression(C=np.inf), **separable)
    assert report.split is not None
    gap, error = report.split.objective_gap, report.split.candidate_error
    assert 0 < error.known < 80
    assert gap.known == error.known
    words = f"on the {error.known} determined evaluation rows"
    assert stopped(report)[1].endswith(words + ")")
    assert f"optima are {gap.largest:.3g} apart {words}" in words_of(report)
    text = next(item.text for item in report.findings if item.slug == "no-finite-optimum")
    left = 80 - error.known
    assert text.endswith(
        f"on {left} of the 80 evaluation rows its objective does not say what the candidate is "
        f"to predict"
    )
    # The three parts add up on the rows that determine them all.
    shares = [part.share for part in (report.split.reference_error, gap, error)]
    assert sum(shares) == pytest.approx(1.0)


def test_the_training_rows_speak_where_no_row_compared_does(separable: Any) -> None:
    rows = {
        **separable,
        "X_eval": separable["X_eval"][:10] * 0.01,
        "y_eval": separable["y_eval"][:10],
    }
    report = compare_models(exact(), candidate=LogisticRegression(C=np.inf), **rows, tolerance=1e-4)
    assert report.split is not None
    parts = (report.split.reference_error, report.split.objective_gap, report.split.candidate_error)
    assert [part.rows for part in parts] == ["", "training", "training"]
    assert [cell.partition(" (")[2] for cell in stopped(report)] == [
        "on the evaluation rows)",
        "on the training rows)",
        "on the training rows)",
    ]
    assert sum(part.share for part in parts) == pytest.approx(1.0)


def test_a_reference_without_a_finite_optimum_is_trained_towards_its_limit(separable: Any) -> None:
    # Nothing fixes what it is to predict for rows between the two classes.
    rows = {
        **separable,
        "X_eval": separable["X_eval"][:10] * 0.01,
        "y_eval": separable["y_eval"][:10],
    }
    reference = LogisticRegression(C=np.inf, tol=1.0, max_iter=2)
    report = compare_models(reference, candidate=exact(), **rows, tolerance=1e-4)
    assert report.split is not None
    assert report.split.reference_error.rows == "training"
    causes = [cause for cause in report.causes if cause.kind == "reference"]
    assert causes
    # A distance on no row at all would be 0.
    assert all(cause.left is not None and cause.left > 0 for cause in causes)
    assert report.findings[0].text.startswith("the reference stopped")
    assert " on the training rows" in report.findings[0].text


def test_one_set_of_rows_has_no_name(separable: Any) -> None:
    rows = {"X": separable["X"], "y": separable["y"]}
    report = compare_models(early(), candidate=LogisticRegression(C=np.inf), **rows)
    assert "rows)" not in " ".join(stopped(report))
    assert "evaluation" not in report.text(verbosity=2)
    assert {item.rows for item in report.certificates.values()} == {""}


def test_a_certificate_holds_on_the_rows_compared_too(separable: Any) -> None:
    report = compare_models(early(), candidate=exact(), **separable)
    optimum = exact().fit(separable["X"], separable["y"])
    trained = early().fit(separable["X"], separable["y"])
    certificate = report.certificates["reference"]
    assert certificate.rows == "training"
    for bound, rows in ((certificate.distance, "X"), (certificate.evaluation, "X_eval")):
        moved = trained.predict_proba(separable[rows]) - optimum.predict_proba(separable[rows])
        assert bound == pytest.approx(np.abs(moved).max(), abs=1e-7)
    equivalent = compare_models(exact(), candidate=exact(), **separable)
    words = words_of(equivalent)
    assert " of its exact optimum on the training rows and " in words
    assert " on the evaluation rows; the candidate is within " in words


def test_a_gap_is_closed_where_the_verdict_is_made(separable: Any) -> None:
    # These class weights move a penalised optimum by 0.008 on the training rows, by 0.012 on the
    # others: with the penalty alone the two would still differ there.
    candidate = LogisticRegression(C=np.inf, class_weight={0: 1.0, 1: 1.04})
    report = compare_models(exact(), candidate=candidate, **separable)
    musts = {cause.setting for cause in report.causes if cause.role == "must"}
    assert musts == {"penalty", "class_weight"}
    rows = {"X": separable["X"], "y": separable["y"]}
    report = compare_models(exact(), candidate=candidate, **rows)
    assert {cause.setting for cause in report.causes if cause.role == "must"} == {"penalty"}


# --- what is left after a repair


class Stopping:
    """An estimator whose training leaves its parameters a little beside the optimum."""

    def __init__(self, steps: int = 1, beside: float = 0.0) -> None:
        self.steps, self.beside = steps, beside


@dataclass
class StoppingMapping:
    """Knows `Stopping`: ten times the steps take it ten times as near, and no nearer."""

    name: str = "Stopping"
    beside: dict[int, float] = field(default_factory=dict)

    def knows(self, estimator: Any) -> bool:
        return isinstance(estimator, Stopping)

    def read(self, estimator: Any, data: Any) -> Any:
        return mappings()[0].read(exact(), data)

    def fit(self, estimator: Any, data: Any, *, side: str = "reference") -> FittedModel:
        stopping = estimator.build() if isinstance(estimator, EstimatorRecipe) else estimator
        model = exact().fit(data.X, data.y)
        # Not the intercept alone, which would be a change of structure.
        model.intercept_ = model.intercept_ + stopping.beside / stopping.steps
        model.coef_[0, 0] += 0.01 * stopping.beside / stopping.steps
        return FittedModel(
            settings=self.read(estimator, data),
            predict=model.predict_proba,
            coef=model.coef_,
            intercept=model.intercept_,
            seconds=0.01,
        )

    def remedies(
        self, estimator: Any, data: Any, *, fitted: FittedModel, side: str = "reference"
    ) -> tuple[Remedy, ...]:
        parameters = {"steps": 10 * estimator.steps, "beside": estimator.beside}
        recipe = EstimatorRecipe(kind=Stopping, parameters=parameters)
        change = Change(side=side, setting="iterations", text=f"steps={10 * estimator.steps}")
        return (Remedy(changes=(change,), recipe=recipe),)

    def source(self, estimator: Any, data: Any, *, side: str = "reference") -> str:
        return f"{side} = Stopping()"


def ask(reference: Any, beside: float, tolerance: Tolerance, rows: dict[str, Any]) -> ParityReport:
    """Compare a reference with an estimator that stops beside the same optimum."""
    known = mappings()
    wiring = Wiring(
        mappings=known, kinds=(EstimatorKind((StoppingMapping(), *known)),), environment=dict
    )
    question = Question(
        reference=reference,
        candidate=Stopping(beside=beside),
        tolerance=tolerance,
        budget=10.0,
        training="auto",
        **rows,
    )
    return compare(question, wiring).report


def test_what_a_repair_leaves_because_of_the_reference_is_its_cause(separable: Any) -> None:
    rows = {"X": separable["X"], "y": separable["y"]}
    moved = early().fit(**rows).decision_function(rows["X"])
    moved = moved - exact().fit(**rows).decision_function(rows["X"])
    own = compare_models(early(), candidate=exact(), **rows).split.reference_error.largest
    # By itself within the tolerance, and so no cause at first; the candidate stops on the other
    # side of the optimum.
    allowed = Tolerance(probability=1.05 * own)
    beside = -0.15 * np.sign(moved[np.abs(moved).argmax()])
    report = ask(early(), float(beside), allowed, rows)
    assert {cause.kind for cause in report.causes} == {"training", "reference"}
    assert report.repair is not None
    assert report.repair.verified
    assert {change.side for change in report.repair.changes} == {"candidate", "reference"}
    # A reference at its optimum is in nobody's way.
    alone = ask(exact(), float(beside), allowed, rows)
    assert {cause.kind for cause in alone.causes} == {"training"}


def test_so_is_a_reference_whose_coefficients_are_in_the_way(separable: Any) -> None:
    rows = {"X": separable["X"], "y": separable["y"]}
    report = ask(early(), 0.1, Tolerance(probability=0.03, coef=1e-4), rows)
    assert {cause.kind for cause in report.causes} == {"training", "reference"}
    assert report.repair is not None
    assert report.repair.verified


def test_a_repair_that_does_not_hold_says_how_far_each_side_is(separable: Any) -> None:
    rows = {"X": separable["X"], "y": separable["y"]}
    # The probabilities agree once the candidate is trained on, and the coefficients do not.
    report = ask(early(), 1.0, Tolerance(probability=0.03, coef=1e-6), rows)
    assert report.repair is not None
    assert not report.repair.verified
    assert report.repair.note == (
        "trained for real it leaves up to 0.029; still too far apart in coef, as the reference is "
        "0.0055 from its optimum, and the candidate 0.025 from that"
    )


@pytest.mark.parametrize("penalty", ["penalty", "none"])
def test_a_class_without_weight_is_told_and_compared_in_the_limit(penalty: str) -> None:
    generator = np.random.default_rng(8)
    y = np.arange(90) % 3
    X = generator.normal(size=(90, 2)) + y[:, None]
    C = 1.0 if penalty == "penalty" else np.inf
    reference = exact(C=C, class_weight={2: 0})
    new = 2 * generator.normal(size=(30, 2))
    report = compare_models(reference, X, y, candidate=exact(C=C), X_eval=new)
    (cause,) = report.causes
    assert cause.setting == "class_weight"
    (told,) = [each.text for each in report.findings if each.slug == "no-finite-optimum"]
    assert told.startswith("no row of class 2 has weight (reference)")
    certificate = report.certificates["reference"]
    assert certificate.finite_optimum is False
    if penalty == "penalty":
        # Newton's method stops where the class has 1e-4 of probability left.
        assert certificate.evaluation is not None
        assert certificate.evaluation < 1e-3
    itself = compare_models(reference, X, y, candidate=exact(C=C, class_weight={0: 1, 1: 1, 2: 0}))
    assert itself.equivalent


def test_an_error_that_is_no_part_of_a_divergence_is_no_cause() -> None:
    # The divergence is where the column counts that is constant in training: there no optimum is
    # determined, and the default tol, 0.00025 off where it is, has no part in it.
    rng = np.random.default_rng(0)
    rows, others = rng.normal(size=(400, 4)), rng.normal(size=(100, 4))
    rows[:, 3], others[:, 3] = 0, np.arange(100) % 4 == 0
    labels = rows[:, :3] @ [1, -1, 0.5] + rng.logistic(size=400) > 0
    candidate = LogisticRegression(C=np.inf, tol=1e-10).fit(rows, labels)
    candidate.coef_[0, 3] = 5
    report = compare_models(
        LogisticRegression(C=np.inf), rows, labels, X_eval=others, candidate=candidate
    )
    assert report.divergences["probability"].value > 0.5
    assert 1e-4 < report.split.reference_error.largest < 1e-3
    assert report.causes == ()
