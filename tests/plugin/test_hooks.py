"""Hooks: what a conftest contributes, and that it is validated whole before it is used."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from textwrap import dedent

import numpy as np
import pytest
import scipy.sparse

from pytest_modelparity.plugin import hookspecs

# numpy's compiled modules can be loaded only once a process, and pytester forgets what it loaded.
assert np
assert scipy.sparse

MAPPING = """
class Mapping:
    def __init__(self, name):
        self.name = name
    def knows(self, estimator): return False
    def read(self, estimator, data): ...
    def fit(self, estimator, data, *, side="reference"): ...
    def remedies(self, estimator, data, *, fitted, side="reference"): return ()
    def source(self, estimator, data, *, side="reference"): return ""
    def mapping_rows(self, estimator, data=None): return ()
    def inert_settings(self, estimator, data): return ()
"""

COLLECT = """
import pytest
from pytest_modelparity.context import CURRENT

def test_collect():
    print([mapping.name for mapping in CURRENT.get().mappings()])
    assert 0
"""


def test_mappings_come_in_the_order_last_registered_first(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_it=COLLECT,
        early=f"{MAPPING}\ndef pytest_modelparity_mappings(): return [Mapping('early')]",
    )
    pytester.makeconftest(
        f"{MAPPING}\n"
        "def pytest_modelparity_mappings(config): return [Mapping('late'), Mapping('later')]"
    )
    pytester.syspathinsert()
    result = pytester.runpytest_inprocess("-p", "early")
    result.stdout.fnmatch_lines(["['late', 'later', 'early']"])


@pytest.mark.parametrize("hook", ["mappings", "candidates", "findings"])
def test_the_hook_is_not_called_without_a_check(pytester: pytest.Pytester, hook: str) -> None:
    pytester.makeconftest(f"def pytest_modelparity_{hook}(config): raise RuntimeError('it ran')")
    pytester.makepyfile("def test_nothing(): pass")
    result = pytester.runpytest_inprocess("--parity-report")
    result.assert_outcomes(passed=1)
    assert "it ran" not in result.stdout.str()


@pytest.mark.parametrize(
    "answer,problem",
    [
        ("Mapping('one')", "*<*Mapping object*, which is not a list"),
        ("[Mapping]", "  the class Mapping; return an instance: Mapping()"),
        ("[Mapping(None)]", "*<*Mapping object*, which lacks name (str)"),
        ("['logistic']", "  'logistic', which lacks name (str), knows(), read(), fit(), *"),
        (
            "[setattr(Mapping, 'fit', lambda self, estimator, data: 1) or Mapping('old')]",
            "*<*Mapping object*, which lacks fit(estimator, data, *, side)",
        ),
    ],
)
def test_a_wrong_mapping_is_refused_with_all_that_is_wrong(
    pytester: pytest.Pytester, answer: str, problem: str
) -> None:
    pytester.makepyfile(
        test_it=COLLECT,
        good=f"{MAPPING}\ndef pytest_modelparity_mappings(): return [Mapping('good'), 1]",
    )
    pytester.makeconftest(f"{MAPPING}\ndef pytest_modelparity_mappings(config): return {answer}")
    pytester.syspathinsert()
    result = pytester.runpytest_inprocess("-p", "good")
    result.stdout.fnmatch_lines(
        [
            "E*ModelParityError: the hook pytest_modelparity_mappings must return a list of *",
            f"E   *from *conftest.py: {problem.strip()}",
            "E   *from good: 1, which lacks name (str), knows(), *",
        ]
    )


def test_an_unknown_hook_of_ours_is_refused_at_the_start(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("def pytest_modelparity_mapings(config): return []")
    pytester.makepyfile("def test_nothing(): pass")
    result = pytester.runpytest_inprocess()
    assert result.ret != 0
    text = result.stdout.str() + result.stderr.str()
    assert "unknown hook 'pytest_modelparity_mapings'" in text


def test_a_wrong_argument_of_a_hook_is_refused_at_the_start(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("def pytest_modelparity_mappings(settings): return []")
    pytester.makepyfile("def test_nothing(): pass")
    result = pytester.runpytest_inprocess()
    assert result.ret != 0
    text = result.stdout.str() + result.stderr.str()
    assert "settings" in text
    assert "pytest_modelparity_mappings" in text


def test_a_contributed_mapping_reaches_a_real_check(
    pytester: pytest.Pytester, parity_tests: Callable[..., None]
) -> None:
    parity_tests(
        """
class Ours:
    pass

def test_unknown():
    with pytest.raises(pytest_modelparity.ModelParityError, match="ours, theirs"):
        pytest_modelparity.compare_models(Ours(), X, y, candidate=fitted(1.0))
"""
    )
    pytester.makeconftest(
        f"{MAPPING}\n"
        "def pytest_modelparity_mappings(config): return [Mapping('ours'), Mapping('theirs')]"
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


# --- a hook that raises


@pytest.mark.parametrize("hook", ["mappings", "candidates"])
def test_a_hook_that_raises_is_named_with_its_plugin_and_the_run_goes_on(
    pytester: pytest.Pytester, parity_tests: Callable[..., None], hook: str
) -> None:
    parity_tests(
        """
