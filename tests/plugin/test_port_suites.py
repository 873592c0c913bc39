"""Port suites in a run: which tests there are, and the matrix in every report."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from pytest_modelparity import read_report
from pytest_modelparity.report.matrix import matrices


@pytest.fixture(autouse=True)
def numpy_loaded() -> None:
    """Import here what a suite imports: pytester forgets what a run inside it has imported."""
    from pytest_modelparity import parametrize_parity

    assert parametrize_parity


def made(pytester: pytest.Pytester, source: str) -> None:
    """Write a test file."""
    pytester.makepyfile(test_port=f"import pytest\n{source}")


#: A suite that needs no framework.
SMALL = """
import numpy as np
from pytest_modelparity import parametrize_parity

class Model:
    def __init__(self, C=1, refused=False):
        self.C, self.refused = C, refused
    def get_params(self, deep=True):
        return {"C": self.C, "refused": self.refused}
    def set_params(self, **settings):
        vars(self).update(settings)
        return self
    def fit(self, X, y):
        if self.refused:
            raise ValueError("not that")
        return self

DATA = {name: (np.ones((4, 1)), np.array([0, 1, 0, 1])) for name in ("a", "b")}
"""

#: One setting of three is refused everywhere, another for the third data set; checks are made.
SUITE = (
    SMALL
    + """
from made import diverged, equivalent

def fit(self, X, y, sample_weight=None):
    if self.refused or (self.C == 1 and len(np.unique(y)) > 2):
        raise ValueError("not that")
    return self

Model.fit = fit
DATA["three"] = (np.ones((6, 1)), np.array([0, 1, 2] * 2), np.ones(6))
GRID = [{"C": [0, 1, 2]}, {"C": [3], "refused": [True]}]


@parametrize_parity(Model(), DATA, grid=GRID)
def test_port(parity_case):
    C, name = parity_case.settings["C"], parity_case.dataset.name
    if C == 2:
        raise RuntimeError("no 2 here")
    if name == "b":
        equivalent(value=0.001)
        diverged(value=0.02)
    equivalent(value=0.001)
"""
)


@pytest.mark.parametrize("mode", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_the_matrix_is_in_every_report(
    pytester: pytest.Pytester, made_tests: Callable[..., None], mode: tuple[str, ...]
) -> None:
    if mode:
        pytest.importorskip("xdist")
    made_tests(SUITE)
    files = (
        "--parity-report-json=p.json",
        "--parity-report-md=p.md",
        "--parity-report-html=p.html",
    )
    result = pytester.runpytest(*mode, "--parity-report", *files, "--junit-xml=junit.xml")
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
    (matrix,) = matrices(read_report(pytester.path / "p.json"))
    assert matrix.name == "test_port.py::test_port"
    assert {row.reference: [cell.text for cell in row.cells] for row in matrix.rows} == {
        "C:0": ["equivalent 0.1", "diverged 2", "equivalent 0.1"],
        "C:1": ["equivalent 0.1", "diverged 2", "left out"],
        "C:2": ["error", "error", "error"],
    }
    assert matrix.summary == "8 combinations: 3 equivalent, 2 diverged, 3 error; 4 left out"
    result.stdout.fnmatch_lines(
        [
            "PORT SUITE  test_port.py::test_port: 8 combinations: 3 equivalent, 2*",
            "  C:1  0.10 2.00!     -",
            "  1=a, 2=b, 3=three",
        ]
    )
    page = (pytester.path / "p.html").read_text(encoding="utf-8")
    assert re.search(r'<td class="diverged"><a href="#check-\d+">', page)
    text = (pytester.path / "p.md").read_text(encoding="utf-8")
    assert "| `C:1` | equivalent 0.1 | **diverged 2** | left out |" in text
    check_junit(pytester)


def check_junit(pytester: pytest.Pytester) -> None:
    """See that each test of a suite says where it stands, and one of each process the suite."""
    cases = {}
    suites = []
    for case in ET.parse(pytester.path / "junit.xml").iter("testcase"):
        found = {p.attrib["name"]: json.loads(p.attrib["value"]) for p in case.iter("property")}
        cases[case.attrib["name"]] = found["modelparity_case"]
        suites += [found["modelparity_suite"]] if "modelparity_suite" in found else []
    assert len(cases) == 8
    assert cases["test_port[C:1-b]"] == {
        "suite": "test_port.py::test_port",
        "reference": "C:1",
        "dataset": "b",
    }
    assert 1 <= len(suites) <= 2
    assert len(suites[0]["left_out"]) == 4


@pytest.mark.usefixtures("frameworks_loaded")
def test_a_suite_of_scikit_learn(pytester: pytest.Pytester) -> None:
    made(
        pytester,
        """
from sklearn.linear_model import LogisticRegression
from pytest_modelparity import assert_models_equivalent, hard_data, parametrize_parity

@parametrize_parity(
    LogisticRegression(max_iter=1000, tol=1e-8),
    hard_data.classification("weighted", "boolean_labels"),
    grid={"C": [0.1, 1.0], "dual": [False, True], "solver": ["lbfgs", "liblinear"]},
)
@pytest.mark.parity(explain=False)
def test_port(parity_case):
    case = parity_case
    if case.settings["solver"] == "liblinear":
        pytest.skip("for its intercept")
    model = LogisticRegression(C=0.1, tol=1e-8, max_iter=1000)
    model.fit(case.X, case.y, case.sample_weight)
    assert_models_equivalent(
        case.reference, case.X, case.y, sample_weight=case.sample_weight, candidate=model
    )
