"""Sides that were trained elsewhere: what is said of them, with real models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from pytest_modelparity import ParityReport, compare_models

EXACT = {"solver": "newton-cholesky", "tol": 1e-10, "max_iter": 1000}
Data = tuple[np.ndarray, np.ndarray]


def exact(**settings: Any) -> LogisticRegression:
    """Return an estimator that reaches its optimum."""
    return LogisticRegression(**EXACT, **settings)


def in_float32(model: LogisticRegression) -> Callable[[np.ndarray], np.ndarray]:
    """Return a trained model as a function of X, which tells nothing of its settings."""
    return lambda X: model.predict_proba(X).astype(np.float32)


def slugs(report: ParityReport) -> list[str]:
    """Return the slugs of all findings."""
    return [finding.slug for finding in report.findings]


def must_change(report: ParityReport) -> list[str]:
    """Return the settings that must change."""
    return [cause.setting for cause in report.causes if cause.role == "must"]


@pytest.fixture(scope="module")
def breast(bundled: Callable[..., Data]) -> Data:
    """Return standardised breast_cancer."""
    return bundled("breast_cancer", standardised=True)


@pytest.fixture(scope="module")
def iris(bundled: Callable[..., Data]) -> Data:
    """Return standardised iris, its rows shuffled."""
    X, y = bundled("iris", standardised=True)
    order = np.random.default_rng(0).permutation(len(y))
    return X[order], y[order]


def saved(breast: Data, model: LogisticRegression) -> Any:
    """Return a Keras model with another's weights, its declared penalty that of C=1."""
    keras = pytest.importorskip("keras")
    n, p = breast[0].shape
    made = keras.Sequential(
        [
            keras.layers.Input((p,)),
            keras.layers.Dense(
                1, activation="sigmoid", kernel_regularizer=keras.regularizers.L2(1 / (2 * n))
            ),
        ]
    )
    made.compile("adam", "binary_crossentropy")
    made.set_weights([model.coef_.T.astype("float32"), model.intercept_.astype("float32")])
    return made


# --- a candidate whose settings cannot be read


def test_a_function_tells_its_class_weights_and_its_strength(breast: Data) -> None:
    X, y = breast
    other = exact(C=0.3, class_weight={0: 1, 1: 2.5}).fit(X, y)
    report = compare_models(exact(), X, y, candidate=in_float32(other))
    assert sorted(must_change(report)) == ["C", "class_weight"]
    assert {cause.kind for cause in report.causes} == {"objective"}
    assert sum(cause.share for cause in report.causes) == pytest.approx(1.0, abs=1e-6)
    found = report.inference["candidate"]
    assert (found.grade, found.expected, found.is_cause) == ("proven", "reference", True)
    assert found.distance < 1e-5
    written = report.settings["candidate"].written
    assert (written["C"], written["class_weight"]) == ("~0.3", "~{0: 1, 1: 2.5}")
    assert report.split.candidate_error.largest < 1e-5
    assert slugs(report)[0] == "objective-inferred"
    said = " ".join(str(report).split())
    assert "must change C and class_weight" in said or "must change class_weight and C" in said
    assert "~{0: 1, 1: 2.5}" in said


def test_its_interval_stands_in_the_longer_message(breast: Data) -> None:
    X, y = breast
    report = compare_models(exact(), X, y, candidate=in_float32(exact(C=2).fit(X, y)))
    assert must_change(report) == ["C"]
    found = report.inference["candidate"]
    (value,) = found.values
    assert value.low[0] < 2 < value.high[0]
    low, high = found.resolution
    assert (low, high) == (pytest.approx(1.977, abs=2e-3), pytest.approx(2.024, abs=3e-3))
    assert "any C from 1.98 to 2.02 predicts the same" in " ".join(
        report.text(verbosity=1, width=100).split()
    )


def test_what_it_was_trained_on_is_told_of_three_classes(iris: Data) -> None:
    X, y = iris
    report = compare_models(exact(), X, y, candidate=in_float32(exact(C=0.05).fit(X, y)))
    assert must_change(report) == ["C"]
    assert report.settings["candidate"].written["C"] == "~0.05"


def test_a_table_of_predictions_tells_it_too(breast: Data) -> None:
    X, y = breast
    other = exact(class_weight="balanced").fit(X, y)
    report = compare_models(exact(), X, y, candidate=other.predict_proba(X).astype(np.float32))
    assert must_change(report) == ["class_weight"]
    assert report.settings["candidate"].written["class_weight"] == "~balanced"