def test_one(): same(pytest_modelparity.compare_models)
def test_other(): same(pytest_modelparity.compare_models)
def test_without_a_check(): pass
"""
    )
    pytester.makeconftest("")
    pytester.makepyfile(
        theirs=f"""
def pytest_modelparity_{hook}(config):
    with open("asked", "a") as file:
        file.write(".")
    return [][1]
"""
    )
    pytester.syspathinsert()
    result = pytester.runpytest_inprocess("-p", "theirs")
    result.assert_outcomes(failed=2, passed=1)
    result.stdout.fnmatch_lines(
        [
            "E * IndexError: list index out of range",
            f"*ModelParityError: the hook pytest_modelparity_{hook} must return a list of *, got:",
            "E*from theirs: it raised IndexError: list index out of range",
        ]
    )
    assert (pytester.path / "asked").read_text(encoding="utf-8") == "."


def test_a_hook_that_is_a_wrapper_is_refused(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=COLLECT)
    pytester.makeconftest(
        """
import pytest

@pytest.hookimpl(wrapper=True)
def pytest_modelparity_mappings():
    return (yield)
"""
    )
    result = pytester.runpytest_inprocess()
    result.stdout.fnmatch_lines(
        ["E*conftest.py: it raised TypeError: this hook takes no wrappers*"]
    )


def test_a_plugin_that_has_nothing_to_say_returns_none(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=COLLECT)
    pytester.makeconftest("def pytest_modelparity_mappings(): pass")
    pytester.runpytest_inprocess().stdout.fnmatch_lines(["[[]]"])


# --- kinds of candidates


KIND = """
class Fraction:
    name = "a fraction of C"
    def knows(self, request): return isinstance(request.given, float)
    def make(self, request):
        from sklearn.base import clone
        from pytest_modelparity.extend import OpaqueCandidate
        changed = clone(request.reference).set_params(C=request.given)
        return OpaqueCandidate(changed.fit(request.data.X, request.data.y_given), request.data)
"""


def test_a_contributed_kind_of_candidate_reaches_a_real_check(
    pytester: pytest.Pytester, parity_tests: Callable[..., None]
) -> None:
    parity_tests(
        """
def test_known():
    found = pytest_modelparity.compare_models(fitted(1.0), X, y, candidate=1.0, explain=False)
    assert found.equivalent
    assert not pytest_modelparity.compare_models(
        fitted(1.0), X, y, candidate=0.01, explain=False
    ).equivalent

def test_unknown():
    with pytest.raises(pytest_modelparity.ModelParityError, match="these: a fraction of C; "):
        pytest_modelparity.compare_models(fitted(1.0), X, y, candidate="half")
"""
    )
    pytester.makeconftest(f"{KIND}\ndef pytest_modelparity_candidates(config): return [Fraction()]")
    pytester.runpytest_inprocess().assert_outcomes(passed=2)


@pytest.mark.parametrize(
    "answer,problem",
    [
        ("5", "5, which is not a list"),
        ("[Fraction]", "the class Fraction; return an instance: Fraction()"),
        ("[object()]", "<object *>, which lacks name (str), knows(), make()"),
    ],
)
def test_a_wrong_kind_of_candidate_is_refused(
    pytester: pytest.Pytester, parity_tests: Callable[..., None], answer: str, problem: str
) -> None:
    parity_tests("def test_it(): same(pytest_modelparity.compare_models)")
    pytester.makeconftest(f"{KIND}\ndef pytest_modelparity_candidates(config): return {answer}")
    result = pytester.runpytest_inprocess()
    result.stdout.fnmatch_lines(
        [
            "E*_candidates must return a list of kinds of candidates, got:",
            f"E*conftest.py: {problem}",
        ]
    )


# --- findings


SOURCE = """
from pytest_modelparity.extend import Finding

class Source:
    name = "theirs"
    def find(self, report):
        yield Finding(slug="theirs/verdict", text=f"it is {report.verdict}")
"""
FINDS = """
def test_it():
    report = same(pytest_modelparity.compare_models)
    assert report.equivalent
    print([f"{item.slug}: {item.text}" for item in report.findings])
    assert 0
