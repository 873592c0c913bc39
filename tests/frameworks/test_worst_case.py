"""`report.worst_case`, and what a tolerance of it judges, with real scikit-learn models."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from pytest_modelparity import (
    ModelParityError,
    ModelsDivergeError,
    Tolerance,
    assert_models_equivalent,
    compare_models,
)
from pytest_modelparity.parity.divergence import Parameters
from pytest_modelparity.parity.predictions import Predictions
from pytest_modelparity.parity.worst_case import worst_case_of
from pytest_modelparity.sides.dataset import read_dataset
from pytest_modelparity.sides.inputs import inputs_of

EXACT = {"solver": "newton-cholesky", "tol": 1e-10, "max_iter": 1000}


def other(X, y, **settings):
    """Return a trained candidate."""
    return LogisticRegression(**EXACT, **settings).fit(X, y)


@pytest.fixture(scope="module")
def halved(bundled):
    """Return rows, labels and the report of C=1 against C=2 on standardised breast_cancer."""
    X, y = bundled("breast_cancer", standardised=True)
    report = compare_models(
        LogisticRegression(**EXACT), X, y, candidate=other(X, y, C=2), explain=False
    )
    return X, y, report


def test_the_known_worst_cases_of_twice_the_strength(halved) -> None:
    X, _, report = halved
    found = report.worst_case
    assert found.exact
    assert found.rows == pytest.approx(0.0747219, abs=1e-6)
    assert found.rows == pytest.approx(report.divergences["probability"].value, abs=1e-12)
    assert found.mixtures.value == pytest.approx(0.26313700, abs=1e-7)
    assert found.ellipsoid.value == pytest.approx(0.47914717, abs=1e-7)
    assert found.box.value == pytest.approx(0.99284837, abs=1e-7)
    for _, worst in found.sets:
        assert worst.bound == pytest.approx(worst.value, abs=1e-11)
        assert abs(worst.reference - worst.candidate) == pytest.approx(worst.value, abs=1e-12)
        assert worst.label == "1"
        assert len(worst.x) == X.shape[1]


def test_what_a_report_says_at_an_input_is_what_the_models_predict(halved) -> None:
    X, y, report = halved
    models = other(X, y, C=1), other(X, y, C=2)
    found = report.worst_case
    for _, worst in found.sets:
        predicted = [model.predict_proba(np.array([worst.x]))[0, 1] for model in models]
        assert predicted == pytest.approx([worst.reference, worst.candidate], abs=1e-9)
    mixed = sum(part.share * X[part.row] for part in found.mixtures.mixture)
    np.testing.assert_allclose(mixed, found.mixtures.x, atol=1e-12)


def test_the_message_names_it_where_it_is_three_times_the_rows(halved) -> None:
    _, _, report = halved
    lines = " ".join(str(report).split())
    assert "worst case 0.263 between the rows (class 1, 0.8 of row 307 and 0.2 of row 461)" in lines
    full = " ".join(report.text(verbosity=2).split())
    assert "99 % ellipsoid: 0.479, which no input exceeds" in full
    assert "box: 0.993, which no input exceeds; there the reference says 0.0" in full


def test_the_message_does_not_name_it_where_it_is_less(bundled) -> None:
    X, y = bundled("iris", standardised=True)
    report = compare_models(
        LogisticRegression(**EXACT), X, y, candidate=other(X, y, C=2), explain=False
    )
    found = report.worst_case
    assert not found.exact
    assert found.rows <= found.mixtures.value <= 3 * found.rows
    assert found.mixtures.value <= found.box.value
    assert found.box.bound is None
    assert "worst case" not in str(report)
    assert "the largest that a search found" in " ".join(report.text(verbosity=2).split())


def test_mixtures_are_judged_also_where_the_rows_agree(bundled) -> None:
    X, y = bundled("breast_cancer", standardised=True)
    arguments = {"candidate": other(X, y, C=1.02), "explain": False}
    reference = LogisticRegression(**EXACT)
    loose = Tolerance(worst_case=0.01, worst_case_box=0.1)
    report = assert_models_equivalent(reference, X, y, tolerance=loose, **arguments)
    assert report.divergences["worst_case"].allowed == 0.01
    assert report.divergences["worst_case_box"].value == pytest.approx(
        report.worst_case.box.bound, abs=0
    )
    with pytest.raises(
        ModelsDivergeError, match=r"models diverge: worst_case 0.00\d+ > 0.005 "
    ) as e:
        assert_models_equivalent(
            reference, X, y, tolerance=Tolerance(worst_case=0.005), **arguments
        )
    assert e.value.report.divergences["probability"].within
    with pytest.raises(ModelsDivergeError, match=r"models diverge: worst_case_box 0\.06"):
        assert_models_equivalent(
            reference, X, y, tolerance=Tolerance(worst_case_box=0.05), **arguments
        )


def test_ranges_widen_and_narrow_the_box(halved) -> None:
    X, y, report = halved
    wide = compare_models(
        LogisticRegression(**EXACT),
        X,
        y,
        candidate=other(X, y, C=2),
        explain=False,
        input_ranges={"x0": (0.5, 0.5), 1: (-9, 9)},
    )
    found = wide.worst_case
    assert found.given == ("x0", "x1")
    assert (found.low[0], found.high[0], found.low[1], found.high[1]) == (0.5, 0.5, -9, 9)
    assert found.box.x[0] == 0.5
    # Ranges are of the box: what lies between the rows is what it was.
    assert found.mixtures == report.worst_case.mixtures


def test_whole_two_valued_and_one_hot_columns_are_kept_in_the_box() -> None:
    random = np.random.default_rng(0)
    colour = np.eye(3)[random.integers(3, size=200)]
    X = np.column_stack([random.normal(size=200), random.integers(0, 9, 200), colour])
    y = (X @ [1.0, 0.3, 1.0, -1.0, 0.5] + random.normal(size=200) > 1.5).astype(int)
    report = compare_models(
        LogisticRegression(**EXACT), X, y, candidate=other(X, y, C=5), explain=False
    )
    found = report.worst_case
    assert (found.whole, found.one_hot) == (("x1",), (("x2", "x3", "x4"),))
    assert found.box.x[1] == round(found.box.x[1])
    assert sorted(found.box.x[2:]) == [0, 0, 1]
    text = " ".join(report.text(verbosity=2).split())
    assert "box: whole numbers only in 'x1'; exactly one of 'x2', 'x3' and 'x4' is on" in text


def test_rows_that_are_compared_are_named(halved) -> None:
    X, y, _ = halved
    report = compare_models(
        LogisticRegression(**EXACT),
        X[:400],
        y[:400],
        candidate=other(X[:400], y[:400], C=2),
        X_eval=X[400:],
        y_eval=y[400:],
        explain=False,
    )
    named = {part.rows: part.row for part in report.worst_case.mixtures.mixture}
    assert set(named) <= {"training", "evaluation"}
    rows = {"training": X[:400], "evaluation": X[400:]}
    mixed = sum(p.share * rows[p.rows][p.row] for p in report.worst_case.mixtures.mixture)
    np.testing.assert_allclose(mixed, report.worst_case.mixtures.x, atol=1e-12)


def test_a_candidate_that_is_not_linear_has_none(halved) -> None:
    X, y, _ = halved
    candidate = GaussianNB().fit(X, y)
    reference = LogisticRegression(**EXACT)
    assert compare_models(reference, X, y, candidate=candidate, explain=False).worst_case is None
    with pytest.raises(ModelParityError, match="tolerance worst_case needs two linear models"):
        compare_models(
            reference, X, y, candidate=candidate, tolerance=Tolerance(worst_case=0.5), explain=False
        )


def test_coefficients_that_another_link_reads_are_not_taken_for_a_sigmoid(halved) -> None:
    X, y, _ = halved
    data = read_dataset(X, y)
    model = other(X, y)
    parameters = Parameters(
        reference_coef=model.coef_,
        candidate_coef=model.coef_,
        reference_intercept=model.intercept_,
        candidate_intercept=model.intercept_,
        names=data.feature_names,
    )
    right, positive = model.predict_proba(X), ndtr(model.decision_function(X))
    probit = np.column_stack([1 - positive, positive])
    found = []
    for candidate in (right, probit, np.full_like(right, np.nan)):
        predictions = Predictions(
            reference=right, candidate=candidate, classes=data.classes, y=data.y
        )
        found.append(worst_case_of(predictions, parameters, data, inputs_of(data, {})) is None)
    assert found == [False, True, True]


def test_a_box_of_three_classes_is_not_judged(bundled) -> None:
    X, y = bundled("iris", standardised=True)
    with pytest.raises(ModelParityError, match="worst_case_box is for two classes") as error:
        compare_models(
            LogisticRegression(**EXACT),
            X,
            y,
            candidate=other(X, y, C=2),
            tolerance=Tolerance(worst_case_box=0.5),
        )
    assert "\n" not in str(error.value)
    judged = compare_models(
        LogisticRegression(**EXACT),
        X,
        y,
        candidate=other(X, y, C=2),
        tolerance=Tolerance(probability=0.2, worst_case=0.1),
        explain=False,
    )
    assert not judged
    assert judged.divergences["worst_case"].note == "the largest that a search found"