def test_a_table_of_the_rows_compared_tells_it_too(breast: Data) -> None:
    X, y = breast
    # Of the rows that it was trained on it says nothing itself.
    other = exact(C=0.01).fit(X[:400], y[:400])
    report = compare_models(
        exact(), X[:400], y[:400], candidate=other.predict_proba(X[400:]), X_eval=X[400:]
    )
    assert must_change(report) == ["C"]
    assert report.settings["candidate"].written["C"] == "~0.01"


def test_rows_that_were_left_out_are_told(iris: Data) -> None:
    X, y = iris
    report = compare_models(exact(), X, y, candidate=in_float32(exact().fit(X[:105], y[:105])))
    # The same C on fewer rows is another factor, and no second cause.
    assert must_change(report) == ["rows_used"]
    assert report.settings["candidate"].written["rows_used"] == "~first 105 of 150 rows"
    assert "data-differs" in slugs(report)
    assert "objective-inferred" not in slugs(report)


def test_a_preparation_that_was_lost_is_told(iris: Data) -> None:
    X, y = iris
    other = exact().fit(normalize(X), y)
    report = compare_models(exact(), X, y, candidate=in_float32(other))
    assert must_change(report) == ["feature_scaling"]
    assert [cause.setting for cause in report.causes] == ["feature_scaling"]
    assert report.causes[0].candidate == "~rows normalised (l2)"
    assert "objective-inferred" in slugs(report)
    said = " ".join(str(report).split())
    assert "trained on rows normalised (l2), proven within" in said
    assert "do the same to them before it predicts" in said
    # The same of the reference, which nobody blames for its solver.
    report = compare_models(exact().fit(normalize(X), y), X, y, candidate=exact())
    assert [cause.setting for cause in report.causes] == ["feature_scaling"]
    assert report.causes[0].reference == "~rows normalised (l2)"
    assert "reference-not-converged" not in slugs(report)
    assert "DID NOT CONVERGE" not in str(report)


@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
def test_what_is_measured_alone_is_nearest_and_no_cause(breast: Data) -> None:
    X, y = breast
    stopped = LogisticRegression(C=0.1, max_iter=10, tol=1e-12).fit(X, y)
    report = compare_models(exact(), X, y, candidate=stopped.predict_proba)
    found = report.inference["candidate"]
    assert (found.grade, found.text, found.is_cause) == ("measured", "C=0.1", False)
    assert report.causes == ()
    assert report.split is None
    (told,) = [one for one in report.findings if one.slug == "objective-inferred"]
    assert "nearest to the optimum of C=0.1 (measured to be 0.0034 from it)" in told.text
    assert "~" not in report.text(verbosity=2)


@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
def test_what_is_measured_is_a_cause_where_the_penalty_was_read(breast: Data) -> None:
    X, y = breast
    stopped = LogisticRegression(C=0.1, max_iter=12, tol=1e-12)
    stopped.fit(X, y, sample_weight=np.where(y == 1, 3.0, 1.0))
    report = compare_models(exact(C=0.1), X, y, candidate=stopped)
    found = report.inference["candidate"]
    assert (found.grade, found.expected, found.is_cause) == ("measured", "declared", True)
    assert must_change(report) == ["class_weight"]


@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
def test_what_it_resembles_is_a_hint_alone(breast: Data) -> None:
    X, y = breast
    stopped = LogisticRegression(C=5, max_iter=26, tol=1e-12).fit(X, y)
    report = compare_models(exact(), X, y, candidate=stopped.predict_proba)
    found = report.inference["candidate"]
    assert (found.grade, found.text, found.is_cause) == ("resembles", "C=5", False)
    assert report.causes == ()
    assert "C=5" not in str(report)


# --- a trained candidate that is not at the optimum of what it declares


def trained(X: np.ndarray, y: np.ndarray, rows: int, **settings: Any) -> LogisticRegression:
    """Return a model that Keras's factor of the penalty makes of the first rows."""
    return exact(C=len(y) / rows, **settings).fit(X[:rows], y[:rows])


def refused_words(report: ParityReport) -> None:
    """Refuse what was said of such models, and is not true of them."""
    for verbosity in (0, 1, 2):
        said = " ".join(report.text(verbosity=verbosity).split())
        assert "both have the same objective" not in said
        assert "same optimum" not in said.replace("same optimum declared", "")
        assert "change solver" not in said
        assert "stopped 0." not in said
    blamed = {cause.setting for cause in report.causes}
    assert not blamed & {"solver", "penalty", "iterations"}


