"""Every setting of a real check: its values, whether it differs, and how the values are related."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import ParityReport, compare_models
from pytest_modelparity.report.compared import ComparedSetting

TIGHT: dict[str, Any] = {"tol": 1e-10, "max_iter": 1000}


@pytest.fixture
def data(bundled) -> tuple[np.ndarray, np.ndarray]:
    """Return two classes of iris, standardised."""
    X, y = bundled("iris", standardised=True)
    return X[:100], y[:100]


def against(data: tuple, *, explain: bool = True, **settings: Any) -> ParityReport:
    """Compare the default with another LogisticRegression."""
    candidate = LogisticRegression(**{**TIGHT, **settings}).fit(*data)
    return compare_models(
        LogisticRegression(**TIGHT), *data, candidate=candidate, explain=explain, tolerance=1e-4
    )


def of(report: ParityReport, name: str) -> ComparedSetting:
    """Return one setting of a report."""
    (found,) = (item for item in report.compared if item.setting == name)
    return found


def test_the_four_are_held_with_both_words_also_where_they_are_equal(data) -> None:
    report = against(data)
    assert report.equivalent
    words = {name: of(report, name) for name in ("penalty", "C", "iterations", "solver")}
    assert {name: (item.reference, item.candidate) for name, item in words.items()} == {
        "penalty": ("l2 (the default)", "l2 (the default)"),
        "C": ("C=1.0", "C=1.0"),
        "iterations": (words["iterations"].reference,) * 2,
        "solver": ("lbfgs", "lbfgs"),
    }
    assert {item.same for item in words.values()} == {True}
    assert ParityReport.from_dict(report.to_dict()).compared == report.compared


@pytest.mark.parametrize(
    "C,note",
    [(0.5, "the penalty is 2 times as strong"), (0.3, "the penalty is 3.33 times as strong")],
)
def test_strengths_say_how_they_are_related(data, C: float, note: str) -> None:
    report = against(data, C=C)
    assert of(report, "C").same is False
    assert of(report, "C").note.startswith(note)
    assert of(report, "C").looked_for
    assert of(report, "penalty").same
    assert f"MUST CHANGE: {note}" in " ".join(report.text(width=200).split())


def test_a_common_factor_of_weights_acts_as_c(data) -> None:
    report = against(data, class_weight={0: 1000.0, 1: 1000.0})
    assert of(report, "class_weight").note == (
        "1000 times the reference's: a common factor acts as C"
    )
    assert "a common factor acts as C" in report.text(width=200)


def test_other_weights_say_their_range(data) -> None:
    found = of(against(data, class_weight={0: 0.5, 1: 3.0}), "class_weight")
    assert found.note == "0.5 to 3 times the reference's"


def test_the_same_weights_of_rows_are_the_same(data) -> None:
    X, y = data
    weights = np.linspace(1.0, 2.0, len(y))
    candidate = LogisticRegression(**TIGHT).fit(X, y, sample_weight=weights)
    same = compare_models(
        LogisticRegression(**TIGHT), X, y, candidate=candidate, sample_weight=weights
    )
    assert of(same, "sample_weight").same


def test_a_c_beside_no_penalty_is_neither_the_same_nor_another(data) -> None:
    report = against(data, C=np.inf, explain=False)
    assert of(report, "penalty").same is False
    assert (of(report, "C").same, of(report, "C").candidate) == (None, "no penalty")
    assert not of(report, "C").looked_for


def test_what_was_trained_with_is_what_was_looked_for(data) -> None:
    X, y = data
    reference = LogisticRegression(max_iter=2, tol=1e-10)
    with pytest.warns(match="lbfgs failed to converge"):
        report = compare_models(
            reference, X, y, candidate=LogisticRegression(**TIGHT).fit(X, y), tolerance=1e-4
        )
    assert of(report, "iterations").looked_for
    assert not of(report, "learning_rate").looked_for
    first, *_ = (line for line in report.text(width=160).split("\n") if line.startswith("stopped"))
    assert "THE REFERENCE DID NOT CONVERGE" in first


def test_a_cause_holds_what_to_write_and_what_that_left(data) -> None:
    X, y = data
    reference = LogisticRegression(max_iter=2, tol=1e-10)
    with pytest.warns(match="lbfgs failed to converge"):
        report = compare_models(
            reference, X, y, candidate=LogisticRegression(**TIGHT).fit(X, y), tolerance=1e-4
        )
    cause = next(cause for cause in report.causes if cause.setting == "iterations")
    assert cause.suffices
    assert cause.left is not None
    assert cause.left <= 1e-4
    (change,) = cause.changes
    assert (change.side, change.setting) == ("reference", "iterations")
    assert change.text in cause.note


def test_settings_that_equal_words_hide_are_told_apart_by_the_report_of_an_earlier_version(
    data,
) -> None:
    report = against(data, C=0.5)
    old = replace(report, compared=())
    assert {item.setting for item in old.all_settings} >= {"penalty", "C", "iterations", "solver"}
    assert {item.same for item in old.all_settings if item.setting == "C"} == {False}