""",
    )
    result = pytester.runpytest("--parity-report-json=p.json", "-Wignore")
    result.assert_outcomes(passed=2, failed=2, skipped=8)
    (matrix,) = matrices(read_report(pytester.path / "p.json"))
    (refusal,) = matrix.refusals
    assert refusal.references == ("C:0.1-dual:True-solver:lbfgs", "C:1.0-dual:True-solver:lbfgs")
    assert "dual=True" in refusal.reason
    assert {row.reference: [cell.state for cell in row.cells] for row in matrix.rows} == {
        "C:0.1-dual:False-solver:lbfgs": ["equivalent", "equivalent"],
        "C:0.1-dual:False-solver:liblinear": ["skipped", "skipped"],
        "C:0.1-dual:True-solver:liblinear": ["skipped", "skipped"],
        "C:1.0-dual:False-solver:lbfgs": ["diverged", "diverged"],
        "C:1.0-dual:False-solver:liblinear": ["skipped", "skipped"],
        "C:1.0-dual:True-solver:liblinear": ["skipped", "skipped"],
    }


def test_a_class_a_module_and_other_parameters(pytester: pytest.Pytester) -> None:
    made(
        pytester,
        SMALL
        + """
@parametrize_parity(Model(), DATA, grid={"C": [1, 2]})
class TestPort:
    @pytest.mark.parametrize("optimizer", ["adam", "sgd"])
    def test_many(self, parity_case, optimizer):
        assert parity_case.reference.C == parity_case.settings["C"]
    def test_other(self):
        pass
""",
    )
    made_too = SMALL + "pytestmark = parametrize_parity(Model(), DATA)\ndef test(parity_case): pass"
    pytester.makepyfile(test_module=f"import pytest\n{made_too}")
    result = pytester.runpytest("--parity-report-json=p.json", "-v")
    result.assert_outcomes(passed=11)
    result.stdout.fnmatch_lines(["*::TestPort::test_many[[]C:1-a-adam[]]*"])
    first, second = matrices(read_report(pytester.path / "p.json"))
    assert [(suite.name, suite.summary) for suite in (first, second)] == [
        ("test_module.py::test", "2 combinations: 2 no check"),
        ("test_port.py::TestPort::test_many", "4 combinations: 4 no check"),
    ]


def test_what_is_not_run_is_said(pytester: pytest.Pytester) -> None:
    suite = SMALL + (
        "@parametrize_parity(Model(), DATA, grid={'C': [1, 2], 'refused': [False, True]})\n"
        "def test(parity_case): pass\n"
        "def test_unrelated(): pass\n"
    )
    made(pytester, suite)
    result = pytester.runpytest("-k", "C:1", "--parity-report")
    result.assert_outcomes(passed=2, deselected=3)
    result.stdout.fnmatch_lines(
        [
            "PORT SUITE  *: 2 combinations: 2 no check; 2 not run; 4*",
            "  left out: C:1-refused:True, C:2-refused:True; the reference refuses: not that",
        ]
    )
    result = pytester.runpytest("-k", "unrelated", "--parity-report")
    result.stdout.no_fnmatch_line("PORT SUITE*")


def test_a_worker_that_dies_leaves_an_error_in_its_cell(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    made(
        pytester,
        SMALL
        + """
import os

@parametrize_parity(Model(), DATA)
def test(parity_case):
    if parity_case.dataset.name == "a":
        os._exit(1)
""",
    )
    pytester.runpytest("-n", "1", "--parity-report-json=p.json")
    (matrix,) = matrices(read_report(pytester.path / "p.json"))
    assert [cell.state for cell in matrix.rows[0].cells] == ["error", "no check"]


@pytest.mark.parametrize(
    "test,message",
    [
        (
            "@parametrize_parity(Model(), DATA)\ndef test(): pass",
            "test must take the argument parity_case of parametrize_parity",
        ),
        (
            "@parametrize_parity(Model(), DATA)\n@parametrize_parity(Model(), DATA)\n"
            "def test(parity_case): pass",
            "test must have one suite, made by parametrize_parity, got 2;*",
        ),
        (
            "@pytest.mark.parity_suite(3)\ndef test(parity_case): pass",
            "test must have one suite, made by parametrize_parity, got 1;*",
        ),
        (
            "@parametrize_parity(Model(refused=True), DATA)\ndef test(parity_case): pass",
            "test: the reference refuses every combination, the first because: not that",
        ),
        (
            "@parametrize_parity(Model(), DATA, grid={'C': 1})\ndef test(parity_case): pass",
            "*ModelParityError: grid must hold a list of values for C, got 1; write for example*",
        ),
        (
            "def test(parity_case): pass",
            "parity_case is filled by pytest_modelparity.parametrize_parity; decorate the test*",
        ),
    ],
)
def test_a_suite_that_cannot_be_run(pytester: pytest.Pytester, test: str, message: str) -> None:
    made(pytester, SMALL + test)
    result = pytester.runpytest()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{message}*"])
