"""Port suites in a run: which tests there are, and the matrix in every report."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

import pytest

from pytest_modelparity import read_report
from pytest_modelparity.report.matrix import matrices

#: A port whose checks cost milliseconds: both sides are scikit-learn's. Its C is wrong by half.
PORT = """
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import assert_models_equivalent, hard_data, parametrize_parity


def port(case, C):
    model = LogisticRegression(C=C, solver="newton-cholesky", max_iter=1000, tol=1e-8)
    return model.fit(case.X, case.y, case.sample_weight)
"""

#: Two settings of four are refused for every data set (l1 with lbfgs), two more for three classes.
SUITE = (
    PORT
    + """
SUITE = parametrize_parity(
    LogisticRegression(max_iter=1000, tol=1e-8),
    hard_data.classification("nearly_separable", "weighted", "string_labels"),
    grid={"C": [0.1, 1.0], "l1_ratio": [0.0, 1.0], "solver": ["lbfgs", "liblinear"]},
)


@pytest.mark.parity(explain=False)
@SUITE
def test_port(parity_case):
    case = parity_case
    if case.settings["l1_ratio"]:
        pytest.skip("no l1 here")
    if case.settings["solver"] == "liblinear":
        raise RuntimeError("no liblinear here")
    assert_models_equivalent(
        case.reference,
        case.X,
        case.y,
        candidate=port(case, C=0.1),
        sample_weight=case.sample_weight,
    )
"""
)


def made(pytester: pytest.Pytester, source: str) -> None:
    """Write a test file."""
    pytester.makepyfile(test_port=f"import pytest\n{source}")


@pytest.fixture(params=[(), ("-n", "2")], ids=["one process", "xdist"])
def mode(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Return the options of a run in one process, and in two."""
    return request.param


@pytest.mark.usefixtures("frameworks_loaded")
def test_the_matrix_is_in_every_report(pytester: pytest.Pytester, mode: tuple[str, ...]) -> None:
    made(pytester, SUITE)
    result = pytester.runpytest(
        *mode,
        "--parity-report",
        "--parity-report-json=p.json",
        "--parity-report-md=p.md",
        "--parity-report-html=p.html",
        "--junit-xml=junit.xml",
        "-Wignore",
    )
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
    (matrix,) = matrices(read_report(pytester.path / "p.json"))
    assert matrix.name == "test_port.py::test_port"
    states = {row.reference: [cell.state for cell in row.cells] for row in matrix.rows}
    assert states == {
        "C:0.1-l1_ratio:0.0-solver:lbfgs": ["equivalent", "equivalent", "equivalent"],
        "C:0.1-l1_ratio:0.0-solver:liblinear": ["error", "error", "left out"],
        "C:0.1-l1_ratio:1.0-solver:liblinear": ["skipped", "skipped", "left out"],
        "C:1.0-l1_ratio:0.0-solver:lbfgs": ["diverged", "diverged", "diverged"],
        "C:1.0-l1_ratio:0.0-solver:liblinear": ["error", "error", "left out"],
        "C:1.0-l1_ratio:1.0-solver:liblinear": ["skipped", "skipped", "left out"],
    }
    assert matrix.summary == (
        "14 combinations: 3 equivalent, 4 skipped, 3 diverged, 4 error; 10 left out"
    )
    result.stdout.fnmatch_lines(
        [
            f"PORT SUITE  test_port.py::test_port: {matrix.summary[:40]}*",
            "  C:1.0-l1_ratio:0.0-solver:lbfgs *!*!*!",
            "  1=nearly_separable, 2=weighted, 3=string_labels",
        ]
    )
    worst = matrix.rows[3].cells[0]
    page = (pytester.path / "p.html").read_text(encoding="utf-8")
    assert re.search(r'<td class="diverged"><a href="#check-\d+">', page)
    assert f"| **{worst.text}** |" in (pytester.path / "p.md").read_text(encoding="utf-8")
    check_junit(pytester)


def check_junit(pytester: pytest.Pytester) -> None:
    """See that each test of a suite says where it stands, and one of each process the suite."""
    cases = {}
    suites = []
    for case in ET.parse(pytester.path / "junit.xml").iter("testcase"):
        found = {p.attrib["name"]: json.loads(p.attrib["value"]) for p in case.iter("property")}
        cases[case.attrib["name"]] = found["modelparity_case"]
        suites += [found["modelparity_suite"]] if "modelparity_suite" in found else []
    assert len(cases) == 14
    assert cases["test_port[C:0.1-l1_ratio:0.0-solver:lbfgs-weighted]"] == {
        "suite": "test_port.py::test_port",
        "reference": "C:0.1-l1_ratio:0.0-solver:lbfgs",
        "dataset": "weighted",
    }
    assert 1 <= len(suites) <= 2
    assert len(suites[0]["left_out"]) == 10


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