def test_a_keras_model_that_was_trained_with_class_weights_is_told_so(breast: Data) -> None:
    X, y = breast
    other = trained(X, y, len(y), class_weight={0: 1, 1: 4})
    report = compare_models(exact(), X, y, candidate=saved(breast, other))
    refused_words(report)
    assert must_change(report) == ["class_weight"]
    (cause,) = report.causes
    assert (cause.candidate, cause.kind) == ("~{0: 1, 1: 4}", "objective")
    assert cause.share == pytest.approx(1.0, abs=1e-3)
    found = report.inference["candidate"]
    assert (found.grade, found.expected) == ("proven", "declared")
    assert report.repair.verified
    assert report.repair.changes[0].text == "class_weight=None"
    assert "train_to_optimum" in report.repair.source


def test_a_keras_model_that_was_trained_on_seven_tenths_of_the_rows_is_told_so(
    breast: Data,
) -> None:
    X, y = breast
    rows = int(0.7 * len(y))
    report = compare_models(exact(), X, y, candidate=saved(breast, trained(X, y, rows)))
    refused_words(report)
    assert must_change(report) == ["rows_used"]
    assert "data-differs" in slugs(report)
    assert report.causes[0].candidate == "~first 398 of 569 rows"
    assert report.repair.verified
    assert report.repair.changes[0].text == "train on all rows of X"


def test_a_half_trained_keras_model_is_not_told_what_nobody_knows(breast: Data) -> None:
    X, y = breast
    start = exact(class_weight={0: 1, 1: 4}).fit(X, y)
    start.coef_, start.intercept_ = 0 * start.coef_, 0 * start.intercept_
    model = saved(breast, start)
    model.fit(X, y, epochs=10, batch_size=64, class_weight={0: 1, 1: 4}, verbose=0)
    report = compare_models(exact(), X, y, candidate=model)
    refused_words(report)
    assert report.causes == ()
    assert report.inference["candidate"].grade in ("none", "resembles")
    assert not report.inference["candidate"].is_cause
    assert "at-no-optimum" in slugs(report)
    said = " ".join(report.text(verbosity=2).split())
    assert "both declare the same objective" in said
    assert "from the optimum of what it declares" in said
    assert "not known: the candidate came trained, nobody saw how" in said
    # It can be trained to the optimum of what it declares, whatever it was trained on.
    assert report.repair.verified


def test_what_it_declares_is_called_so_where_nothing_is_explained(breast: Data) -> None:
    X, y = breast
    other = trained(X, y, len(y), class_weight={0: 1, 1: 4})
    report = compare_models(exact(), X, y, candidate=saved(breast, other), explain=False)
    refused_words(report)
    assert report.inference["candidate"].why == "not looked for: explain=False"
    assert "at-no-optimum" not in slugs(report)


# --- a reference that was fitted elsewhere


def test_a_reference_that_was_fitted_to_other_rows_is_told_so(breast: Data) -> None:
    X, y = breast
    reference = exact().fit(X[:398], y[:398])
    report = compare_models(reference, X, y, candidate=exact())
    assert must_change(report) == ["rows_used"]
    assert report.causes[0].reference == "~first 398 of 569 rows"
    assert "data-differs" in slugs(report)
    assert "reference-not-converged" not in slugs(report)
    assert [change.side for change in report.repair.changes] == ["reference"]
    assert not report.repair.verified


def test_a_reference_that_was_fitted_with_weights_is_told_so(breast: Data) -> None:
    X, y = breast
    reference = exact().fit(X, y, sample_weight=np.where(y == 1, 3.0, 1.0))
    report = compare_models(reference, X, y, candidate=exact())
    assert report.inference["reference"].is_cause
    # Weights of rows that depend on the class are class weights.
    assert must_change(report) == ["class_weight"]
    assert report.causes[0].reference == "~{0: 1, 1: 3}"


# --- what is left alone


def test_models_that_agree_are_not_looked_at(breast: Data) -> None:
    X, y = breast
    report = compare_models(exact(), X, y, candidate=in_float32(exact().fit(X, y)))
    assert report.equivalent
    assert report.inference == {}


def test_a_fit_that_was_seen_is_not_looked_at(breast: Data) -> None:
    X, y = breast
    report = compare_models(exact(), X, y, candidate=exact(C=5.0))
    assert not report.equivalent
    assert report.inference == {}


def test_a_budget_of_nothing_names_it_all_the_same(breast: Data) -> None:
    X, y = breast
    report = compare_models(exact(), X, y, candidate=in_float32(exact(C=2).fit(X, y)), budget=0)
    assert must_change(report) == ["C"]


def test_a_report_is_read_back_with_it(breast: Data) -> None:
    X, y = breast
    report = compare_models(exact(), X, y, candidate=in_float32(exact(C=2).fit(X, y)))
    assert ParityReport.from_dict(report.to_dict()).inference == report.inference
    # As in files of earlier versions.
    without = {key: value for key, value in report.to_dict().items() if key != "inference"}
    assert ParityReport.from_dict(without).inference == {}
