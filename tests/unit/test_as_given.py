"""Two models without labels: compared as they are, nothing trained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import (
    ModelParityError,
    ModelsDivergeError,
    Tolerance,
    assert_models_equivalent,
    compare_models,
)


class Trained:
    """Two estimators of one data set, and what they predict."""

    def __init__(self, X: np.ndarray, y: np.ndarray) -> None:
        self.X = X
        self.one = LogisticRegression(C=1.0).fit(X, y)
        self.other = LogisticRegression(C=2.0).fit(X, y)

    def forms(self, model: LogisticRegression, folder: Path) -> dict[str, Any]:
        """Return one model in every form in which it may be given."""
        path = folder / "scores.csv"
        P = model.predict_proba(self.X)
        header = ",".join(map(str, model.classes_))
        np.savetxt(path, P, delimiter=",", header=header, comments="", fmt="%.17g")
        return {
            "estimator": model,
            "function": lambda X: model.predict_proba(X),
            "array": P,
            "csv": path,
        }


@pytest.fixture(scope="module", params=["breast_cancer", "iris"])
def trained(request: pytest.FixtureRequest, bundled: Callable[..., Any]) -> Trained:
    X, y = bundled(request.param, standardised=True)
    return Trained(X, np.array(["blue", "green", "red"])[y])


@pytest.mark.parametrize("form", ["estimator", "function", "array", "csv"])
def test_whatever_may_be_a_candidate_may_be_the_reference(
    trained: Trained, form: str, tmp_path: Path
) -> None:
    reference = trained.forms(trained.one, tmp_path)[form]
    assert assert_models_equivalent(reference, trained.X, candidate=trained.one, tolerance=1e-9)
    report = compare_models(reference, trained.X, candidate=trained.other)
    expected = trained.one.predict_proba(trained.X) - trained.other.predict_proba(trained.X)
    assert report.verdict == "diverged"
    assert report.divergences["probability"].value == pytest.approx(np.abs(expected).max())


@pytest.mark.parametrize("form", ["function", "array"])
def test_structure_coefficients_and_worst_case_work_and_the_rest_is_said(
    trained: Trained, form: str, tmp_path: Path
) -> None:
    W, b = trained.one.coef_, trained.one.intercept_
    mirrored = LogisticRegression(C=1.0).fit(trained.X, trained.one.predict(trained.X))
    mirrored.coef_, mirrored.intercept_ = W[:, ::-1], b
    reference = trained.forms(trained.one, tmp_path)[form]
    report = compare_models(reference, trained.X, candidate=mirrored)
    assert report.relation is not None
    assert (report.relation.name, report.relation.exact) == ("columns-reversed", True)
    assert [cause.setting for cause in report.causes] == ["columns-reversed"]
    assert report.worst_case is not None
    assert report.divergences["coef"].value == pytest.approx(np.abs(W - W[:, ::-1]).max(), rel=1e-6)
    # No labels: no score, no optimum, no repair; one sentence says it.
    assert report.scores == {}
    assert report.certificates == {}
    assert (report.split, report.repair) == (None, None)
    assert str(report).count("without labels (y=None) both sides are as") == 1


def test_a_divergence_without_a_change_of_structure_has_no_cause(trained: Trained) -> None:
    with pytest.raises(ModelsDivergeError) as caught:
        assert_models_equivalent(trained.one, trained.X, candidate=trained.other)
    report = caught.value.report
    assert report.causes == ()
    assert report.relation is None


def test_the_worst_case_is_judged_without_labels(trained: Trained) -> None:
    allowed = Tolerance(probability=0.5, worst_case=0.01)
    report = compare_models(trained.one, trained.X, candidate=trained.other, tolerance=allowed)
    assert not report
    assert report.divergences["worst_case"].value > report.divergences["probability"].value


@pytest.mark.parametrize(
    "arguments,words",
    [
        ({"fit": {"epochs": 2}}, "fit was given without labels .y=None.; it trains the candidate"),
        ({"sample_weight": np.ones(3)}, "sample_weight was given without labels"),
        ({"X_eval": np.ones((3, 3))}, "X_eval was given without labels .* pass them as X"),
        ({"y_eval": np.ones(3)}, "y_eval was given without labels"),
        ({"candidate": None}, "both models must be given, got candidate=None"),
        ({"reference": None}, "both models must be given, got reference=None"),
        ({"candidate": LogisticRegression()}, "pass candidate=model.fit"),
        ({"reference": LogisticRegression()}, "pass reference=model.fit"),
        ({"reference": np.full((2, 2), 0.5)}, "table of predictions must have a row for each"),
        ({"reference": lambda X: X[:, 0] + 1e3}, "the reference must predict probabilities "),
        ({"reference": object(), "candidate": object()}, "must tell how many classes there are"),
        ({"tolerance": Tolerance(log_loss=0.1)}, "log_loss needs the labels"),
    ],
    # No text of what is given: the address of an object is another in each worker.
    ids=lambda value: "" if isinstance(value, dict) else value,
)
def test_what_needs_labels_or_is_no_model_is_refused_in_one_sentence(
    trained: Trained, arguments: dict[str, Any], words: str
) -> None:
    given = {"reference": trained.one, "candidate": trained.other, **arguments}
    with pytest.raises(ModelParityError, match=words) as caught:
        compare_models(X=trained.X, **given)
    assert "\n" not in str(caught.value)


def test_a_reference_that_is_not_linear_is_told_as_the_reference(trained: Trained) -> None:
    def port(X: np.ndarray) -> np.ndarray:
        P = trained.one.predict_proba(X) ** (1.0 + X[:, :1] ** 2)
        return P / P.sum(axis=1, keepdims=True)

    report = compare_models(port, trained.X, candidate=trained.one)
    said = [item.text for item in report.findings if item.slug == "not-linear"]
    assert len(said) == 1
    assert "the reference's predictions" in said[0]
