"""Port suites without pytest: ids, grids, data sets, what is left out, and the matrix."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pytest_modelparity import ModelParityError, ParityReport, hard_data
from pytest_modelparity.report.matrix import matrices
from pytest_modelparity.report.matrix_lines import matrix_lines
from pytest_modelparity.report.parts import Divergence
from pytest_modelparity.report.run import CheckRecord, RefusedCheck, RunReport
from pytest_modelparity.report.suite import LeftOut, PortSuite, SuiteCase, SuiteData
from pytest_modelparity.suites.case import PlannedCase
from pytest_modelparity.suites.datasets import datasets_of
from pytest_modelparity.suites.plan import SuitePlan
from pytest_modelparity.suites.references import references_of
from pytest_modelparity.suites.words import settings_id, value_id

SEPARABLE, THREE = hard_data.classification("separable", "three_classes")


class Model:
    """An estimator by its conventions alone, whose ``fit`` has a rule of its own."""

    def __init__(self, C: float = 1.0, penalty: str = "l2", rule: Any = None) -> None:
        self.C, self.penalty, self.rule = C, penalty, rule

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {"C": self.C, "penalty": self.penalty, "rule": self.rule}

    def set_params(self, **settings: Any) -> Model:
        for name, value in settings.items():
            if name not in self.get_params():
                raise ValueError(f"Invalid parameter {name!r}")
            setattr(self, name, value)
        return self

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Model:
        if self.rule is not None:
            self.rule(X, y)
        self.coef_ = np.zeros(X.shape[1])
        return self


def ids(*arguments: Any) -> list[str]:
    """Return the ids of references."""
    return [reference.id for reference in references_of(*arguments)]


# --- ids


@pytest.mark.parametrize(
    "value,text",
    [
        (0.1, "0.1"),
        (None, "None"),
        (np.float64(1e-8), "1e-08"),
        ({0: 1, "a b": 2.5}, "{0:1,a_b:2.5}"),
        ([1, (2, 3)], "(1,(2,3))"),
        ("a::b[c]\n", "a:b(c)_"),
        (np.mean, "mean"),
        (Model(), "Model"),
        (np.arange(3), "ndarray"),
    ],
)
def test_a_value_in_an_id_is_short_and_has_no_address(value: Any, text: str) -> None:
    assert value_id(value) == text


def test_a_long_value_keeps_its_beginning_and_is_told_from_others() -> None:
    first, second = value_id("x" * 100), value_id("x" * 101)
    assert len(first) == 60
    assert first.startswith("xxx")
    assert first != second


@pytest.mark.parametrize(
    "references,grid,expected",
    [
        (Model(), None, ["Model"]),
        (Model(C=3), None, ["Model-C:3"]),
        (Model(C=3), {"penalty": ["l1", "l2"]}, ["penalty:l1", "penalty:l2"]),
        (
            Model(),
            {"C": [1, 2], "penalty": ["l1", None]},
            ["C:1-penalty:l1", "C:1-penalty:None", "C:2-penalty:l1", "C:2-penalty:None"],
        ),
        (Model(), [{"C": [1]}, {"penalty": ["l1"]}], ["C:1", "penalty:l1"]),
        ([Model(), Model(C=3), Model(C=3)], None, ["Model", "Model-C:3", "Model-C:3+2"]),
        ({"plain": Model()}, {"C": [1, 2]}, ["plain-C:1", "plain-C:2"]),
        ([Model(), Model(C=3)], {"C": [1]}, ["Model-C:1", "Model-C:3-C:1"]),
        (
            Model(),
            {"rule": [np.mean, Model(), Model()]},
            ["rule:mean", "rule:Model", "rule:Model+2"],
        ),
    ],
)
def test_the_ids_of_references(references: Any, grid: Any, expected: list[str]) -> None:
    assert ids(references, grid) == expected


def test_an_id_does_not_depend_on_what_else_is_in_the_grid() -> None:
    few, many = ({"C": values, "penalty": ["l2"]} for values in ([1], [0.1, 1, 10]))
    assert set(ids(Model(), few)) < set(ids(Model(), many))
    assert settings_id({"C": 1, "penalty": "l2"}) == ids(Model(), few)[0]


# --- what is refused


@pytest.mark.parametrize(
    "references,grid,message",
    [
        (Model, None, "references must be an estimator .* got the class Model"),
        ([], None, "must hold an estimator at least, got none"),
        ([1], None, "got 1"),
        (Model().fit(np.ones((1, 1)), [0]), None, "must not be fitted, got a Model with coef_"),
        (Model(), {"C": "l1"}, "a list of values for C, got 'l1'; write for example grid="),
        (Model(), {"C": []}, r"a list of values for C, got \[\]"),
        (Model(), {"D": [1]}, "the grid cannot be set on Model: Invalid parameter 'D'"),
        (Model(), ["C"], "grid must be a dict of settings and their values, .* got str"),
    ],
)
def test_references_that_cannot_be_used(references: Any, grid: Any, message: str) -> None:
    with pytest.raises(ModelParityError, match=message):
        references_of(references, grid)


@pytest.mark.parametrize(
    "datasets,message",
    [
        ([], "got none"),
        ((np.ones((2, 1)), [0, 1]), "got a ndarray without a name"),
        ({"a": np.ones(3)}, "got a ndarray for 'a'"),
        ("separable", "got str"),
        ([SEPARABLE, SEPARABLE], "must have names of their own, got 'separable' twice"),
    ],
)
def test_data_sets_that_cannot_be_used(datasets: Any, message: str) -> None:
    with pytest.raises(ModelParityError, match=message):
        datasets_of(datasets)


def test_own_data_sets_have_names_and_a_task() -> None:
    X, y = np.ones((4, 1)), np.array([0.5, 1, 2, 3])
    own = datasets_of({"a": (X, y), "b": (X, [0, 1, 0, 1], y), "c": SEPARABLE})
    assert [(one.name, one.task) for one in own] == [
        ("a", "regression"),
        ("b", "classification"),
        ("separable", "classification"),
    ]
    assert own[1].sample_weight is y


# --- cases


def test_each_test_has_a_reference_and_arrays_of_its_own() -> None:
    (reference,) = references_of(Model(), {"C": [2.0], "rule": [Model()]})
    planned = PlannedCase(reference=reference, dataset=SEPARABLE)
    first, second = planned.make(), planned.make()
    first.X[:], first.y[:] = 7.0, 7
    first.reference.rule.C = 9.0
    assert (second.X != 7.0).all()
    assert (second.y != 7).all()
    assert second.reference.rule.C == 1.0
    assert (second.reference.C, second.settings["C"]) == (2.0, 2.0)
    assert second.id == "C:2.0-rule:Model-separable"
    own = PlannedCase(reference=reference, dataset=datasets_of({"own": (first.X, first.y)})[0])
    assert own.make().X is first.X


# --- what is left out


def no_three(X: Any, y: Any) -> None:
    """Refuse more than two classes."""
    if len(np.unique(y)) > 2:
        raise ValueError("two classes only,\nplease")


def needs_rows(X: Any, y: Any) -> None:
    """Refuse few rows."""
    if len(y) < 50:
        raise ValueError("too few rows")


def breaks(X: Any, y: Any) -> None:
    """Fail for a reason of its own."""
    raise RuntimeError("no memory")


def plan(rule: Any, *data: hard_data.HardData) -> SuitePlan:
    """Return a plan of one reference with a rule."""
    return SuitePlan(references=references_of(Model(rule=rule), None), datasets=data)


def test_what_the_reference_refuses_is_left_out_with_its_reason() -> None:
    found = plan(no_three, SEPARABLE, THREE)
    assert [case.id for case in found.cases] == ["Model-separable"]
    assert found.left_out == (
        LeftOut(reference="Model", dataset="three_classes", reason="two classes only, please"),
    )
    assert [data.name for data in found.suite("t::a").datasets] == ["separable", "three_classes"]


@pytest.mark.parametrize("rule", [needs_rows, breaks])
def test_nothing_is_left_out_for_few_rows_or_another_error(rule: Any) -> None:
    assert plan(rule, SEPARABLE, THREE).left_out == ()


def test_a_trial_leaves_no_warning_and_no_random_number_behind() -> None:
    def noisy(X: Any, y: Any) -> None:
        # Warnings are errors in this project's tests: the refusal would not be reached.
        warnings.warn("did not converge", stacklevel=1)
        np.random.random()
        raise ValueError("not that")

    state = np.random.get_state()[1].tolist()
    assert [one.reason for one in plan(noisy, SEPARABLE).left_out] == ["not that"]
    assert np.random.get_state()[1].tolist() == state


def test_alike_data_sets_are_tried_once_and_all_of_what_is_refused() -> None:
    asked: list[tuple[int, int]] = []

    def counts(X: Any, y: Any) -> None:
        asked.append((len(y), len(np.unique(y))))
        no_three(X, y)

    names = "separable", "collinear", "three_classes", "rare_class"
    found = plan(counts, *hard_data.classification(*names))
    assert len(found.left_out) == 2
    # The rule goes with a deep copy of the reference, which leaves a function what it is.
    assert asked == [(4, 2), (6, 3), (90, 3), (120, 3)]


def test_frames_and_weights_are_tried_too() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": [1.0, 2, 3, 4]})
    y = pd.Series(["x", "y", "y", "x"], index=[9, 8, 7, 6])
    (data,) = datasets_of({"frame": (frame, y, np.ones(4))})
    assert plan(None, data).left_out == ()


def test_weights_go_to_the_last_step_of_a_pipeline() -> None:
    class Pipeline(Model):
        steps = (("scaler", None), ("model", None))

        def fit(self, X: Any, y: Any, **given: Any) -> Pipeline:
            if list(given) != ["model__sample_weight"]:
                raise ValueError(f"got {list(given)}")
            return self

    references = references_of(Pipeline(), None)
    weighted = hard_data.classification("weighted")
    assert SuitePlan(references=references, datasets=weighted).left_out == ()


# --- the matrix


def check(report: ParityReport, test_id: str, value: float, outcome: str = "passed") -> CheckRecord:
    """Return a check whose largest divergence is a multiple of what is allowed."""
    within = value <= 1
    found = replace(
        report,
        verdict="equivalent" if within else "diverged",
        divergences={"probability": Divergence(value=0.01 * value, allowed=0.01)},
    )
    return CheckRecord(test_id=test_id, outcome=outcome, asserted=True, report=found)


def run(report: ParityReport) -> RunReport:
    """Return a run with a suite that has every kind of cell."""
    outcomes = {
        "equivalent": "passed",
        "diverged": "failed",
        "refused": "failed",
        "error": "failed",
        "failed": "failed",
        "none": "passed",
        "skipped": "skipped",
        "worse": "failed",
    }
    places = {name: ("C:1", name) for name in outcomes} | {"worse": ("C:1", "equivalent2")}
    names = [dataset for _, dataset in places.values()]
    return RunReport(
        checks=(
            check(report, "equivalent", 0.25),
            check(report, "diverged", 12.3, "failed"),
            check(report, "failed", 0.25, "failed"),
            check(report, "good", 0.5),
            check(report, "worse", 2.0, "failed"),
        ),
        refusals=(RefusedCheck(test_id="refused", message="no"),),
        suites=(
            PortSuite(
                name="t.py::test",
                references=("C:1", "C:2"),
                datasets=tuple(SuiteData(name=name, hard_for=f"{name}.") for name in names),
                left_out=(
                    *(LeftOut(reference="C:2", dataset=name, reason="no 2") for name in names),
                ),
                cases=(
                    *(
                        SuiteCase(
                            reference=places[name][0],
                            dataset=places[name][1],
                            test_id=name,
                            outcome=outcome,
                        )
                        for name, outcome in outcomes.items()
                    ),
                    SuiteCase(
                        reference="C:1", dataset="equivalent2", test_id="good", outcome="passed"
                    ),
                ),
            ),
        ),
    )


def test_every_kind_of_cell(equivalent_report: ParityReport) -> None:
    (matrix,) = matrices(run(equivalent_report))
    (row,) = matrix.rows
    assert [cell.text for cell in row.cells] == [
        "equivalent 0.25",
        "diverged 12.3",
        "refused",
        "error",
        "error 0.25",
        "no check",
        "skipped",
        "diverged 2",
    ]
    assert matrix.summary == (
        "8 combinations: 1 equivalent, 1 skipped, 1 no check, 2 diverged, 1 refused, 2 error; "
        "8 left out"
    )
    (refusal,) = matrix.refusals
    assert (refusal.reason, refusal.references, refusal.datasets) == ("no 2", ("C:2",), ())


def test_a_test_that_did_not_run_and_settings_that_are_left_out_somewhere(
    equivalent_report: ParityReport,
) -> None:
    whole = run(equivalent_report)
    (suite,) = whole.suites
    part = replace(suite, cases=suite.cases[:1], left_out=suite.left_out[:2])
    (matrix,) = matrices(replace(whole, suites=(part,)))
    assert [cell.state for cell in matrix.rows[0].cells] == ["equivalent", *["not run"] * 7]
    assert [cell.state for cell in matrix.rows[1].cells] == ["left out"] * 2 + ["not run"] * 6
    assert matrix.refusals[0].datasets == ("equivalent", "diverged")
    assert matrix.summary == "1 combination: 1 equivalent; 13 not run; 2 left out"


def test_the_lines_of_a_matrix_fit_the_terminal(equivalent_report: ParityReport) -> None:
    (matrix,) = matrices(run(equivalent_report))
    lines = list(matrix_lines(matrix, 40))
    assert lines[:4] == [
        ("          1     2     3     4     5", ""),
        ("  C:1  0.25   12!   ref   err   err", "bad"),
        ("          6     7     8", ""),
        ("  C:1  none  skip 2.00!", "bad"),
    ]
    assert max(len(text) for text, _ in lines) <= 40
    assert [text for text, _ in lines[-2:]] == [
        "  left out: C:2; the reference refuses:",
        "    no 2",
    ]
    reasons = [text for text, _ in matrix_lines(matrix, 80, with_reasons=True)]
    assert "  1=equivalent: equivalent." in reasons