"""


def test_contributed_findings_are_in_the_report_and_can_fail_a_run(
    pytester: pytest.Pytester, parity_tests: Callable[..., None]
) -> None:
    parity_tests(f"{FINDS}\ndef test_again(): same(pytest_modelparity.compare_models)")
    pytester.makeconftest(f"{SOURCE}\ndef pytest_modelparity_findings(): return [Source()]")
    result = pytester.runpytest_inprocess("--parity-fail-on=theirs/verdict")
    result.stdout.fnmatch_lines(["*'theirs/verdict: it is equivalent'[]]", "*2 x theirs/verdict*"])


@pytest.mark.parametrize(
    "find,said",
    [
        ("yield 1 / 0", "the finding source theirs failed: ZeroDivisionError: division by zero"),
        ("return [5]", "the finding source theirs failed: *find() must return findings, got 5"),
        ("return None", "the finding source theirs failed: TypeError: *"),
        (
            "yield Finding(slug='other/slow', text='it')",
            "*its source's name, a slash and a name, got 'other/slow'; write 'theirs/slow'",
        ),
        (
            "yield Finding(slug='saturated', text='it')",
            "*got 'saturated'; write 'theirs/saturated'",
        ),
    ],
)
def test_a_source_that_fails_is_a_finding_and_changes_no_verdict(
    pytester: pytest.Pytester, parity_tests: Callable[..., None], find: str, said: str
) -> None:
    parity_tests(FINDS)
    source = SOURCE.replace(SOURCE.splitlines()[-1].strip(), find)
    pytester.makeconftest(f"{source}\ndef pytest_modelparity_findings(): return [Source()]")
    said = said.replace("[", "[[]")
    result = pytester.runpytest_inprocess()
    result.stdout.fnmatch_lines([f"*finding-source-failed: {said}*"])


@pytest.mark.parametrize(
    "answer,said",
    [
        ("1 / 0", "from *conftest.py: it raised ZeroDivisionError: division by zero"),
        ("[Source(), Source()]", "from *conftest.py: <*>, whose name 'theirs' is taken"),
        ("[object()]", "from *conftest.py: <object *>, which lacks name (str), find()"),
    ],
)
def test_a_wrong_hook_of_findings_is_a_finding(
    pytester: pytest.Pytester, parity_tests: Callable[..., None], answer: str, said: str
) -> None:
    parity_tests(FINDS)
    pytester.makeconftest(f"{SOURCE}\ndef pytest_modelparity_findings(): return {answer}")
    result = pytester.runpytest_inprocess()
    result.stdout.fnmatch_lines([f"*finding-source-failed: the hook *_findings must *{said}*"])


# --- the manual


HOOKS = [name for name in vars(hookspecs) if name.startswith("pytest_modelparity_")]

#: By hook: what is asked of the example in its docstring, and how pytest is called.
USES = {
    "pytest_modelparity_mappings": """
class OurWrapper(LogisticRegression):
    pass

def test_it():
    found = pytest_modelparity.compare_models(OurWrapper(), X, y, candidate=OurWrapper())
    assert found.equivalent
""",
    "pytest_modelparity_candidates": """
from pathlib import Path

import numpy as np

def test_it():
    two, labels = X[:100], y[:100]
    model = LogisticRegression().fit(two, labels)
    np.savez("held.npz", coef=model.coef_, intercept=model.intercept_)
    found = pytest_modelparity.compare_models(model, two, labels, candidate=Path("held.npz"))
    assert found.equivalent
    assert found.divergences["coef"].value == 0
""",
    "pytest_modelparity_findings": """
from pytest_modelparity.context import CURRENT
from dataclasses import replace

def test_it():
    report = same(pytest_modelparity.compare_models)
    assert [item.slug for item in CURRENT.get().findings(replace(report, duration=61))] == [
        "our-rules/slow"
    ]
    assert report.findings == ()
""",
    "pytest_modelparity_reporters": """
def test_it():
    same(pytest_modelparity.compare_models)
""",
}


@pytest.mark.parametrize("hook", HOOKS)
def test_the_example_in_a_hooks_docstring_works(
    pytester: pytest.Pytester, parity_tests: Callable[..., None], hook: str
) -> None:
    manual = inspect.getdoc(getattr(hookspecs, hook))
    (example,) = re.findall(r"::\n\n((?:    .*\n|\n)+)", manual)
    parity_tests(USES[hook])
    pytester.makeconftest(dedent(example))
    asked = ["--parity-report-to=lines=parity.txt"] if hook.endswith("reporters") else []
    pytester.runpytest_inprocess(*asked).assert_outcomes(passed=1)
    if asked:
        text = (pytester.path / "parity.txt").read_text(encoding="utf-8")
        assert text == "equivalent test_port.py::test_it\n"


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hooks_docstring_says_who_wins(hook: str) -> None:
    assert "\nWho wins: " in inspect.getdoc(getattr(hookspecs, hook))


def test_there_is_a_hook_for_each_of_four_things() -> None:
    assert list(USES) == HOOKS


def test_folders_of_tests_may_have_the_names_of_frameworks(pytester: pytest.Pytester) -> None:
    for name in ("torch", "keras"):
        pytester.mkdir(name)
    pytester.makepyfile(
        """
        import keras, torch
        from sklearn.linear_model import LogisticRegression
        from pytest_modelparity import compare_models

        def test_check():
            X, y = [[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1]
            model = LogisticRegression().fit(X, y)
            assert compare_models(model, X, y, candidate=model).equivalent
        """
    )
    pytester.syspathinsert()
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
