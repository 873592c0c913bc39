"""Hooks: what a conftest contributes, and that it is validated whole before it is used."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_modelparity.plugin.contributions import MAPPING_METHODS

MAPPING = """
class Mapping:
    def __init__(self, name):
        self.name = name
    def knows(self, estimator): return False
    def read(self, estimator, data): ...
    def fit(self, estimator, data): ...
    def remedies(self, estimator, data, *, fitted=None): return ()
    def mapping_rows(self, estimator, data=None): return ()
"""

COLLECT = """
import pytest
from pytest_modelparity.context import CURRENT

def test_collect():
    print([mapping.name for mapping in CURRENT.get().mappings()])
    assert 0
"""


def test_the_methods_are_those_of_the_protocol() -> None:
    from pytest_modelparity.sides.mapping import EstimatorMapping

    members = {name for name in vars(EstimatorMapping) if not name.startswith("_")}
    assert members == set(MAPPING_METHODS)
    assert list(EstimatorMapping.__annotations__) == ["name"]


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


def test_the_hook_is_not_called_without_a_check(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("def pytest_modelparity_mappings(config): raise RuntimeError('it ran')")
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
            f"E   *{problem.strip()}",
            "E   *1, which lacks name (str), knows(), *",
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
